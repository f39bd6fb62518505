//! Who a pod works for: the run, trial, job, service or notebook that it belongs to. Pure.

use super::{Clean, Key, Labels, PodRow};

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
}

/// Labels that name the work, the innermost work first: a trial's pods carry the labels of its job too.
const NAMED: &[(&str, HolderKind)] = &[
    ("katib.kubeflow.org/trial", HolderKind::Trial),
    ("notebook-name", HolderKind::Notebook),
    ("serving.kserve.io/inferenceservice", HolderKind::Service),
    ("workflows.argoproj.io/workflow", HolderKind::Run),
    ("tekton.dev/pipelineRun", HolderKind::Run),
    ("ray.io/originated-from-cr-name", HolderKind::Job),
    ("ray.io/cluster", HolderKind::Job),
    ("jobset.sigs.k8s.io/jobset-name", HolderKind::Job),
    ("leaderworkerset.sigs.k8s.io/name", HolderKind::Job),
    ("training.kubeflow.org/job-name", HolderKind::Job),
    ("volcano.sh/job-name", HolderKind::Job),
    ("batch.kubernetes.io/job-name", HolderKind::Job),
    ("job-name", HolderKind::Job),
    // pods that a person made and that a queue lets in together
    ("kueue.x-k8s.io/pod-group-name", HolderKind::Job),
    // a server of JupyterHub has no name but its person's
    ("hub.jupyter.org/username", HolderKind::Notebook),
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
        let (kind, name) = named(pod);
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
        }
    }

    /// Feed of the object, where it is one that can be opened.
    #[must_use]
    pub fn feed(&self) -> Option<&'static str> {
        match self.kind {
            HolderKind::Run => Some("workflows"),
            HolderKind::Service => Some("services"),
            HolderKind::Pod => Some("pods"),
            HolderKind::Notebook => Some("notebooks"),
            HolderKind::Trial | HolderKind::Job => None,
        }
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

fn named(pod: &PodRow) -> (HolderKind, Clean) {
    for (key, kind) in NAMED {
        if let Some(name) = pod.labels.get(key).filter(|name| !name.is_empty()) {
            return (*kind, Clean::new(name));
        }
    }
    if !pod.run.is_empty() {
        return (HolderKind::Run, pod.run.clone());
    }
    // a language model's pods carry the common labels only
    if pod.labels.get("app.kubernetes.io/part-of") == Some("llminferenceservice")
        && let Some(name) = pod.labels.get("app.kubernetes.io/name")
    {
        return (HolderKind::Service, Clean::new(name));
    }
    (HolderKind::Pod, pod.key.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClusterId;

    fn pod(labels: &[(&str, &str)]) -> PodRow {
        PodRow {
            key: Key::new(ClusterId::new("c"), "ml", "p-0"),
            uid: Clean::default(),
            phase: Clean::new("Running"),
            reason: Clean::default(),
            message: Clean::default(),
            node: Clean::default(),
            unscheduled: Clean::default(),
            run: Clean::default(),
            step: Clean::default(),
            containers: Box::default(),
            gpus: Clean::default(),
            labels: Labels::of(labels.iter().copied()),
            created: None,
            deleting: None,
        }
    }

    #[test]
    fn a_pod_works_for_the_innermost_work_that_names_it() {
        let trial = Holder::of(&pod(&[
            ("katib.kubeflow.org/trial", "sweep-x1"),
            ("katib.kubeflow.org/experiment", "sweep"),
            ("training.kubeflow.org/job-name", "sweep-x1"),
            ("example.com/team", "nlp"),
        ]));
        assert_eq!(
            (trial.kind, &*trial.key.name, &*trial.of, &*trial.owner),
            (HolderKind::Trial, "sweep-x1", "sweep", "nlp")
        );
        for (labels, kind, name) in [
            (vec![("notebook-name", "nb")], HolderKind::Notebook, "nb"),
            (
                vec![("serving.kserve.io/inferenceservice", "fraud")],
                HolderKind::Service,
                "fraud",
            ),
            (
                vec![
                    ("app.kubernetes.io/part-of", "llminferenceservice"),
                    ("app.kubernetes.io/name", "chat"),
                ],
                HolderKind::Service,
                "chat",
            ),
            (
                vec![("workflows.argoproj.io/workflow", "train")],
                HolderKind::Run,
                "train",
            ),
            (vec![("job-name", "j")], HolderKind::Job, "j"),
            (
                vec![("volcano.sh/job-name", "v"), ("app", "x")],
                HolderKind::Job,
                "v",
            ),
            (
                vec![("leaderworkerset.sigs.k8s.io/name", "lws")],
                HolderKind::Job,
                "lws",
            ),
            (
                vec![("hub.jupyter.org/username", "ada")],
                HolderKind::Notebook,
                "ada",
            ),
            (vec![("app", "x")], HolderKind::Pod, "p-0"),
        ] {
            let holder = Holder::of(&pod(&labels));
            assert_eq!((holder.kind, &*holder.key.name), (kind, name));
        }
    }
}
