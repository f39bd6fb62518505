//! Who a pod works for: the run, trial, job, service or notebook that it belongs to. Pure.
//!
//! What controls a pod is known for sure; labels can be written by anybody, and name what stands further up: the set
//! that a Job belongs to, the trial that a job was made for.

use super::{Clean, JobKind, JobRow, Key, Labels, OwnedBy, PodRow};

/// What sort of work it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HolderKind {
    /// A run of a pipeline.
    Run,
    /// A trial of an experiment.
    Trial,
    /// A training job.
    Job,
    /// An inference service.
    Service,
    /// A notebook.
    Notebook,
    /// Nothing that is known: the pod itself.
    Pod,
}

impl HolderKind {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Trial => "trial",
            Self::Job => "job",
            Self::Service => "service",
            Self::Notebook => "notebook",
            Self::Pod => "pod",
        }
    }
}

/// Who a pod works for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Holder {
    /// What sort of work it is.
    pub kind: HolderKind,
    /// Cluster, namespace and name of it.
    pub key: Key,
    /// What it is a part of: the experiment of a trial. Empty when that is nothing.
    pub of: Clean,
    /// The team or person that owns it, as labels say; empty when they do not.
    pub owner: Clean,
    /// The queue it was let in by; empty when by none.
    pub queue: Clean,
    /// Feed of the object, where it is one that can be opened.
    pub feed: Option<&'static str>,
}

