//! One word for where an experiment stands; its trials, what suggests their parameters, their pods. Pure.
//!
//! `trouble` owns what holds an experiment up.

mod trouble;

use std::sync::Arc;

use crate::app::screen::Ctx;
use crate::domain::{ExperimentPhase, ExperimentRow, Key, PodRow, SuggestionRow, TrialRow};
use crate::kinds::trial::OF_TRIAL;
use crate::store::{Table, World};
use crate::theme::Mark;

pub use trouble::{Trouble, caveat, trouble};

/// Where an experiment stands, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Wants to go on and cannot.
    Stuck,
    /// Ended badly.
    Failed,
    /// Its controller has said nothing.
    Unknown,
    /// Is being deleted.
    Ending,
    /// Goes on, but not all of it.
    Slowed,
    /// Parallelism was lowered to be raised again.
    Paused,
    /// Begins, or begins again.
    Starting,
    /// Trials run.
    Running,
    /// Ended: the goal is reached.
    Goal,
    /// Ended: the budget is spent.
    Spent,
    /// Ended: there is nothing left to try, or for another reason.
    Ended,
}

impl Standing {
    /// Of an experiment.
    #[must_use]
    pub fn of(experiment: &ExperimentRow, ctx: &Ctx<'_>) -> Self {
        let trouble = trouble(experiment, ctx);
        match (experiment.phase, trouble) {
            (ExperimentPhase::Failed, _) => Self::Failed,
            (_, Some(trouble)) if trouble.stuck => Self::Stuck,
            _ if experiment.deleting.is_some() => Self::Ending,
            (ExperimentPhase::Succeeded, _) => match &*experiment.reason {
                "ExperimentGoalReached" => Self::Goal,
                "ExperimentMaxTrialsReached" => Self::Spent,
                _ => Self::Ended,
            },
            (ExperimentPhase::Unknown, _) => Self::Unknown,
            _ if experiment
                .paused_from
                .is_some_and(|n| n > experiment.parallel) =>
            {
                Self::Paused
            }
            (_, Some(_)) => Self::Slowed,
            (ExperimentPhase::Created | ExperimentPhase::Restarting, None) => Self::Starting,
            (ExperimentPhase::Running, None) => Self::Running,
        }
    }

    /// All words.
    pub const WORDS: &'static [&'static str] = &[
        "Stuck",
        "Failed",
        "Unknown",
        "Ending",
        "Slowed",
        "Paused",
        "Starting",
        "Running",
        "Goal reached",
        "Budget spent",
        "Ended",
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.get(self as usize).copied().unwrap_or_default()
    }

    /// Its mark.
    #[must_use]
    pub fn mark(self) -> Mark {
        match self {
            Self::Stuck => Mark::Burning,
            Self::Failed => Mark::Failed,
            Self::Unknown => Mark::Unknown,
            Self::Ending => Mark::Stale,
            Self::Slowed | Self::Paused => Mark::Waiting,
            Self::Starting => Mark::Pending,
            Self::Running => Mark::Running,
            Self::Goal => Mark::Ok,
            Self::Spent | Self::Ended => Mark::Omitted,
        }
    }
}

/// The trials of an experiment.
pub fn trials<'a>(experiment: &Key, world: &'a World) -> impl Iterator<Item = &'a Arc<TrialRow>> {
    let table = world.table::<TrialRow>().into_iter();
    table.flat_map(move |t| t.about(experiment))
}

/// What suggests the parameters of an experiment.
#[must_use]
pub fn suggestion<'a>(experiment: &Key, world: &'a World) -> Option<&'a Arc<SuggestionRow>> {
    world.table::<SuggestionRow>()?.get(experiment)
}

/// The pods of a trial, in the order of their names.
#[must_use]
pub fn pods<'a>(trial: &Key, world: &'a World) -> Vec<&'a Arc<PodRow>> {
    let here = |pod: &&Arc<PodRow>| {
        pod.key.namespace == trial.namespace
            && pod.key.cluster == trial.cluster
            && pod.labels.get(OF_TRIAL) == Some(&*trial.name)
    };
    let table = world.table::<PodRow>().into_iter();
    let mut all: Vec<_> = table.flat_map(Table::iter).filter(here).collect();
    all.sort_by(|a, b| a.key.cmp(&b.key));
    all
}

/// A trial as it is told apart from the others of its experiment.
#[must_use]
pub fn tail<'a>(trial: &'a str, experiment: &str) -> &'a str {
    let rest = trial.strip_prefix(experiment);
    let rest = rest.and_then(|r| r.strip_prefix('-'));
    rest.filter(|r| !r.is_empty()).unwrap_or(trial)
}
