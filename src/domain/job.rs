//! Training jobs of every kind as one row: roles, restarts, who holds them. Pure.

pub mod ranks;

use jiff::Timestamp;

use super::{Clean, Key, Labels};

/// Which kind of object it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JobKind {
    /// `PyTorchJob` of the training operator.
    PyTorch,
    /// `TFJob` of the training operator.
    Tf,
    /// `MPIJob` of the MPI operator (v2beta1).
    Mpi,
    /// `MPIJob` of the training operator (v1).
    OlderMpi,
    /// `JAXJob` of the training operator.
    Jax,
    /// `XGBoostJob` of the training operator.
    Xgboost,
    /// `PaddleJob` of the training operator.
    Paddle,
    /// `TrainJob` of Trainer v2.
    Train,
    /// `JobSet`.
    JobSet,
    /// `RayJob` of `KubeRay`.
    RayJob,
    /// `RayCluster` of `KubeRay`.
    RayCluster,
    /// `RayService` of `KubeRay`.
    RayService,
    /// `Job` of Kubernetes.
    Batch,
}

impl JobKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::PyTorch,
        Self::Tf,
        Self::Mpi,
        Self::OlderMpi,
        Self::Jax,
        Self::Xgboost,
        Self::Paddle,
        Self::Train,
        Self::JobSet,
        Self::RayJob,
        Self::RayCluster,
        Self::RayService,
        Self::Batch,
    ];

    /// The feeds of all of them.
    pub const FEEDS: [&'static str; 13] = {
        let mut feeds = [""; 13];
        let mut at = 0;
        while at < feeds.len() {
            feeds[at] = Self::ALL[at].feed();
            at += 1;
        }
        feeds
    };

    /// The feeds of those that an operator brings, so that a cluster may lack them: all but the `Job` of Kubernetes.
    pub const BROUGHT: &'static [&'static str] = match Self::FEEDS.split_last() {
        Some((_, brought)) => brought,
        None => &[],
    };

    /// The feed it comes from.
    #[must_use]
    pub const fn feed(self) -> &'static str {
        match self {
            Self::PyTorch => "pytorchjobs",
            Self::Tf => "tfjobs",
            Self::Mpi => "mpijobs",
            Self::OlderMpi => "mpijobs-v1",
            Self::Jax => "jaxjobs",
            Self::Xgboost => "xgboostjobs",
            Self::Paddle => "paddlejobs",
            Self::Train => "trainjobs",
            Self::JobSet => "jobsets",
            Self::RayJob => "rayjobs",
            Self::RayCluster => "rayclusters",
            Self::RayService => "rayservices",
            Self::Batch => "jobs",
        }
    }

    /// Its kind, as in manifests.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PyTorch => "PyTorchJob",
            Self::Tf => "TFJob",
            Self::Mpi | Self::OlderMpi => "MPIJob",
            Self::Jax => "JAXJob",
            Self::Xgboost => "XGBoostJob",
            Self::Paddle => "PaddleJob",
            Self::Train => "TrainJob",
            Self::JobSet => "JobSet",
            Self::RayJob => "RayJob",
            Self::RayCluster => "RayCluster",
            Self::RayService => "RayService",
            Self::Batch => "Job",
        }
    }

    /// The kind of a feed.
    #[must_use]
    pub fn of(feed: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.feed() == feed)
    }

    /// The kind that manifests write so; of the two that write `MPIJob`, that of the MPI operator.
    #[must_use]
    pub fn written(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// A kind of `KubeRay`.
    #[must_use]
    pub fn is_ray(self) -> bool {
        matches!(self, Self::RayJob | Self::RayCluster | Self::RayService)
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum JobPhase {
    /// Ended badly.
    Failed,
    /// Some of it failed, and it is started again.
    Restarting,
    /// Held back: it has no pods.
    Suspended,
    /// Accepted, not at work yet.
    Pending,
    /// At work.
    Running,
    /// Its controller has told nothing, or a word that is not known.
    #[default]
    Unknown,
    /// Was told to end.
    Stopped,
    /// Ended well.
    Succeeded,
}

impl JobPhase {
    /// It has ended, well or badly.
    #[must_use]
    pub fn ended(self) -> bool {
        matches!(self, Self::Failed | Self::Stopped | Self::Succeeded)
    }
}

/// Who holds a suspended job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspender {
    /// Kueue: it waits for quota of its queue.
    Queue,
    /// It was made so, and never let go.
    Spec,
    /// Somebody, after it was made.
    Person,
}

/// Replicas of one role: master, worker, launcher, head.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Role {
    /// Its name, in small letters.
    pub name: Clean,
    /// Replicas wanted.
    pub wanted: Option<u32>,
    /// Pods of each replica; more than one where a replica is a Job of its own.
    pub each: u32,
    /// Replicas at work; none where it is not told.
    pub active: Option<u32>,
    /// Replicas that ended well.
    pub succeeded: Option<u32>,
    /// Replicas that failed.
    pub failed: Option<u32>,
    /// What happens to a pod that ends: `OnFailure`, `Never`, `ExitCode` …
    pub restarts: Clean,
    /// Accelerators of one pod, e.g. `2 nvidia.com/gpu`; empty when none.
    pub devices: Clean,
}

impl Role {
    /// Pods wanted.
    #[must_use]
    pub fn pods(&self) -> Option<u32> {
        self.wanted.map(|n| n.saturating_mul(self.each.max(1)))
    }
}

