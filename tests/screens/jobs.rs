//! What the screens show of training jobs: what failed, which rank of it first, who holds what is suspended.

use midwatch::app::Model;
use midwatch::domain::{JobKind, JobRow, PodRow, SourceState};
use midwatch::kinds::{
    BatchJobs, JobSets, Kind, MpiJobs, Pods, PyTorchJobs, RayClusters, RayJobs, TrainJobs,
};
use midwatch::ui::Look;
use serde_json::{Value, json};

use super::platform::{ago, cluster, put, set_state};
use super::{mono, picture, platform, press};

fn row<K: Kind>(place: (&str, &str), minutes: i64, mut object: Value) -> K::Row {
    let meta = &mut object["metadata"];
    if meta.is_null() {
        *meta = json!({});
    }
    (meta["namespace"], meta["name"]) = (place.0.into(), place.1.into());
    meta["uid"] = place.1.into();
    meta["creationTimestamp"] = json!(ago(minutes * 60));
    K::row(&cluster(), serde_json::from_value(object).unwrap())
}

fn replica(count: u32, policy: &str) -> Value {
    json!({"replicas": count, "restartPolicy": policy, "template": {"spec": {"containers": [
        {"resources": {"limits": {"nvidia.com/gpu": 1}}}]}}})
}

fn held(kind: &str, reason: &str, message: &str) -> Value {
    json!([{"type": "Created", "status": "True", "lastTransitionTime": ago(3_000)},
        {"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": ago(1_200)}])
}

/// Rank 3 failed first and took another one with it.
fn two_tower() -> JobRow {
    let object = json!({"spec": {"runPolicy": {"backoffLimit": 0, "cleanPodPolicy": "None"},
            "pytorchReplicaSpecs": {"Master": replica(1, "Never"), "Worker": replica(4, "Never")}},
        "status": {"startTime": ago(2_900), "completionTime": ago(1_200),
            "conditions": held("Failed", "PyTorchJobFailed", "PyTorchJob two-tower is failing because 2 Worker replica(s) failed."),
            "replicaStatuses": {"Master": {"active": 1}, "Worker": {"active": 2, "failed": 2}}}});
    row::<PyTorchJobs>(("recsys", "two-tower"), 50, object)
}

