//! Experiments, and what suggests the parameters of their trials, as rows. Pure.

use jiff::Timestamp;

use super::objective::{Objective, Observed, figure_of};
use super::{Clean, Key, Labels, Tag};

/// What a parameter can be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Space {
    /// Its name.
    pub name: Clean,
    /// `double`, `int`, `discrete`, `categorical`.
    pub kind: Clean,
    /// The least, as written.
    pub min: Clean,
    /// The greatest, as written.
    pub max: Clean,
    /// The choices.
    pub list: Box<[Clean]>,
}

/// Where an experiment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ExperimentPhase {
    /// Made; nothing runs yet.
    Created,
    /// Trials run.
    Running,
    /// Ended, and begun again with a greater budget.
    Restarting,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Its controller has said nothing yet, or a word that is not known.
    #[default]
    Unknown,
}

impl ExperimentPhase {
    /// It has ended.
    #[must_use]
    pub fn ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

/// What stays of the algorithm when an experiment has ended, and so whether it can be begun again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Resume {
    /// Nothing: it cannot be begun again.
    #[default]
    Never,
    /// The service that suggests goes on running, and costs.
    LongRunning,
    /// A volume with the state of the algorithm.
    FromVolume,
    /// A word that is not known.
    Unknown,
}

impl Resume {
    /// As manifests write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Never => "Never",
            Self::LongRunning => "LongRunning",
            Self::FromVolume => "FromVolume",
            Self::Unknown => "?",
        }
    }
}

/// How many trials of an experiment there are of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trials {
    /// All that were made.
    pub total: u32,
    /// Not started yet.
    pub pending: u32,
    /// At work.
    pub running: u32,
    /// Ended with a metric.
    pub succeeded: u32,
    /// Ended badly.
    pub failed: u32,
    /// Killed.
    pub killed: u32,
    /// Stopped early, as they would not win.
    pub early_stopped: u32,
    /// Ended well, but told no metric.
    pub metrics_unavailable: u32,
}

impl Trials {
    /// Those that have ended, however.
    #[must_use]
    pub fn ended(self) -> u32 {
        let all = [
            self.succeeded,
            self.failed,
            self.killed,
            self.early_stopped,
            self.metrics_unavailable,
        ];
        all.into_iter().fold(0, u32::saturating_add)
    }

    /// Those that count as failed: also the ones without a metric.
    #[must_use]
    pub fn lost(self) -> u32 {
        self.failed.saturating_add(self.metrics_unavailable)
    }

    /// Those that ended badly, or were ended.
    #[must_use]
    pub fn broken(self) -> u32 {
        self.failed.saturating_add(self.killed)
    }

    /// Those that hold, or ask for, something.
    #[must_use]
    pub fn active(self) -> u32 {
        self.running.saturating_add(self.pending)
    }
}

/// The best trial so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Best {
    /// Its name.
    pub trial: Clean,
    /// Its parameters.
    pub parameters: Box<[Tag]>,
    /// What it reported.
    pub metrics: Box<[Observed]>,
}

/// One experiment in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExperimentRow {
    /// Where it lives.
    pub key: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// Its labels.
    pub labels: Labels,
    /// Where it is: its last condition.
    pub phase: ExperimentPhase,
    /// Reason of that: `ExperimentGoalReached`, `ExperimentMaxTrialsReached` …
    pub reason: Clean,
    /// What the controller says.
    pub message: Clean,
    /// `random`, `bayesianoptimization`, `hyperband` …
    pub algorithm: Clean,
    /// What stops trials early; empty when nothing does.
    pub early_stopping: Clean,
    /// What it looks for.
    pub objective: Objective,
    /// What its parameters can be.
    pub space: Box<[Space]>,
    /// Trials by their state.
    pub trials: Trials,
    /// Trials at a time.
    pub parallel: u32,
    /// Most trials; none for no limit.
    pub max: Option<u32>,
    /// Failed trials that end it; none for no limit.
    pub max_failed: Option<u32>,
    /// What stays when it has ended.
    pub resume: Resume,
    /// The best so far.
    pub best: Option<Best>,
    /// Parallelism from before it was paused; none while it is not paused.
    pub paused_from: Option<u32>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Being deleted since.
    pub deleting: Option<Timestamp>,
}

impl ExperimentRow {
    /// The objective's value of the best trial.
    #[must_use]
    pub fn best_figure(&self) -> Option<f64> {
        figure_of(&self.best.as_ref()?.metrics, &self.objective)
    }

    /// The same, as it is written.
    #[must_use]
    pub fn best_text(&self) -> Option<&Clean> {
        let metrics = &self.best.as_ref()?.metrics;
        let own = metrics.iter().find(|m| m.name == self.objective.metric)?;
        Some(own.text(self.objective.strategy))
    }
}

/// What suggests the parameters of an experiment's trials; it has the experiment's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestionRow {
    /// Where it lives.
    pub key: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// Sets of parameters asked for so far.
    pub asked: Option<u32>,
    /// Sets of parameters given so far.
    pub given: Option<u32>,
    /// Condition `DeploymentReady`; none while not told.
    pub ready: Option<bool>,
    /// It has failed.
    pub failed: bool,
    /// Why it is not ready, or has failed; empty when all is well.
    pub trouble: Clean,
    /// When it was created.
    pub created: Option<Timestamp>,
}
