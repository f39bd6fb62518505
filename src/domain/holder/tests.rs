//! Who a pod works for, by what controls it and by its labels.

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
        owner: None,
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

fn owned(kind: &str, name: &str, labels: &[(&str, &str)]) -> Holder {
    let owner = OwnedBy {
        kind: Clean::new(kind),
        name: Clean::new(name),
    };
    Holder::of(&PodRow {
        owner: Some(owner),
        ..pod(labels)
    })
}

#[test]
fn what_controls_a_pod_is_believed_before_its_labels() {
    for (owner, labels, feed, name) in [
        (
            ("Workflow", "train"),
            vec![("notebook-name", "x")],
            "workflows",
            "train",
        ),
        (
            ("PyTorchJob", "two"),
            vec![("job-name", "x")],
            "pytorchjobs",
            "two",
        ),
        (
            ("MPIJob", "m"),
            vec![(OPERATOR, "mpijob-controller")],
            "mpijobs-v1",
            "m",
        ),
        (
            ("MPIJob", "m"),
            vec![(OPERATOR, "mpi-operator")],
            "mpijobs",
            "m",
        ),
        (("Job", "j"), vec![], "jobs", "j"),
        (
            ("Job", "s-w-0"),
            vec![(JOB_SET, "s"), ("job-name", "s-w-0")],
            "jobsets",
            "s",
        ),
        (
            ("Job", "m-launcher"),
            vec![(OPERATED, "m"), (OPERATOR, "mpi-operator")],
            "mpijobs",
            "m",
        ),
        (
            ("RayCluster", "r-x7"),
            vec![
                ("ray.io/cluster", "r-x7"),
                (RAY_NAME, "r"),
                (RAY_KIND, "RayJob"),
            ],
            "rayjobs",
            "r",
        ),
        (
            ("StatefulSet", "nb"),
            vec![("notebook-name", "nb")],
            "notebooks",
            "nb",
        ),
        (("ReplicaSet", "web-1"), vec![], "pods", "p-0"),
        (
            ("PyTorchJob", "t"),
            vec![(TRIAL, "t"), (EXPERIMENT, "e")],
            "trials",
            "t",
        ),
    ] {
        let holder = owned(owner.0, owner.1, &labels);
        assert_eq!(
            (holder.feed, &*holder.key.name),
            (Some(feed), name),
            "{owner:?}"
        );
    }
    // a Job of another vendor is no Job that could be opened
    let volcano = owned("Job", "v", &[("volcano.sh/job-name", "v")]);
    assert_eq!((volcano.kind, volcano.feed), (HolderKind::Job, None));
}