fn jobs() -> Vec<JobRow> {
    let running = json!({"spec": {"elasticPolicy": {"minReplicas": 1, "maxReplicas": 6},
            "pytorchReplicaSpecs": {"Master": replica(1, "OnFailure"), "Worker": replica(3, "OnFailure")}},
        "status": {"startTime": ago(7_000), "conditions": held("Running", "PyTorchJobRunning", ""),
            "replicaStatuses": {"Master": {"active": 1}, "Worker": {"active": 3}}}});
    let queued = json!({"metadata": {"generation": 1, "labels": {"kueue.x-k8s.io/queue-name": "team-nlp"}},
        "spec": {"suspend": true, "parallelism": 4, "completions": 4, "template": {"spec": {"containers": [
            {"resources": {"limits": {"nvidia.com/gpu": 2}}}]}}},
        "status": {"conditions": [{"type": "Suspended", "status": "True", "reason": "JobSuspended"}]}});
    let by_hand = json!({"metadata": {"generation": 3}, "spec": {"runPolicy": {"suspend": true},
            "mpiReplicaSpecs": {"Launcher": {"replicas": 1}, "Worker": replica(8, "Never")}},
        "status": {"conditions": held("Suspended", "MPIJobSuspended", "")}});
    let train = json!({"spec": {"trainer": {"numNodes": 2, "resourcesPerNode": {"limits": {"nvidia.com/gpu": "2"}}}}});
    let replicated = json!([{"name": "node", "replicas": 1, "template": {"spec": {"parallelism": 2, "template": {"spec": {
        "containers": [{"resources": {"limits": {"nvidia.com/gpu": "2"}}}]}}}}}]);
    let set = json!({"metadata": {"ownerReferences": [{"kind": "TrainJob", "name": "bert-finetune", "controller": true}]},
        "spec": {"replicatedJobs": replicated, "failurePolicy": {"maxRestarts": 3}},
        "status": {"restarts": 1, "replicatedJobsStatus": [{"name": "node", "active": 1}]}});
    let ray = json!({"spec": {"shutdownAfterJobFinishes": false, "rayClusterSpec": {"headGroupSpec": {}, "workerGroupSpecs": [
            {"groupName": "gpu", "replicas": 2, "template": {"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": 1}}}]}}}]}},
        "status": {"jobDeploymentStatus": "Running", "jobStatus": "RUNNING", "rayClusterName": "recsys-sticky-x7k2p",
            "startTime": ago(4_000), "rayClusterStatus": {"readyWorkerReplicas": 2}}});
    let cluster = json!({"metadata": {"ownerReferences": [{"kind": "RayJob", "name": "recsys-sticky", "controller": true}]},
        "spec": {"headGroupSpec": {}}, "status": {"state": "ready"}});
    let done = json!({"spec": {"completions": 1}, "status": {"succeeded": 1, "startTime": ago(9_000), "completionTime": ago(8_000),
        "conditions": [{"type": "Complete", "status": "True"}]}});
    vec![
        two_tower(),
        row::<PyTorchJobs>(("ml-fraud", "fraud-embedder"), 120, running),
        row::<BatchJobs>(("ml-nlp", "tokenise-corpus"), 35, queued),
        row::<MpiJobs>(("ml-churn", "churn-allreduce"), 400, by_hand),
        row::<TrainJobs>(("ml-fraud", "bert-finetune"), 90, train),
        row::<JobSets>(("ml-fraud", "bert-finetune"), 90, set),
        row::<RayJobs>(("recsys", "recsys-sticky"), 70, ray),
        row::<RayClusters>(("recsys", "recsys-sticky-x7k2p"), 70, cluster),
        row::<BatchJobs>(("platform", "backup-registry"), 160, done),
    ]
}

/// A worker of the failed job; `end` is seconds ago, exit code and reason.
fn worker(role: &str, index: u32, end: Option<(i64, i32, &str)>) -> PodRow {
    let state = match end {
        None => json!({"running": {}}),
        Some((at, code, reason)) => {
            json!({"terminated": {"exitCode": code, "reason": reason, "finishedAt": ago(at)}})
        }
    };
    let object = json!({
        "metadata": {"labels": {"training.kubeflow.org/job-name": "two-tower", "training.kubeflow.org/replica-type": role,
            "training.kubeflow.org/replica-index": index.to_string(), "training.kubeflow.org/operator-name": "pytorchjob-controller"}},
        "spec": {"nodeName": format!("gpu-0{}", index + 1), "containers": [{"name": "pytorch",
            "resources": {"limits": {"nvidia.com/gpu": "1"}}}]},
        "status": {"phase": if end.is_some() { "Failed" } else { "Running" },
            "containerStatuses": [{"name": "pytorch", "state": state}]}});
    row::<Pods>(("recsys", &format!("two-tower-{role}-{index}")), 50, object)
}

fn live() -> Model {
    let mut model = platform::live();
    for feed in JobKind::FEEDS.into_iter().chain(["pods"]) {
        set_state(&mut model, feed, SourceState::Live);
    }
    set_state(&mut model, "jaxjobs", SourceState::Absent);
    put(&mut model, "jobs", jobs());
    let pods = vec![
        worker("master", 0, None),
        worker("worker", 0, None),
        worker("worker", 1, Some((1_203, 1, "Error"))),
        worker("worker", 2, None),
        worker("worker", 3, Some((1_209, 137, "OOMKilled"))),
    ];
    put(&mut model, "pods", pods);
    press(&mut model, "7");
    model
}

fn shown(model: &mut Model) -> String {
    picture(model, (120, 36), Look::default())
}

