//! Deleting: preconditions, finalizers, dependants.

use serde_json::{Value, json};

use super::{MERGE, Server, until};

pub async fn preconditions_guard_a_delete(s: &Server) {
    let place = s.place("guard").await;
    let made = place.workflow("one", &json!({})).await.ok();
    let path = place.argo("workflows/one");
    let wrong = "11111111-1111-1111-1111-111111111111";
    let answer = s
        .delete(&path, Some(&json!({"preconditions": {"uid": wrong}})))
        .await;
    assert_eq!(answer.verdict(), "409 Conflict");
    let expected = format!(
        "Operation cannot be fulfilled on Workflow.argoproj.io \"one\": the UID in the precondition ({wrong}) does not match the UID in record ({}). The object might have been deleted and then recreated",
        made.str("/metadata/uid")
    );
    assert_eq!(answer.message(), expected);
    let answer = s
        .delete(
            &path,
            Some(&json!({"preconditions": {"resourceVersion": "1"}})),
        )
        .await;
    assert_eq!(answer.verdict(), "409 Conflict");
    let expected = format!(
        "Operation cannot be fulfilled on Workflow.argoproj.io \"one\": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record ({}). The object might have been modified",
        made.version()
    );
    assert_eq!(answer.message(), expected);
    let uid = json!({"preconditions": {"uid": made.str("/metadata/uid")}});
    let mut dry = uid.clone();
    dry["dryRun"] = json!(["All"]);
    s.delete(&path, Some(&dry)).await.ok();
    s.get(&path).await.ok();
    // with a body, the query does not count: this is no dry run
    let asked = format!("{path}?dryRun=All");
    s.delete(&asked, Some(&uid)).await.ok();
    assert_eq!(s.get(&path).await.code, 404);
    place.leave().await;
}

pub async fn a_deleted_object_is_told_by_its_uid(s: &Server) {
    let place = s.place("told").await;
    let made = place.workflow("one", &json!({})).await.ok();
    let answer = s.delete(&place.argo("workflows/one"), None).await.ok();
    assert_eq!(
        (answer.str("/kind"), answer.str("/status")),
        ("Status", "Success")
    );
    let expected = json!({"name": "one", "group": "argoproj.io", "kind": "workflows", "uid": made.str("/metadata/uid")});
    assert_eq!(answer.body["details"], expected);
    assert_eq!(s.get(&place.argo("workflows/one")).await.code, 404);
    place.leave().await;
}

pub async fn finalizers_hold_an_object(s: &Server) {
    let place = s.place("hold").await;
    place
        .workflow(
            "one",
            &json!({"metadata": {"finalizers": ["midwatch.dev/hold"]}}),
        )
        .await
        .ok();
    let path = place.argo("workflows/one");
    let answer = s.delete(&path, None).await.ok();
    assert_eq!(answer.str("/kind"), "Workflow");
    let held = s.get(&path).await.ok();
    assert_ne!(held.str("/metadata/deletionTimestamp"), "");
    let more = s
        .patch(
            &path,
            MERGE,
            &json!({"metadata": {"finalizers": ["midwatch.dev/hold", "midwatch.dev/more"]}}),
        )
        .await;
    assert_eq!(more.verdict(), "422 Invalid");
    assert!(more.message().contains("metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted"), "{}", more.message());
    s.patch(&path, MERGE, &json!({"metadata": {"finalizers": null}}))
        .await
        .ok();
    assert_eq!(s.get(&path).await.code, 404);
    place.leave().await;
}

fn owned(name: &str, owner: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "ownerReferences": [{
        "apiVersion": "v1", "kind": "ConfigMap", "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}]}})
}

pub async fn dependants_follow_their_owner(s: &Server) {
    for policy in ["Background", "Foreground"] {
        let place = s.place("follow").await;
        let owner = place.config_map("owner", &json!({})).await.ok().body;
        s.post(&place.core("configmaps"), &owned("child", &owner))
            .await
            .ok();
        s.delete(
            &place.core("configmaps/owner"),
            Some(&json!({"propagationPolicy": policy})),
        )
        .await
        .ok();
        for name in ["child", "owner"] {
            let path = place.core(&format!("configmaps/{name}"));
            until(&format!("{policy}: {name} to go"), async || {
                s.get(&path).await.code == 404
            })
            .await;
        }
        place.leave().await;
    }
}

pub async fn orphans_stay(s: &Server) {
    let place = s.place("orphan").await;
    let owner = place.config_map("owner", &json!({})).await.ok().body;
    s.post(&place.core("configmaps"), &owned("child", &owner))
        .await
        .ok();
    s.delete(
        &place.core("configmaps/owner"),
        Some(&json!({"propagationPolicy": "Orphan"})),
    )
    .await
    .ok();
    until("the owner to go", async || {
        s.get(&place.core("configmaps/owner")).await.code == 404
    })
    .await;
    let child = s.get(&place.core("configmaps/child")).await.ok();
    assert!(child.body["metadata"].get("ownerReferences").is_none());
    place.leave().await;
}

pub async fn a_collection_is_deleted_by_label(s: &Server) {
    let place = s.place("collection").await;
    for (name, side) in [("a", "left"), ("b", "left"), ("c", "right")] {
        place.config_map(name, &json!({"side": side})).await.ok();
    }
    let answer = s
        .delete(&place.core("configmaps?labelSelector=side%3Dleft"), None)
        .await
        .ok();
    assert_eq!(answer.str("/kind"), "ConfigMapList");
    assert_eq!(answer.names(), ["a", "b"]);
    let left = s
        .get(&place.core("configmaps?labelSelector=side"))
        .await
        .ok();
    assert_eq!(left.names(), ["c"]);
    place.leave().await;
}

pub async fn a_namespace_takes_its_content_along(s: &Server) {
    let place = s.place("content").await;
    place.config_map("inside", &json!({})).await.ok();
    place
        .workflow(
            "held",
            &json!({"metadata": {"finalizers": ["midwatch.dev/hold"]}}),
        )
        .await
        .ok();
    let path = format!("/api/v1/namespaces/{}", place.name);
    let answer = s.delete(&path, None).await.ok();
    assert_eq!(
        (answer.str("/kind"), answer.str("/status/phase")),
        ("Namespace", "Terminating")
    );
    let late = place.config_map("late", &json!({})).await;
    assert_eq!(late.verdict(), "403 Forbidden");
    let expected = format!(
        "configmaps \"late\" is forbidden: unable to create new content in namespace {} because it is being terminated",
        place.name
    );
    assert_eq!(late.message(), expected);
    assert_eq!(late.str("/details/causes/0/reason"), "NamespaceTerminating");
    until("the content to go", async || {
        s.get(&place.core("configmaps/inside")).await.code == 404
    })
    .await;
    s.patch(
        &place.argo("workflows/held"),
        MERGE,
        &json!({"metadata": {"finalizers": null}}),
    )
    .await
    .ok();
    until("the namespace to go", async || {
        s.get(&path).await.code == 404
    })
    .await;
}
