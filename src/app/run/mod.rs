//! One run opened: its step tree, and the facts of the selected step. Pure.

mod branches;
pub(crate) mod facts;
mod outline;

use std::sync::Arc;

use super::command::{Place, Verb};
use super::deed::{Aim, Gate};
use super::inspect::subject;
use super::list::Fact;
use super::logs::{LogScreen, Target};
use super::pointer::{Hit, Window};
use super::screen::{Ctx, Screen, Turn};
use crate::domain::{Clean, ClusterId, Key, PodRow, RunDetail, StepId, Subject};
use crate::store::{Scope, Want};

pub use outline::{Line, Opening, Touched, What};

/// Children of one branch that are shown at first; more come by the row below them.
pub const CAP: usize = 500;

/// One run on the screen.
#[derive(Debug)]
pub struct RunScreen {
    key: Key,
    detail: Option<Arc<RunDetail>>,
    lines: Vec<Line>,
    /// What the person did to branches; everything else follows the state of the run.
    touched: Touched,
    selected: Option<Clean>,
    index: usize,
    chosen: bool,
    /// A step that failed or runs has a pod with a GPU: what is told of GPUs belongs to the run.
    on_gpus: bool,
    /// First visible line of the facts.
    pub scroll: usize,
    /// Where the lines of the tree were drawn.
    pub window: Window,
}

impl RunScreen {
    /// Opens a run.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self {
            key,
            detail: None,
            lines: Vec::new(),
            touched: Touched::new(),
            selected: None,
            index: 0,
            chosen: false,
            on_gpus: false,
            scroll: 0,
            window: Window::default(),
        }
    }

    /// Which run.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The run, once it came.
    #[must_use]
    pub fn detail(&self) -> Option<&Arc<RunDetail>> {
        self.detail.as_ref()
    }

    /// Visible lines of the tree.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Index of the selected line.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The selected step.
    #[must_use]
    pub fn step(&self) -> Option<StepId> {
        match self.lines.get(self.index)?.what {
            What::Step(id) => Some(id),
            What::More { parent, .. } => Some(parent),
        }
    }

    /// Facts of the selected step.
    #[must_use]
    pub fn facts(&self, ctx: &Ctx<'_>) -> Vec<Fact> {
        match (&self.detail, self.step()) {
            (Some(detail), Some(step)) => facts::of(detail, step, ctx),
            _ => Vec::new(),
        }
    }

    fn select(&mut self, index: usize) {
        self.index = index.min(self.lines.len().saturating_sub(1));
        let step = self.lines.get(self.index).map(|line| line.what);
        self.selected = match (step, &self.detail) {
            (Some(What::Step(id)), Some(detail)) => detail.tree.steps.get(id).map(|s| s.id.clone()),
            _ => None,
        };
        self.scroll = 0;
    }

    fn select_step(&mut self, step: StepId) {
        if let Some(index) = self.lines.iter().position(|l| l.what == What::Step(step)) {
            self.select(index);
        }
    }

    /// Lays the lines out anew and puts the selection back on its step.
    fn layout(&mut self) {
        let Some(detail) = self.detail.clone() else {
            return;
        };
        self.lines = outline::lines(&detail.tree, &self.touched);
        let tree = &detail.tree;
        let kept = self.selected.as_ref().and_then(|id| {
            self.lines.iter().position(|l| matches!(l.what, What::Step(s) if tree.steps.get(s).is_some_and(|s| &s.id == id)))
        });
        let last = self.lines.len().saturating_sub(1);
        self.index = kept.unwrap_or(self.index.min(last));
        if !self.chosen
            && let Some(first) = outline::first_to_look_at(tree)
        {
            self.select_step(first);
        }
    }
}

