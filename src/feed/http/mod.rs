//! Services beside Kubernetes: finding them, reaching them, and what their answers mean. Does I/O.
//!
//! A [`Backend`] is one of them for one cluster: Prometheus, Alertmanager, `MLflow` ([`known`]). Feeds make one with
//! [`Backend::of`] from the [`Link`] of their cluster and ask it:
//!
//! ```text
//! let backend = Backend::of(link.clone(), &known::MLFLOW);
//! let models: Models = backend.read("/api/2.0/mlflow/…", &[("max_results", "1000")]).await?;   // GET, JSON
//! let reply = backend.get(path, query).await?;         // any body; Reply { status, body, took }
//! let reply = backend.post_form(path, form).await?;    // a question too long for a URL; repeated like a GET
//! let reply = backend.send(Method::POST, path, Some(&json)).await?;   // a change: never repeated
//! ```
//!
//! An answer that is not 2xx, or is no data (a login page), is a [`Failed`]: `?` makes a [`Fault`] of it, sorted by what
//! can be done (`Gone` for "not there" and for "no such service", `Denied`, `Unreachable`, `Timeout`, `Busy`,
//! `Malformed`, `Config`), with what to do next; [`Failed::reply`] keeps what the backend itself answered, for those who
//! read its error codes. [`Backend::endpoint`] says where it is and why there, for the source's row. Secrets are sent
//! and never told.
//!
//! | file | owns |
//! |---|---|
//! | `known` | how the services are recognised |
//! | `settings` | which entry of the settings counts |
//! | `directory` | the Services of a cluster, read once |
//! | `find` | where a backend is |
//! | `login`, `tls` | what lets us in, who vouches for it |
//! | `route`, `forward` | URL, service proxy, port-forward |
//! | `behind`, `every` | the pods behind a Service, each asked by itself |
//! | `ask`, `answer` | a question, and what an answer means |

mod answer;
mod ask;
mod behind;
mod directory;
mod every;
mod find;
mod forward;
pub(crate) mod known;
mod login;
mod route;
mod settings;
mod tls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::ask::Ask;
use self::find::Found;
use self::known::Known;
use crate::fault::{Fault, FaultKind};
use crate::feed::kube::{Backoff, Link, Options, Redactor, Target, Trouble, unit};

pub use self::ask::{Failed, Reply};
pub(crate) use self::directory::Directory;
pub(crate) use self::every::{Each, Every};
pub use self::route::Place;

/// How often a question is asked, at most, when it changes nothing.
const TRIES: u32 = 3;

/// One service beside Kubernetes, of one cluster.
pub struct Backend {
    link: Arc<Link>,
    known: &'static Known,
    found: tokio::sync::Mutex<Option<Arc<Found>>>,
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Backend({} of {})", self.known.name, self.link.target.id)
    }
}

/// What went wrong, and what the backend itself answered.
type Wrong = (Trouble, Option<Reply>);

impl Backend {
    /// The backend of a cluster that is connected to.
    pub(crate) fn of(link: Arc<Link>, known: &'static Known) -> Self {
        Self {
            link,
            known,
            found: tokio::sync::Mutex::default(),
        }
    }

    /// The backend of a cluster by its name (`prometheus`, `alertmanager`, `mlflow`), for commands that ask it once.
    /// None when there is no such sort of service. Connects when it is asked first.
    #[must_use]
    pub fn open(target: Target, options: Options, name: &str) -> Option<Self> {
        let known = known::ALL.iter().find(|k| k.name == name)?;
        let link = Arc::new(Link::new(target, Arc::new(options)));
        Some(Self::of(link, known))
    }

    /// Every sort of service, each with its name; their cluster is connected to once.
    #[must_use]
    pub fn all(target: Target, options: Options) -> Vec<(&'static str, Self)> {
        let link = Arc::new(Link::new(target, Arc::new(options)));
        let of = |known: &&'static Known| (known.name, Self::of(link.clone(), known));
        known::ALL.iter().map(of).collect()
    }

