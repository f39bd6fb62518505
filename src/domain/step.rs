//! A run opened: its steps as a tree. Pure.

use jiff::Timestamp;

use super::{Clean, Key, Phase, Progress, RunRow, StepTree};

/// Index of a step in [`StepTree::steps`].
pub type StepId = usize;

/// What a step is, independent of the engine's own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// Does work in a pod (Argo `Pod`, `Container`).
    Task,
    /// Holds other steps (Argo `DAG`, `Steps`, `StepGroup`; a KFP pipeline or loop iteration).
    Group,
    /// The items of one fan-out (Argo `TaskGroup`, `StepGroup` with items; KFP `ParallelFor`).
    FanOut,
    /// The attempts of one step (Argo `Retry`).
    Retry,
    /// Waits for a person or a duration (Argo `Suspend`).
    Gate,
    /// A request from the controller or agent (Argo `HTTP`, `Plugin`).
    Call,
    /// Never carried out (Argo `Skipped`).
    Skipped,
}

/// A named value in or out. `value` is `None` while it is unset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: Clean,
    /// Its value.
    pub value: Option<Clean>,
}

/// A file in or out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its name.
    pub name: Clean,
    /// Where it is kept, e.g. `s3://bucket/key`; the path in the container when nothing else is known.
    pub location: Clean,
    /// Removed by artifact garbage collection.
    pub deleted: bool,
}

/// What a gate waits for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gate {
    /// Outputs a person has to supply (`valueFrom.supplied`); `value` is what a timeout would fill in, if anything.
    pub wanted: Vec<Parameter>,
    /// Ends by itself after this many seconds (`suspend.duration`).
    pub seconds: Option<u64>,
}

/// An entry of a memoization cache of Argo Workflows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memo {
    /// The `ConfigMap` that is the cache, in the namespace of the workflow controller.
    pub cache: Clean,
    /// The key of the entry.
    pub key: Clean,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The engine's id of the node.
    pub id: Clean,
    /// Full path name.
    pub name: Clean,
    /// Name as shown in the tree.
    pub label: Clean,
    /// What it is.
    pub kind: StepKind,
    /// The engine's own word for what it is (`Pod`, `DAG`, …), for details.
    pub engine_kind: Clean,
    /// Where it stands.
    pub phase: Phase,
    /// What the engine says of it.
    pub message: Clean,
    /// The template it was made from.
    pub template: Clean,
    /// Start.
    pub started: Option<Timestamp>,
    /// End. Where the engine leaves it open for a step that has ended (evicted, node lost), the end of what holds it.
    pub finished: Option<Timestamp>,
    /// Attempt number, from 0, under a retry step.
    pub attempt: Option<u32>,
    /// Runs as a lifecycle or exit hook.
    pub hook: bool,
    /// Result taken from a cache (Argo memoization or KFP cache).
    pub cached: bool,
    /// The entry of a memoization cache that it was taken from, where it was.
    pub memo: Option<Memo>,
    /// Name of its pod, for steps that have one.
    pub pod: Clean,
    /// Kubernetes node its pod ran on.
    pub host: Clean,
    /// Exit code of the main container.
    pub exit_code: Option<i32>,
    /// Self-reported progress.
    pub progress: Option<Progress>,
    /// Values in.
    pub inputs: Vec<Parameter>,
    /// Values out.
    pub outputs: Vec<Parameter>,
    /// Files in.
    pub artifacts_in: Vec<Artifact>,
    /// Files out.
    pub artifacts_out: Vec<Artifact>,
    /// For gates. A gate with a timer is `Running` while open, one that waits for a person is `Waiting`.
    pub gate: Option<Gate>,
    /// Waits for a mutex or semaphore (`synchronizationStatus.waiting`).
    pub lock: Clean,
}

impl Step {
    /// Why it has no pod, as the end of a sentence about it; empty when a pod may be expected of it.
    #[must_use]
    pub fn without_pod(&self) -> &'static str {
        match (self.kind, self.phase) {
            _ if !self.pod.is_empty() => "",
            (_, Phase::Omitted) => "it was omitted, so it never started",
            (_, Phase::Skipped) | (StepKind::Skipped, _) => "it was skipped, so it never started",
            (StepKind::Gate, _) => "it is a gate, which runs no pod",
            (StepKind::Call, _) => "it is a request, which runs no pod of its own",
            _ if self.cached => "its result was taken from a cache",
            (_, Phase::Pending | Phase::Waiting) => "it has not started",
            _ => "nothing at or below it ever had one",
        }
    }
}

/// A run with its steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDetail {
    /// The same row that the list shows.
    pub row: RunRow,
    /// The steps.
    pub tree: StepTree,
    /// Values the run was started with (`spec.arguments.parameters`).
    pub arguments: Vec<Parameter>,
    /// Values of the run as a whole (`status.outputs.parameters`).
    pub outputs: Vec<Parameter>,
    /// Why the steps are missing or incomplete, for a person; empty when all could be read.
    pub gap: Clean,
    /// `spec.shutdown`: `Stop`, `Terminate` or empty.
    pub shutdown: Clean,
}

impl RunDetail {
    /// Where it lives.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.row.key
    }
}
