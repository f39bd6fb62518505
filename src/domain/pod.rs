//! A pod as a row. Pure.

use jiff::Timestamp;

use super::{Clean, Key, Labels, OwnedBy};

/// State of one container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ContainerState {
    /// Waits to start; the reason says for what.
    #[default]
    Waiting,
    /// At work.
    Running,
    /// Ended.
    Terminated,
}

/// One container of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerRow {
    /// Its name (`main`, `wait`, `init`, …).
    pub name: Clean,
    /// An init container.
    pub init: bool,
    /// Its state.
    pub state: ContainerState,
    /// `OOMKilled`, `ImagePullBackOff`, `CrashLoopBackOff`, …
    pub reason: Clean,
    /// What the kubelet says.
    pub message: Clean,
    /// Exit code once terminated.
    pub exit_code: Option<i32>,
    /// When it ended last; none where it never did, or that is not told.
    pub ended: Option<Timestamp>,
    /// Restarts so far.
    pub restarts: u32,
    /// Reason of the last termination before the present state.
    pub last_reason: Clean,
    /// Memory limit as written in the spec, e.g. `64Gi`.
    pub memory_limit: Clean,
    /// Image as written in the spec.
    pub image: Clean,
}

/// One pod in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodRow {
    /// Where it lives.
    pub key: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// `status.phase`: Pending, Running, Succeeded, Failed, Unknown.
    pub phase: Clean,
    /// `status.reason` (`Evicted`, `DeadlineExceeded`, `NodeLost`, …).
    pub reason: Clean,
    /// `status.message`.
    pub message: Clean,
    /// Node it is bound to; empty while unscheduled.
    pub node: Clean,
    /// What the scheduler says while no node fits (`PodScheduled=False`); empty otherwise.
    pub unscheduled: Clean,
    /// Run it belongs to (label `workflows.argoproj.io/workflow`), empty when none.
    pub run: Clean,
    /// Step it belongs to (annotation `workflows.argoproj.io/node-id`), empty when none.
    pub step: Clean,
    /// Its containers, init containers first.
    pub containers: Box<[ContainerRow]>,
    /// Accelerators asked for, e.g. `2 nvidia.com/gpu`; empty when none.
    pub gpus: Clean,
    /// Its labels.
    pub labels: Labels,
    /// What controls it.
    pub owner: Option<OwnedBy>,
    /// Created.
    pub created: Option<Timestamp>,
    /// Being deleted since.
    pub deleting: Option<Timestamp>,
}
