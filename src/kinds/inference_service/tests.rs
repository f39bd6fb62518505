//! Inference services as the real controller leaves them, and hostile ones.

use serde_json::{Value, json};

use super::*;

fn row(json: Value) -> ServiceRow {
    InferenceServices::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
}

/// As the real controller leaves a service with a canary in Knative mode.
fn canary() -> Value {
    json!({
        "metadata": {"name": "fraud-scorer", "namespace": "ml-fraud", "uid": "u", "generation": 7,
            "creationTimestamp": "2026-10-01T08:00:00Z"},
        "spec": {"predictor": {"canaryTrafficPercent": 10, "minReplicas": 2, "maxReplicas": 6,
            "model": {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://models/fraud/42"}}},
        "status": {
            "observedGeneration": 7, "deploymentMode": "Serverless", "url": "http://fraud-scorer.ml-fraud.example.com",
            "clusterServingRuntimeName": "kserve-sklearnserver",
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "PredictorReady", "status": "True"}],
            "components": {"predictor": {
                "latestCreatedRevision": "fraud-scorer-predictor-00042",
                "latestReadyRevision": "fraud-scorer-predictor-00042",
                "latestRolledoutRevision": "fraud-scorer-predictor-00041",
                "traffic": [
                    {"latestRevision": true, "percent": 10, "revisionName": "fraud-scorer-predictor-00042"},
                    {"latestRevision": false, "percent": 90, "revisionName": "fraud-scorer-predictor-00041", "tag": "prev"}]}},
            "modelStatus": {"transitionStatus": "UpToDate",
                "states": {"activeModelState": "Loaded", "targetModelState": "Loaded"}}}
    })
}

#[test]
fn a_canary_tells_the_traffic_that_is_routed_and_the_one_that_is_written() {
    let row = row(canary());
    assert_eq!((row.mode, row.ready), (ServingMode::Knative, Some(true)));
    assert_eq!(row.canary, Some(10));
    let shares: Vec<_> = row
        .traffic
        .iter()
        .map(|s| (&*s.revision, s.percent, &*s.tag))
        .collect();
    assert_eq!(
        shares,
        [
            ("fraud-scorer-predictor-00042", 10, ""),
            ("fraud-scorer-predictor-00041", 90, "prev")
        ]
    );
    assert!(row.has_canary() && !row.is_pinned() && !row.behind && !row.stopped);
    assert_eq!(
        (&*row.uri, &*row.format, &*row.runtime),
        ("s3://models/fraud/42", "sklearn", "kserve-sklearnserver")
    );
    assert_eq!((row.min_replicas, row.max_replicas), (Some(2), Some(6)));
    assert!(row.trouble.is_empty() && row.model.failure.is_empty());
}

#[test]
fn both_spellings_of_a_mode_are_read_and_the_status_comes_first() {
    for (told, mode) in [
        ("Knative", ServingMode::Knative),
        ("Serverless", ServingMode::Knative),
        ("Standard", ServingMode::Standard),
        ("RawDeployment", ServingMode::Standard),
        ("ModelMesh", ServingMode::ModelMesh),
        ("New", ServingMode::Unknown),
    ] {
        let by_status = json!({"metadata": {"name": "s", "annotations": {MODE: "ModelMesh"}},
            "status": {"deploymentMode": told}});
        let by_annotation = json!({"metadata": {"name": "s", "annotations": {MODE: told}}});
        let expected = if mode == ServingMode::Unknown {
            ServingMode::ModelMesh
        } else {
            mode
        };
        assert_eq!(row(by_status).mode, expected, "{told}");
        assert_eq!(row(by_annotation).mode, mode, "{told}");
    }
}

#[test]
fn a_failed_load_is_one_sentence() {
    let mut object = canary();
    object["status"]["modelStatus"] = json!({"transitionStatus": "BlockedByFailedLoad",
        "states": {"activeModelState": "Loaded", "targetModelState": "FailedToLoad"},
        "lastFailureInfo": {"reason": "ModelLoadFailed", "exitCode": 1, "time": "2026-11-21T03:00:00Z",
            "modelRevisionName": "fraud-scorer-predictor-00043",
            "message": "Traceback (most recent call last):\n  File \"x.py\", line 3\nKeyError: 'amount'"}});
    let row = row(object);
    assert_eq!(
        &*row.model.failure,
        "ModelLoadFailed: KeyError: 'amount' (exit 1, in fraud-scorer-predictor-00043)"
    );
    assert_eq!(&*row.model.target, "FailedToLoad");
    assert!(row.model.failed_at.is_some());
}

#[test]
fn a_stopped_service_is_not_in_trouble_and_a_frozen_one_is_known() {
    let row = row(json!({
        "metadata": {"name": "s", "annotations": {STOP: "true", FROZEN: "True"}},
        "status": {"deploymentMode": "Knative", "conditions": [
            {"type": "Ready", "status": "False", "reason": "Stopped"},
            {"type": "PredictorReady", "status": "False", "reason": "Stopped"}]}
    }));
    assert!(row.stopped && row.frozen);
    assert!(row.trouble.is_empty());
    assert_eq!(row.ready, Some(false));
}

#[test]
fn an_edit_that_was_not_seen_yet_is_known() {
    let mut object = canary();
    object["metadata"]["generation"] = json!(8);
    // in Knative mode the generation that was observed is the one of the Knative Service
    assert!(!row(object.clone()).behind);
    object["status"]["deploymentMode"] = json!("Standard");
    assert!(row(object).behind);
    assert!(row(json!({"metadata": {"name": "s", "generation": 1}})).behind);
}

#[test]
fn one_revision_that_is_routed_twice_counts_once() {
    let mut object = canary();
    let one = "fraud-scorer-predictor-00042";
    object["status"]["components"]["predictor"]["traffic"] = json!([
        {"percent": 10, "latestRevision": true}, {"percent": 90, "revisionName": one}]);
    let row = row(object);
    assert_eq!(row.traffic.len(), 1);
    assert_eq!(row.traffic[0].percent, 100);
}

#[test]
fn canaries_of_standard_mode_and_old_spellings_are_read() {
    let row = row(json!({
        "metadata": {"name": "s"},
        "spec": {"predictor": {"xgboost": {"storage": {"path": "models/x"}}}},
        "status": {"deploymentMode": "Standard",
            "canaryStatuses": [{"name": "next", "ready": true, "trafficPercent": 25}]}
    }));
    assert_eq!((&*row.format, &*row.uri), ("xgboost", "models/x"));
    assert_eq!(
        (
            &*row.canaries[0].name,
            row.canaries[0].ready,
            row.canaries[0].percent
        ),
        ("next", true, 25)
    );
}

#[test]
fn hostile_fields_lose_no_row_and_reach_no_screen() {
    for odd in [
        json!(null),
        json!(5),
        json!("x"),
        json!([1, [2]]),
        json!({"a": []}),
    ] {
        let row = row(json!({"metadata": {"name": "s"}, "spec": odd, "status": odd}));
        assert_eq!(row.mode, ServingMode::Unknown);
        let row = super::tests::row(
            json!({"metadata": {"name": "s"}, "spec": {"predictor": odd},
            "status": {"components": {"predictor": odd}, "conditions": odd, "modelStatus": odd,
                "canaryStatuses": odd, "deploymentMode": odd, "url": odd}}),
        );
        assert_eq!(row.canary, None);
    }
    let row = row(json!({"metadata": {"name": "s\u{1b}[2J"},
        "spec": {"predictor": {"canaryTrafficPercent": 4_000_000_000_000_i64,
            "model": {"storageUri": "https://me:hunter2@h/m?X-Amz-Signature=s3cret\u{202e}"}}},
        "status": {"components": {"predictor": {"traffic": [{"revisionName": "r", "percent": 4_000_000_000_i64}]}},
            "modelStatus": {"lastFailureInfo": {"reason": "\u{1b}]0;x\u{7}", "message": "token=abcdef"}}}}));
    let told = format!("{row:?}");
    assert!(
        !told.contains("hunter2") && !told.contains("s3cret") && !told.contains("abcdef"),
        "{told}"
    );
    assert!(
        !told.contains('\u{1b}') && !told.contains("\\u{1b}"),
        "{told}"
    );
    assert_eq!(row.traffic[0].percent, 100);
}

#[test]
fn a_transformer_has_a_rollout_of_its_own() {
    let mut object = canary();
    object["spec"]["transformer"] =
        json!({"canaryTrafficPercent": 25, "containers": [{"image": "pre"}]});
    object["status"]["components"]["transformer"] = json!({
        "latestReadyRevision": "pre-transformer-00004", "latestRolledoutRevision": "pre-transformer-00003",
        "traffic": [{"percent": 25, "revisionName": "pre-transformer-00004"},
            {"percent": 75, "revisionName": "pre-transformer-00003"}]});
    let row = row(object);
    let [part] = &*row.beside else {
        panic!("{:?}", row.beside)
    };
    assert_eq!((part.component, part.canary), ("transformer", Some(25)));
    assert!(part.has_canary());
    let shares: Vec<_> = part.traffic.iter().map(|s| s.percent).collect();
    assert_eq!(shares, [25, 75]);
    assert_eq!(row.traffic.len(), 2, "the predictor's stay its own");
}
