//! Queues of Kueue and the workloads in them, as rows. Pure.

use jiff::Timestamp;

use super::{Amount, Clean, Key, Labels};

/// Whether a queue takes workloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Halt {
    /// It does.
    #[default]
    None,
    /// It lets nothing new in; what runs goes on.
    Hold,
    /// It lets nothing new in, and evicts what runs.
    Drain,
}

impl Halt {
    /// As manifests write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Hold => "Hold",
            Self::Drain => "HoldAndDrain",
        }
    }
}

/// What a queue has of one resource in one flavor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueShare {
    /// The flavor.
    pub flavor: Clean,
    /// The resource: `nvidia.com/gpu`.
    pub resource: Clean,
    /// What is its own; none where a queue has none of its own to give: a local one.
    pub nominal: Option<Amount>,
    /// How much it may borrow; none for no limit.
    pub may_borrow: Option<Amount>,
    /// What its workloads have reserved.
    pub used: Amount,
    /// How much of that is borrowed.
    pub borrowed: Amount,
}

/// What a queue has of one resource in all flavors together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueSum {
    /// What is its own; none for a local queue.
    pub nominal: Option<Amount>,
    /// What its workloads have reserved.
    pub used: Amount,
    /// How much of that is borrowed.
    pub borrowed: Amount,
}

/// One queue in a list: a `ClusterQueue`, which has quota, or a `LocalQueue`, through which a namespace reaches one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRow {
    /// Where it lives; a `ClusterQueue` in no namespace.
    pub key: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// Its labels.
    pub labels: Labels,
    /// It is a `LocalQueue`.
    pub local: bool,
    /// The cohort that a `ClusterQueue` lends to and borrows from, or the `ClusterQueue` of a local one; may be empty.
    pub within: Clean,
    /// `StrictFIFO`, `BestEffortFIFO`
    pub strategy: Clean,
    /// Whether somebody has stopped it.
    pub halt: Halt,
    /// Condition `Active`; none while not told.
    pub active: Option<bool>,
    /// Reason of that: `Ready`, `Stopped`, `FlavorNotFound` …
    pub reason: Clean,
    /// What the controller says of it.
    pub message: Clean,
    /// Workloads that wait.
    pub pending: Option<u32>,
    /// Workloads that have quota reserved.
    pub reserving: Option<u32>,
    /// Workloads that run, or may.
    pub admitted: Option<u32>,
    /// What it has, by flavor and resource.
    pub shares: Box<[QueueShare]>,
    /// When it was created.
    pub created: Option<Timestamp>,
}

impl QueueRow {
    /// Names of its resources, each once, in their order.
    #[must_use]
    pub fn resources(&self) -> Vec<&Clean> {
        let mut all: Vec<&Clean> = Vec::new();
        for share in &self.shares {
            if !all.contains(&&share.resource) {
                all.push(&share.resource);
            }
        }
        all
    }

    /// What it has of a resource in all flavors together.
    #[must_use]
    pub fn sum(&self, resource: &str) -> QueueSum {
        let own = self.shares.iter().filter(|s| &*s.resource == resource);
        own.fold(QueueSum::default(), |sum, share| QueueSum {
            nominal: match (sum.nominal, share.nominal) {
                (Some(a), Some(b)) => Some(a.and(b)),
                (a, b) => a.or(b),
            },
            used: sum.used.and(share.used),
            borrowed: sum.borrowed.and(share.borrowed),
        })
    }

    /// The `ClusterQueue` behind it: itself, or that of a local one.
    #[must_use]
    pub fn cluster_queue(&self) -> Key {
        let name = if self.local {
            self.within.clone()
        } else {
            self.key.name.clone()
        };
        Key {
            cluster: self.key.cluster.clone(),
            namespace: Clean::default(),
            name,
        }
    }
}

/// Where a workload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum QueuedPhase {
    /// Waits for quota.
    Waiting,
    /// Was put out, and waits again.
    Evicted,
    /// Somebody has put it on hold.
    Held,
    /// Has quota, and waits for checks.
    Checked,
    /// May run.
    Admitted,
    /// Has ended.
    Finished,
    /// Its controller has said nothing yet.
    #[default]
    Unknown,
}

impl QueuedPhase {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Evicted => "Evicted",
            Self::Held => "Held",
            Self::Checked => "Checked",
            Self::Admitted => "Admitted",
            Self::Finished => "Finished",
            Self::Unknown => "Unknown",
        }
    }

    /// It has no place to run.
    #[must_use]
    pub fn waits(self) -> bool {
        !matches!(self, Self::Admitted | Self::Finished)
    }
}

/// That a workload was put out for another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preempted {
    /// `InClusterQueue`, `InCohortReclamation` …
    pub reason: Clean,
    /// What the controller says.
    pub message: Clean,
    /// The uid of the workload that took its place; empty when it is not told.
    pub by: Clean,
    /// When.
    pub at: Option<Timestamp>,
}

/// One workload in a list: a job as its queue sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedRow {
    /// Where it lives.
    pub key: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// Its labels.
    pub labels: Labels,
    /// Its `LocalQueue`; empty when it names none.
    pub queue: Clean,
    /// The `ClusterQueue` that let it in; empty while none has.
    pub cluster_queue: Clean,
    /// Goes before those with a lower one.
    pub priority: i64,
    /// Class that the priority comes from; may be empty.
    pub priority_class: Clean,
    /// `spec.active`: false while somebody holds it.
    pub active: bool,
    /// Kind of the job: `Job`, `PyTorchJob`; empty when nothing owns it.
    pub owner_kind: Clean,
    /// Name of the job.
    pub owner: Clean,
    /// Accelerators of all its pods: `6 nvidia.com/gpu`; empty when it asks for none.
    pub devices: Clean,
    /// Its pods.
    pub pods: u32,
    /// Where it is.
    pub phase: QueuedPhase,
    /// Reason of that: `WaitingForQuota`, `Deactivated` …
    pub reason: Clean,
    /// What the controller says.
    pub message: Clean,
    /// Since when it is there.
    pub since: Option<Timestamp>,
    /// Flavors that it was given: `a100`; empty while it has none.
    pub flavors: Clean,
    /// Checks that it waits for, each with what it says; may be empty.
    pub checks: Clean,
    /// That it was put out for another and has not come back.
    pub preempted: Option<Preempted>,
    /// How often it was put out.
    pub evictions: u32,
    /// When it is to be queued again after it failed; none when that is not delayed.
    pub requeue_at: Option<Timestamp>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// Being deleted since.
    pub deleting: Option<Timestamp>,
}

impl QueuedRow {
    /// What people call it: its job, else itself.
    #[must_use]
    pub fn job(&self) -> &Clean {
        if self.owner.is_empty() {
            &self.key.name
        } else {
            &self.owner
        }
    }

    /// Its local queue.
    #[must_use]
    pub fn local_queue(&self) -> Key {
        Key {
            name: self.queue.clone(),
            ..self.key.clone()
        }
    }
}

/// The place of a workload in its queues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRow {
    /// The workload.
    pub key: Key,
    /// The `ClusterQueue`.
    pub queue: Clean,
    /// How many are before it there.
    pub in_cluster_queue: u32,
    /// How many of its `LocalQueue` are before it.
    pub in_local_queue: u32,
}