/// One condition of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobCondition {
    /// Its type.
    pub kind: Clean,
    /// It holds; none while that is not known.
    pub holds: Option<bool>,
    /// Its reason.
    pub reason: Clean,
    /// What the controller says.
    pub message: Clean,
    /// Since when it is so.
    pub since: Option<Timestamp>,
}

/// What owns an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnedBy {
    /// Its kind.
    pub kind: Clean,
    /// Its name.
    pub name: Clean,
}

/// One training job in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Where it lives.
    pub key: Key,
    /// Its place among all jobs: jobs of two kinds may have the same name.
    pub place: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// Its labels.
    pub labels: Labels,
    /// Which kind of object it is.
    pub kind: JobKind,
    /// Where it stands.
    pub phase: JobPhase,
    /// Reason of its present condition.
    pub reason: Clean,
    /// What its controller says.
    pub message: Clean,
    /// Its roles.
    pub roles: Box<[Role]>,
    /// Its conditions.
    pub conditions: Box<[JobCondition]>,
    /// How often it, or a part of it, was started again; none where it is not told.
    pub restarts: Option<u32>,
    /// How often that may be.
    pub retries: Option<u32>,
    /// Its spec says that it is suspended.
    pub suspended: bool,
    /// Nobody wrote its spec since it was made.
    pub untouched: bool,
    /// Least and most workers, where they may change while it runs.
    pub elastic: Option<(u32, u32)>,
    /// The Kueue queue it was given to; empty when none.
    pub queue: Clean,
    /// The controller that it is left to, where that is not the usual one.
    pub managed_by: Clean,
    /// Seconds that it may take.
    pub deadline: Option<u32>,
    /// What Ray itself says of it: `RUNNING`, `FAILED`; empty where Ray is not asked.
    pub engine: Clean,
    /// Ray clusters that work for it.
    pub clusters: Box<[Clean]>,
    /// Its cluster goes when it ends; only then a `RayJob` can be suspended.
    pub shuts_down: Option<bool>,
    /// What owns it.
    pub owner: Option<OwnedBy>,
    /// Created.
    pub created: Option<Timestamp>,
    /// Started; after a suspension anew.
    pub started: Option<Timestamp>,
    /// Ended.
    pub finished: Option<Timestamp>,
    /// Being deleted since.
    pub deleting: Option<Timestamp>,
}

impl JobRow {
    /// The place of a job among all jobs. No object has a slash in its name.
    #[must_use]
    pub fn place_of(kind: JobKind, key: &Key) -> Key {
        let name = format!("{}/{}", kind.feed(), key.name);
        Key::new(key.cluster.clone(), &key.namespace, &name)
    }

    /// It is a part of another job, which speaks for it: the `JobSet` of a `TrainJob`, the Jobs of a `JobSet`.
    #[must_use]
    pub fn is_part(&self) -> bool {
        let owner = self.owner.as_ref();
        owner.is_some_and(|o| JobKind::ALL.iter().any(|kind| kind.word() == &*o.kind))
    }

    /// Who holds it back; none while nobody does.
    #[must_use]
    pub fn held_by(&self) -> Option<Suspender> {
        let held = self.suspended && !self.phase.ended();
        held.then_some(if !self.queue.is_empty() {
            Suspender::Queue
        } else if self.untouched {
            Suspender::Spec
        } else {
            Suspender::Person
        })
    }

    /// Replicas that failed, as far as told.
    #[must_use]
    pub fn failed(&self) -> u32 {
        let each = self.roles.iter().filter_map(|r| r.failed);
        each.fold(0, u32::saturating_add)
    }

    /// Replicas at work of those wanted; none where either is not told.
    #[must_use]
    pub fn active(&self) -> Option<u32> {
        let each: Option<Vec<u32>> = self.roles.iter().map(|r| r.active).collect();
        each.filter(|all| !all.is_empty())
            .map(|all| all.into_iter().fold(0, u32::saturating_add))
    }

    /// Replicas wanted.
    #[must_use]
    pub fn wanted(&self) -> Option<u32> {
        let each: Option<Vec<u32>> = self.roles.iter().map(|r| r.wanted).collect();
        each.filter(|all| !all.is_empty())
            .map(|all| all.into_iter().fold(0, u32::saturating_add))
    }

    /// Accelerators of all its pods: `8 nvidia.com/gpu`; empty when it asks for none.
    #[must_use]
    pub fn devices(&self) -> String {
        let mut sums: Vec<(String, u32)> = Vec::new();
        for role in &self.roles {
            let pods = role.pods().unwrap_or(1);
            for (count, name) in role
                .devices
                .split(", ")
                .filter_map(|part| part.split_once(' '))
            {
                let count = count.parse::<u32>().unwrap_or(0).saturating_mul(pods);
                match sums.iter_mut().find(|(known, _)| known == name) {
                    Some((_, sum)) => *sum = sum.saturating_add(count),
                    None => sums.push((name.to_owned(), count)),
                }
            }
        }
        let words: Vec<String> = sums.iter().map(|(name, n)| format!("{n} {name}")).collect();
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_may_lack_every_kind_but_the_job_of_kubernetes() {
        let feeds = JobKind::ALL.map(JobKind::feed);
        let brought = feeds.into_iter().filter(|feed| *feed != "jobs");
        assert_eq!(JobKind::BROUGHT, brought.collect::<Vec<_>>());
    }
}
