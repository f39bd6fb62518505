//! One run of the embedded platform, from start to removal of its files. I/O.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::drill::{Drill, Tally};
use super::gate::Gate;
use super::kubeconfig::{Folder, text};
use super::mlflow::Registry;
use super::person::Person;
use super::serve::{Front, Mode, bind, serve};
use super::site::Site;
use super::{api, tls, world};

/// What can go wrong when the platform starts.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The port is taken or not allowed.
    #[error("cannot listen on 127.0.0.1:{port}: {error}")]
    Port {
        /// The port.
        port: u16,
        /// Why.
        error: std::io::Error,
    },
    /// Its folder or a file in it cannot be written.
    #[error("cannot write {path}: {error}", path = path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(String),
    /// A speed that is not a number above 0.
    #[error("--speed must be a number above 0, not {0}")]
    Speed(f64),
}

/// How to run the platform.
#[derive(Debug, Clone)]
pub struct Options {
    /// Fixes names, durations and fates of what happens by itself.
    pub seed: u64,
    /// How much faster than the wall clock things take their course; 1 for real durations.
    pub speed: f64,
    /// For how long before the opening a past is made up; less is quicker to start.
    pub past: Duration,
    /// Port on 127.0.0.1; 0 for any.
    pub port: u16,
    /// Namespaces that the person `viewer` may read.
    pub viewer_namespaces: Vec<String>,
    /// An incident to practise on: all else is calm.
    pub drill: Option<&'static Drill>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            speed: 1.0,
            past: Duration::from_secs(2 * 3_600),
            port: 0,
            viewer_namespaces: vec!["ml-fraud".to_owned()],
            drill: None,
        }
    }
}

/// A running platform. Ends, and removes its files, when dropped; [`Platform::shutdown`] also waits for it.
#[derive(Debug)]
pub struct Platform {
    pub(super) site: Arc<Site>,
    folder: Folder,
    default_kubeconfig: PathBuf,
    url: String,
    authority: String,
    gate: Arc<Gate>,
    wish: watch::Sender<Mode>,
    state: watch::Receiver<Mode>,
    tasks: Vec<JoinHandle<()>>,
    /// The simulation, where its time passes only as it is told to.
    paused: Option<Mutex<world::World>>,
}

/// Who the default kubeconfig is for.
const ONCALL: &str = "oncall";

impl Platform {
    /// Starts the platform with its simulation, on the current tokio runtime.
    pub async fn start(options: Options) -> Result<Self, DemoError> {
        let mut platform = Self::bare(&options).await?;
        let world = platform.furnish(&options, Timestamp::now())?;
        let site = platform.site.clone();
        platform.tasks.push(tokio::spawn(world::run(site, world)));
        Ok(platform)
    }

    /// As [`Platform::start`], opened at a given time, and time stands still: it passes by [`Platform::advance`] alone.
    pub async fn paused(options: Options, opening: Timestamp) -> Result<Self, DemoError> {
        let mut platform = Self::bare(&options).await?;
        let mut world = platform.furnish(&options, opening)?;
        world.pass(0);
        platform.paused = Some(Mutex::new(world));
        Ok(platform)
    }

    /// The simulation with its past.
    fn furnish(&self, options: &Options, opening: Timestamp) -> Result<world::World, DemoError> {
        if !(options.speed.is_finite() && options.speed > 0.0) {
            return Err(DemoError::Speed(options.speed));
        }
        world::found(&self.site, &world::NAMESPACES);
        let clock = world::Clock::new(opening, options.speed);
        self.site.set_clock(clock);
        if let Some(drill) = options.drill {
            self.site.set_drill(drill);
        }
        *self.site.registry() = Registry::at(opening, |trouble| {
            options.drill.is_none_or(|drill| drill.has(trouble))
        });
        let past = i64::try_from(options.past.as_millis()).unwrap_or(i64::MAX / 4);
        let site = self.site.clone();
        let world = world::World::open(site, options.seed, clock, past);
        self.site.begin_drill();
        Ok(world)
    }

