//! Creating and changing.

use serde_json::json;

use super::{MERGE, STRATEGIC, Server};

pub async fn names_are_generated(s: &Server) {
    let place = s.place("generate").await;
    let body = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"generateName": "train-", "labels": {super::NO_CONTROLLER: "none"}}, "spec": {"entrypoint": "x"}});
    let made = s.post(&place.argo("workflows"), &body).await.ok();
    let name = made.str("/metadata/name");
    assert_eq!(made.code, 201);
    assert!(
        name.starts_with("train-") && name.len() == "train-".len() + 5,
        "{name}"
    );
    assert_eq!(made.str("/metadata/uid").len(), 36);
    assert_eq!(made.body["metadata"]["generation"], 1);
    assert!(made.str("/metadata/creationTimestamp").ends_with('Z'));
    assert_eq!(
        made.str("/metadata/managedFields/0/manager"),
        "midwatch-api-suite"
    );
    place.leave().await;
}

pub async fn what_exists_is_not_created_again(s: &Server) {
    let place = s.place("exists").await;
    place.workflow("one", &json!({})).await.ok();
    let again = place.workflow("one", &json!({})).await;
    assert_eq!(again.verdict(), "409 AlreadyExists");
    assert_eq!(
        again.message(),
        "workflows.argoproj.io \"one\" already exists"
    );
    assert_eq!(
        again.body["details"],
        json!({"name": "one", "group": "argoproj.io", "kind": "workflows"})
    );
    place.leave().await;
}

pub async fn an_old_version_conflicts(s: &Server) {
    let place = s.place("conflict").await;
    let mut old = place.workflow("one", &json!({})).await.ok().body;
    let path = place.argo("workflows/one");
    s.patch(&path, MERGE, &json!({"spec": {"suspend": true}}))
        .await
        .ok();
    let why = "Operation cannot be fulfilled on workflows.argoproj.io \"one\": the object has been modified; please apply your changes to the latest version and try again";
    old["spec"]["priority"] = json!(3);
    let put = s.put(&path, &old).await;
    let version = old["metadata"]["resourceVersion"].clone();
    let merge = s
        .patch(
            &path,
            MERGE,
            &json!({"metadata": {"resourceVersion": version}, "spec": {"priority": 3}}),
        )
        .await;
    for answer in [put, merge] {
        assert_eq!(
            (answer.verdict().as_str(), answer.message()),
            ("409 Conflict", why)
        );
        assert_eq!(
            answer.body["details"],
            json!({"name": "one", "group": "argoproj.io", "kind": "workflows"})
        );
    }
    let mut fresh = s.get(&path).await.ok().body;
    fresh["spec"]["priority"] = json!(3);
    assert_eq!(s.put(&path, &fresh).await.ok().body["spec"]["priority"], 3);
    let stranger = json!("11111111-1111-1111-1111-111111111111");
    fresh["metadata"]["resourceVersion"] =
        s.get(&path).await.ok().body["metadata"]["resourceVersion"].clone();
    fresh["metadata"]["uid"] = stranger.clone();
    let other = s.put(&path, &fresh).await;
    assert_eq!(other.verdict(), "409 Conflict");
    assert!(
        other
            .message()
            .contains("Precondition failed: UID in precondition: 11111111"),
        "{}",
        other.message()
    );
    let patched = s
        .patch(&path, MERGE, &json!({"metadata": {"uid": stranger}}))
        .await;
    assert_eq!(patched.verdict(), "422 Invalid");
    assert!(patched.message().ends_with("metadata.uid: Invalid value: \"11111111-1111-1111-1111-111111111111\": field is immutable"), "{}", patched.message());
    let both = json!({"metadata": {"uid": stranger, "resourceVersion": version}});
    let patched = s.patch(&path, MERGE, &both).await;
    assert_eq!(
        (patched.verdict().as_str(), patched.message()),
        ("409 Conflict", why)
    );
    place.leave().await;
}

pub async fn a_dry_run_stores_nothing(s: &Server) {
    let place = s.place("dry").await;
    place.workflow("one", &json!({})).await.ok();
    let path = place.argo("workflows/one");
    let before = s.get(&path).await.ok();
    let tried = s
        .patch(
            &format!("{path}?dryRun=All"),
            MERGE,
            &json!({"spec": {"suspend": true}}),
        )
        .await
        .ok();
    assert_eq!(tried.body["spec"]["suspend"], true);
    let mut put = before.body.clone();
    put["spec"]["suspend"] = json!(true);
    assert_eq!(
        s.put(&format!("{path}?dryRun=All"), &put).await.ok().body["spec"]["suspend"],
        true
    );
    s.delete(&format!("{path}?dryRun=All"), None).await.ok();
    let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new"}});
    let made = s
        .post(&place.core("configmaps?dryRun=All"), &body)
        .await
        .ok();
    assert_eq!((made.code, made.str("/metadata/uid").len()), (201, 36));
    assert_eq!(s.get(&place.core("configmaps/new")).await.code, 404);
    assert_eq!(s.get(&path).await.ok().body, before.body);
    let odd = s.delete(&format!("{path}?dryRun=Some"), None).await;
    assert_eq!(odd.verdict(), "422 Invalid");
    assert!(
        odd.message()
            .contains("dryRun: Unsupported value: [\"Some\"]: supported values: \"All\""),
        "{}",
        odd.message()
    );
    place.leave().await;
}

