//! What it is that waits for an accelerator. Pure.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{Clean, EventRow, Labels, PodRow, QueuedRow};

/// What waits.
#[derive(Debug, Clone, PartialEq)]
pub enum Waiter {
    /// A pod.
    Pod(Arc<PodRow>),
    /// A job that its queue has not let in, so that it has no pods.
    Workload(Arc<QueuedRow>),
    /// An owner whose pods a quota refused: what was noted of it last.
    Refused(Arc<EventRow>),
}

impl Waiter {
    /// Since when, as far as it is told.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Pod(pod) => pod.created,
            Self::Workload(workload) => workload.created,
            Self::Refused(event) => event.first.or(event.last),
        }
    }

    /// Feed and uid of the object, where it can be opened.
    #[must_use]
    pub fn object(&self) -> Option<(&'static str, &Clean)> {
        match self {
            Self::Pod(pod) => Some(("pods", &pod.uid)),
            Self::Workload(workload) => Some(("workloads", &workload.uid)),
            Self::Refused(_) => None,
        }
    }

    /// What it is, in a word.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Pod(_) => "Pod",
            Self::Workload(_) => "Workload",
            Self::Refused(event) => &event.kind,
        }
    }

    /// Its labels.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        match self {
            Self::Pod(pod) => &pod.labels,
            Self::Workload(workload) => &workload.labels,
            Self::Refused(_) => Labels::NONE,
        }
    }
}