    /// Lets simulated time pass on a paused platform, and gives what the wall clock shows then.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let milliseconds = i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4);
        match &self.paused {
            Some(world) => {
                let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
                world.pass(milliseconds)
            }
            None => self.site.now(),
        }
    }

    /// Starts the API alone: namespaces and the garbage collector, and nothing that acts by itself.
    pub async fn empty(options: Options) -> Result<Self, DemoError> {
        Self::bare(&options).await
    }

    async fn bare(options: &Options) -> Result<Self, DemoError> {
        let mut names: Vec<&str> = options
            .viewer_namespaces
            .iter()
            .map(String::as_str)
            .collect();
        let mut persons = Person::everyone(&names);
        for person in &mut persons {
            person.token = tls::token()?;
        }
        names.extend(["default", "kube-system", "kube-public", "kube-node-lease"]);
        let site = Arc::new(Site::new(persons, options.seed));
        world::found(&site, &names);

        let identity = tls::identity()?;
        let port = |error| DemoError::Port {
            port: options.port,
            error,
        };
        let listener = bind(options.port).await.map_err(port)?;
        let url = format!("https://{}", listener.local_addr().map_err(port)?);
        let gate = Arc::new(Gate::default());
        let front = Front {
            router: Router::new().fallback(api::answer).with_state(site.clone()),
            acceptor: TlsAcceptor::from(identity.config),
            gate: gate.clone(),
        };
        let (wish, wished) = watch::channel(Mode::Up);
        let (told, state) = watch::channel(Mode::Up);
        let folder = Folder::make(&format!("midwatch-demo-{}", tls::token()?))?;
        let platform = Self {
            default_kubeconfig: folder.path(ONCALL),
            folder,
            url,
            authority: identity.authority,
            gate,
            wish,
            state,
            tasks: vec![
                tokio::spawn(serve(listener, front, wished, told)),
                tokio::spawn(world::collect_garbage(site.clone())),
            ],
            paused: None,
            site,
        };
        platform.write_kubeconfigs()?;
        Ok(platform)
    }

    fn write_kubeconfigs(&self) -> Result<(), DemoError> {
        for name in ["admin", ONCALL, "sre", "viewer", "nobody"] {
            if let Some(person) = self.site.person_named(name) {
                let config = text(&self.url, &self.authority, name, &person.token);
                self.folder.write(name, &config)?;
            }
        }
        Ok(())
    }

    /// The kubeconfig of the person on call.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.default_kubeconfig
    }

    /// The kubeconfig of `admin`, `oncall`, `sre`, `viewer` or `nobody`.
    #[must_use]
    pub fn kubeconfig_for(&self, person: &str) -> PathBuf {
        self.folder.path(person)
    }

    /// The folder with all of them.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.location()
    }

    /// `https://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Requests answered so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.site.requests()
    }

    /// How the drill goes, where one is played.
    #[must_use]
    pub fn tally(&self) -> Option<Tally> {
        self.referee().tally()
    }

    /// Who tells how the drill goes while somebody else holds the platform.
    #[must_use]
    pub fn referee(&self) -> Referee {
        Referee(self.site.clone())
    }

    /// Takes the server down (connections are refused, open ones are closed) or brings it back on the same port.
    /// Returns once that is so.
    pub async fn set_down(&self, down: bool) {
        self.reach(if down { Mode::Down } else { Mode::Up }).await;
    }

    async fn reach(&self, mode: Mode) {
        self.wish.send_replace(mode);
        // an error means that the task has ended, and with it the server
        let _ = self.state.clone().wait_for(|s| *s == mode).await;
    }

    /// Makes every connection, open or new, hang without a byte, or lets them go on.
    pub fn set_hanging(&self, hanging: bool) {
        self.gate.close(hanging);
    }

    /// Forgets the history, as a compaction does: older versions answer 410 from now on.
    pub fn expire_history(&self) {
        self.site.store().compact();
    }

    /// Gives everyone a new token and writes the kubeconfigs anew; the old tokens answer 401 from now on.
    pub fn rotate_tokens(&self) -> Result<(), DemoError> {
        let mut fresh = Vec::new();
        for _ in 0..8 {
            fresh.push(tls::token()?);
        }
        let fresh = std::cell::RefCell::new(fresh);
        self.site.change_persons(|p| {
            if let Some(token) = fresh.borrow_mut().pop() {
                p.token = token;
            }
        });
        self.write_kubeconfigs()
    }

    /// Denies a person a kind (by its plural), or allows it again.
    pub fn deny(&self, person: &str, plural: &str, denied: bool) {
        self.site.change_persons(|p| {
            if p.name == person {
                p.denied.retain(|d| d != plural);
                if denied {
                    p.denied.push(plural.to_owned());
                }
            }
        });
    }

    /// Ends the server and the simulation, and removes the files.
    pub async fn shutdown(self) {
        self.reach(Mode::Ended).await;
    }
}

/// Tells how the drill goes.
#[derive(Debug, Clone)]
pub struct Referee(Arc<Site>);

impl Referee {
    /// How it goes, where one is played.
    #[must_use]
    pub fn tally(&self) -> Option<Tally> {
        self.0.drill()?;
        self.0.look_at_drill();
        self.0.tally()
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.wish.send_replace(Mode::Ended);
        for task in &self.tasks {
            task.abort();
        }
    }
}
