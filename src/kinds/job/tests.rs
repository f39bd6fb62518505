//! Jobs as their controllers write them, and what a person is told of them.

use serde_json::{Value, json};

use super::super::Kind;
use super::batch::BatchJobs;
use super::job_set::JobSets;
use super::ray::{RayClusters, RayJobs, RayServices};
use super::train_job::TrainJobs;
use super::training::{MpiJobs, PyTorchJobs};
use crate::domain::{ClusterId, JobPhase, JobRow, PodRow, Row, Suspender};
use crate::kinds::Pods;

fn row<K: Kind>(json: Value) -> K::Row {
    K::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
}

fn replica(count: u32) -> Value {
    json!({"replicas": count, "restartPolicy": "Never", "template": {"spec": {"containers": [
        {"resources": {"limits": {"nvidia.com/gpu": 2, "cpu": "8"}}}, {"name": "sidecar"}]}}})
}

fn pytorch() -> Value {
    json!({"metadata": {"name": "two-tower", "namespace": "recsys", "generation": 1},
        "spec": {"runPolicy": {"backoffLimit": 2}, "elasticPolicy": {"minReplicas": 1, "maxReplicas": 6},
            "pytorchReplicaSpecs": {"Master": replica(1), "Worker": replica(3)}},
        "status": {"conditions": [{"type": "Created", "status": "True"},
                {"type": "Running", "status": "False"},
                {"type": "Failed", "status": "True", "reason": "PyTorchJobFailed", "message": "1 Worker replica(s) failed."}],
            "replicaStatuses": {"Master": {"active": 1}, "Worker": {"active": 2, "failed": 1}}}})
}

#[test]
fn a_job_of_the_training_operator_tells_its_roles_and_the_condition_that_holds_last() {
    let row: JobRow = row::<PyTorchJobs>(pytorch());
    assert_eq!(row.phase, JobPhase::Failed);
    assert_eq!(&*row.message, "1 Worker replica(s) failed.");
    let roles: Vec<_> = row
        .roles
        .iter()
        .map(|r| (&*r.name, r.wanted, r.active, r.failed))
        .collect();
    assert_eq!(
        roles,
        [
            ("master", Some(1), Some(1), Some(0)),
            ("worker", Some(3), Some(2), Some(1))
        ]
    );
    assert_eq!(row.devices(), "8 nvidia.com/gpu");
    assert_eq!((row.elastic, row.retries), (Some((1, 6)), Some(2)));
    assert_eq!((row.failed(), row.active()), (1, Some(3)));
}

#[test]
fn two_kinds_of_one_name_have_two_places_and_one_name() {
    let one = row::<PyTorchJobs>(pytorch());
    let other = row::<MpiJobs>(json!({"metadata": {"name": "two-tower", "namespace": "recsys"}}));
    assert_ne!(Row::key(&one), Row::key(&other));
    assert_eq!((Row::name(&one), &one.key), (Row::name(&other), &other.key));
}

#[test]
fn who_holds_a_suspended_job_is_told_by_its_queue_and_by_whether_its_spec_was_changed() {
    let mut object = pytorch();
    object["spec"]["runPolicy"]["suspend"] = true.into();
    object["status"] = json!({});
    let held = |object: &Value| row::<PyTorchJobs>(object.clone()).held_by();
    assert_eq!(held(&object), Some(Suspender::Spec));
    object["metadata"]["generation"] = 2.into();
    assert_eq!(held(&object), Some(Suspender::Person));
    object["metadata"]["labels"] = json!({"kueue.x-k8s.io/queue-name": "team-a"});
    assert_eq!(held(&object), Some(Suspender::Queue));
    object["spec"]["runPolicy"]["suspend"] = false.into();
    assert_eq!(held(&object), None);
}

#[test]
fn a_train_job_without_a_status_is_not_called_running() {
    let mut object = json!({"metadata": {"name": "bert", "namespace": "ml"},
        "spec": {"trainer": {"numNodes": 4, "resourcesPerNode": {"limits": {"nvidia.com/gpu": "2"}}}}});
    let silent = row::<TrainJobs>(object.clone());
    assert_eq!((silent.phase, silent.active()), (JobPhase::Unknown, None));
    assert_eq!(silent.devices(), "8 nvidia.com/gpu");
    object["status"] = json!({"jobsStatus": [{"name": "node", "active": 1}]});
    assert_eq!(row::<TrainJobs>(object.clone()).phase, JobPhase::Running);
    object["status"]["conditions"] =
        json!([{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}]);
    assert_eq!(row::<TrainJobs>(object).phase, JobPhase::Failed);
}

