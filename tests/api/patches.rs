//! Patches: each of the three sorts changes what it names and nothing else.

use serde_json::json;

use super::{JSON_PATCH, MERGE, STRATEGIC, Server};

pub async fn patches_change_what_they_name(s: &Server) {
    let place = s.place("patch").await;
    place
        .workflow("one", &json!({"spec": {"priority": 1}}))
        .await
        .ok();
    let path = place.argo("workflows/one");
    let merged = s
        .patch(
            &path,
            MERGE,
            &json!({"spec": {"suspend": true, "priority": null}}),
        )
        .await
        .ok();
    assert_eq!(
        (
            &merged.body["spec"]["suspend"],
            merged.body["spec"].get("priority")
        ),
        (&json!(true), None)
    );
    let templates = json!([{"name": "other", "suspend": {}}]);
    let listed = s
        .patch(&path, MERGE, &json!({"spec": {"templates": templates}}))
        .await
        .ok();
    assert_eq!(
        listed.body["spec"]["templates"], templates,
        "a merge patch replaces lists"
    );
    let steps = json!([
        {"op": "test", "path": "/spec/suspend", "value": true},
        {"op": "replace", "path": "/spec/suspend", "value": false},
        {"op": "add", "path": "/metadata/labels/team", "value": "ml"},
        {"op": "remove", "path": "/spec/templates/0"}
    ]);
    let stepped = s.patch(&path, JSON_PATCH, &steps).await.ok();
    assert_eq!(stepped.body["spec"]["suspend"], false);
    assert_eq!(stepped.str("/metadata/labels/team"), "ml");
    assert_eq!(stepped.body["spec"]["templates"], json!([]));
    place.leave().await;
}

pub async fn a_failed_test_rejects_a_json_patch(s: &Server) {
    let place = s.place("test").await;
    place.workflow("one", &json!({})).await.ok();
    let path = place.argo("workflows/one");
    let failing = json!([{"op": "test", "path": "/spec/entrypoint", "value": "x"}, {"op": "remove", "path": "/spec/entrypoint"}]);
    let absent = json!([{"op": "replace", "path": "/spec/nothing/here", "value": 1}]);
    for steps in [failing, absent] {
        let answer = s.patch(&path, JSON_PATCH, &steps).await;
        assert_eq!(answer.verdict(), "422 Invalid");
        assert_eq!(
            answer.message(),
            "the server rejected our request due to an error in our request"
        );
    }
    let garbled = s.patch(&path, JSON_PATCH, &json!({"not": "a list"})).await;
    assert_eq!(garbled.verdict(), "400 BadRequest");
    assert!(
        garbled.message().starts_with("error decoding patch: "),
        "{}",
        garbled.message()
    );
    assert_eq!(s.get(&path).await.ok().str("/spec/entrypoint"), "main");
    place.leave().await;
}

pub async fn strategic_merge_is_for_built_in_kinds(s: &Server) {
    let place = s.place("strategic").await;
    place.workflow("one", &json!({})).await.ok();
    let answer = s
        .patch(
            &place.argo("workflows/one"),
            STRATEGIC,
            &json!({"spec": {"suspend": true}}),
        )
        .await;
    assert_eq!(answer.verdict(), "415 UnsupportedMediaType");
    let said = "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json";
    assert!(answer.message().starts_with(said), "{}", answer.message());
    let body = s
        .patch(&place.argo("workflows/one"), "text/plain", &json!({}))
        .await;
    assert_eq!(body.verdict(), "415 UnsupportedMediaType");
    place.leave().await;
}

pub async fn strategic_merge_joins_lists_of_a_node(s: &Server) {
    let body = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"generateName": "api-suite-"},
        "spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}});
    let made = s.post("/api/v1/nodes", &body).await.ok();
    let path = format!("/api/v1/nodes/{}", made.str("/metadata/name"));
    let status = format!("{path}/status");
    let condition = |kind: &str, word: &str| json!({"status": {"conditions": [{"type": kind, "status": word}]}});
    s.patch(&status, STRATEGIC, &condition("Ready", "True"))
        .await
        .ok();
    s.patch(&status, STRATEGIC, &condition("GpuHealthy", "True"))
        .await
        .ok();
    let joined = s
        .patch(&status, STRATEGIC, &condition("GpuHealthy", "False"))
        .await
        .ok();
    let of = |kind: &str| {
        let all = joined.body["status"]["conditions"].as_array().unwrap();
        all.iter()
            .find(|c| c["type"] == kind)
            .map(|c| c["status"].as_str().unwrap().to_owned())
    };
    assert_eq!(
        (of("Ready").as_deref(), of("GpuHealthy").as_deref()),
        (Some("True"), Some("False"))
    );
    let taints = json!([{"key": "b", "effect": "NoExecute"}]);
    let patch = json!({"spec": {"unschedulable": true, "taints": taints}});
    let patched = s.patch(&path, STRATEGIC, &patch).await.ok();
    assert_eq!(
        patched.body["spec"]["taints"], taints,
        "taints are not joined but replaced"
    );
    assert_eq!(patched.body["spec"]["unschedulable"], true);
    let freed = s
        .patch(&path, STRATEGIC, &json!({"spec": {"unschedulable": null}}))
        .await
        .ok();
    assert!(freed.body["spec"].get("unschedulable").is_none());
    s.delete(&path, None).await.ok();
}
