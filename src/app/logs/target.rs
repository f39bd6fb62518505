//! Whose log is asked for, and which pods that are. Pure.

mod jobs;

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::screen::Ctx;
use crate::app::trials;
use crate::domain::{
    Clean, JobKind, Key, Phase, PodRow, RunDetail, SourceState, Step, StepId, StepTree,
};
use crate::store::{Scope, Want};

/// Most pods read at once.
pub const PODS: usize = 20;

/// Whose log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One pod.
    Pod(Key),
    /// All pods of a trial.
    Trial(Key),
    /// All pods of a training job.
    Job {
        /// Its kind.
        kind: JobKind,
        /// The job.
        key: Key,
        /// What selects its pods.
        selectors: Vec<String>,
    },
    /// All pods of a run.
    Run(Key),
    /// The pods of one step of a run.
    Step {
        /// The run.
        run: Key,
        /// The engine's id of the step.
        step: Clean,
    },
}

/// A pod that belongs to the target.
#[derive(Debug, Clone)]
pub struct Pick {
    /// Its name.
    pub pod: Clean,
    /// What it is called on the screen: its step, or its name.
    pub label: Clean,
    /// What is known of it; `None` when it could not be looked up.
    pub row: Option<Arc<PodRow>>,
    /// Where its log was put when it ended, as far as known.
    pub archived: Option<Clean>,
    rank: u8,
    started: Option<Timestamp>,
}

/// What a target is now.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Pods that can be read, failed ones first; at most [`PODS`].
    pub pods: Vec<Pick>,
    /// Pods that are not there any more.
    pub gone: Vec<Pick>,
    /// How many pods can be read in all.
    pub all: usize,
    /// Attempts of the step, where it is one that is retried.
    pub attempts: usize,
    /// Which of them is read, counted from 1.
    pub attempt: usize,
    /// Name of the step, where one was chosen.
    pub step: Clean,
    /// Why the chosen step has no pod; empty when it has one.
    pub podless: &'static str,
    /// Why the pods are not known; empty when they are.
    pub unknown: String,
    /// They are not known because a source is in trouble: waiting alone does not help.
    pub troubled: bool,
}

impl Target {
    /// Where it lives: its pod, or its run.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Pod(key)
            | Self::Trial(key)
            | Self::Run(key)
            | Self::Job { key, .. }
            | Self::Step { run: key, .. } => key,
        }
    }

    /// What has to be watched to know its pods.
    #[must_use]
    pub fn wants(&self) -> Vec<Want> {
        let key = self.key();
        let (namespace, name) = (key.namespace.to_string(), key.name.to_string());
        let want = |feed, scope| Want {
            cluster: key.cluster.clone(),
            feed,
            scope,
        };
        let selector = format!("workflows.argoproj.io/workflow={name}");
        let labelled = Scope::Labelled {
            namespace: namespace.clone(),
            selector,
        };
        let space = namespace.clone();
        let object = Scope::Object { namespace, name };
        match self {
            Self::Job {
                kind, selectors, ..
            } => {
                let pods = selectors.iter().map(|selector| Scope::Labelled {
                    namespace: space.clone(),
                    selector: selector.clone(),
                });
                let own = want(kind.feed(), object);
                pods.map(|scope| want("pods", scope)).chain([own]).collect()
            }
            Self::Pod(_) => vec![want("pods", object)],
            Self::Trial(key) => vec![crate::app::trials::pods_of(key)],
            Self::Run(_) | Self::Step { .. } => vec![want("run", object), want("pods", labelled)],
        }
    }

    /// Its pods now. Of a step that is retried the attempt that is `back` before the last.
    #[must_use]
    pub fn find(&self, back: usize, ctx: &Ctx<'_>) -> Found {
        let pods = Pods::of(self.key(), ctx);
        let mut found = Found::default();
        let mut picks = match self {
            Self::Pod(key) => vec![pods.pick(&key.name, &key.name)],
            Self::Trial(key) => pods.of_trial(key, &mut found),
            Self::Job { kind, key, .. } => pods.of_job(*kind, key, &mut found),
            Self::Run(_) | Self::Step { .. } => match pods.unknown_run(self) {
                Some(why) => {
                    found.troubled = !why.ends_with('…');
                    found.unknown = why;
                    return found;
                }
                None => pods.steps(self, back, &mut found),
            },
        };
        if picks.is_empty() && !found.podless.is_empty() {
            return found;
        }
        let blind = || picks.is_empty().then(|| pods.blind()).flatten();
        if let Some(why) = pods.unknown().or_else(blind) {
            found.troubled = !why.ends_with('…');
            found.unknown = why;
            return found;
        }
        picks.sort_by_key(|pick| (pick.rank, Reverse(pick.started)));
        let (there, gone): (Vec<_>, Vec<_>) = picks
            .into_iter()
            .partition(|pick| pick.row.is_some() || !pods.all_known);
        found.all = there.len();
        found.pods = there;
        found.pods.truncate(PODS);
        found.gone = gone;
        found
    }
}

