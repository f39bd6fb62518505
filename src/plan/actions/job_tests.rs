//! Training jobs as their controllers write them, and each trap of the actions on them.

use serde_json::{Value, json};

use super::service_tests::{plan, refusal, trap};
use crate::plan::spec::Risk;

const SUSPEND: &str = "job.suspend";
const RESUME: &str = "job.resume";
const DELETE: &str = "job.delete";

fn object(api: &str, kind: &str, spec: &Value, status: &Value) -> Value {
    json!({"apiVersion": api, "kind": kind, "spec": spec, "status": status,
        "metadata": {"name": "j", "namespace": "ml", "uid": "u-1", "resourceVersion": "7", "generation": 2}})
}

fn pytorch(suspend: bool, state: &str) -> Value {
    object(
        "kubeflow.org/v1",
        "PyTorchJob",
        &json!({"runPolicy": {"suspend": suspend}, "pytorchReplicaSpecs": {"Worker": {"replicas": 4, "template": {"spec": {
            "containers": [{"resources": {"limits": {"nvidia.com/gpu": 2}}}]}}}}}),
        &json!({"conditions": [{"type": "Created", "status": "True"}, {"type": state, "status": "True"}]}),
    )
}

fn ray(shuts_down: bool) -> Value {
    object(
        "ray.io/v1",
        "RayJob",
        &json!({"shutdownAfterJobFinishes": shuts_down}),
        &json!({"jobDeploymentStatus": "Running", "jobStatus": "RUNNING"}),
    )
}

#[test]
fn suspending_writes_where_the_kind_keeps_it_and_is_done_when_the_controller_says_so() {
    let running = pytorch(false, "Running");
    let made = plan(SUSPEND, &running, &[]).unwrap();
    assert_eq!(made.risk, Risk::LosesWork);
    assert_eq!(made.steps[0].body["spec"]["runPolicy"]["suspend"], true);
    assert!(made.steps[0].path.ends_with("/pytorchjobs/j"));
    trap(&made, "since their last own checkpoint is lost");
    assert!(!made.verify.holds(Some(&running)));
    assert!(made.verify.holds(Some(&pytorch(true, "Suspended"))));
    let train = object(
        "trainer.kubeflow.org/v1alpha1",
        "TrainJob",
        &json!({"activeDeadlineSeconds": 600}),
        &json!({}),
    );
    let made = plan(SUSPEND, &train, &[]).unwrap();
    assert_eq!(made.steps[0].body["spec"]["suspend"], true);
    let says = |topic: &str, text: &str| {
        made.facts
            .iter()
            .any(|f| f.topic == topic && f.text.contains(text))
    };
    assert!(says("deadline", "600 s begins anew") && says("immutable", "runtimePatches"));
}

#[test]
fn both_versions_of_an_mpi_job_are_written_where_they_were_read() {
    for version in ["v1", "v2beta1"] {
        let job = object(
            &format!("kubeflow.org/{version}"),
            "MPIJob",
            &json!({}),
            &json!({}),
        );
        let made = plan(SUSPEND, &job, &[]).unwrap();
        let path = format!("/apis/kubeflow.org/{version}/namespaces/ml/mpijobs/j");
        assert_eq!(made.steps[0].path, path);
    }
}

#[test]
fn a_ray_job_whose_cluster_outlives_it_must_not_be_suspended() {
    assert!(!plan(SUSPEND, &ray(true), &[]).unwrap().is_blocked());
    let sticky = plan(SUSPEND, &ray(false), &[]).unwrap();
    assert!(sticky.is_blocked());
    trap(&sticky, "shutdownAfterJobFinishes is false");
    let mut chosen = ray(true);
    chosen["spec"]["clusterSelector"] = json!({"ray.io/cluster": "shared"});
    let chosen = plan(SUSPEND, &chosen, &[]).unwrap();
    assert!(chosen.is_blocked());
    trap(&chosen, "clusterSelector");
}

