//! Asking for one's own rights.

use http::Method;
use kube::Client;
use serde_json::{Value, json};

use super::{Server, call};

async fn review(client: &Client, attributes: &Value) -> Value {
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let mut body =
        json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"});
    body["spec"] = attributes.clone();
    let answer = call(client, Method::POST, path, "application/json", Some(&body))
        .await
        .ok();
    assert_eq!(
        (answer.code, answer.str("/kind")),
        (201, "SelfSubjectAccessReview")
    );
    answer.body["status"]["allowed"].clone()
}

pub async fn rights_can_be_asked_for(s: &Server) {
    let list = |namespace: &str| json!({"resourceAttributes": {"verb": "list", "group": "argoproj.io", "resource": "workflows", "namespace": namespace}});
    let delete = json!({"resourceAttributes": {"verb": "delete", "resource": "pods", "namespace": "ml-fraud"}});
    assert_eq!(review(&s.admin, &delete).await, true);
    assert_eq!(review(&s.viewer, &delete).await, false);
    assert_eq!(review(&s.viewer, &list("ml-fraud")).await, true);
    assert_eq!(review(&s.viewer, &list("")).await, false);
    assert_eq!(review(&s.nobody, &list("ml-fraud")).await, false);
    let path = |p: &str| json!({"nonResourceAttributes": {"verb": "get", "path": p}});
    assert_eq!(review(&s.nobody, &path("/version")).await, true);
    assert_eq!(review(&s.nobody, &path("/metrics")).await, false);

    let body = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": "ml-fraud"}});
    let at = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let rules = call(&s.viewer, Method::POST, at, "application/json", Some(&body))
        .await
        .ok();
    let lists_workflows = |r: &Value| {
        let has =
            |list: &str, word: &str| r[list].as_array().is_some_and(|l| l.contains(&json!(word)));
        has("resources", "workflows") && has("verbs", "list") && has("apiGroups", "argoproj.io")
    };
    assert!(
        rules.body["status"]["resourceRules"]
            .as_array()
            .unwrap()
            .iter()
            .any(lists_workflows)
    );
}

pub async fn who_one_is_can_be_asked_for(s: &Server) {
    let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let me = call(
        &s.viewer,
        Method::POST,
        path,
        "application/json",
        Some(&body),
    )
    .await
    .ok();
    assert_eq!(me.str("/status/userInfo/username"), "viewer");
    let groups = me.body["status"]["userInfo"]["groups"].as_array().unwrap();
    assert!(groups.contains(&json!("system:authenticated")));
}