/// What is known of pods and steps around a target.
struct Pods<'a> {
    ctx: &'a Ctx<'a>,
    key: &'a Key,
    /// A pod that is not in the table does not exist.
    all_known: bool,
    state: Option<SourceState>,
    run: Option<&'a Arc<RunDetail>>,
}

impl<'a> Pods<'a> {
    fn of(key: &'a Key, ctx: &'a Ctx<'a>) -> Self {
        let near = |scope: &str| scope.is_empty() || scope.starts_with(&*key.namespace);
        let mine = ctx
            .world
            .feed("pods")
            .filter(|s| s.id.cluster == key.cluster && near(&s.id.scope));
        let states: Vec<SourceState> = mine.map(|s| s.state).collect();
        let all_known = states.contains(&SourceState::Live);
        let asked = [SourceState::Connecting, SourceState::Partial];
        let state = states.iter().find(|s| asked.contains(s));
        Self {
            ctx,
            key,
            all_known,
            state: state.or(states.first()).copied(),
            run: ctx.world.table::<RunDetail>().and_then(|t| t.get(key)),
        }
    }

    /// Why pods cannot be told yet. A source in trouble is no reason to wait: the log may be read all the same.
    fn unknown(&self) -> Option<String> {
        let waits = matches!(
            self.state,
            None | Some(SourceState::Connecting | SourceState::Partial)
        );
        (waits && !self.all_known).then(|| format!("Looking for the pods of {}…", self.key.name))
    }

    /// No pod is known, and none could be: what cannot be read is not empty.
    fn blind(&self) -> Option<String> {
        let state = self.state.filter(|_| !self.all_known)?;
        Some(format!(
            "Whether {} has pods is not known: the source pods is {}. 0 tells why.",
            self.key.name,
            state.word()
        ))
    }

    /// Why the steps of the run cannot be told yet.
    fn unknown_run(&self, target: &Target) -> Option<String> {
        if self.run.is_some() {
            return None;
        }
        let name = &*self.key.name;
        let source = self
            .ctx
            .world
            .feed("run")
            .find(|s| s.id.cluster == self.key.cluster && s.id.scope.ends_with(name));
        let waits = source
            .is_none_or(|s| matches!(s.state, SourceState::Connecting | SourceState::Partial));
        match (target, waits) {
            (_, true) => Some(format!("Looking for the steps of {name}…")),
            // without its steps a run still has pods
            (Target::Run(_), false) => None,
            (_, false) => Some(format!("The steps of {name} cannot be read: 0 tells why.")),
        }
    }

    fn steps(&self, target: &Target, back: usize, found: &mut Found) -> Vec<Pick> {
        let mut picks = Vec::new();
        if let Some(run) = self.run {
            let tree = &run.tree;
            let mut roots = tree.roots.clone();
            if let Target::Step { step, .. } = target {
                roots = tree.find(step).into_iter().collect();
                let chosen = roots.first().and_then(|id| tree.steps.get(*id));
                found.step = chosen.map(|s| s.label.clone()).unwrap_or_default();
                found.podless = chosen.map_or("", Step::without_pod);
            }
            if let [one] = roots.as_slice() {
                let (all, at) = tries(tree, *one);
                found.attempts = all.len();
                // so many before the one that was chosen, around to the last
                let number = (at + all.len()).saturating_sub(back) % all.len().max(1);
                if let Some(chosen) = all.get(number) {
                    roots = vec![*chosen];
                    found.attempt = number + 1;
                }
            }
            for id in leaves(tree, roots) {
                let own = tree.steps.get(id).into_iter();
                let steps = own
                    .chain(tree.folded_into(id))
                    .filter(|s| !s.pod.is_empty());
                picks.extend(steps.map(|step| self.pick_step(step)));
            }
        }
        if !picks.is_empty() {
            found.podless = "";
        }
        if matches!(target, Target::Run(_)) {
            self.strays(&mut picks);
        }
        picks
    }

