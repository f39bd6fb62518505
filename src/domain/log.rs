//! What a container prints: lines, how much each of them matters, JSON lines made readable. Pure.

mod json;
mod level;

use jiff::Timestamp;

use super::Clean;

pub use json::{Folded, fold, unfold};
pub use level::{LogLevel, guess};

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When the container runtime got it, as the API server says with `timestamps=true`.
    pub at: Option<Timestamp>,
    /// What was printed, safe to show.
    pub text: Clean,
    /// Bytes that a line was longer than is kept.
    pub cut: u64,
}

/// Which log of which container, for one screen that shows logs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogScope {
    /// Number of the screen that asked: its lines are kept together.
    pub view: u32,
    /// Namespace of the pod.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// The attempt before the present one (after a restart of the container).
    pub previous: bool,
    /// Only lines of the last so many seconds.
    pub since: Option<u32>,
    /// At first only so many lines from the end.
    pub tail: Option<u32>,
}

impl LogScope {
    /// `pod/container`, and `(previous)` where it is that.
    #[must_use]
    pub fn name(&self) -> String {
        let previous = if self.previous { " (previous)" } else { "" };
        format!("{}/{}{previous}", self.pod, self.container)
    }

    /// Scope of the source that reads it, as [`super::SourceId`] names it.
    #[must_use]
    pub fn source(&self) -> String {
        format!("{} {}/{}", self.view, self.namespace, self.name())
    }
}

/// Why no more lines come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogEnd {
    /// The container ended, and all that it printed was read.
    Complete,
    /// The pod or its log is gone.
    Gone,
}