pub async fn workflows_have_no_status_subresource(s: &Server) {
    let place = s.place("status").await;
    place
        .workflow("one", &json!({"status": {"phase": "Running"}}))
        .await
        .ok();
    let path = place.argo("workflows/one");
    let status = format!("{path}/status");
    for answer in [
        s.get(&status).await,
        s.patch(&status, MERGE, &json!({"status": {"phase": "Failed"}}))
            .await,
    ] {
        assert_eq!(answer.verdict(), "404 NotFound");
        assert_eq!(answer.message(), "workflows.argoproj.io \"one\" not found");
    }
    let main = s
        .patch(&path, MERGE, &json!({"status": {"phase": "Failed"}}))
        .await
        .ok();
    assert_eq!(
        main.str("/status/phase"),
        "Failed",
        "the status is written on the object itself"
    );
    place.leave().await;
}

pub async fn replacing_a_custom_object_needs_a_version(s: &Server) {
    let place = s.place("replace").await;
    let mut made = place.workflow("one", &json!({})).await.ok().body;
    made["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("resourceVersion");
    let path = place.argo("workflows/one");
    let answer = s.put(&path, &made).await;
    assert_eq!(answer.verdict(), "422 Invalid");
    assert!(
        answer.message().starts_with(
            "workflows.argoproj.io \"one\" is invalid: metadata.resourceVersion: Invalid value: "
        ) && answer
            .message()
            .ends_with(": must be specified for an update"),
        "{}",
        answer.message()
    );
    place.config_map("two", &json!({})).await.ok();
    let bare = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "two"}, "data": {"a": "b"}});
    let put = s.put(&place.core("configmaps/two"), &bare).await.ok();
    assert_eq!(
        put.body["data"],
        json!({"a": "b"}),
        "built-in kinds are replaced without"
    );
    let absent = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "three", "resourceVersion": "7"}});
    assert_eq!(
        s.put(&place.core("configmaps/three"), &absent)
            .await
            .verdict(),
        "404 NotFound"
    );
    place.leave().await;
}

pub async fn generations_and_owners_of_fields_are_kept(s: &Server) {
    let place = s.place("owners").await;
    place.workflow("one", &json!({})).await.ok();
    let path = place.argo("workflows/one");
    let labelled = s
        .patch(&path, MERGE, &json!({"metadata": {"labels": {"x": "y"}}}))
        .await
        .ok();
    assert_eq!(labelled.body["metadata"]["generation"], 1);
    let changed = s
        .patch(
            &format!("{path}?fieldManager=midwatch"),
            MERGE,
            &json!({"spec": {"suspend": true}}),
        )
        .await
        .ok();
    assert_eq!(changed.body["metadata"]["generation"], 2);
    let entries = changed.body["metadata"]["managedFields"]
        .as_array()
        .unwrap();
    let mine = entries.iter().find(|e| e["manager"] == "midwatch").unwrap();
    assert_eq!(
        (&mine["operation"], &mine["apiVersion"]),
        (&json!("Update"), &json!("argoproj.io/v1alpha1"))
    );
    assert!(mine["fieldsV1"]["f:spec"].is_object() && mine["time"].is_string());
    place.leave().await;
}

pub async fn the_same_again_makes_no_version(s: &Server) {
    let place = s.place("same").await;
    let made = place.workflow("one", &json!({})).await.ok();
    let path = place.argo("workflows/one");
    let again = s
        .patch(&path, MERGE, &json!({"spec": {"entrypoint": "main"}}))
        .await
        .ok();
    assert_eq!(again.version(), made.version());
    place.leave().await;
}

pub async fn status_of_a_node_is_written_apart(s: &Server) {
    let body =
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"generateName": "api-suite-"}});
    let made = s.post("/api/v1/nodes", &body).await.ok();
    let path = format!("/api/v1/nodes/{}", made.str("/metadata/name"));
    let patch =
        json!({"spec": {"unschedulable": true}, "status": {"capacity": {"nvidia.com/gpu": "8"}}});
    let status = s
        .patch(&format!("{path}/status"), STRATEGIC, &patch)
        .await
        .ok();
    assert_eq!(status.str("/status/capacity/nvidia.com~1gpu"), "8");
    assert!(
        status.body["spec"].get("unschedulable").is_none(),
        "only the status is taken"
    );
    let main = s
        .patch(
            &path,
            STRATEGIC,
            &json!({"status": {"capacity": {"nvidia.com/gpu": "4"}}}),
        )
        .await
        .ok();
    assert_eq!(
        main.str("/status/capacity/nvidia.com~1gpu"),
        "8",
        "the status is not taken here"
    );
    s.delete(&path, None).await.ok();
}
