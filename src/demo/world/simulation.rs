//! The simulation: one agenda in simulated time, and the loop that follows it in real time.
//!
//! What the world writes itself is noticed at once and acted on in simulated time, so the same seed gives the same
//! sequence; what clients write is noticed when it happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::time::Instant;

use super::argo::News;
use super::clock::{Agenda, Clock, Moment};
use super::gitops::Git;
use super::katib::Katib;
use super::kubelet::Patient;
use super::mig::Mig;
use super::placing::Berth;
use super::serving::Serving;
use super::training::Training;
use super::{nodes, scenes};
use crate::demo::admit::{self, Writer};
use crate::demo::catalog::{ALL, Id, Resource, text};
use crate::demo::chance::Chance;
use crate::demo::site::Site;
use crate::demo::store::{Name, Object};

/// What is due at some moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// Look for a node for a pod (by uid).
    Place(String),
    /// Look for nodes for all pods that wait for one.
    Retry,
    /// The containers of a pod start.
    Start(String),
    /// A pod reports progress.
    Report(String),
    /// The containers of a pod end.
    Finish(String),
    /// A deleted pod is gone.
    Remove(String),
    /// The workflow controller looks at a workflow.
    Operate(Name),
    /// A cron workflow may fire.
    Cron(Name),
    /// Argo CD compares an Application with the cluster.
    Compare(Name),
    /// Argo CD puts back what differs.
    Heal(Name),
    /// A controller looks at an inference service.
    Serve(Id, Name),
    /// A controller looks at an experiment.
    Sweep(Name),
    /// A controller looks at a training job.
    Train(Id, Name),
    /// Controllers look at all queues, quotas and notebooks.
    Queues,
    /// Somebody submits a scene.
    Submit(usize),
    /// The disruption controller counts what may go.
    Count,
    /// The GPUs of a node have been cut, or could not be.
    Cut(String),
    /// A GPU falls off the bus.
    Lose,
    /// Old runs and events are removed, nodes send a heartbeat.
    Tidy,
}

/// The world's own memory; all else stands in the store.
#[derive(Debug)]
pub(in crate::demo) struct World {
    pub(super) site: Arc<Site>,
    pub(super) clock: Clock,
    pub(super) agenda: Agenda<Due>,
    pub(super) chance: Chance,
    pub(super) seed: u64,
    /// Moment of what is being carried out.
    pub(super) now: Moment,
    /// Pods by uid.
    pub(super) patients: BTreeMap<String, Patient>,
    /// How many pods of each name there have been, by workflow.
    pub(super) births: BTreeMap<Name, BTreeMap<String, u32>>,
    /// Pods that no node fits, by uid.
    pub(super) waiting: BTreeSet<String>,
    /// A try for those is on the agenda.
    pub(super) retrying: bool,
    /// The nodes as the scheduler knows them.
    pub(super) berths: Vec<Berth>,
    /// Devices given out: node, resource.
    pub(super) given: BTreeMap<(String, String), u64>,
    /// News for the workflow controller, by workflow and node id.
    pub(super) news: BTreeMap<Name, BTreeMap<String, News>>,
    /// Workflows that will be looked at, and when.
    pub(super) queued: BTreeMap<Name, Moment>,
    /// What Git holds.
    pub(super) git: Git,
    /// What the controllers of inference services remember.
    pub(super) serving: Serving,
    /// What the controllers of experiments remember.
    pub(super) katib: Katib,
    /// What the MIG manager remembers.
    pub(super) mig: Mig,
    /// The disruption controller will count.
    pub(super) counting: bool,
    /// What the controllers of training jobs remember.
    pub(super) training: Training,
    /// When queues, quotas and notebooks will be looked at.
    pub(super) queues_due: Option<Moment>,
    /// What somebody will submit.
    pub(super) scenes: Vec<Value>,
    /// Versions of the store up to which each kind was looked at.
    pub(super) seen: BTreeMap<Id, u64>,
    /// Versions that the world wrote itself to workflows.
    pub(super) own: BTreeMap<Name, u64>,
}