    /// The settings name it, so that it is meant to be there.
    #[must_use]
    pub fn is_set(&self) -> bool {
        let context = self.link.target.id.as_str();
        let sources = &self.link.options.sources;
        [Some(self.known), self.known.or]
            .into_iter()
            .flatten()
            .any(|known| settings::chosen(sources, known, context).is_some())
    }

    /// What it is, with its version where it tells one, and how long it took to say so.
    pub async fn version(&self) -> Result<(String, Duration), Failed> {
        let reply = self.probe().await?;
        let title = match &*self.found.lock().await {
            Some(found) => found.known.title,
            None => self.known.title,
        };
        let text = match (self.known.version, reply.value()) {
            ("", _) => String::from_utf8_lossy(&reply.body).into_owned(),
            (at, Some(value)) => {
                let version = value.pointer(at).and_then(Value::as_str);
                version.unwrap_or_default().to_owned()
            }
            (_, None) => String::new(),
        };
        let version = self.clean(&text).await;
        Ok((format!("{title} {version}").trim().to_owned(), reply.took))
    }

    /// Where it is and why there; looked for when that is not known yet.
    pub async fn endpoint(&self) -> Result<String, Fault> {
        let found = self.found().await.map_err(|t| self.fault(&t))?;
        Ok(found.endpoint.clone())
    }

    /// Where it is, without why: what tells it from another one.
    pub async fn place(&self) -> Result<Place, Fault> {
        let found = self.found().await.map_err(|t| self.fault(&t))?;
        Ok(found.place())
    }

    /// The same, if it is known now.
    pub(crate) fn known_endpoint(&self) -> Option<String> {
        let found = self.found.try_lock().ok()?;
        found.as_ref().map(|found| found.endpoint.clone())
    }

    /// It is Thanos that answers in its place, as far as the settings or its name say.
    pub(crate) async fn is_thanos(&self) -> Result<bool, Failed> {
        let found = self
            .found()
            .await
            .map_err(|t| self.failed(&t, None, false))?;
        Ok(found.known.name == known::THANOS.name)
    }

    /// What it answers when it is what it seems to be: build information, a version.
    pub async fn probe(&self) -> Result<Reply, Failed> {
        let found = self
            .found()
            .await
            .map_err(|t| self.failed(&t, None, false))?;
        self.get(found.known.probe, &[]).await
    }

