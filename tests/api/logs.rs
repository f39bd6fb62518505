//! Logs: cut, followed and refused.
//!
//! The platform here may play no pods, so a test brings one to a node and says itself how its containers are.

use std::time::Duration;

use futures::StreamExt;
use http::Request;
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use serde_json::{Value, json};

use super::{Answer, MERGE, PATIENCE, Place, Server, call};

/// A node that nobody else uses, with a kubelet where the server has one.
async fn node(s: &Server) -> String {
    let nodes = s.get("/api/v1/nodes").await.ok();
    if let Some(name) = nodes.names().first() {
        return (*name).to_owned();
    }
    let body = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "api-log"}});
    s.post("/api/v1/nodes", &body).await;
    "api-log".to_owned()
}

/// A pod on a node, whose main container prints twenty lines a second; nobody but the test writes its status.
async fn pod(place: &Place<'_>, name: &str) {
    let node = node(place.server).await;
    let body = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "annotations": {"rig.midwatch.dev/log": "flood:20", "rig.midwatch.dev/fate": "stuck", "rig.midwatch.dev/run-time": "1h"}},
        "spec": {"nodeName": node, "restartPolicy": "Always", "containers": [{"name": "main", "image": "a"}]}});
    place.server.post(&place.core("pods"), &body).await.ok();
}

async fn set(place: &Place<'_>, name: &str, state: &Value, last: &Value) {
    let status = json!({"status": {"phase": "Running", "containerStatuses": [{"name": "main", "image": "a", "imageID": "a",
        "containerID": "containerd://1", "ready": false, "restartCount": 0, "state": state, "lastState": last}]}});
    let path = place.core(&format!("pods/{name}/status"));
    place.server.patch(&path, MERGE, &status).await.ok();
}

fn ago(seconds: i64) -> String {
    let at = Timestamp::now() - SignedDuration::from_secs(seconds);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn running(seconds: i64) -> Value {
    json!({"running": {"startedAt": ago(seconds)}})
}

fn ended(from: i64, to: i64) -> Value {
    json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": ago(from), "finishedAt": ago(to),
        "containerID": "containerd://0"}})
}

/// Asks until the kubelet has seen the status that was just written.
async fn log(place: &Place<'_>, rest: &str, enough: impl Fn(&Answer) -> bool) -> Answer {
    let path = place.core(rest);
    let mut last = place.server.get(&path).await;
    let end = tokio::time::Instant::now() + PATIENCE;
    while !enough(&last) && tokio::time::Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(50)).await;
        last = place.server.get(&path).await;
    }
    assert!(enough(&last), "{} {}", last.code, last.text);
    last
}

pub async fn a_running_log_is_cut_as_asked(s: &Server) {
    let place = s.place("log-cut").await;
    pod(&place, "one").await;
    set(&place, "one", &running(60), &json!({})).await;
    let whole = log(&place, "pods/one/log", |a| a.code == 200).await;
    assert!(whole.text.lines().count() > 1_000, "{}", whole.text.len());
    // it goes on printing while it is asked: what is cut has at least the lines asked for, and far less than all
    let few = 500;
    let tail = s.get(&place.core("pods/one/log?tailLines=5")).await.ok();
    assert!(
        (5..few).contains(&tail.text.lines().count()),
        "{}",
        tail.text
    );
    let none = s.get(&place.core("pods/one/log?tailLines=0")).await.ok();
    assert!(none.text.lines().count() < few, "{}", none.text);
    let bytes = s.get(&place.core("pods/one/log?limitBytes=100")).await.ok();
    assert_eq!(bytes.text.len(), 100);
    let since = s.get(&place.core("pods/one/log?sinceSeconds=5")).await.ok();
    assert!(
        (80..few).contains(&since.text.lines().count()),
        "{}",
        since.text.lines().count()
    );
    let stamped = s
        .get(&place.core("pods/one/log?tailLines=1&timestamps=true"))
        .await
        .ok();
    let stamp = stamped.text.split(' ').next().unwrap();
    let at: Timestamp = stamp.parse().unwrap();
    let age = at.duration_until(Timestamp::now());
    assert!(age < SignedDuration::from_secs(25), "{stamp}");
    let from = place.core(&format!(
        "pods/one/log?timestamps=true&sinceTime={}",
        ago(3)
    ));
    let later = s.get(&from).await.ok();
    assert!(
        (40..few).contains(&later.text.lines().count()),
        "{}",
        later.text.lines().count()
    );
    place.leave().await;
}