/// The loop rests at least this long between looks.
const REST: Duration = Duration::from_millis(100);

/// A simulation that is late lets others have their turn after this time: it may never catch up, where it is asked for
/// more than the machine can give.
const TURN: Duration = Duration::from_millis(10);

/// Runs the simulation for as long as the platform lives.
pub(in crate::demo) async fn run(site: Arc<Site>, mut world: World) {
    let opened = Instant::now();
    let mut changed = site.store().subscribe();
    loop {
        let elapsed = opened.elapsed().as_secs_f64() * world.clock.speed * 1_000.0;
        let turn = Instant::now();
        #[allow(clippy::cast_possible_truncation)]
        if !world.advance_while(elapsed as Moment, || turn.elapsed() < TURN) {
            tokio::task::yield_now().await;
            continue;
        }
        changed.borrow_and_update();
        let next = world.agenda.next().unwrap_or(Moment::MAX / 2);
        #[allow(clippy::cast_precision_loss)]
        let left = ((next as f64 - elapsed) / world.clock.speed / 1_000.0).clamp(0.0, 60.0);
        tokio::time::sleep(REST).await;
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs_f64(left).saturating_sub(REST)) => {}
            news = changed.changed() => if news.is_err() { return },
        }
    }
}

impl World {
    /// The platform at its opening, with a past of so many milliseconds.
    pub(in crate::demo) fn open(site: Arc<Site>, seed: u64, clock: Clock, past: Moment) -> Self {
        let mut world = Self {
            site,
            clock,
            agenda: Agenda::new(),
            // another stream than the one that clients' objects get their uids from
            chance: Chance::new(seed ^ 0x5eed_c0de_5eed_c0de),
            seed,
            now: -past,
            patients: BTreeMap::new(),
            births: BTreeMap::new(),
            waiting: BTreeSet::new(),
            retrying: false,
            berths: Vec::new(),
            given: BTreeMap::new(),
            news: BTreeMap::new(),
            queued: BTreeMap::new(),
            git: Git::default(),
            serving: Serving::default(),
            katib: Katib::default(),
            mig: Mig::default(),
            counting: false,
            training: Training::default(),
            queues_due: None,
            scenes: Vec::new(),
            seen: BTreeMap::new(),
            own: BTreeMap::new(),
        };
        nodes::build(&mut world);
        scenes::prepare(&mut world);
        world.agenda.add(-past, Due::Tidy);
        world.agenda.add(0, Due::Count);
        world.advance(0);
        world
    }

    /// Lets so many milliseconds pass, for a platform whose time stands still otherwise; what the wall clock shows then.
    pub(in crate::demo) fn pass(&mut self, milliseconds: Moment) -> Timestamp {
        self.advance(self.now.saturating_add(milliseconds));
        let now = self.wall();
        self.site.stop_clock(now);
        now
    }

    /// Carries out all that is due by then.
    pub(in crate::demo) fn advance(&mut self, to: Moment) {
        self.advance_while(to, || true);
    }

    /// Carries out what is due by then while there is time for it; whether that was all.
    fn advance_while(&mut self, to: Moment, mut time: impl FnMut() -> bool) -> bool {
        self.observe();
        while time() {
            let Some((at, due)) = self.agenda.take(to) else {
                self.now = to.max(self.now);
                self.site.look_at_drill();
                return true;
            };
            self.now = at.max(self.now);
            self.carry_out(due);
            self.observe();
        }
        false
    }