impl Screen for RunScreen {
    fn id(&self) -> &'static str {
        "run"
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        self.key.name.to_string()
    }

    fn places(&self) -> &'static [Place] {
        &[Place::Tree, Place::Object]
    }

    fn wants(&self, _clusters: &[ClusterId]) -> Vec<Want> {
        let cluster = self.key.cluster.clone();
        let (namespace, name) = (self.key.namespace.to_string(), self.key.name.to_string());
        let selector = format!("workflows.argoproj.io/workflow={name}");
        vec![
            Want {
                cluster: cluster.clone(),
                feed: "run",
                scope: Scope::Object {
                    namespace: namespace.clone(),
                    name,
                },
            },
            Want {
                cluster: cluster.clone(),
                feed: "pods",
                scope: Scope::Labelled {
                    namespace,
                    selector,
                },
            },
            Want {
                cluster: cluster.clone(),
                feed: "nodes",
                scope: Scope::All,
            },
        ]
        .into_iter()
        .chain(self.on_gpus.then_some(Want {
            cluster,
            feed: "gpus",
            scope: Scope::All,
        }))
        .collect()
    }

    fn offers(&self, verb: Verb) -> bool {
        !matches!(verb, Verb::AskDriver | Verb::Acknowledge)
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        let page = ctx.page.saturating_sub(1).max(1);
        match verb {
            Verb::Down => self.select(self.index + 1),
            Verb::Up => self.select(self.index.saturating_sub(1)),
            Verb::PageDown => self.select(self.index + page),
            Verb::PageUp => self.select(self.index.saturating_sub(page)),
            Verb::First => self.select(0),
            Verb::Last => self.select(usize::MAX),
            Verb::Toggle => self.toggle(),
            Verb::Expand => self.expand(),
            Verb::Collapse => self.collapse(),
            Verb::ExpandAll => self.all(Some(Opening::All(CAP))),
            Verb::CollapseAll => self.all(None),
            Verb::NextFailed => self.next_failed(),
            Verb::FactsDown => self.scroll += 1,
            Verb::FactsUp => self.scroll = self.scroll.saturating_sub(1),
            _ => return Turn::Unknown,
        }
        self.chosen = true;
        Turn::Taken
    }

    fn click(&mut self, at: (u16, u16)) -> Hit {
        let row = self.window.row(at).filter(|row| *row < self.lines.len());
        match row {
            None => Hit::Nothing,
            Some(row) if row == self.index => Hit::Again,
            Some(row) => {
                self.select(row);
                self.chosen = true;
                Hit::Selected
            }
        }
    }

    fn refuses(&self, verb: Verb, _ctx: &Ctx<'_>) -> Option<String> {
        let failed = |d: &Arc<RunDetail>| outline::next_failed(&d.tree, self.step()).is_some();
        match verb {
            _ if self.detail.is_none() => Some("the steps are not here yet".to_owned()),
            Verb::NextFailed if !self.detail.as_ref().is_some_and(failed) => {
                Some("no step has failed".to_owned())
            }
            other => (!self.offers(other)).then(|| "does nothing here".to_owned()),
        }
    }

    fn logs(&self, _ctx: &Ctx<'_>) -> Option<Box<dyn Screen>> {
        let step = self.detail.as_ref()?.tree.steps.get(self.step()?)?;
        Some(LogScreen::open(Target::Step {
            run: self.key.clone(),
            step: step.id.clone(),
        }))
    }

    /// The pod of the selected step while it is there, else the run.
    fn subject(&self, ctx: &Ctx<'_>) -> Option<Subject> {
        let step = self.detail.as_ref().zip(self.step());
        let pod = step.and_then(|(run, step)| run.tree.steps.get(step));
        let pod = pod.filter(|s| !s.pod.is_empty()).and_then(|step| {
            let key = Key {
                name: step.pod.clone(),
                ..self.key.clone()
            };
            ctx.world.table::<PodRow>()?.get(&key)
        });
        Some(match (pod, &self.detail) {
            (Some(pod), _) => subject("pods", &pod.key, &pod.uid),
            (None, Some(run)) => subject("workflows", &self.key, &run.row.uid),
            (None, None) => subject("workflows", &self.key, &Clean::default()),
        })
    }

    /// The run, the pod of the selected step while it is there, and the gate that the step is.
    fn aim(&self, ctx: &Ctx<'_>) -> Aim {
        let uid = self.detail.as_ref().map(|run| run.row.uid.clone());
        let run = subject("workflows", &self.key, &uid.unwrap_or_default());
        let pod = self.subject(ctx).filter(|s| s.feed == "pods");
        let step = self.detail.as_ref().zip(self.step());
        let step = step.and_then(|(run, id)| run.tree.steps.get(id));
        Aim {
            subjects: [run].into_iter().chain(pod).collect(),
            gate: step.filter(|s| s.phase.is_active()).and_then(Gate::of),
            ..Aim::default()
        }
    }

    fn evidence(&self, ctx: &Ctx<'_>) -> Vec<Fact> {
        self.facts(ctx)
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        let now = ctx
            .world
            .table::<RunDetail>()
            .and_then(|t| t.get(&self.key));
        let ends = |p: &PodRow| matches!(&*p.phase, "Failed" | "Running" | "Unknown");
        let mine = |p: &PodRow| p.run == self.key.name && p.key.namespace == self.key.namespace;
        if !self.on_gpus
            && let Some(pods) = ctx.world.table::<PodRow>()
        {
            self.on_gpus = pods
                .iter()
                .any(|p| !p.gpus.is_empty() && mine(p) && ends(p));
        }
        let same = match (&self.detail, now) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            // a run that is gone stays on the screen as it was last seen
            (_, None) => true,
            (None, Some(_)) => false,
        };
        if same {
            return;
        }
        self.detail = now.cloned();
        self.layout();
    }
}
