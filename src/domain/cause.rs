//! Why something failed, as a sentence with its evidence. Pure.

use super::Clean;

/// Causes the console can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CauseKind {
    /// Killed for memory.
    OutOfMemory,
    /// Evicted from its node.
    Evicted,
    /// The image could not be pulled.
    Image,
    /// No node fits.
    Unschedulable,
    /// The process ended with a code other than zero.
    ExitCode,
    /// Ran out of the time given to it.
    Deadline,
    /// The node, or the pod on it, is gone.
    NodeGone,
    /// Stopped by a person or by a shutdown strategy.
    Stopped,
    /// A gate was rejected or ran out.
    Gate,
    /// The container could not be started (configuration, mount, secret).
    Start,
    /// Waits for a lock.
    Lock,
    /// Something else; the engine's own words are all there is.
    Other,
}

/// One fact and where it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The fact, e.g. `main terminated: OOMKilled, exit 137`.
    pub fact: Clean,
    /// Where it was read, e.g. `pod train-7k status.containerStatuses[main]`.
    pub from: Clean,
}

/// A cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Which of the known ones.
    pub kind: CauseKind,
    /// One sentence for a person.
    pub sentence: Clean,
    /// What it was read from, strongest first.
    pub evidence: Vec<Evidence>,
}