    fn carry_out(&mut self, due: Due) {
        match due {
            Due::Place(uid) => self.place(&uid),
            Due::Retry => self.retry(),
            Due::Start(uid) => self.start_pod(&uid),
            Due::Report(uid) => self.report(&uid),
            Due::Finish(uid) => self.finish_pod(&uid),
            Due::Remove(uid) => self.remove_pod(&uid),
            Due::Operate(name) => self.operate(&name),
            Due::Cron(name) => self.fire(&name),
            Due::Compare(app) => self.compare(&app),
            Due::Heal(app) => self.heal(&app),
            Due::Serve(id, name) => self.serve(id, &name),
            Due::Sweep(name) => self.sweep(&name),
            Due::Train(id, name) => self.train(id, &name),
            Due::Queues => self.queues(),
            Due::Submit(scene) => scenes::submit(self, scene),
            Due::Count => self.count_budgets(),
            Due::Cut(node) => self.end_cut(&node),
            Due::Lose => nodes::lose(self),
            Due::Tidy => self.tidy(),
        }
    }

    /// What the wall clock shows at the present moment.
    pub(super) fn wall(&self) -> Timestamp {
        self.clock.wall(self.now)
    }

    /// A stream of chance that depends on a name alone.
    pub(super) fn chance_of(&self, name: &str) -> Chance {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
        });
        Chance::new(self.seed ^ hash)
    }

    /// A time weeks before the opening, always the same for a name: when what has long been there was made.
    pub(super) fn long_ago(&self, name: &str) -> Timestamp {
        let hours = i64::try_from(self.chance_of(name).between(14 * 24, 90 * 24)).unwrap_or(1_000);
        let then = self
            .clock
            .opening
            .checked_sub(SignedDuration::from_hours(hours));
        then.unwrap_or(self.clock.opening)
    }

    pub(super) fn later(&mut self, milliseconds: i64, due: Due) {
        self.agenda.add(self.now.saturating_add(milliseconds), due);
    }

    /// Stores a new object as a controller does.
    pub(super) fn create(
        &mut self,
        id: Id,
        mut value: Value,
        manager: &str,
    ) -> Option<Arc<Object>> {
        let name = Name::of(&value);
        let mut store = self.site.store();
        if store.get(id, &name.namespace, &name.name).is_some() {
            return None;
        }
        let writer = Writer {
            manager,
            sub: "",
            time: self.clock.wall(self.now),
        };
        let status = value.get("status").cloned();
        let since = value["metadata"].get("creationTimestamp").cloned();
        admit::created(ALL[id], &mut value, self.chance.uid(), &writer);
        if let Some(status) = status {
            value["status"] = status;
        }
        if let Some(since) = since {
            value["metadata"]["creationTimestamp"] = since;
        }
        Some(store.put(id, value))
    }

    /// Changes a stored object as a controller does; nothing is written when nothing changes.
    pub(super) fn change(
        &self,
        id: Id,
        name: &Name,
        manager: &str,
        change: impl FnOnce(&mut Value),
    ) -> Option<Arc<Object>> {
        let mut store = self.site.store();
        let object = store.get(id, &name.namespace, &name.name)?;
        let old = object.value();
        let mut new = old.clone();
        change(&mut new);
        if old == new {
            return Some(object);
        }
        let writer = Writer {
            manager,
            sub: subresource(ALL[id], &old, &new),
            time: self.wall(),
        };
        admit::written(ALL[id], &old, &mut new, &writer);
        Some(store.put_changed(id, new))
    }

    /// The value at a pointer of a stored object.
    pub(super) fn read(&self, id: Id, name: &Name, pointer: &str) -> String {
        let object = self.site.store().get(id, &name.namespace, &name.name);
        object.map_or_else(String::new, |o| text(&o.value(), pointer).to_owned())
    }
}

/// Under which subresource a controller's write is recorded.
fn subresource(r: &Resource, old: &Value, new: &Value) -> &'static str {
    let wish = |v: &Value| (v["spec"].clone(), v["metadata"].clone());
    let status = r.status && (!r.custom || wish(old) == wish(new));
    if status { "status" } else { "" }
}

#[cfg(test)]
#[path = "simulation_tests.rs"]
mod tests;
