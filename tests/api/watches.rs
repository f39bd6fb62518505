//! Watches: resuming, selectors, ends, bookmarks, versions that are gone.

use serde_json::json;

use super::{MERGE, Server, Watch};

pub async fn a_watch_resumes_where_it_was_left(s: &Server) {
    let place = s.place("resume").await;
    let start = s.get(&place.argo("workflows")).await.ok().version();
    place.workflow("one", &json!({})).await.ok();
    place.workflow("two", &json!({})).await.ok();
    let path = place.argo(&format!("workflows?watch=true&resourceVersion={start}"));
    let mut first = Watch::open(&s.admin, &path).await;
    let event = first.next().await.unwrap();
    assert_eq!(
        (&event["type"], &event["object"]["metadata"]["name"]),
        (&json!("ADDED"), &json!("one"))
    );
    assert_eq!(event["object"]["kind"], "Workflow");
    let seen = event["object"]["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .to_owned();
    drop(first);

    s.patch(
        &place.argo("workflows/one"),
        MERGE,
        &json!({"spec": {"suspend": true}}),
    )
    .await
    .ok();
    s.delete(&place.argo("workflows/two"), None).await.ok();
    let mut second = Watch::open(
        &s.admin,
        &place.argo(&format!("workflows?watch=true&resourceVersion={seen}")),
    )
    .await;
    for expected in ["ADDED two", "MODIFIED one", "DELETED two"] {
        assert_eq!(second.said().await, expected);
    }
    place.workflow("three", &json!({})).await.ok();
    assert_eq!(second.said().await, "ADDED three", "goes on live");
    place.leave().await;
}

pub async fn a_watch_without_a_version_starts_with_what_is_there(s: &Server) {
    let place = s.place("fresh").await;
    place.workflow("one", &json!({})).await.ok();
    for query in ["watch=true", "watch=true&resourceVersion=0"] {
        let mut watch = Watch::open(&s.admin, &place.argo(&format!("workflows?{query}"))).await;
        assert_eq!(watch.said().await, "ADDED one", "{query}");
    }
    let mut named = Watch::open(
        &s.admin,
        &place.argo("workflows?watch=true&fieldSelector=metadata.name%3Dtwo"),
    )
    .await;
    place.workflow("other", &json!({})).await.ok();
    place.workflow("two", &json!({})).await.ok();
    assert_eq!(named.said().await, "ADDED two");
    place.leave().await;
}

pub async fn selectors_turn_changes_into_comings_and_goings(s: &Server) {
    let place = s.place("select").await;
    let start = s.get(&place.core("configmaps")).await.ok().version();
    let path = place.core(&format!(
        "configmaps?watch=true&resourceVersion={start}&labelSelector=on%3Dyes"
    ));
    let mut watch = Watch::open(&s.admin, &path).await;
    place.config_map("lamp", &json!({})).await.ok();
    let lamp = place.core("configmaps/lamp");
    s.patch(
        &lamp,
        MERGE,
        &json!({"metadata": {"labels": {"on": "yes"}}}),
    )
    .await
    .ok();
    s.patch(&lamp, MERGE, &json!({"data": {"key": "new"}}))
        .await
        .ok();
    let last = s
        .patch(&lamp, MERGE, &json!({"metadata": {"labels": {"on": "no"}}}))
        .await
        .ok();
    assert_eq!(watch.said().await, "ADDED lamp");
    assert_eq!(watch.said().await, "MODIFIED lamp");
    let gone = watch.next().await.unwrap();
    assert_eq!(gone["type"], "DELETED");
    assert_eq!(
        gone["object"]["metadata"]["labels"]["on"], "yes",
        "as it was when it was in view"
    );
    assert_eq!(
        gone["object"]["metadata"]["resourceVersion"],
        json!(last.version().to_string())
    );
    place.leave().await;
}

pub async fn a_watch_ends_when_its_time_is_up(s: &Server) {
    let begun = tokio::time::Instant::now();
    let path = "/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=0&fieldSelector=metadata.name%3Dnone&timeoutSeconds=1";
    assert_eq!(Watch::open(&s.admin, path).await.next().await, None);
    let took = begun.elapsed().as_secs_f32();
    // a server that does not keep the time goes on for half an hour
    assert!((0.9..60.0).contains(&took), "{took}");
}

pub async fn bookmarks_come_when_asked_for(s: &Server) {
    let now = s
        .get("/apis/argoproj.io/v1alpha1/workflowtemplates")
        .await
        .ok()
        .version();
    let path = format!(
        "/apis/argoproj.io/v1alpha1/workflowtemplates?watch=true&resourceVersion={now}&allowWatchBookmarks=true&timeoutSeconds=10&labelSelector=none%3Dat-all"
    );
    let mut watch = Watch::open(&s.admin, &path).await;
    let event = watch.next().await.expect("a bookmark before the end");
    assert_eq!(
        (&event["type"], &event["object"]["kind"]),
        (&json!("BOOKMARK"), &json!("WorkflowTemplate"))
    );
    let version: u64 = event["object"]["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(version >= now);
}

pub async fn a_version_that_is_too_old_answers_410_in_the_stream(s: &Server) {
    for path in [
        "/apis/argoproj.io/v1alpha1/workflows",
        "/apis/argoproj.io/v1alpha1/cronworkflows",
    ] {
        let mut watch =
            Watch::open(&s.admin, &format!("{path}?watch=true&resourceVersion=1")).await;
        let event = watch.next().await.unwrap();
        assert_eq!(event["type"], "ERROR", "{event}");
        assert_eq!(
            (&event["object"]["kind"], &event["object"]["code"]),
            (&json!("Status"), &json!(410))
        );
        assert_eq!(event["object"]["reason"], "Expired");
        let said = event["object"]["message"].as_str().unwrap();
        assert!(said.starts_with("too old resource version: 1 ("), "{said}");
        assert_eq!(watch.next().await, None, "the stream ends with the error");
    }
}

pub async fn initial_events_end_with_a_bookmark(s: &Server) {
    let place = s.place("initial").await;
    place.workflow("one", &json!({})).await.ok();
    let query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut watch = Watch::open(&s.admin, &place.argo(&format!("workflows?{query}"))).await;
    assert_eq!(watch.said().await, "ADDED one");
    let mark = watch.next().await.unwrap();
    assert_eq!(mark["type"], "BOOKMARK");
    assert_eq!(
        mark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"],
        "true"
    );
    let alone = s
        .get(&place.argo("workflows?watch=true&sendInitialEvents=true"))
        .await;
    assert_eq!(alone.verdict(), "422 Invalid");
    assert!(
        alone
            .message()
            .contains("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
        "{}",
        alone.message()
    );
    place.leave().await;
}