#[test]
fn a_job_set_counts_its_restarts_and_is_a_part_of_what_owns_it() {
    let object = json!({"metadata": {"name": "bert", "namespace": "ml",
            "ownerReferences": [{"kind": "TrainJob", "name": "bert", "controller": true}]},
        "spec": {"failurePolicy": {"maxRestarts": 3}, "replicatedJobs": [{"name": "workers", "replicas": 1,
            "template": {"spec": {"parallelism": 4, "template": {"spec": {"restartPolicy": "Never"}}}}}]},
        "status": {"restarts": 1, "replicatedJobsStatus": [{"name": "workers", "active": 1}]}});
    let row = row::<JobSets>(object);
    assert_eq!((row.restarts, row.retries), (Some(1), Some(3)));
    assert_eq!((row.phase, row.is_part()), (JobPhase::Running, true));
    assert_eq!(row.roles[0].pods(), Some(4));
}

#[test]
fn of_a_ray_job_both_states_are_kept() {
    let object = |deployment: &str, ray: &str| {
        row::<RayJobs>(
            json!({"metadata": {"name": "r"}, "spec": {"shutdownAfterJobFinishes": true,
            "rayClusterSpec": {"headGroupSpec": {}, "workerGroupSpecs": [{"groupName": "gpu", "replicas": 2}]}},
            "status": {"jobDeploymentStatus": deployment, "jobStatus": ray, "rayClusterName": "r-x1",
                "rayClusterStatus": {"readyWorkerReplicas": 1}}}),
        )
    };
    let running = object("Running", "RUNNING");
    assert_eq!(
        (running.phase, &*running.engine),
        (JobPhase::Running, "RUNNING")
    );
    assert_eq!(
        running.selectors(),
        ["ray.io/cluster=r-x1", "batch.kubernetes.io/job-name=r"]
    );
    assert_eq!(running.roles[1].active, Some(1));
    for (deployment, ray, phase) in [
        ("Complete", "SUCCEEDED", JobPhase::Succeeded),
        ("Complete", "STOPPED", JobPhase::Stopped),
        ("ValidationFailed", "", JobPhase::Failed),
        ("Retrying", "", JobPhase::Restarting),
        ("Suspended", "", JobPhase::Suspended),
        ("Running", "PENDING", JobPhase::Pending),
        ("Odd", "", JobPhase::Unknown),
    ] {
        assert_eq!(object(deployment, ray).phase, phase, "{deployment} {ray}");
    }
}

#[test]
fn clusters_and_services_of_ray_tell_by_their_conditions() {
    let cluster = row::<RayClusters>(
        json!({"metadata": {"name": "c"}, "spec": {"enableInTreeAutoscaling": true,
        "headGroupSpec": {}, "workerGroupSpecs": [{"groupName": "gpu", "replicas": 2, "minReplicas": 0, "maxReplicas": 4}]},
        "status": {"state": "ready", "conditions": [{"type": "HeadPodReady", "status": "True"}], "readyWorkerReplicas": 2}}),
    );
    assert_eq!(
        (cluster.phase, cluster.active(), cluster.elastic),
        (JobPhase::Running, Some(3), Some((0, 4)))
    );
    let service = row::<RayServices>(json!({"metadata": {"name": "s"}, "status": {
        "conditions": [{"type": "Ready", "status": "False", "reason": "Initializing", "message": "waits"}],
        "activeServiceStatus": {"rayClusterName": "s-a"}, "pendingServiceStatus": {"rayClusterName": "s-b"}}}));
    assert_eq!(
        (service.phase, &*service.message),
        (JobPhase::Pending, "waits")
    );
    assert_eq!(service.clusters.len(), 2);
}

