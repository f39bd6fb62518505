//! Trials of experiments as rows. Pure.

use jiff::Timestamp;

use super::objective::{Objective, Observed, figure_of};
use super::{Clean, Key, Labels, Tag};

/// Where a trial is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TrialPhase {
    /// Ended badly.
    Failed,
    /// Ended well, but told no metric.
    MetricsUnavailable,
    /// Killed.
    Killed,
    /// Not started yet.
    Pending,
    /// At work.
    Running,
    /// Stopped early.
    EarlyStopped,
    /// Ended with a metric.
    Succeeded,
    /// Its controller has said nothing yet, or a word that is not known.
    #[default]
    Unknown,
}

impl TrialPhase {
    /// It has ended.
    #[must_use]
    pub fn ended(self) -> bool {
        !matches!(self, Self::Pending | Self::Running | Self::Unknown)
    }
}

/// One trial in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialRow {
    /// Where it lives.
    pub key: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// Its labels.
    pub labels: Labels,
    /// The experiment it belongs to; empty when it does not tell.
    pub experiment: Clean,
    /// Where it is.
    pub phase: TrialPhase,
    /// Reason of that.
    pub reason: Clean,
    /// What the controller says.
    pub message: Clean,
    /// Its parameters.
    pub parameters: Box<[Tag]>,
    /// What it reported.
    pub metrics: Box<[Observed]>,
    /// What its experiment looks for.
    pub objective: Objective,
    /// Kind of its job: `Job`, `PyTorchJob` …
    pub job: Clean,
    /// The container whose output is read for metrics; may be empty.
    pub container: Clean,
    /// Accelerators that its job asks for, all replicas together: `1 nvidia.com/mig-1g.10gb`; empty when none.
    pub devices: Clean,
    /// Its job stays when it has ended.
    pub retained: bool,
    /// Its deletion waits for its metrics to be deleted from the database.
    pub held: bool,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Being deleted since.
    pub deleting: Option<Timestamp>,
}

impl TrialRow {
    /// The objective's value, where it told one that can be compared.
    #[must_use]
    pub fn figure(&self) -> Option<f64> {
        figure_of(&self.metrics, &self.objective)
    }

    /// The experiment it belongs to.
    #[must_use]
    pub fn owner(&self) -> Option<Key> {
        (!self.experiment.is_empty()).then(|| Key {
            name: self.experiment.clone(),
            ..self.key.clone()
        })
    }
}
