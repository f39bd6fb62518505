//! What the real `KServe` controller makes of the edits that a console makes: the ground that the actions on inference
//! services stand on.

use serde_json::{Value, json};

use crate::act::{LONG, NS, kubectl, object};
use crate::support::wait_for;

#[path = "serving/given.rs"]
pub mod given;
use given::{REVISIONS, Service, condition, model, rollout, serves};

/// A model with its part of the traffic.
fn canary(n: u32, percent: u32) -> Value {
    json!({"canaryTrafficPercent": percent, "model": {"storageUri": model(n)}})
}

fn percent(percent: &Value) -> Value {
    json!({"canaryTrafficPercent": percent})
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_canary_is_promoted_and_rolled_back_as_the_plans_say() {
    let service = Service::knative("canary");
    service.edit(&canary(2, 10));
    service.rolls_out("2/2/1/- 2:10 1:90(prev)");
    service.edit(&percent(&Value::Null));
    service.rolls_out("2/2/2/1 2:100");
    service.edit(&percent(&json!(10)));
    // the trap: a percent alone, on what was promoted, brings the old model back
    service.rolls_out("2/2/1/1 2:10 1:90(prev)");
    service.edit(&percent(&Value::Null));
    service.rolls_out("2/2/2/1 2:100");
    service.edit(&canary(3, 20));
    service.rolls_out("3/3/2/1 3:20 2:80(prev)");
    service.edit(&percent(&json!(0)));
    service.rolls_out("3/3/2/1 3:0 2:100(prev)");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_model_that_cannot_be_loaded_leaves_the_traffic_and_says_why() {
    let service = Service::knative("corrupt");
    service.edit(&serves("s3://ml-models/try/corrupt"));
    let failed = service.until("a failed load", |s| {
        s["status"]["modelStatus"]["transitionStatus"] == "BlockedByFailedLoad"
            && condition(s, "Ready")["status"] == "False"
    });
    let model = &failed["status"]["modelStatus"];
    assert_eq!(model["states"]["activeModelState"], "Loaded", "{model}");
    assert_eq!(
        model["states"]["targetModelState"], "FailedToLoad",
        "{model}"
    );
    assert_eq!(
        model["lastFailureInfo"]["reason"], "ModelLoadFailed",
        "{model}"
    );
    assert_eq!(rollout(&failed), "2/1/1/- 1:100");
    let revision = object(REVISIONS, &service.revision(2)).unwrap();
    let why = condition(&revision, "ContainerHealthy");
    assert_eq!(why["reason"], "ExitCode1", "{why}");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_rollback_to_a_revision_that_was_collected_changes_no_traffic() {
    let service = Service::knative("collected");
    service.edit(&serves(&model(2)));
    service.rolls_out("2/2/2/1 2:100");
    let first = service.revision(1);
    kubectl(&["-n", NS, "delete", REVISIONS, &first], "").unwrap();
    service.edit(&percent(&json!(0)));
    let stuck = service.until("a missing revision", |s| {
        condition(s, "RoutesReady")["status"] == "False"
    });
    let why = condition(&stuck, "PredictorRouteReady");
    assert_eq!(why["reason"], "RevisionMissing", "{why}");
    let traffic = rollout(&stuck);
    assert!(
        traffic.contains(" 2:") && !traffic.contains(" 1:"),
        "{traffic}"
    );
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_stopped_service_keeps_no_revision_to_go_back_to() {
    let service = Service::knative("stopped");
    let stop = |value: Value| {
        service.patch(&json!({"metadata": {"annotations": {"serving.kserve.io/stop": value}}}));
    };
    stop(json!("true"));
    let stopped = service.until("stopped", |s| condition(s, "Stopped")["status"] == "True");
    assert_eq!(stopped["status"]["components"], Value::Null, "{stopped}");
    wait_for("its revisions to go", LONG, || {
        object(REVISIONS, &service.revision(1))
            .is_none()
            .then_some(())
    });
    stop(Value::Null);
    service.rolls_out("1/1/1/- 1:100");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_revision_without_requests_goes_to_zero_and_comes_back() {
    let service = Service::new("asleep", "Knative", &json!({"minReplicas": 0}));
    service.rolls_out("1/1/1/- 1:100");
    let name = service.revision(1);
    let replicas = |n: &str| {
        let note = format!("rig.midwatch.dev/replicas={n}");
        let args = ["-n", NS, "annotate", "--overwrite", REVISIONS, &name, &note];
        kubectl(&args, "").unwrap();
    };
    let until = |what: &str, active: &str, actual: u64| {
        wait_for(what, LONG, || {
            object(REVISIONS, &name).filter(|r| {
                condition(r, "Active")["status"] == active
                    && r["status"]["actualReplicas"] == actual
            })
        })
    };
    replicas("0");
    let asleep = until("no replica", "False", 0);
    assert_eq!(condition(&asleep, "Active")["reason"], "NoTraffic");
    assert_eq!(condition(&asleep, "Ready")["status"], "True");
    replicas("1");
    until("a replica", "True", 1);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn in_standard_mode_there_are_no_revisions_to_tell_of() {
    let service = Service::standard("plain");
    let ready = service.until("a loaded model", |s| {
        s["status"]["modelStatus"]["states"]["activeModelState"] == "Loaded"
    });
    assert_eq!(ready["status"]["deploymentMode"], "Standard");
    assert_eq!(rollout(&ready), "-/-/-/-");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_model_that_is_not_there_is_told_from_one_that_cannot_be_loaded() {
    let missing = json!({"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://ml-models/try/absent"}});
    let service = Service::new("absent", "Standard", &missing);
    let failed = service.until("a failed download", |s| {
        s["status"]["modelStatus"]["states"]["targetModelState"] == "FailedToLoad"
    });
    let why = &failed["status"]["modelStatus"]["lastFailureInfo"];
    assert_eq!(why["reason"], "ModelLoadFailed", "{why}");
    assert!(
        why["message"]
            .as_str()
            .unwrap()
            .contains("Failed to fetch model"),
        "{why}"
    );
}