#[test]
fn a_batch_job_waits_until_a_pod_of_it_is_ready() {
    let job = |status: Value| {
        row::<BatchJobs>(
            json!({"metadata": {"name": "j"}, "spec": {"parallelism": 4, "completions": 8}, "status": status}),
        )
    };
    assert_eq!(
        job(json!({"active": 4, "ready": 0})).phase,
        JobPhase::Pending
    );
    let running = job(json!({"active": 4, "ready": 3, "failed": 2}));
    assert_eq!(
        (running.phase, running.wanted(), running.restarts),
        (JobPhase::Running, Some(4), Some(2))
    );
    let failed = job(
        json!({"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]}),
    );
    assert_eq!(failed.phase, JobPhase::Failed);
}

/// A pod of a rank; `ended` is when its container did, in seconds, and how.
fn pod(name: &str, labels: &Value, ended: Option<(u32, i32, &str)>) -> PodRow {
    let state = ended.map_or(json!({"running": {}}), |(at, code, reason)| {
        json!({"terminated": {"exitCode": code, "reason": reason, "finishedAt": format!("2026-11-21T03:12:{at:02}Z")}})
    });
    row::<Pods>(
        json!({"metadata": {"name": name, "namespace": "recsys", "labels": labels},
        "status": {"phase": if ended.is_some() { "Failed" } else { "Running" },
            "containerStatuses": [{"name": "main", "state": state}]}}),
    )
}

#[test]
fn the_rank_that_failed_first_comes_before_those_that_it_took_with_it() {
    let job = row::<PyTorchJobs>(pytorch());
    let of = |index: u32| {
        json!({"training.kubeflow.org/job-name": "two-tower", "training.kubeflow.org/replica-type": "worker",
        "training.kubeflow.org/replica-index": index.to_string(), "training.kubeflow.org/operator-name": "pytorchjob-controller"})
    };
    let pods = [
        pod("w0", &of(0), None),
        pod("w1", &of(1), Some((7, 1, "Error"))),
        pod("w2", &of(2), Some((5, 137, "OOMKilled"))),
        pod("w3", &of(3), Some((7, 0, "Completed"))),
    ];
    assert!(pods.iter().all(|p| job.has(p)));
    let failures = job.failures(&pods[..3]);
    let told: Vec<_> = failures.iter().map(|f| (f.rank.words(), &*f.how)).collect();
    assert_eq!(
        told,
        [
            ("worker 2".to_owned(), "OOMKilled (exit 137)"),
            ("worker 1".to_owned(), "Error (exit 1)")
        ]
    );
    // another operator's pods have the same label
    let mut mpi = of(0);
    mpi["training.kubeflow.org/operator-name"] = "mpi-operator".into();
    assert!(!job.has(&pod("m", &mpi, None)));
}

#[test]
fn ranks_of_a_job_set_have_only_the_numbers_that_tell_them_apart() {
    let set = |replicas: u32, parallelism: u32| {
        row::<JobSets>(
            json!({"metadata": {"name": "s", "namespace": "recsys"}, "spec": {"replicatedJobs": [
            {"name": "workers", "replicas": replicas, "template": {"spec": {"parallelism": parallelism}}}]}}),
        )
    };
    let pod = pod(
        "p",
        &json!({"jobset.sigs.k8s.io/jobset-name": "s", "jobset.sigs.k8s.io/replicatedjob-name": "workers",
        "jobset.sigs.k8s.io/job-index": "2", "batch.kubernetes.io/job-completion-index": "3"}),
        None,
    );
    assert_eq!(set(1, 4).rank(&pod).words(), "workers 3");
    assert_eq!(set(4, 1).rank(&pod).words(), "workers 2");
    assert_eq!(set(4, 4).rank(&pod).words(), "workers 2-3");
}

#[test]
fn odd_objects_become_rows_and_hostile_text_stays_harmless() {
    for odd in [
        json!(null),
        json!(5),
        json!([]),
        json!({"conditions": "x", "replicaStatuses": 3}),
    ] {
        let row =
            row::<PyTorchJobs>(json!({"metadata": {"name": "p"}, "spec": odd, "status": odd}));
        assert_eq!(row.phase, JobPhase::Unknown);
    }
    let row = row::<RayJobs>(
        json!({"metadata": {"name": "p"}, "status": {"jobDeploymentStatus": "Failed", "message": "\u{1b}[2Jx"}}),
    );
    assert!(!row.message.contains('\u{1b}'));
}
