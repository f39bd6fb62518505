//! One trial opened. Pure.

use super::{page, standing};
use crate::app::column::Fact;
use crate::app::command::{Place, Verb};
use crate::app::deed::{self, Aim};
use crate::app::describe;
use crate::app::gpus::held;
use crate::app::inspect::subject;
use crate::app::logs::{LogScreen, Target};
use crate::app::screen::{Ctx, Screen, Turn};
use crate::app::seen::Seen;
use crate::app::text::{Pane, reading};
use crate::domain::{Clean, ClusterId, Key, Subject, TrialRow};
use crate::kinds::trial::OF_TRIAL;
use crate::store::{Scope, Want};

/// One trial on the screen.
#[derive(Debug)]
pub struct TrialScreen {
    key: Key,
    /// It, as last seen.
    pub seen: Seen<TrialRow>,
    /// A pod of it asks for accelerators: what is told of GPUs belongs to it.
    on_gpus: bool,
    /// What is told of it, and where the person is in that.
    pub pane: Pane,
    made_of: Option<u64>,
}

impl TrialScreen {
    /// Opens a trial.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self {
            key,
            seen: Seen::default(),
            on_gpus: false,
            pane: Pane::wrapped(),
            made_of: None,
        }
    }

    /// Which trial.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The object on the line that the person is on.
    fn linked(&self) -> Option<Subject> {
        self.pane.link().cloned()
    }

    fn itself(&self) -> Subject {
        let uid = self.seen.row().map(|row| row.uid.clone());
        subject("trials", &self.key, &uid.unwrap_or_default())
    }
}

/// The pods of a trial.
#[must_use]
pub fn pods_of(trial: &Key) -> Want {
    Want {
        cluster: trial.cluster.clone(),
        feed: "pods",
        scope: Scope::Labelled {
            namespace: trial.namespace.to_string(),
            selector: format!("{OF_TRIAL}={}", trial.name),
        },
    }
}

impl Screen for TrialScreen {
    fn id(&self) -> &'static str {
        "trial"
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        self.key.name.to_string()
    }

    fn places(&self) -> &'static [Place] {
        &[Place::Text, Place::Object]
    }

    fn wants(&self, _clusters: &[ClusterId]) -> Vec<Want> {
        let want = |feed, scope| Want {
            cluster: self.key.cluster.clone(),
            feed,
            scope,
        };
        let namespace = self.key.namespace.to_string();
        let mut wants = vec![
            want(
                "trials",
                Scope::Object {
                    namespace: namespace.clone(),
                    name: self.key.name.to_string(),
                },
            ),
            pods_of(&self.key),
            describe::manifest(&self.itself()),
        ];
        if let Some(owner) = self.seen.row().and_then(|row| row.owner()) {
            wants.push(want(
                "experiments",
                Scope::Object {
                    namespace,
                    name: owner.name.to_string(),
                },
            ));
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
            Verb::Actions => deed::acts_on("trials"),
            other => reading::offers(&self.pane, other),
        }
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        self.seen.look("trials", &self.key, ctx);
        let pods = standing::pods(&self.key, ctx.world);
        self.on_gpus = self.on_gpus || held::any(pods.into_iter());
        let made_of = page::fingerprint(ctx);
        if self.made_of == Some(made_of) {
            return;
        }
        self.made_of = Some(made_of);
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

    /// Of the pod on the line, else of all its pods.
    fn logs(&self, _ctx: &Ctx<'_>) -> Option<Box<dyn Screen>> {
        let here = self.linked().filter(|s| s.feed == "pods").map(|s| s.key);
        let target = here.map_or_else(|| Target::Trial(self.key.clone()), Target::Pod);
        Some(LogScreen::open(target))
    }

    /// The object on the line, else the trial.
    fn subject(&self, _ctx: &Ctx<'_>) -> Option<Subject> {
        Some(self.linked().unwrap_or_else(|| self.itself()))
    }

    /// The trial, its experiment, and its pod where there is one.
    fn aim(&self, ctx: &Ctx<'_>) -> Aim {
        let owner = self.seen.row().and_then(|row| row.owner());
        let owner = owner.map(|key| subject("experiments", &key, &Clean::default()));
        let pod = self.linked().filter(|s| s.feed == "pods");
        let first = || {
            let all = standing::pods(&self.key, ctx.world);
            all.first().map(|p| subject("pods", &p.key, &p.uid))
        };
        let subjects = std::iter::once(self.itself()).chain(owner);
        Aim {
            subjects: subjects.chain(pod.or_else(first)).collect(),
            gate: None,
            marked: 0,
            given: Vec::new(),
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
