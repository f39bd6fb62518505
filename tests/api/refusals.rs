//! Bodies of refusals, word for word.

use http::Method;
use serde_json::json;

use super::{MERGE, Server, call};

pub async fn strangers_are_unauthorized(s: &Server) {
    let answer = call(&s.stranger, Method::GET, "/api/v1/namespaces", "", None).await;
    let expected = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "Unauthorized", "reason": "Unauthorized", "code": 401});
    assert_eq!((answer.code, answer.body), (401, expected));
    let answer = call(&s.anonymous, Method::GET, "/api/v1/namespaces", "", None).await;
    assert_eq!(answer.verdict(), "403 Forbidden");
    assert_eq!(
        answer.message(),
        "namespaces is forbidden: User \"system:anonymous\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope"
    );
}

pub async fn the_forbidden_is_named(s: &Server) {
    let cases = [
        (
            &s.nobody,
            Method::GET,
            "/api/v1/pods",
            "pods is forbidden: User \"nobody\" cannot list resource \"pods\" in API group \"\" at the cluster scope",
            json!({"kind": "pods"}),
        ),
        (
            &s.nobody,
            Method::GET,
            "/apis/argoproj.io/v1alpha1/namespaces/ml-fraud/workflows/one",
            "workflows.argoproj.io \"one\" is forbidden: User \"nobody\" cannot get resource \"workflows\" in API group \"argoproj.io\" in the namespace \"ml-fraud\"",
            json!({"name": "one", "group": "argoproj.io", "kind": "workflows"}),
        ),
        (
            &s.viewer,
            Method::GET,
            "/apis/argoproj.io/v1alpha1/workflows?watch=true",
            "workflows.argoproj.io is forbidden: User \"viewer\" cannot watch resource \"workflows\" in API group \"argoproj.io\" at the cluster scope",
            json!({"group": "argoproj.io", "kind": "workflows"}),
        ),
        (
            &s.viewer,
            Method::DELETE,
            "/api/v1/namespaces/ml-fraud/pods/p",
            "pods \"p\" is forbidden: User \"viewer\" cannot delete resource \"pods\" in API group \"\" in the namespace \"ml-fraud\"",
            json!({"name": "p", "kind": "pods"}),
        ),
        (
            &s.nobody,
            Method::GET,
            "/api/v1/namespaces/ml-fraud/pods/p/log",
            "pods \"p\" is forbidden: User \"nobody\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"ml-fraud\"",
            json!({"name": "p", "kind": "pods"}),
        ),
        (
            &s.nobody,
            Method::GET,
            "/metrics",
            "forbidden: User \"nobody\" cannot get path \"/metrics\"",
            json!({}),
        ),
    ];
    for (client, method, path, message, details) in cases {
        let answer = call(client, method, path, "", None).await;
        assert_eq!(answer.verdict(), "403 Forbidden", "{path}");
        assert_eq!(answer.message(), message);
        assert_eq!(answer.body["details"], details);
    }
    let path = "/apis/argoproj.io/v1alpha1/namespaces/ml-fraud/workflows/one";
    let patch = call(&s.viewer, Method::PATCH, path, MERGE, Some(&json!({}))).await;
    assert!(
        patch
            .message()
            .contains("User \"viewer\" cannot patch resource \"workflows\""),
        "{}",
        patch.message()
    );
    call(
        &s.viewer,
        Method::GET,
        "/api/v1/namespaces/ml-fraud/pods",
        "",
        None,
    )
    .await
    .ok();
}

pub async fn what_is_absent_is_named(s: &Server) {
    let pod = s.get("/api/v1/namespaces/default/pods/none").await;
    assert_eq!(
        (pod.verdict().as_str(), pod.message()),
        ("404 NotFound", "pods \"none\" not found")
    );
    assert_eq!(pod.body["details"], json!({"name": "none", "kind": "pods"}));
    let path = "/apis/argoproj.io/v1alpha1/namespaces/default/workflows/none";
    let patched = s.patch(path, MERGE, &json!({"spec": {}})).await;
    for answer in [s.get(path).await, s.delete(path, None).await, patched] {
        assert_eq!(answer.verdict(), "404 NotFound");
        assert_eq!(answer.message(), "workflows.argoproj.io \"none\" not found");
        assert_eq!(
            answer.body["details"],
            json!({"name": "none", "group": "argoproj.io", "kind": "workflows"})
        );
    }
}

