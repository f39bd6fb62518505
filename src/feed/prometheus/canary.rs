//! One service's canary: which two revisions are compared is watched on the service, the figures come from Prometheus.
//! Does I/O.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;
use kube::Api;
use kube::api::{ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use kube::runtime::watcher::{self, Event, watcher};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::query::Server;
use crate::domain::{CanaryRow, Clean, ClusterId};
use crate::fault::{Fault, FaultKind};
use crate::feed::http::{Backend, known};
use crate::feed::kube::{Asked, Link, Part, Pulse, Source, Trouble, Waits, of_watch};
use crate::feed::poll::{Got, Reads, poll};
use crate::kinds::KindSpec;
use crate::slo::{Asks, Canary, Sides};
use crate::store::Scope;

/// The feed of one service's canary.
pub(crate) const SPEC: KindSpec = crate::feed::asked("canary");

const GROUP: &str = "serving.kserve.io";
const REVISIONS: &str = "/apis/serving.knative.dev/v1";
/// How often it is looked whether something is due.
const LOOK: Duration = Duration::from_secs(5);
/// Most queries under way at the same time.
const AT_ONCE: usize = 4;

/// What is known of the two sides.
#[derive(Debug, Clone, PartialEq)]
enum Seen {
    /// Not asked yet.
    Nothing,
    /// One revision serves, or the service is not there.
    One,
    Two(Sides),
    Unknown(Fault),
}

/// Tells how a canary does until nobody listens any more.
pub(crate) async fn canary(source: Source) {
    let Part::Want(Scope::Object { namespace, name }) = source.part.clone() else {
        tracing::warn!(source = source.name(), "this is no service");
        return;
    };
    let (tell, seen) = watch::channel(Seen::Nothing);
    let follow = Follow {
        link: source.link.clone(),
        namespace,
        name,
    };
    let reads = Compared {
        cluster: source.link.target.id.clone(),
        server: server(&source.link),
        link: source.link.clone(),
        task: tokio::spawn(follow.run(tell)),
        seen,
        asks: None,
        came: Came::default(),
    };
    poll(source, reads, "looking at the service").await;
}

fn server(link: &Arc<Link>) -> Arc<Server> {
    let backend = Backend::of(link.clone(), &known::PROMETHEUS);
    Arc::new(Server::new(backend))
}

struct Compared {
    cluster: ClusterId,
    link: Arc<Link>,
    server: Arc<Server>,
    seen: watch::Receiver<Seen>,
    task: JoinHandle<()>,
    asks: Option<(Sides, Canary)>,
    /// What came of the last questions.
    came: Came,
}

/// What came of questions that were due together.
#[derive(Debug, Default)]
struct Came {
    answers: usize,
    /// What failed first.
    failed: Option<Fault>,
}

impl Drop for Compared {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Reads for Compared {
    type Row = CanaryRow;

    fn every(&self) -> Duration {
        LOOK
    }

    async fn read(&mut self) -> Result<Got<CanaryRow>, Fault> {
        let known = self.seen.wait_for(|seen| *seen != Seen::Nothing).await;
        let seen = known.map_or(Seen::One, |seen| seen.clone());
        let sides = match seen {
            Seen::Two(sides) => sides,
            Seen::Unknown(fault) => return Err(fault),
            Seen::One | Seen::Nothing => {
                self.asks = None;
                self.came = Came::default();
                return Ok(Got {
                    rows: Vec::new(),
                    missing: None,
                });
            }
        };
        if self.asks.as_ref().is_none_or(|(old, _)| *old != sides) {
            let asks = Canary::new(&sides);
            self.asks = Some((sides, asks));
        }
        let Some((_, asks)) = &mut self.asks else {
            return Ok(Got {
                rows: Vec::new(),
                missing: None,
            });
        };
        // while nothing is due, what is known of the server is what came last
        if let Some(came) = round(asks, &self.server).await {
            self.came = came;
        }
        let rows = asks.rows(&self.cluster, Timestamp::now());
        let missing = self.came.failed.clone();
        Ok(Got { rows, missing })
    }

    fn is_blind(&self) -> bool {
        self.came.failed.is_some() && self.came.answers == 0
    }

    fn endpoint(&self) -> Option<String> {
        match &*self.seen.borrow() {
            Seen::One => Some("the service has no canary".to_owned()),
            _ => self.server.backend.known_endpoint(),
        }
    }

    async fn anew(&mut self) {
        self.server.backend.anew().await;
        self.server = server(&self.link);
    }
}

/// Asks all that is due, and what follows from the answers. None when nothing was.
async fn round(asks: &mut Canary, server: &Arc<Server>) -> Option<Came> {
    let mut came: Option<Came> = None;
    loop {
        let now = Timestamp::now();
        let due = asks.due(now);
        if due.is_empty() {
            return came;
        }
        let told = came.get_or_insert_default();
        let asked = due.into_iter().map(|query| server.clone().ask(query, now));
        let mut answers = futures::stream::iter(asked).buffer_unordered(AT_ONCE);
        while let Some((id, answer)) = answers.next().await {
            let answer = answer.map_err(|failed| failed.fault);
            match &answer {
                Ok(_) => told.answers += 1,
                Err(fault) => told.failed = told.failed.take().or(Some(fault.clone())),
            }
            asks.answered(&id, answer, Timestamp::now());
        }
    }
}

/// Watches one service.
struct Follow {
    link: Arc<Link>,
    namespace: String,
    name: String,
}

impl Follow {
    async fn run(self, tell: watch::Sender<Seen>) {
        let mut waits = Waits::new(&self.link.options);
        loop {
            let error = self.watch(&tell, &mut waits).await;
            let redact = self.link.redact();
            let asked = Asked {
                server: &self.link.target.server,
                what: "watch inferenceservices.serving.kserve.io",
                redact: &redact,
            };
            let trouble = of_watch(&error, asked);
            if tell.is_closed() {
                return;
            }
            // what was seen stays while it cannot be seen whether it changed
            if !matches!(*tell.borrow(), Seen::Two(_)) || trouble.kind == FaultKind::Gone {
                let fault = trouble.fault(self.link.target.id.as_str(), Timestamp::now());
                tell.send_replace(Seen::Unknown(fault));
            }
            tokio::time::sleep(waits.next(trouble.kind)).await;
        }
    }

    /// Tells what is seen until something fails.
    async fn watch(&self, tell: &watch::Sender<Seen>, waits: &mut Waits) -> watcher::Error {
        let client = self.link.reader(Arc::new(Pulse::default()));
        let kind = GroupVersionKind::gvk(GROUP, "v1beta1", "InferenceService");
        let kind = ApiResource::from_gvk_with_plural(&kind, "inferenceservices");
        let api: Api<DynamicObject> = Api::namespaced_with(client, &self.namespace, &kind);
        let config = watcher::Config::default()
            .fields(&format!("metadata.name={}", self.name))
            .timeout(self.link.options.watch_seconds());
        let mut events = watcher(api, config).boxed();
        let mut there = false;
        loop {
            let event = events.next().with_subscriber(NoSubscriber::default()).await;
            let seen = match event {
                Some(Err(error)) => return error,
                None => return watcher::Error::NoResourceVersion,
                Some(Ok(Event::Init)) => {
                    there = false;
                    continue;
                }
                Some(Ok(Event::InitApply(object) | Event::Apply(object))) => {
                    there = true;
                    self.sides(&object).await
                }
                Some(Ok(Event::Delete(_))) => Seen::One,
                Some(Ok(Event::InitDone)) if !there => Seen::One,
                Some(Ok(Event::InitDone)) => continue,
            };
            waits.reset();
            tell.send_replace(seen);
        }
    }

    /// The newest revision that is ready against the one that was rolled out last.
    async fn sides(&self, object: &DynamicObject) -> Seen {
        let of = |field: &str| {
            let at = format!("/status/components/predictor/{field}");
            let found = object.data.pointer(&at).and_then(Value::as_str);
            Clean::new(found.unwrap_or_default())
        };
        let (canary, stable) = (of("latestReadyRevision"), of("latestRolledoutRevision"));
        if canary.is_empty() || stable.is_empty() || canary == stable {
            return Seen::One;
        }
        Seen::Two(Sides {
            namespace: Clean::new(&self.namespace),
            service: Clean::new(&self.name),
            ready: self.ready(&canary).await,
            canary,
            stable,
        })
    }

    /// When a revision got ready; unknown where it may not be read.
    async fn ready(&self, revision: &str) -> Option<Timestamp> {
        let path = format!(
            "{REVISIONS}/namespaces/{}/revisions/{revision}",
            self.namespace
        );
        let got: Result<Value, Trouble> = self.link.get(&path, "read a revision").await;
        let object = got.ok()?;
        let conditions = object.pointer("/status/conditions")?.as_array()?;
        let ready = conditions
            .iter()
            .find(|c| c.get("type").and_then(Value::as_str) == Some("Ready"))?;
        ready.get("lastTransitionTime")?.as_str()?.parse().ok()
    }
}
