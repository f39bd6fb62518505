//! What an action asks to see besides its target is seen before it is planned, and again before anything leaves.

use midwatch::plan::{Ask, HaltKind, Verdict};
use serde_json::{Value, json};

use super::played::{Stage0, ask};

const SERVICE: &str = "/apis/serving.kserve.io/v1beta1/namespaces/ml/inferenceservices/train";
const OLD: &str = "/apis/serving.knative.dev/v1/namespaces/ml/revisions/train-predictor-00001";

fn stage() -> Stage0 {
    let stage = Stage0::new();
    stage.wire.lock(|s| {
        s.objects.insert(SERVICE.to_owned(), service());
        s.objects.insert(OLD.to_owned(), revision());
    });
    stage
}

/// With a canary, as the real controller writes it.
fn service() -> Value {
    let names = |n: u32| format!("train-predictor-0000{n}");
    json!({
        "apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
        "metadata": {"name": "train", "namespace": "ml", "uid": "u-1", "resourceVersion": "1"},
        "spec": {"predictor": {"canaryTrafficPercent": 10, "model": {"storageUri": "s3://m/2"}}},
        "status": {"deploymentMode": "Knative",
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "RoutesReady", "status": "True"}],
            "components": {"predictor": {"latestCreatedRevision": names(2), "latestReadyRevision": names(2),
                "latestRolledoutRevision": names(1),
                "traffic": [{"revisionName": names(2), "percent": 10, "latestRevision": true},
                    {"revisionName": names(1), "percent": 90, "tag": "prev"}]}}},
    })
}

fn revision() -> Value {
    json!({"apiVersion": "serving.knative.dev/v1", "kind": "Revision",
        "metadata": {"name": "train-predictor-00001", "namespace": "ml", "uid": "r-1", "resourceVersion": "1"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
}

fn rollback() -> Ask {
    ask("service.rollback")
}

#[tokio::test]
async fn a_rollback_sees_its_target_and_leaves() {
    let stage = stage();
    let prepared = stage.plane.prepare(&rollback()).await.unwrap();
    assert!(!prepared.plan.is_blocked(), "{:?}", prepared.plan.traps);
    assert!(
        prepared
            .plan
            .needs
            .iter()
            .any(|n| n.resource == "revisions")
    );
    let outcome = stage
        .plane
        .carry_out(&prepared, &super::played::consent(), |_| ())
        .await;
    assert_eq!(stage.sent(), [format!("PATCH {SERVICE}")]);
    let undo = outcome.undo.unwrap();
    assert_eq!(
        (undo.action.as_str(), undo.parameters["percent"].as_str()),
        ("service.set-canary", "10")
    );
}

#[tokio::test]
async fn a_target_that_goes_while_it_is_decided_stops_it_though_the_service_is_the_same() {
    let stage = stage();
    let prepared = stage.plane.prepare(&rollback()).await.unwrap();
    stage.wire.lock(|s| s.objects.remove(OLD));
    let outcome = stage.carry_out(&prepared).await;
    assert_eq!(outcome.verdict, Verdict::NotWritten(HaltKind::Blocked));
    assert!(outcome.what.contains("RevisionMissing"), "{}", outcome.what);
    assert!(stage.sent().is_empty());
    let draft = stage.plane.draft(&rollback()).await.unwrap();
    assert!(draft.prepared.plan.is_blocked());
}

#[tokio::test]
async fn the_menu_sees_what_a_plan_would_see() {
    use midwatch::plan::Possible;
    let stage = stage();
    let resource = rollback().resource;
    let offers = stage
        .plane
        .survey((&resource, "ml", "train", "u-1"))
        .await
        .unwrap();
    let of = |name: &str| {
        offers
            .iter()
            .find(|o| o.action == name)
            .map(|o| o.possible.clone())
    };
    assert!(matches!(of("service.rollback"), Some(Possible::Yes(_))));
    // what needs a number can be done: which one is asked for
    assert!(matches!(of("service.scale"), Some(Possible::Yes(_))));
    assert!(matches!(of("service.resume"), Some(Possible::Refused(_))));
    assert!(of("service.set-weight").is_none(), "not for this kind");
}