pub async fn an_uncreated_namespace_is_named(s: &Server) {
    let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}});
    let made = s
        .post("/api/v1/namespaces/no-such-place/configmaps", &body)
        .await;
    assert_eq!(
        (made.verdict().as_str(), made.message()),
        ("404 NotFound", "namespaces \"no-such-place\" not found")
    );
    let list = s
        .get("/api/v1/namespaces/no-such-place/configmaps")
        .await
        .ok();
    assert!(
        list.names().is_empty(),
        "a list there is empty, not refused"
    );
}

pub async fn bad_names_are_named(s: &Server) {
    let place = s.place("names").await;
    let bad = place.workflow("Bad_Name", &json!({})).await;
    assert_eq!(bad.verdict(), "422 Invalid");
    let why = "Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    assert_eq!(
        bad.message(),
        format!("Workflow.argoproj.io \"Bad_Name\" is invalid: metadata.name: {why}")
    );
    assert_eq!(bad.str("/details/kind"), "Workflow");
    let cause = &bad.body["details"]["causes"][0];
    assert_eq!(
        *cause,
        json!({"reason": "FieldValueInvalid", "message": why, "field": "metadata.name"})
    );
    let label = place.config_map("fine", &json!({"x": "no way"})).await;
    assert_eq!(label.verdict(), "422 Invalid");
    assert!(
        label
            .message()
            .contains("metadata.labels: Invalid value: \"no way\": a valid label must be"),
        "{}",
        label.message()
    );
    let none = s
        .post(
            &place.core("configmaps"),
            &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}),
        )
        .await;
    assert_eq!(none.verdict(), "422 Invalid");
    assert!(
        none.message().contains("name or generateName is required"),
        "{}",
        none.message()
    );
    place.leave().await;
}

pub async fn a_missing_spec_is_named(s: &Server) {
    let place = s.place("spec").await;
    let bare = place.workflow("one", &json!({"spec": null})).await;
    assert_eq!(bare.verdict(), "422 Invalid");
    assert_eq!(
        bare.message(),
        "Workflow.argoproj.io \"one\" is invalid: spec: Required value"
    );
    place.leave().await;
}

pub async fn bodies_that_do_not_fit_the_url_are_refused(s: &Server) {
    let place = s.place("fit").await;
    place.config_map("one", &json!({})).await.ok();
    let at = |name: &str, namespace: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}});
    let elsewhere = s
        .post(&place.core("configmaps"), &at("two", "default"))
        .await;
    assert_eq!(elsewhere.verdict(), "400 BadRequest");
    assert_eq!(
        elsewhere.message(),
        "the namespace of the provided object does not match the namespace sent on the request"
    );
    let named = s
        .put(&place.core("configmaps/one"), &at("two", &place.name))
        .await;
    assert_eq!(named.verdict(), "400 BadRequest");
    assert_eq!(
        named.message(),
        "the name of the object (two) does not match the name on the URL (one)"
    );
    let version = json!({"apiVersion": "argoproj.io/v1", "kind": "Workflow", "metadata": {"name": "x"}, "spec": {}});
    let other = s.post(&place.argo("workflows"), &version).await;
    assert_eq!(other.verdict(), "400 BadRequest");
    assert_eq!(
        other.message(),
        "the API version in the data (argoproj.io/v1) does not match the expected API version (argoproj.io/v1alpha1)"
    );
    let garbled = s
        .patch(&place.core("configmaps/one"), MERGE, &json!(["list"]))
        .await;
    assert_eq!(garbled.verdict(), "400 BadRequest");
    place.leave().await;
}
