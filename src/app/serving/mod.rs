//! One inference service opened: its canary against its stable side, its objectives, revisions and pods. Pure.
//!
//! | file | owns |
//! |---|---|
//! | `standing` | one word for where a service stands, its traffic in words |
//! | `burn` | its objectives, the worst first |
//! | `words` | figures in words |
//! | `compare` | the canary and the stable side, side by side |
//! | `page` | the text of the opened service |
//! | `written` | where objectives are written, and which documents are broken |

pub mod burn;
mod compare;
mod page;
pub mod standing;
pub mod words;
pub mod written;

use std::sync::Arc;

use jiff::Timestamp;

use super::column::Fact;
use super::command::{Place, Verb};
use super::deed::Aim;
use super::gpus::held;
use super::inspect::subject;
use super::logs::{LogScreen, Target};
use super::screen::{Ctx, Screen, Turn};
use super::seen::Seen;
use super::text::{Pane, reading};
use crate::domain::{Clean, ClusterId, Key, PodRow, ServiceRow, Subject};
use crate::store::{Scope, Table, Want};

/// Seconds of a time, to be sorted by.
#[must_use]
pub fn seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

/// One inference service on the screen.
#[derive(Debug)]
pub struct ServiceScreen {
    feed: &'static str,
    key: Key,
    /// It, as last seen.
    pub seen: Seen<ServiceRow>,
    /// A pod of it asks for accelerators: what is told of GPUs belongs to it.
    on_gpus: bool,
    /// What is told of it, and where the person is in that.
    pub pane: Pane,
    made_of: Option<u64>,
}

impl ServiceScreen {
    /// Opens a service of a feed.
    #[must_use]
    pub fn new(feed: &'static str, key: Key) -> Self {
        Self {
            feed,
            key,
            seen: Seen::default(),
            on_gpus: false,
            pane: Pane::wrapped(),
            made_of: None,
        }
    }

    /// Which service.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Its feed.
    #[must_use]
    pub fn feed(&self) -> &'static str {
        self.feed
    }

    /// The object on the line that the person is on: a revision, a pod.
    fn linked(&self) -> Option<Subject> {
        self.pane.link().cloned()
    }

    fn itself(&self) -> Subject {
        let uid = self.seen.row().map(|row| row.uid.clone());
        subject(self.feed, &self.key, &uid.unwrap_or_default())
    }
}

/// What selects the pods and the revisions of a service.
fn selector(feed: &str, name: &Clean) -> String {
    match feed {
        "llm-services" => {
            format!("app.kubernetes.io/part-of=llminferenceservice,app.kubernetes.io/name={name}")
        }
        _ => format!("serving.kserve.io/inferenceservice={name}"),
    }
}

/// The pods of a service, those in trouble first.
pub(in crate::app) fn pods_of<'a>(
    feed: &str,
    service: &Key,
    ctx: &Ctx<'a>,
) -> Vec<&'a Arc<PodRow>> {
    let world: &'a crate::store::World = ctx.world;
    let mine = |pod: &&Arc<PodRow>| {
        let label = |name: &str, value: &str| pod.labels.get(name) == Some(value);
        let here = pod.key.cluster == service.cluster && pod.key.namespace == service.namespace;
        let own = match feed {
            "llm-services" => {
                label("app.kubernetes.io/part-of", "llminferenceservice")
                    && label("app.kubernetes.io/name", &service.name)
            }
            _ => label("serving.kserve.io/inferenceservice", &service.name),
        };
        here && own
    };
    let table = world.table::<PodRow>().into_iter();
    let mut pods: Vec<_> = table.flat_map(Table::iter).filter(mine).collect();
    pods.sort_by_key(|pod| {
        let rank = match &*pod.phase {
            "Failed" => 0,
            "Pending" | "Unknown" => 1,
            _ if pod.containers.iter().any(|c| c.restarts > 0) => 2,
            "Running" => 3,
            _ => 4,
        };
        (rank, pod.key.clone())
    });
    pods
}

impl Screen for ServiceScreen {
    fn id(&self) -> &'static str {
        "service"
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        self.key.name.to_string()
    }

    fn places(&self) -> &'static [Place] {
        &[Place::Text, Place::Object]
    }

    fn wants(&self, _clusters: &[ClusterId]) -> Vec<Want> {
        let (namespace, name) = (self.key.namespace.to_string(), self.key.name.to_string());
        let want = |feed, scope| Want {
            cluster: self.key.cluster.clone(),
            feed,
            scope,
        };
        let object = Scope::Object {
            namespace: namespace.clone(),
            name,
        };
        let labelled = Scope::Labelled {
            namespace,
            selector: selector(self.feed, &self.key.name),
        };
        let mut wants = vec![
            want(self.feed, object.clone()),
            want("pods", labelled.clone()),
            want("burn", Scope::All),
        ];
        if self.feed == "services" {
            wants.push(want("revisions", labelled));
            wants.push(want("canary", object));
            wants.push(want("service-workloads", Scope::All));
        }
        wants.extend(self.on_gpus.then(|| held::want(&self.key.cluster)));
        wants
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        let file = format!("{}.txt", self.key.name);
        reading::act(&mut self.pane, verb, ctx.page, &file).unwrap_or(Turn::Unknown)
    }

    fn offers(&self, verb: Verb) -> bool {
        match verb {
            Verb::Actions => super::deed::acts_on(self.feed),
            other => reading::offers(&self.pane, other),
        }
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        let place = ServiceRow::place_of(&self.key, self.feed == "llm-services");
        self.seen.look(self.feed, &place, ctx);
        self.on_gpus = self.on_gpus || held::any(pods_of(self.feed, &self.key, ctx).into_iter());
        let made_of = page::fingerprint(ctx);
        if self.made_of == Some(made_of) {
            return;
        }
        self.made_of = Some(made_of);
        if let Some(row) = self.seen.row() {
            let doc = page::doc(self.feed, row, ctx);
            self.pane.show(doc, false);
        }
    }

    fn typed(&mut self, text: &str) {
        self.pane.search(text);
    }

    fn answered(&mut self, kept: bool) {
        reading::answered(&mut self.pane, kept);
    }

    /// Of the pod on the line, else of the pod most in trouble.
    fn logs(&self, ctx: &Ctx<'_>) -> Option<Box<dyn Screen>> {
        let here = self.linked().filter(|s| s.feed == "pods").map(|s| s.key);
        let first = || {
            pods_of(self.feed, &self.key, ctx)
                .first()
                .map(|p| p.key.clone())
        };
        let pod = here.or_else(first)?;
        Some(LogScreen::open(Target::Pod(pod)))
    }

    /// The revision or the pod on the line, else the service.
    fn subject(&self, _ctx: &Ctx<'_>) -> Option<Subject> {
        Some(self.linked().unwrap_or_else(|| self.itself()))
    }

    /// The service, and the pod on the line.
    fn aim(&self, _ctx: &Ctx<'_>) -> Aim {
        let pod = self.linked().filter(|s| s.feed == "pods");
        Aim {
            subjects: std::iter::once(self.itself()).chain(pod).collect(),
            gate: None,
            ..Aim::default()
        }
    }

    fn evidence(&self, ctx: &Ctx<'_>) -> Vec<Fact> {
        let row = self.seen.row();
        row.map_or_else(Vec::new, |row| page::evidence(row, ctx))
    }

    fn clear(&mut self) -> bool {
        self.pane.clear()
    }
}