#[test]
fn what_kueue_holds_is_neither_let_go_nor_held_by_hand() {
    let queued = |mut job: Value| {
        job["metadata"]["labels"] = json!({"kueue.x-k8s.io/queue-name": "team-a"});
        job
    };
    let text = refusal(RESUME, &queued(pytorch(true, "Suspended")), &[]);
    assert!(
        text.contains("queue team-a") && text.contains("suspended again at once"),
        "{text}"
    );
    assert!(text.contains("workload.release"), "{text}");
    let text = refusal(SUSPEND, &queued(pytorch(false, "Running")), &[]);
    assert!(
        text.contains("started again as soon as there is quota") && text.contains("workload.hold"),
        "{text}"
    );
    // without the label it is seen by who wrote the field
    let mut unlabelled = pytorch(true, "Suspended");
    unlabelled["metadata"]["managedFields"] = json!([{"manager": "kueue", "operation": "Update",
        "fieldsV1": {"f:spec": {"f:runPolicy": {"f:suspend": {}}}}}]);
    assert!(refusal(RESUME, &unlabelled, &[]).contains("Kueue holds it"));
}

#[test]
fn a_part_of_another_job_is_left_to_its_whole() {
    let mut set = object("jobset.x-k8s.io/v1alpha2", "JobSet", &json!({}), &json!({}));
    set["metadata"]["ownerReferences"] =
        json!([{"kind": "TrainJob", "name": "bert", "controller": true}]);
    for action in [SUSPEND, DELETE] {
        let text = refusal(action, &set, &[]);
        assert!(text.contains("a part of TrainJob bert"), "{text}");
    }
}

#[test]
fn a_job_that_has_ended_or_is_as_it_is_to_be_is_left_alone() {
    assert!(refusal(SUSPEND, &pytorch(false, "Succeeded"), &[]).contains("has ended"));
    assert!(refusal(SUSPEND, &pytorch(true, "Suspended"), &[]).contains("already"));
    assert!(refusal(RESUME, &pytorch(false, "Running"), &[]).contains("not suspended"));
    let mut away = pytorch(false, "Running");
    away["spec"]["runPolicy"]["managedBy"] = "kueue.x-k8s.io/multikueue".into();
    assert!(refusal(DELETE, &away, &[]).contains("another cluster"));
    let mut going = pytorch(false, "Running");
    going["metadata"]["deletionTimestamp"] = "2026-11-21T00:00:00Z".into();
    assert!(refusal(SUSPEND, &going, &[]).contains("being deleted"));
}

#[test]
fn resuming_tells_what_it_asks_for_and_waits_for_the_controller() {
    let held = pytorch(true, "Suspended");
    let made = plan(RESUME, &held, &[]).unwrap();
    assert_eq!(made.risk, Risk::Reversible);
    assert!(
        made.facts
            .iter()
            .any(|f| f.text.contains("8 nvidia.com/gpu"))
    );
    assert_eq!(made.inverse.as_ref().unwrap().action, SUSPEND);
    let mut after = pytorch(false, "Running");
    // let go in the spec alone is not enough
    after["status"]["conditions"] = json!([{"type": "Suspended", "status": "True"}]);
    assert!(!made.verify.holds(Some(&after)));
    after["status"]["conditions"] = json!([{"type": "Suspended", "status": "False"}]);
    assert!(made.verify.holds(Some(&after)));
}

#[test]
fn deleting_says_what_is_lost_and_what_its_end_waits_for() {
    let made = plan(DELETE, &pytorch(false, "Running"), &[]).unwrap();
    assert_eq!(made.steps[0].body["propagationPolicy"], "Background");
    trap(&made, "It has not ended");
    assert!(made.verify.holds(None) && made.inverse.is_none());
    let mut job = ray(true);
    job["metadata"]["finalizers"] = json!(["ray.io/rayjob-finalizer"]);
    trap(&plan(DELETE, &job, &[]).unwrap(), "dashboard of its head");
    let mut of_trial = object("batch/v1", "Job", &json!({}), &json!({}));
    of_trial["metadata"]["ownerReferences"] =
        json!([{"kind": "Trial", "name": "sweep-3", "controller": true}]);
    trap(&plan(DELETE, &of_trial, &[]).unwrap(), "trial sweep-3");
}
