//! What `service.restore-spec` plans, blocks and refuses.

use super::super::service_tests::{plan, plan_seeing, refusal, revision, service, trap};
use super::*;

const NEW: &str = "s-predictor-00002";
const OLD: &str = "s-predictor-00001";

fn canary(percent: i64) -> Value {
    let mut object = service(
        Some(percent),
        [NEW, NEW, OLD, ""],
        &[(NEW, percent), (OLD, 100 - percent)],
    );
    object["spec"]["predictor"]["model"]["storageUri"] = "s3://m/2".into();
    object
}

fn both() -> Vec<Value> {
    vec![revision(OLD, "s3://m/1"), revision(NEW, "s3://m/2")]
}

#[test]
fn the_model_of_the_earlier_revision_is_written_and_the_canary_loses_its_traffic_in_the_same_patch()
{
    let restore = plan_seeing("service.restore-spec", &canary(10), &[], &both()).unwrap();
    assert!(!restore.is_blocked(), "{:?}", restore.traps);
    assert_eq!(
        restore.steps[0].body["spec"],
        json!({"predictor": {"canaryTrafficPercent": 0, "model": {"storageUri": "s3://m/1"}}})
    );
    trap(&restore, "Not in one step");
    assert!(
        restore
            .facts
            .iter()
            .any(|f| f.topic == "source" && f.text.contains(OLD))
    );
    assert_eq!(restore.inverse_parameters["uri"], "s3://m/2");
    let mut after = service(Some(0), ["x-3", "x-3", OLD, ""], &[("x-3", 0), (OLD, 100)]);
    assert!(restore.verify.holds(Some(&after)));
    after["status"]["components"]["predictor"]["latestReadyRevision"] = NEW.into();
    assert!(!restore.verify.holds(Some(&after)));
    let pinned = plan_seeing("service.restore-spec", &canary(0), &[], &both()).unwrap();
    assert_eq!(
        pinned.steps[0].body["spec"],
        json!({"predictor": {"model": {"storageUri": "s3://m/1"}}})
    );
}

#[test]
fn what_else_the_revisions_differ_in_is_told_as_not_restored() {
    let mut seen = both();
    seen[0]["spec"]["containers"][0]["image"] = "server:1.0".into();
    seen[1]["metadata"]["annotations"]["autoscaling.knative.dev/min-scale"] = "4".into();
    let restore = plan_seeing("service.restore-spec", &canary(10), &[], &seen).unwrap();
    let text = trap(&restore, "only the model is restored");
    assert!(
        text.contains("image server:1.0") && text.contains("min-scale 1 (now 4)"),
        "{text}"
    );
}

#[test]
fn a_promoted_service_keeps_serving_until_the_new_revision_is_ready() {
    let mut promoted = service(None, [NEW, NEW, NEW, OLD], &[(NEW, 100)]);
    promoted["spec"]["predictor"]["model"]["storageUri"] = "s3://m/2".into();
    let restore = plan_seeing("service.restore-spec", &promoted, &[], &both()).unwrap();
    assert_eq!(
        restore.steps[0].body["spec"],
        json!({"predictor": {"model": {"storageUri": "s3://m/1"}}})
    );
    assert!(
        restore
            .facts
            .iter()
            .any(|f| f.text.contains("service.rollback first moves it at once"))
    );
}

#[test]
fn where_nothing_knows_the_earlier_model_it_is_asked_for() {
    let text = |refused: Refused| format!("{} {}", refused.why, refused.instead);
    let gone = plan_seeing(
        "service.restore-spec",
        &canary(10),
        &[],
        &[revision(NEW, "s3://m/2")],
    )
    .unwrap_err();
    assert!(text(gone).contains("uri= names the model"));
    let mut standard = service(None, ["", "", "", ""], &[]);
    standard["status"]["deploymentMode"] = "Standard".into();
    assert!(refusal("service.restore-spec", &standard, &[]).contains("no revisions"));
    let given = plan("service.restore-spec", &standard, &[("uri", "s3://m/0")]).unwrap();
    assert_eq!(
        given.steps[0].body["spec"],
        json!({"predictor": {"model": {"storageUri": "s3://m/0"}}})
    );
    assert!(refusal("service.restore-spec", &standard, &[("uri", "s3://m/1")]).contains("already"));
    let mut other = both();
    other[0]["metadata"]["labels"] = json!({"serving.kserve.io/inferenceservice": "else"});
    let other = plan_seeing("service.restore-spec", &canary(10), &[], &other).unwrap_err();
    assert!(text(other).contains("another service"));
}

#[test]
fn what_was_applied_last_is_restored_field_by_field_and_without_its_percent() {
    let mut object = canary(10);
    object["spec"]["predictor"]["minReplicas"] = json!(4);
    let applied = json!({"spec": {"predictor": {"minReplicas": 1, "canaryTrafficPercent": 50,
        "model": {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://m/1"}}}});
    object["metadata"]["annotations"] = json!({APPLIED: applied.to_string()});
    let restore = plan_seeing(
        "service.restore-spec",
        &object,
        &[("from", "applied")],
        &both(),
    )
    .unwrap();
    assert_eq!(
        restore.steps[0].body["spec"],
        json!({"predictor": {"minReplicas": 1, "model": {"storageUri": "s3://m/1"}, "canaryTrafficPercent": 0}})
    );
    assert!(restore.inverse.is_none());
    object["metadata"]["annotations"] = json!({APPLIED: "{broken"});
    assert!(
        refusal("service.restore-spec", &object, &[("from", "applied")]).contains("does not keep")
    );
}

#[test]
fn of_a_stopped_service_the_percent_goes_with_the_model_that_was_rolled_back() {
    let mut stopped = canary(0);
    stopped["metadata"]["annotations"] = json!({"serving.kserve.io/stop": "true"});
    stopped["status"] = json!({"deploymentMode": "Knative"});
    assert!(refusal("service.restore-spec", &stopped, &[]).contains("is stopped"));
    let restore = plan("service.restore-spec", &stopped, &[("uri", "s3://m/1")]).unwrap();
    let predictor = restore.steps[0].body["spec"]["predictor"]
        .as_object()
        .unwrap();
    assert!(predictor["canaryTrafficPercent"].is_null());
    assert!(
        restore.does.ends_with("takes the percent out"),
        "{}",
        restore.does
    );
}

#[test]
fn where_the_newest_model_does_not_load_the_one_that_serves_is_restored() {
    let mut object = service(None, [NEW, OLD, OLD, ""], &[(OLD, 100)]);
    object["spec"]["predictor"]["model"]["storageUri"] = "s3://m/2-corrupt".into();
    let seen = [revision(OLD, "s3://m/1")];
    let restore = plan_seeing("service.restore-spec", &object, &[], &seen).unwrap();
    assert!(!restore.is_blocked(), "{:?}", restore.traps);
    let written = &restore.steps[0].body["spec"]["predictor"]["model"];
    assert_eq!(written["storageUri"], "s3://m/1");
    assert_eq!(restore.inverse_parameters["uri"], "s3://m/2-corrupt");
}
