//! One trial opened. Pure.

use std::any::Any;
use std::sync::Arc;

use jiff::Timestamp;

use super::{page, standing};
use crate::app::column::Fact;
use crate::app::command::{Place, Verb};
use crate::app::deed::{self, Aim};
use crate::app::describe;
use crate::app::effect::{Effect, Program};
use crate::app::gpus::held;
use crate::app::inspect::{self, subject};
use crate::app::logs::{LogScreen, Target};
use crate::app::screen::{Ctx, Question, Screen, Turn};
use crate::app::text::Pane;
use crate::domain::{Clean, ClusterId, Key, Subject, TrialRow};
use crate::kinds::trial::OF_TRIAL;
use crate::store::{Scope, Want};

/// One trial on the screen.
#[derive(Debug)]
pub struct TrialScreen {
    key: Key,
    row: Option<Arc<TrialRow>>,
    gone: Option<Timestamp>,
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
        let mut pane = Pane::default();
        pane.wrap = true;
        Self {
            key,
            row: None,
            gone: None,
            on_gpus: false,
            pane,
            made_of: None,
        }
    }

    /// Which trial.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The trial as last seen.
    #[must_use]
    pub fn row(&self) -> Option<&Arc<TrialRow>> {
        self.row.as_ref()
    }

    /// Since when it is known to be deleted.
    #[must_use]
    pub fn gone(&self) -> Option<Timestamp> {
        self.gone
    }

    fn take_row(&mut self, ctx: &Ctx<'_>) {
        let table = ctx.world.table::<TrialRow>();
        if let Some(row) = table.and_then(|t| t.get(&self.key)) {
            self.row = Some(row.clone());
            self.gone = None;
        } else if self.row.is_some() && self.is_live(ctx) {
            self.gone.get_or_insert(ctx.now);
        }
    }

    fn is_live(&self, ctx: &Ctx<'_>) -> bool {
        let mut mine = ctx.world.feed("trials");
        mine.any(|s| s.id.cluster == self.key.cluster && s.state.is_live())
    }

    /// The object on the line that the person is on.
    fn linked(&self) -> Option<Subject> {
        self.pane.current().and_then(|(_, line)| line.link.clone())
    }

    fn itself(&self) -> Subject {
        let uid = self.row.as_ref().map(|row| row.uid.clone());
        subject("trials", &self.key, &uid.unwrap_or_default())
    }

    fn walk(&mut self, verb: Verb, page: usize) -> bool {
        let at = self.pane.index();
        let target = match verb {
            Verb::Down => at + 1,
            Verb::Up => at.saturating_sub(1),
            Verb::PageDown => at + page,
            Verb::PageUp => at.saturating_sub(page),
            Verb::First => 0,
            Verb::Last => usize::MAX,
            _ => return false,
        };
        self.pane.go(target);
        true
    }

    fn program(&self, with: Program) -> Turn {
        Turn::Do(Effect::Show {
            text: self.pane.doc().text(),
            name: format!("{}.txt", self.key.name),
            with,
        })
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
        if let Some(owner) = self.row.as_ref().and_then(|row| row.owner()) {
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
        if self.walk(verb, ctx.page.saturating_sub(1).max(1)) {
            return Turn::Taken;
        }
        match verb {
            Verb::Open => match self.linked() {
                Some(subject) => return Turn::Open(inspect::opened(subject)),
                None => self.pane.toggle(),
            },
            Verb::Toggle => self.pane.toggle(),
            Verb::ExpandAll => self.pane.all(false),
            Verb::CollapseAll => self.pane.all(true),
            Verb::Search => {
                self.pane.begin_search();
                return Turn::Ask(Question {
                    label: "/",
                    hint: "words to find",
                    text: String::new(),
                });
            }
            Verb::SearchNext => self.pane.next_hit(true),
            Verb::SearchPrev => self.pane.next_hit(false),
            Verb::Wrap => self.pane.wrap = !self.pane.wrap,
            Verb::ScrollRight => self.pane.left += 8,
            Verb::ScrollLeft => self.pane.left = self.pane.left.saturating_sub(8),
            Verb::Pager => return self.program(Program::Pager),
            Verb::Editor => return self.program(Program::Editor),
            _ => return Turn::Unknown,
        }
        Turn::Taken
    }

    fn offers(&self, verb: Verb) -> bool {
        match verb {
            Verb::Managers | Verb::NextChange => false,
            Verb::SearchNext | Verb::SearchPrev => self.pane.hits().is_some(),
            Verb::ScrollLeft | Verb::ScrollRight => !self.pane.wrap,
            Verb::Actions => deed::acts_on("trials"),
            _ => true,
        }
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        self.take_row(ctx);
        let pods = standing::pods(&self.key, ctx.world);
        self.on_gpus = self.on_gpus || held::any(pods.into_iter());
        let made_of = page::fingerprint(ctx);
        if self.made_of == Some(made_of) {
            return;
        }
        self.made_of = Some(made_of);
        if let Some(row) = &self.row {
            let doc = page::doc(row, ctx);
            self.pane.show(doc, false);
        }
    }

    fn typed(&mut self, text: &str) {
        self.pane.search(text);
    }

    fn answered(&mut self, kept: bool) {
        if !kept {
            self.pane.search("");
        }
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
        let owner = self.row.as_ref().and_then(|row| row.owner());
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
        let row = self.row.as_ref();
        row.map_or_else(Vec::new, |row| page::evidence(row, ctx))
    }

    fn clear(&mut self) -> bool {
        self.pane.clear()
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
