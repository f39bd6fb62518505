//! One training job opened: which rank failed first, its roles, ranks and pods, what it belongs to. Pure.
//!
//! | file | owns |
//! |---|---|
//! | `standing` | one word for where a job stands, its pods, what of it failed first |
//! | `page` | the text of the opened job |

mod page;
pub mod standing;

use super::column::Fact;
use super::command::{Place, Verb};
use super::deed::{self, Aim};
use super::describe;
use super::inspect::subject;
use super::logs::{LogScreen, Target};
use super::screen::{Ctx, Screen, Turn};
use super::seen::Seen;
use super::text::{Pane, reading};
use crate::domain::{ClusterId, JobKind, JobRow, Key, Subject};
use crate::store::{Scope, Want};

/// One job on the screen.
#[derive(Debug)]
pub struct JobScreen {
    kind: JobKind,
    key: Key,
    /// It, as last seen.
    pub seen: Seen<JobRow>,
    /// What is told of it, and where the person is in that.
    pub pane: Pane,
    made_of: Option<u64>,
    /// What has to be watched to know what it belongs to.
    above: Vec<Want>,
}

impl JobScreen {
    /// Opens a job.
    #[must_use]
    pub fn new(kind: JobKind, key: Key) -> Self {
        Self {
            kind,
            key,
            seen: Seen::default(),
            pane: Pane::wrapped(),
            made_of: None,
            above: Vec::new(),
        }
    }

    /// Which job.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Its feed.
    #[must_use]
    pub fn feed(&self) -> &'static str {
        self.kind.feed()
    }

    /// The object on the line that the person is on: a pod, an owner, a part.
    fn linked(&self) -> Option<Subject> {
        self.pane.link().cloned()
    }

    fn itself(&self) -> Subject {
        let uid = self.seen.row().map(|row| row.uid.clone());
        subject(self.feed(), &self.key, &uid.unwrap_or_default())
    }
}

/// The pods of a job.
#[must_use]
pub fn pods_of(job: &JobRow) -> Vec<Want> {
    let namespace = job.key.namespace.to_string();
    let each = job.selectors().into_iter().map(|selector| Want {
        cluster: job.key.cluster.clone(),
        feed: "pods",
        scope: Scope::Labelled {
            namespace: namespace.clone(),
            selector,
        },
    });
    each.collect()
}

/// What has to be watched to know more of a job than it tells itself: its pods, and the jobs that work for it.
#[must_use]
pub fn beside(feed: &str, key: &Key, ctx: &Ctx<'_>) -> Vec<Want> {
    let Some(kind) = JobKind::of(feed) else {
        return Vec::new();
    };
    let place = JobRow::place_of(kind, key);
    let row = ctx.world.table::<JobRow>().and_then(|t| t.get(&place));
    let mut wants = parts_of(kind, key);
    wants.extend(row.map(|row| pods_of(row)).unwrap_or_default());
    wants
}

/// What has to be watched to know all of a job whose row is not known yet: itself, the jobs that work for it, and the
/// pods of its namespace.
#[must_use]
pub fn wants_of(kind: JobKind, key: &Key) -> Vec<Want> {
    let own = Want {
        cluster: key.cluster.clone(),
        feed: kind.feed(),
        scope: Scope::Object {
            namespace: key.namespace.to_string(),
            name: key.name.to_string(),
        },
    };
    let pods = Want {
        cluster: key.cluster.clone(),
        feed: "pods",
        scope: Scope::Namespace(key.namespace.to_string()),
    };
    let mut wants = vec![own, pods];
    wants.extend(parts_of(kind, key));
    wants
}

/// Kinds of the jobs that a controller makes for a job.
fn parts_of(kind: JobKind, key: &Key) -> Vec<Want> {
    let kinds: &[JobKind] = match kind {
        JobKind::Train => &[JobKind::JobSet, JobKind::Batch],
        JobKind::JobSet | JobKind::Mpi => &[JobKind::Batch],
        JobKind::RayJob => &[JobKind::RayCluster, JobKind::Batch],
        JobKind::RayService => &[JobKind::RayCluster],
        _ => &[],
    };
    let each = kinds.iter().map(|kind| Want {
        cluster: key.cluster.clone(),
        feed: kind.feed(),
        scope: Scope::Namespace(key.namespace.to_string()),
    });
    each.collect()
}

/// The screen of the logs of a job: those of all its pods, the one that failed first on top.
#[must_use]
pub fn logs(job: &JobRow) -> Box<dyn Screen> {
    LogScreen::open(Target::Job {
        kind: job.kind,
        key: job.key.clone(),
        selectors: job.selectors(),
    })
}

impl Screen for JobScreen {
    fn id(&self) -> &'static str {
        "job"
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        self.key.name.to_string()
    }

    fn places(&self) -> &'static [Place] {
        &[Place::Text, Place::Object]
    }

    fn wants(&self, _clusters: &[ClusterId]) -> Vec<Want> {
        let own = Want {
            cluster: self.key.cluster.clone(),
            feed: self.feed(),
            scope: Scope::Object {
                namespace: self.key.namespace.to_string(),
                name: self.key.name.to_string(),
            },
        };
        let mut wants = vec![own, describe::manifest(&self.itself())];
        wants.extend(parts_of(self.kind, &self.key));
        wants.extend(self.above.iter().cloned());
        wants.extend(self.seen.row().map(|row| pods_of(row)).unwrap_or_default());
        wants
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        let file = format!("{}.txt", self.key.name);
        reading::act(&mut self.pane, verb, ctx.page, &file).unwrap_or(Turn::Unknown)
    }

    fn offers(&self, verb: Verb) -> bool {
        match verb {
            Verb::Actions => deed::acts_on(self.feed()),
            other => reading::offers(&self.pane, other),
        }
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        let place = JobRow::place_of(self.kind, &self.key);
        self.seen.look(self.feed(), &place, ctx);
        let made_of = page::fingerprint(ctx);
        if self.made_of == Some(made_of) {
            return;
        }
        self.made_of = Some(made_of);
        // an owner's own owner stands in it
        let owners = describe::owners(&self.itself(), ctx).into_iter();
        let links = owners.filter(|o| o.holds).filter_map(|o| o.link);
        self.above = links.map(|link| describe::manifest(&link)).collect();
        if let Some(row) = self.seen.row() {
            let doc = page::doc(row, ctx);
            self.pane.show(doc, false);
        }
    }

    fn typed(&mut self, text: &str) {
        self.pane.search(text);
    }

    fn answered(&mut self, kept: bool) {
        reading::answered(&mut self.pane, kept);
    }

    /// Of the pod on the line, else of the one that failed first, else of all its pods.
    fn logs(&self, ctx: &Ctx<'_>) -> Option<Box<dyn Screen>> {
        let here = self.linked().filter(|s| s.feed == "pods").map(|s| s.key);
        let row = self.seen.row()?;
        let first = || {
            let failed = standing::failures(row, ctx.world);
            failed.first().map(|f| f.pod.key.clone())
        };
        Some(match here.or_else(first) {
            Some(pod) => LogScreen::open(Target::Pod(pod)),
            None => logs(row),
        })
    }

    /// The object on the line, else the job.
    fn subject(&self, _ctx: &Ctx<'_>) -> Option<Subject> {
        Some(self.linked().unwrap_or_else(|| self.itself()))
    }

    /// The job, and the pod on the line.
    fn aim(&self, _ctx: &Ctx<'_>) -> Aim {
        let pod = self.linked().filter(|s| s.feed == "pods");
        Aim {
            subjects: std::iter::once(self.itself()).chain(pod).collect(),
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
