//! What all parts of the platform share: the objects, the persons, chance. Owned by the platform; the API and the
//! world hold it by reference count. Locks are held for one step and never across an await.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::HeaderValue;
use jiff::Timestamp;
use serde_json::Value;

use super::chance::Chance;
use super::drill::{Drill, Tally, Write};
use super::metrics::{Rack, Routes, Silences};
use super::mlflow::Registry;
use super::person::Person;
use super::refusal::Refusal;
use super::store::Store;
use super::world::Clock;

/// Shared state.
#[derive(Debug)]
pub(super) struct Site {
    store: Mutex<Store>,
    persons: Mutex<Vec<Arc<Person>>>,
    chance: Mutex<Chance>,
    serving: Mutex<Routes>,
    rack: Mutex<Rack>,
    silences: Mutex<Silences>,
    registry: Mutex<Registry>,
    requests: AtomicU64,
    clock: OnceLock<Clock>,
    drill: OnceLock<&'static Drill>,
    tally: Mutex<Option<Tally>>,
    stopped: Mutex<Option<Timestamp>>,
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    // a panic elsewhere must not take the platform down with it
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Site {
    pub(super) fn new(persons: Vec<Person>, seed: u64) -> Self {
        Self {
            store: Mutex::new(Store::new()),
            persons: Mutex::new(persons.into_iter().map(Arc::new).collect()),
            chance: Mutex::new(Chance::new(seed)),
            serving: Mutex::new(Routes::default()),
            rack: Mutex::new(Rack::default()),
            silences: Mutex::new(Silences::default()),
            registry: Mutex::new(Registry::default()),
            requests: AtomicU64::new(0),
            clock: OnceLock::new(),
            drill: OnceLock::new(),
            tally: Mutex::new(None),
            stopped: Mutex::new(None),
        }
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        held(&self.store)
    }

    /// The traffic of the inference services.
    pub(super) fn serving(&self) -> MutexGuard<'_, Routes> {
        held(&self.serving)
    }

    /// The GPUs, and who has them.
    pub(super) fn rack(&self) -> MutexGuard<'_, Rack> {
        held(&self.rack)
    }

    /// The silences of its alerts.
    pub(super) fn silences(&self) -> MutexGuard<'_, Silences> {
        held(&self.silences)
    }

    /// The model registry.
    pub(super) fn registry(&self) -> MutexGuard<'_, Registry> {
        held(&self.registry)
    }

    /// Wall-clock time: what every stamp on an object says.
    pub(super) fn now(&self) -> Timestamp {
        held(&self.stopped).unwrap_or_else(Timestamp::now)
    }

    /// Makes the wall clock show a time until it is told another: a platform whose time stands still.
    pub(super) fn stop_clock(&self, at: Timestamp) {
        *held(&self.stopped) = Some(at);
    }

    /// The clock of the simulation; set once, before anything asks for it.
    pub(super) fn set_clock(&self, clock: Clock) {
        let _ = self.clock.set(clock);
    }

    /// How simulated time passes: as real time does where nothing is simulated.
    pub(super) fn clock(&self) -> Clock {
        *self.clock.get_or_init(|| Clock::new(Timestamp::now(), 1.0))
    }

    /// Sets the drill that is played; once, before the world is furnished.
    pub(super) fn set_drill(&self, drill: &'static Drill) {
        let _ = self.drill.set(drill);
    }

    /// The drill that is played, if one is.
    pub(super) fn drill(&self) -> Option<&'static Drill> {
        self.drill.get().copied()
    }

    /// A drill is open to be solved from now on.
    pub(super) fn begin_drill(&self) {
        *held(&self.tally) = Some(Tally::new(self.now()));
    }

    /// A person wrote something.
    pub(super) fn wrote(&self, write: &Write<'_>) {
        if let (Some(drill), Some(tally)) = (self.drill(), held(&self.tally).as_mut()) {
            tally.wrote(drill, write, self.now());
        }
    }

    /// Looks whether the drill is over.
    pub(super) fn look_at_drill(&self) {
        let open = held(&self.tally)
            .as_ref()
            .is_some_and(|t| t.solved.is_none());
        if !open || !self.drill().is_some_and(|drill| (drill.solved)(self)) {
            return;
        }
        if let Some(tally) = held(&self.tally).as_mut() {
            tally.solved = Some(self.now());
        }
    }

    /// How the drill goes.
    pub(super) fn tally(&self) -> Option<Tally> {
        held(&self.tally).clone()
    }

    pub(super) fn uid(&self) -> String {
        held(&self.chance).uid()
    }

    /// The five characters that generateName appends.
    pub(super) fn suffix(&self) -> String {
        held(&self.chance).suffix(5)
    }

    pub(super) fn below(&self, limit: u64) -> u64 {
        held(&self.chance).below(limit)
    }

    pub(super) fn served(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Changes the persons: new tokens, new denials.
    pub(super) fn change_persons(&self, change: impl Fn(&mut Person)) {
        for person in held(&self.persons).iter_mut() {
            let mut changed = (**person).clone();
            change(&mut changed);
            *person = Arc::new(changed);
        }
    }

    pub(super) fn person_named(&self, name: &str) -> Option<Arc<Person>> {
        held(&self.persons).iter().find(|p| p.name == name).cloned()
    }

    /// Who a request comes from: a bearer token, or nobody in particular.
    pub(super) fn person(&self, header: Option<&HeaderValue>) -> Result<Arc<Person>, Refusal> {
        let Some(header) = header else {
            return Ok(Arc::new(Person::anonymous()));
        };
        let token = header
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        let persons = held(&self.persons);
        persons
            .iter()
            .find(|p| token == Some(p.token.as_str()))
            .cloned()
            .ok_or_else(Refusal::unauthorized)
    }
}

/// A time as Kubernetes writes it, in whole seconds.
#[must_use]
pub(super) fn stamp(at: Timestamp) -> Value {
    Value::from(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