#[test]
fn jobs_of_every_kind_stand_in_one_list_with_the_rank_that_failed_first() {
    let mut model = live();
    for (name, size) in [
        ("jobs_200x50", (200, 50)),
        ("jobs_120x36", (120, 36)),
        ("jobs_80x24", (80, 24)),
        ("jobs_40x10", (40, 10)),
    ] {
        insta::assert_snapshot!(name, picture(&mut model, size, Look::default()));
    }
    insta::assert_snapshot!("jobs_mono_80x24", picture(&mut model, (80, 24), mono()));
    let text = shown(&mut model);
    assert!(
        text.contains("worker 3 failed first of 2: OOMKilled (exit 137) on gpu-04"),
        "{text}"
    );
    // what works for another job stands where that one is opened
    assert!(
        !text.contains("JobSet") && !text.contains("RayCluster"),
        "{text}"
    );
}

#[test]
fn who_holds_a_suspended_job_stands_in_its_row() {
    let mut model = live();
    let text = picture(&mut model, (200, 50), Look::default());
    let line = |name: &str| text.lines().find(|l| l.contains(name)).unwrap_or_default();
    assert!(
        line("tokenise-corpus").contains("suspended by Kueue, queue team-nlp"),
        "{text}"
    );
    assert!(line("tokenise-corpus").contains("Queued"), "{text}");
    assert!(
        line("churn-allreduce").contains("suspended by hand"),
        "{text}"
    );
}

#[test]
fn a_silent_train_job_is_as_its_job_set_tells() {
    let mut model = live();
    let text = picture(&mut model, (200, 50), Look::default());
    let line = text.lines().find(|l| l.contains("bert-finetune")).unwrap();
    assert!(line.contains("Running") && line.contains("1/3"), "{line}");
}

#[test]
fn a_failed_job_opens_on_the_rank_that_failed_first_and_l_shows_its_log() {
    let mut model = live();
    press(&mut model, "/ t w o Enter Enter");
    let text = shown(&mut model);
    insta::assert_snapshot!("job_failed_120x36", text);
    insta::assert_snapshot!(
        "job_failed_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "job_failed_mono_80x24",
        picture(&mut model, (80, 24), mono())
    );
    insta::assert_snapshot!(
        "job_failed_40x10",
        picture(&mut model, (40, 10), Look::default())
    );
    let ranks = text.find("Ranks").unwrap();
    let at = |pod: &str| text.get(ranks..).and_then(|t| t.find(pod)).unwrap();
    assert!(
        at("two-tower-worker-3") < at("two-tower-worker-1"),
        "{text}"
    );
    assert!(
        at("two-tower-worker-1") < at("two-tower-master-0"),
        "{text}"
    );
    press(&mut model, "l");
    let text = shown(&mut model);
    assert!(text.contains("two-tower-worker-3"), "{text}");
}

#[test]
fn a_ray_job_that_must_not_be_suspended_says_so_and_leads_to_its_cluster() {
    let mut model = live();
    press(&mut model, "/ s t i c k y Enter Enter");
    let text = shown(&mut model);
    insta::assert_snapshot!("job_ray_120x36", text);
    assert!(text.contains("must not be suspended"), "{text}");
    assert!(text.contains("RayCluster recsys-sticky-x7k2p"), "{text}");
}

#[test]
fn where_the_pods_are_gone_nothing_is_guessed() {
    let mut model = live();
    put::<PodRow>(&mut model, "pods", Vec::new());
    press(&mut model, "/ t w o Enter Enter");
    let text = shown(&mut model);
    assert!(
        text.contains("which was the first is not known any more"),
        "{text}"
    );
}

#[test]
fn a_failed_job_offers_the_runbook_that_asks_for_its_first_rank() {
    let mut model = live();
    press(&mut model, "/ t w o Enter r");
    let text = shown(&mut model);
    assert!(text.contains("Runbooks for job two-tower"), "{text}");
    assert!(
        text.contains("A training job failed") && text.contains("training-job-failed"),
        "{text}"
    );
}