    /// Asks for something. The path begins with `/`.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Reply, Failed> {
        self.ask(&Ask::get(path, query)).await
    }

    /// Asks for JSON.
    pub async fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Failed> {
        let reply = self.get(path, query).await?;
        self.decode(&reply).await
    }

    /// Asks with a form: for questions that are too long for a URL. Must change nothing: it may be sent again.
    pub async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Result<Reply, Failed> {
        self.ask(&Ask::form(path, form)).await
    }

    /// Changes something: sent once and never again, whatever comes back.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        json: Option<&Value>,
    ) -> Result<Reply, Failed> {
        self.ask(&Ask::write(method, path, json)).await
    }

    /// Reads an answer as what it should be.
    pub async fn decode<T: DeserializeOwned>(&self, reply: &Reply) -> Result<T, Failed> {
        match serde_json::from_slice(&reply.body) {
            Ok(value) => Ok(value),
            Err(error) => Err(self.unreadable(&error).await),
        }
    }

    /// An answer was not what it should be.
    pub(crate) async fn unreadable(&self, error: &serde_json::Error) -> Failed {
        let trouble = match self.found().await {
            Ok(found) => answer::unreadable(error, &found.whom()),
            Err(trouble) => trouble,
        };
        self.failed(&trouble, None, false)
    }

    /// A text of the backend's as it may be shown.
    pub(crate) async fn clean(&self, text: &str) -> String {
        match &*self.found.lock().await {
            Some(found) => found.redact.clean(text),
            None => Redactor::default().clean(text),
        }
    }

    async fn ask(&self, ask: &Ask) -> Result<Reply, Failed> {
        let options = &self.link.options;
        let mut backoff = Backoff::new(options.retry_min, options.retry_max);
        loop {
            let found = match self.found().await {
                Ok(found) => found,
                Err(trouble) => return Err(self.failed(&trouble, None, false)),
            };
            let (trouble, reply) = match exchange(&found, ask, &self.link).await {
                Ok(reply) => return Ok(reply),
                Err(wrong) => wrong,
            };
            let refused = reply.as_ref().is_some_and(|r| r.status == 401);
            if refused || is_lost(&trouble, reply.as_ref()) {
                // the token may have been renewed, the service may be elsewhere
                self.forget(&found, &trouble).await;
            }
            let wait = backoff.next(unit()).max(trouble.wait.unwrap_or_default());
            let again = is_passing(&trouble) || refused && found.login.is_some();
            if !ask.read || !again || backoff.tries() >= TRIES || wait > options.answer {
                let lost = !ask.read && reply.is_none() && trouble.kind != FaultKind::Config;
                return Err(self.failed(&trouble, reply, lost));
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn found(&self) -> Result<Arc<Found>, Trouble> {
        let mut held = self.found.lock().await;
        if let Some(found) = &*held {
            return Ok(found.clone());
        }
        let found = Arc::new(Box::pin(find::find(&self.link, self.known)).await?);
        *held = Some(found.clone());
        Ok(found)
    }

    /// Whatever is known of where it is is forgotten: a person asked anew.
    pub(crate) async fn anew(&self) {
        *self.found.lock().await = None;
        self.link.directory.forget().await;
    }

    /// It is looked for again at the next question.
    async fn forget(&self, old: &Arc<Found>, why: &Trouble) {
        let mut held = self.found.lock().await;
        if held.as_ref().is_some_and(|now| Arc::ptr_eq(now, old)) {
            *held = None;
            if why.kind == FaultKind::Gone {
                self.link.directory.forget().await;
            }
        }
    }

    fn fault(&self, trouble: &Trouble) -> Fault {
        let source = format!("{}/{}", self.link.target.id, self.known.name);
        trouble.fault(&source, Timestamp::now())
    }

    fn failed(&self, trouble: &Trouble, reply: Option<Reply>, lost: bool) -> Failed {
        Failed {
            fault: self.fault(trouble),
            reply: reply.map(Box::new),
            lost,
        }
    }
}

/// One question, one answer.
async fn exchange(found: &Found, ask: &Ask, link: &Link) -> Result<Reply, Wrong> {
    let begun = Instant::now();
    let limit = link.options.backend;
    // boxed: what it holds would be a part of every future that asks
    let sent = Box::pin(found.route.send(found, ask, link));
    let sent = tokio::time::timeout(limit, sent).await;
    let raw = match sent {
        Ok(raw) => raw.map_err(|trouble| (trouble, None))?,
        Err(_) => return Err((answer::late(limit, &found.whom()), None)),
    };
    let wrong = answer::wrong(&raw, &found.whom());
    let reply = Reply {
        status: raw.status.as_u16(),
        body: raw.body,
        took: begun.elapsed(),
    };
    match wrong {
        None => Ok(reply),
        Some((trouble, own)) => Err((trouble, own.then_some(reply))),
    }
}

/// Worth a second try at once.
fn is_passing(trouble: &Trouble) -> bool {
    matches!(trouble.kind, FaultKind::Unreachable | FaultKind::Busy)
}

/// It was not the backend that answered: the way to it may have changed.
fn is_lost(trouble: &Trouble, reply: Option<&Reply>) -> bool {
    reply.is_none() && matches!(trouble.kind, FaultKind::Unreachable | FaultKind::Gone)
}