    /// Pods that carry the run's label and that no step names: of an agent, or of a run whose steps cannot be read.
    fn strays(&self, picks: &mut Vec<Pick>) {
        let steps = self.run.into_iter().flat_map(|run| {
            let folded = run.tree.folded.iter().map(|(_, step)| step);
            run.tree.steps.iter().chain(folded)
        });
        let named: HashSet<&Clean> = steps.map(|step| &step.pod).collect();
        let table = self.ctx.world.table::<PodRow>();
        let mine = table
            .into_iter()
            .flat_map(crate::store::Table::iter)
            .filter(|pod| {
                pod.run == self.key.name
                    && pod.key.cluster == self.key.cluster
                    && pod.key.namespace == self.key.namespace
                    && !named.contains(&pod.key.name)
            });
        picks.extend(mine.map(|pod| self.pick(&pod.key.name, &pod.key.name)));
    }

    fn of_trial(&self, trial: &Key, found: &mut Found) -> Vec<Pick> {
        let own = trials::standing::pods(trial, self.ctx.world);
        if own.is_empty() && self.all_known {
            found.podless =
                "has no pods: the job of a trial that has ended is deleted, and its logs with it";
        }
        let picks = own.iter().map(|p| self.pick(&p.key.name, &p.key.name));
        picks.collect()
    }

    fn pick_step(&self, step: &Step) -> Pick {
        let log = step
            .artifacts_out
            .iter()
            .find(|a| a.name.ends_with("-logs"));
        Pick {
            rank: rank(step.phase),
            started: step.started,
            archived: log.filter(|a| !a.deleted).map(|a| a.location.clone()),
            ..self.pick(&step.pod, &step.label)
        }
    }

    fn pick(&self, pod: &Clean, label: &Clean) -> Pick {
        let key = Key {
            name: pod.clone(),
            ..self.key.clone()
        };
        let row = self.ctx.world.table::<PodRow>().and_then(|t| t.get(&key));
        Pick {
            pod: pod.clone(),
            label: label.clone(),
            rank: row.map_or(3, |p| match &*p.phase {
                "Failed" => 0,
                "Running" => 1,
                "Pending" => 2,
                _ => 3,
            }),
            started: row.and_then(|p| p.created),
            row: row.cloned(),
            archived: None,
        }
    }
}

fn rank(phase: Phase) -> u8 {
    match phase {
        Phase::Failed | Phase::Error => 0,
        Phase::Running | Phase::Waiting => 1,
        Phase::Pending => 2,
        _ => 3,
    }
}

/// The attempts of a step, and the place among them of the one that is meant: of a step that is retried the last, of
/// an attempt itself.
fn tries(tree: &StepTree, id: StepId) -> (Vec<StepId>, usize) {
    let own = tree.attempts(id);
    if !own.is_empty() {
        let last = own.len() - 1;
        return (own, last);
    }
    let above = tree.parent.get(id).copied().flatten();
    let beside = above.map(|id| tree.attempts(id)).unwrap_or_default();
    match beside.iter().position(|other| *other == id) {
        Some(at) => (beside, at),
        None => (Vec::new(), 0),
    }
}

/// Steps at or below these; of a step that is retried only the last attempt.
fn leaves(tree: &StepTree, roots: Vec<StepId>) -> Vec<StepId> {
    let mut stack = roots;
    let mut found = Vec::new();
    while let Some(id) = stack.pop() {
        found.push(id);
        match tree.attempts(id).last() {
            Some(last) => stack.push(*last),
            None => stack.extend(tree.children(id)),
        }
        if found.len() > tree.steps.len() {
            break;
        }
    }
    found
}
