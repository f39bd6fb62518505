//! Lists: pages, selectors, versions.

use serde_json::json;

use super::{Answer, Place, Server};

async fn five(place: &Place<'_>) {
    for i in 0..5 {
        place
            .config_map(&format!("page-{i}"), &json!({"suite": "pages"}))
            .await
            .ok();
    }
}

/// A real server puts a `kube-root-ca.crt` into every namespace, at its own time.
fn own(answer: &Answer) -> Vec<&str> {
    answer
        .names()
        .into_iter()
        .filter(|n| n.starts_with("page-"))
        .collect()
}

pub async fn a_list_comes_in_pages_of_one_snapshot(s: &Server) {
    let place = s.place("pages").await;
    for i in 0..5 {
        place.workflow(&format!("page-{i}"), &json!({})).await.ok();
    }
    let path = place.argo("workflows");
    let first = s.get(&format!("{path}?limit=2")).await.ok();
    assert_eq!(first.names(), ["page-0", "page-1"]);
    assert_eq!(first.body["metadata"]["remainingItemCount"], 3);
    assert_eq!(first.str("/kind"), "WorkflowList");
    assert_eq!(first.str("/items/0/kind"), "Workflow");

    s.delete(&format!("{path}/page-2"), None).await.ok();
    place.workflow("page-5", &json!({})).await.ok();
    let token = first.str("/metadata/continue");
    let second = s
        .get(&format!("{path}?limit=2&continue={token}"))
        .await
        .ok();
    assert_eq!(
        second.names(),
        ["page-2", "page-3"],
        "deleted after the first page, yet in this snapshot"
    );
    assert_eq!(second.version(), first.version());
    let token = second.str("/metadata/continue");
    let third = s
        .get(&format!("{path}?limit=2&continue={token}"))
        .await
        .ok();
    assert_eq!(third.names(), ["page-4"], "page-5 came after the snapshot");
    assert_eq!(third.str("/metadata/continue"), "");
    assert!(third.body["metadata"].get("remainingItemCount").is_none());

    let chosen = s
        .get(&format!(
            "{path}?limit=2&labelSelector={}%3Dnone",
            super::NO_CONTROLLER
        ))
        .await
        .ok();
    assert_ne!(chosen.str("/metadata/continue"), "");
    assert!(
        chosen.body["metadata"].get("remainingItemCount").is_none(),
        "unknown when a selector chooses"
    );
    place.leave().await;
}

pub async fn an_expired_page_can_be_resumed_inconsistently(s: &Server) {
    let place = s.place("expired").await;
    five(&place).await;
    let path = place.core("configmaps?labelSelector=suite%3Dpages");
    let first = s.get(&format!("{path}&limit=2")).await.ok();
    // the same place in a list of a version long gone
    let token = first.str("/metadata/continue");
    let bytes =
        base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, token).unwrap();
    let mut inside: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    inside["rv"] = json!(-1);
    let token = base64::Engine::encode(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        inside.to_string(),
    );
    let rest = s.get(&format!("{path}&continue={token}")).await.ok();
    assert_eq!(own(&rest), ["page-2", "page-3", "page-4"]);

    let bad = s.get(&format!("{path}&continue=nonsense")).await;
    assert_eq!(bad.verdict(), "400 BadRequest");
    assert!(
        bad.message()
            .starts_with("invalid continue token: continue key is not valid: "),
        "{}",
        bad.message()
    );
    place.leave().await;
}

pub async fn labels_and_fields_choose(s: &Server) {
    let place = s.place("choose").await;
    place
        .config_map("page-a", &json!({"app": "train", "tier": "gpu"}))
        .await
        .ok();
    place
        .config_map("page-b", &json!({"app": "serve"}))
        .await
        .ok();
    place.config_map("page-c", &json!({})).await.ok();
    let cases: [(&str, &[&str]); 9] = [
        ("labelSelector=app%3Dtrain", &["page-a"]),
        ("labelSelector=app", &["page-a", "page-b"]),
        ("labelSelector=!app", &["page-c"]),
        ("labelSelector=app%20in%20(train,serve),tier", &["page-a"]),
        ("labelSelector=app%20notin%20(train)", &["page-b", "page-c"]),
        ("labelSelector=app!%3Dtrain", &["page-b", "page-c"]),
        ("fieldSelector=metadata.name%3Dpage-b", &["page-b"]),
        (
            "fieldSelector=metadata.name!%3Dpage-b",
            &["page-a", "page-c"],
        ),
        (
            "labelSelector=app&fieldSelector=metadata.name%3Dpage-c",
            &[],
        ),
    ];
    for (query, expected) in cases {
        let list = s
            .get(&place.core(&format!("configmaps?{query}")))
            .await
            .ok();
        assert_eq!(own(&list), expected, "{query}");
    }
    let everywhere = format!(
        "/api/v1/configmaps?fieldSelector=metadata.namespace%3D{},metadata.name%3Dpage-a",
        place.name
    );
    let list = s.get(&everywhere).await.ok();
    assert_eq!(own(&list), ["page-a"]);
    assert!(
        list.body["items"][0].get("kind").is_none(),
        "built-in kinds are listed without their kind"
    );
    place.leave().await;
}

pub async fn unknown_fields_are_refused(s: &Server) {
    let pods = s.get("/api/v1/pods?fieldSelector=spec.color%3Dred").await;
    assert_eq!(
        (pods.verdict().as_str(), pods.message()),
        ("400 BadRequest", "field label not supported: spec.color")
    );
    let workflows = s
        .get("/apis/argoproj.io/v1alpha1/workflows?fieldSelector=status.phase%3DFailed")
        .await;
    assert_eq!(workflows.verdict(), "400 BadRequest");
    assert_eq!(
        workflows.message(),
        "field label not supported: status.phase"
    );
    let labels = s.get("/api/v1/pods?labelSelector=a%20b").await;
    assert_eq!(labels.verdict(), "400 BadRequest");
    assert!(
        labels.message().starts_with("unable to parse requirement"),
        "{}",
        labels.message()
    );
}

pub async fn bad_list_options_are_refused(s: &Server) {
    let path = "/api/v1/namespaces?limit=1";
    let first = s.get(path).await.ok();
    let token = first.str("/metadata/continue");
    let both = s
        .get(&format!("{path}&continue={token}&resourceVersion=5"))
        .await;
    assert_eq!(both.verdict(), "400 BadRequest");
    assert_eq!(
        both.message(),
        "specifying resource version is not allowed when using continue"
    );
    let alone = s.get(&format!("{path}&resourceVersionMatch=Exact")).await;
    assert_eq!(alone.verdict(), "422 Invalid");
    assert_eq!(
        alone.message(),
        "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
    );
}

pub async fn a_version_from_the_future_is_refused(s: &Server) {
    let list = s
        .get("/api/v1/namespaces?resourceVersion=99999999999")
        .await;
    assert_eq!(list.verdict(), "504 Timeout");
    assert!(
        list.message()
            .starts_with("Timeout: Too large resource version: 99999999999, current: "),
        "{}",
        list.message()
    );
    assert_eq!(
        list.str("/details/causes/0/reason"),
        "ResourceVersionTooLarge"
    );
    assert_eq!(list.body["details"]["retryAfterSeconds"], 1);
}