pub async fn a_followed_log_ends_with_its_container(s: &Server) {
    let place = s.place("log-follow").await;
    pod(&place, "one").await;
    set(&place, "one", &running(5), &json!({})).await;
    log(&place, "pods/one/log", |a| a.code == 200).await;
    let request = Request::get(place.core("pods/one/log?follow=true&tailLines=1"))
        .body(Body::empty())
        .unwrap();
    let response = s.admin.send(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut body = response.into_body().into_data_stream();
    let mut lines = 0;
    while lines < 10 {
        let chunk = tokio::time::timeout(PATIENCE, body.next()).await;
        let chunk = chunk.unwrap().unwrap().unwrap();
        lines += String::from_utf8_lossy(&chunk).matches('\n').count();
    }
    set(&place, "one", &ended(10, 0), &json!({})).await;
    let rest = async { while body.next().await.is_some() {} };
    tokio::time::timeout(PATIENCE, rest)
        .await
        .expect("the stream ends when the container has ended");
    place.leave().await;
}

pub async fn odd_options_are_refused(s: &Server) {
    let place = s.place("log-odd").await;
    pod(&place, "one").await;
    for (query, why) in [
        (
            "tailLines=-1",
            "tailLines: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            "sinceSeconds=0",
            "sinceSeconds: Invalid value: 0: must be greater than 0",
        ),
        (
            "limitBytes=0",
            "limitBytes: Invalid value: 0: must be greater than 0",
        ),
        (
            "sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z",
            "[]: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified",
        ),
    ] {
        let answer = s.get(&place.core(&format!("pods/one/log?{query}"))).await;
        assert_eq!(answer.verdict(), "422 Invalid", "{query}");
        assert_eq!(
            answer.message(),
            format!("PodLogOptions \"one\" is invalid: {why}")
        );
    }
    place.leave().await;
}

pub async fn what_has_not_started_or_was_not_restarted_has_no_log(s: &Server) {
    let place = s.place("log-none").await;
    pod(&place, "one").await;
    let wait = |reason: &str| json!({"waiting": {"reason": reason}});
    for (reason, words) in [
        ("ContainerCreating", "ContainerCreating"),
        ("ErrImagePull", "image can't be pulled"),
        ("ImagePullBackOff", "trying and failing to pull image"),
    ] {
        set(&place, "one", &wait(reason), &json!({})).await;
        let want = format!("container \"main\" in pod \"one\" is waiting to start: {words}");
        let answer = log(&place, "pods/one/log", |a| a.message() == want).await;
        assert_eq!(answer.verdict(), "400 BadRequest");
    }
    set(&place, "one", &running(2), &json!({})).await;
    let want = "previous terminated container \"main\" in pod \"one\" not found";
    let answer = log(&place, "pods/one/log?previous=true", |a| {
        a.message() == want
    })
    .await;
    assert_eq!(answer.verdict(), "400 BadRequest");
    set(&place, "one", &wait("CrashLoopBackOff"), &ended(20, 10)).await;
    let before = log(&place, "pods/one/log?previous=true", |a| a.code == 200).await;
    assert!(
        (200..240).contains(&before.text.lines().count()),
        "{}",
        before.text.lines().count()
    );
    let now = s.get(&place.core("pods/one/log")).await.ok();
    assert_eq!(
        now.text, before.text,
        "between two attempts the last one is shown"
    );
    place.leave().await;
}

pub async fn a_log_needs_its_right(s: &Server) {
    let place = s.place("log-right").await;
    pod(&place, "one").await;
    let path = place.core("pods/one/log");
    let answer = call(&s.nobody, http::Method::GET, &path, "", None).await;
    assert_eq!(answer.verdict(), "403 Forbidden");
    let want = format!(
        "pods \"one\" is forbidden: User \"nobody\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"{}\"",
        place.name
    );
    assert_eq!(answer.message(), want);
    place.leave().await;
}
