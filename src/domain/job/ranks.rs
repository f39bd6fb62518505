//! Which pods work for a job, what rank each is, and which of them failed first. Pure.

use jiff::Timestamp;

use super::{JobKind, JobRow, Role};
use crate::domain::{ContainerRow, ContainerState, Labels, PodRow};

const OF_OPERATOR: &str = "training.kubeflow.org/job-name";
const OPERATOR: &str = "training.kubeflow.org/operator-name";
const REPLICA_TYPE: &str = "training.kubeflow.org/replica-type";
const REPLICA_INDEX: &str = "training.kubeflow.org/replica-index";
const JOB_ROLE: &str = "training.kubeflow.org/job-role";
const OF_JOBSET: &str = "jobset.sigs.k8s.io/jobset-name";
const REPLICATED: &str = "jobset.sigs.k8s.io/replicatedjob-name";
const JOB_INDEX: &str = "jobset.sigs.k8s.io/job-index";
const OF_JOB: &str = "batch.kubernetes.io/job-name";
const COMPLETION: &str = "batch.kubernetes.io/job-completion-index";
const OF_CLUSTER: &str = "ray.io/cluster";
const GROUP: &str = "ray.io/group";
const HEAD: &str = "headgroup";

/// What a pod is in its job.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Rank {
    /// Its role: `worker`.
    pub role: String,
    /// Its number in the role: of the replica, and of the pod in it where a replica has several.
    pub index: Vec<u32>,
}

impl Rank {
    /// `worker 3`, `node 0-3`, `head`.
    #[must_use]
    pub fn words(&self) -> String {
        let index: Vec<String> = self.index.iter().map(ToString::to_string).collect();
        match (self.role.is_empty(), index.is_empty()) {
            (false, false) => format!("{} {}", self.role, index.join("-")),
            (true, false) => format!("rank {}", index.join("-")),
            (_, true) => self.role.clone(),
        }
    }
}

/// A pod that failed, or whose container did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure<'a> {
    /// The pod.
    pub pod: &'a PodRow,
    /// Its rank.
    pub rank: Rank,
    /// When it failed; none where that is not told.
    pub at: Option<Timestamp>,
    /// How: `OOMKilled (exit 137)`.
    pub how: String,
    /// Its container was started again since.
    pub again: bool,
}

impl JobRow {
    /// What selects its pods on the server.
    #[must_use]
    pub fn selectors(&self) -> Vec<String> {
        let name = &self.key.name;
        let cluster = |cluster| format!("{OF_CLUSTER}={cluster}");
        let clusters = || self.clusters.iter().map(cluster);
        match self.kind {
            JobKind::Train | JobKind::JobSet => vec![format!("{OF_JOBSET}={name}")],
            JobKind::Batch => vec![format!("{OF_JOB}={name}")],
            JobKind::RayCluster => vec![cluster(name)],
            JobKind::RayService => clusters().collect(),
            JobKind::RayJob => clusters().chain([format!("{OF_JOB}={name}")]).collect(),
            _ => vec![format!("{OF_OPERATOR}={name}")],
        }
    }

    /// The pod works for it.
    #[must_use]
    pub fn has(&self, pod: &PodRow) -> bool {
        if pod.key.namespace != self.key.namespace || pod.key.cluster != self.key.cluster {
            return false;
        }
        let name = Some(&*self.key.name);
        let label = |key| pod.labels.get(key);
        let of_cluster = || {
            let own = label(OF_CLUSTER);
            self.clusters.iter().any(|c| own == Some(&**c))
        };
        match self.kind {
            JobKind::Train | JobKind::JobSet => label(OF_JOBSET) == name,
            JobKind::Batch => label(OF_JOB) == name,
            JobKind::RayCluster => label(OF_CLUSTER) == name,
            JobKind::RayService => of_cluster(),
            // the pod that hands the job in belongs to a Job of the same name
            JobKind::RayJob => of_cluster() || label(OF_JOB) == name,
            kind => label(OF_OPERATOR) == name && operated(kind, &pod.labels),
        }
    }