/// What a label, or an owner, says of who a pod works for.
type Named = (HolderKind, Option<&'static str>, Clean);

/// Labels of work that has more below it than a job: it is named whatever controls the pod.
const TRIAL: &str = "katib.kubeflow.org/trial";
const JOB_SET: &str = "jobset.sigs.k8s.io/jobset-name";
const RAY_NAME: &str = "ray.io/originated-from-cr-name";
const RAY_KIND: &str = "ray.io/originated-from-crd";
const OPERATED: &str = "training.kubeflow.org/job-name";
const OPERATOR: &str = "training.kubeflow.org/operator-name";

/// Labels that name the work, the innermost work first: a trial's pods carry the labels of its job too.
const NAMED: &[(&str, HolderKind, Option<&str>)] = &[
    (TRIAL, HolderKind::Trial, Some("trials")),
    ("notebook-name", HolderKind::Notebook, Some("notebooks")),
    (
        "serving.kserve.io/inferenceservice",
        HolderKind::Service,
        Some("services"),
    ),
    (
        "workflows.argoproj.io/workflow",
        HolderKind::Run,
        Some("workflows"),
    ),
    ("tekton.dev/pipelineRun", HolderKind::Run, None),
    (RAY_NAME, HolderKind::Job, None),
    (
        "ray.io/cluster",
        HolderKind::Job,
        Some(JobKind::RayCluster.feed()),
    ),
    (JOB_SET, HolderKind::Job, Some(JobKind::JobSet.feed())),
    ("leaderworkerset.sigs.k8s.io/name", HolderKind::Job, None),
    (OPERATED, HolderKind::Job, None),
    ("volcano.sh/job-name", HolderKind::Job, None),
    (
        "batch.kubernetes.io/job-name",
        HolderKind::Job,
        Some(JobKind::Batch.feed()),
    ),
    ("job-name", HolderKind::Job, Some(JobKind::Batch.feed())),
    // pods that a person made and that a queue lets in together
    ("kueue.x-k8s.io/pod-group-name", HolderKind::Job, None),
    // a server of JupyterHub has no name but its person's
    ("hub.jupyter.org/username", HolderKind::Notebook, None),
];

/// Labels that name an owner, the most telling first.
const OWNERS: &[&str] = &[
    "team",
    "owner",
    "user",
    "username",
    "created-by",
    "app.kubernetes.io/owner",
];

const QUEUE: &str = "kueue.x-k8s.io/queue-name";
const EXPERIMENT: &str = "katib.kubeflow.org/experiment";

impl Holder {
    /// Of a pod.
    #[must_use]
    pub fn of(pod: &PodRow) -> Self {
        let (kind, feed, name) = named(pod);
        let of = match kind {
            HolderKind::Trial => label(&pod.labels, EXPERIMENT),
            _ => Clean::default(),
        };
        let owner = OWNERS.iter().map(|key| owner(&pod.labels, key));
        Self {
            kind,
            key: Key {
                name,
                ..pod.key.clone()
            },
            of,
            owner: owner
                .into_iter()
                .find(|owner| !owner.is_empty())
                .unwrap_or_default(),
            queue: label(&pod.labels, QUEUE),
            feed,
        }
    }

    /// A job, as far as its kind is known.
    #[must_use]
    pub fn job(key: Key, kind: &str, queue: &Clean) -> Self {
        Self {
            kind: HolderKind::Job,
            key,
            of: Clean::default(),
            owner: Clean::default(),
            queue: queue.clone(),
            feed: JobKind::written(kind).map(JobKind::feed),
        }
    }

    /// Goes up to what a job belongs to: a larger job, the trial or the run that it was made for. False where it
    /// belongs to nothing that is known.
    pub fn rise(&mut self, job: &JobRow) -> bool {
        let Some(OwnedBy { kind, name }) = &job.owner else {
            return false;
        };
        let (kind, feed) = match (kind.as_str(), JobKind::written(kind)) {
            (_, Some(kind)) => (HolderKind::Job, kind.feed()),
            ("Trial", _) => (HolderKind::Trial, "trials"),
            ("Workflow", _) => (HolderKind::Run, "workflows"),
            _ => return false,
        };
        self.kind = kind;
        self.feed = Some(feed);
        self.key.name = name.clone();
        if kind == HolderKind::Trial {
            self.of = label(&job.labels, EXPERIMENT);
        }
        true
    }
}

fn label(labels: &Labels, key: &str) -> Clean {
    Clean::new(labels.get(key).unwrap_or_default())
}

/// The value of a label, or of one with any prefix before the same name: `example.com/team`.
fn owner(labels: &Labels, key: &str) -> Clean {
    let is = |name: &str| name == key || name.rsplit('/').next() == Some(key);
    let found = labels.iter().find(|(name, _)| is(name));
    Clean::new(found.map_or("", |(_, value)| value))
}

fn named(pod: &PodRow) -> Named {
    let trial = label(&pod.labels, TRIAL);
    if !trial.is_empty() {
        return (HolderKind::Trial, Some("trials"), trial);
    }
    controlled(pod).or_else(|| labelled(pod)).unwrap_or((
        HolderKind::Pod,
        Some("pods"),
        pod.key.name.clone(),
    ))
}

/// What controls a pod, or what that in turn belongs to as labels say; none for what says nothing of the work, as a
/// `ReplicaSet` or a `StatefulSet`.
fn controlled(pod: &PodRow) -> Option<Named> {
    let owner = pod.owner.as_ref()?;
    if &*owner.kind == "Workflow" {
        return Some((HolderKind::Run, Some("workflows"), owner.name.clone()));
    }
    let kind = JobKind::written(&owner.kind)?;
    let job = |kind: Option<JobKind>, name| (HolderKind::Job, kind.map(JobKind::feed), name);
    let (set, ray) = (label(&pod.labels, JOB_SET), originated(&pod.labels));
    Some(match kind {
        JobKind::Batch | JobKind::RayCluster if ray.is_some() => {
            let (kind, name) = ray?;
            job(Some(kind), name)
        }
        JobKind::Batch if !set.is_empty() => job(Some(JobKind::JobSet), set),
        // the launcher of an MPIJob is a Job of its own; of other vendors' kinds the word is the same
        JobKind::Batch => return labelled(pod).or(Some(job(Some(kind), owner.name.clone()))),
        JobKind::Mpi | JobKind::OlderMpi => {
            job(Some(operated(&pod.labels, kind)), owner.name.clone())
        }
        kind => job(Some(kind), owner.name.clone()),
    })
}

/// The object of Ray that made the cluster, or the Job that hands it in.
fn originated(labels: &Labels) -> Option<(JobKind, Clean)> {
    let name = label(labels, RAY_NAME);
    let kind = JobKind::written(labels.get(RAY_KIND)?)?;
    (!name.is_empty() && kind.is_ray()).then_some((kind, name))
}

/// The kind whose operator a pod names.
fn operated(labels: &Labels, known: JobKind) -> JobKind {
    let Some(operator) = labels.get(OPERATOR) else {
        return known;
    };
    let mut all = JobKind::ALL.into_iter();
    let found = all.find(|kind| {
        let own = format!("{}-controller", kind.word().to_lowercase());
        match kind {
            JobKind::Mpi => operator == "mpi-operator",
            _ => operator == own,
        }
    });
    found.unwrap_or(known)
}

fn labelled(pod: &PodRow) -> Option<Named> {
    for (key, kind, feed) in NAMED {
        let Some(name) = pod.labels.get(key).filter(|name| !name.is_empty()) else {
            continue;
        };
        let feed = match *key {
            RAY_NAME => originated(&pod.labels).map(|(kind, _)| kind.feed()),
            OPERATED if pod.labels.get(OPERATOR).is_some() => {
                Some(operated(&pod.labels, JobKind::PyTorch).feed())
            }
            _ => *feed,
        };
        return Some((*kind, feed, Clean::new(name)));
    }
    if !pod.run.is_empty() {
        return Some((HolderKind::Run, Some("workflows"), pod.run.clone()));
    }
    // a language model's pods carry the common labels only
    if pod.labels.get("app.kubernetes.io/part-of") == Some("llminferenceservice")
        && let Some(name) = pod.labels.get("app.kubernetes.io/name")
    {
        return Some((HolderKind::Service, Some("llm-services"), Clean::new(name)));
    }
    None
}

#[cfg(test)]
mod tests;