    /// The rank of one of its pods.
    #[must_use]
    pub fn rank(&self, pod: &PodRow) -> Rank {
        let label = |key| pod.labels.get(key);
        let number = |key| label(key).and_then(|n| n.parse::<u32>().ok());
        let word = |key| label(key).unwrap_or_default().to_lowercase();
        match self.kind {
            JobKind::Train | JobKind::JobSet => {
                let role = word(REPLICATED);
                let known = self.roles.iter().find(|r| *r.name == *role);
                let index = numbers(known, number(JOB_INDEX), number(COMPLETION));
                Rank { role, index }
            }
            JobKind::Batch => Rank {
                role: String::new(),
                index: number(COMPLETION).into_iter().collect(),
            },
            kind if kind.is_ray() => {
                let role = match word(GROUP) {
                    group if group == HEAD => "head".to_owned(),
                    group if group.is_empty() => "submitter".to_owned(),
                    group => group,
                };
                Rank {
                    role,
                    index: Vec::new(),
                }
            }
            _ => Rank {
                role: Some(word(REPLICA_TYPE))
                    .filter(|w| !w.is_empty())
                    .unwrap_or_else(|| word(JOB_ROLE)),
                index: number(REPLICA_INDEX).into_iter().collect(),
            },
        }
    }

    /// Those of these pods that failed, the first one first; where times are equal or not told, by rank.
    #[must_use]
    pub fn failures<'a>(&self, pods: impl IntoIterator<Item = &'a PodRow>) -> Vec<Failure<'a>> {
        let failed = pods.into_iter().filter_map(|pod| self.failure(pod));
        let mut all: Vec<Failure<'a>> = failed.collect();
        all.sort_by(|a, b| {
            let known = (a.at.is_none(), a.at).cmp(&(b.at.is_none(), b.at));
            known.then_with(|| a.rank.cmp(&b.rank))
        });
        // what runs again tells less than what is down
        all.sort_by_key(|f| f.again);
        all
    }

    fn failure<'a>(&self, pod: &'a PodRow) -> Option<Failure<'a>> {
        let down = |c: &&ContainerRow| {
            c.state == ContainerState::Terminated && c.exit_code.is_some_and(|code| code != 0)
        };
        let tell = |at, how, again| {
            let rank = self.rank(pod);
            Some(Failure {
                pod,
                rank,
                at,
                how,
                again,
            })
        };
        let mut ended: Vec<&ContainerRow> = pod.containers.iter().filter(down).collect();
        ended.sort_by_key(|c| (c.ended.is_none(), c.ended));
        if let Some(first) = ended.first() {
            let code = first.exit_code.unwrap_or_default();
            return tell(
                first.ended,
                format!("{} (exit {code})", first.reason),
                false,
            );
        }
        if &*pod.phase == "Failed" {
            return tell(None, pod.reason.to_string(), false);
        }
        let before = |c: &&ContainerRow| c.restarts > 0 && !c.last_reason.is_empty();
        let again = pod.containers.iter().find(before)?;
        let times = match again.restarts {
            1 => "once".to_owned(),
            n => format!("{n} times"),
        };
        tell(
            again.ended,
            format!("{}, started again {times}", again.last_reason),
            true,
        )
    }
}

/// Numbers of a pod of a set of Jobs: only those that tell pods of its role apart.
fn numbers(role: Option<&Role>, job: Option<u32>, completion: Option<u32>) -> Vec<u32> {
    let one_job = role.is_some_and(|r| r.wanted == Some(1));
    let one_pod = role.is_some_and(|r| r.each == 1);
    let job = job.filter(|_| !one_job || one_pod);
    let completion = completion.filter(|_| !one_pod);
    job.into_iter().chain(completion).collect()
}

/// Two operators and six kinds share a label: a pod that names its operator is of that kind.
fn operated(kind: JobKind, labels: &Labels) -> bool {
    let Some(operator) = labels.get(OPERATOR) else {
        return true;
    };
    match kind {
        JobKind::Mpi => operator == "mpi-operator",
        kind => operator == format!("{}-controller", kind.word().to_lowercase()),
    }
}
