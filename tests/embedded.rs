//! The embedded platform answers as an API server does, and does what only it can: go down, hang, forget.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "embedded/actions.rs"]
mod actions;
#[path = "embedded/gitops.rs"]
mod gitops;
#[path = "embedded/katib.rs"]
mod katib;
#[path = "embedded/keymaps.rs"]
mod keymaps;
#[path = "embedded/nodes.rs"]
mod nodes;
#[path = "embedded/services.rs"]
mod services;
#[path = "embedded/serving.rs"]
mod serving;
#[path = "embedded/silences.rs"]
mod silences;
#[path = "embedded/stage.rs"]
mod stage;
#[path = "api/mod.rs"]
mod suite;

use midwatch::demo::{Options, Platform};
use suite::Server;

async fn start() -> (Server, Platform) {
    let platform = Platform::empty(Options::default()).await.unwrap();
    // as on a real server, the first versions are long gone
    platform.expire_history();
    let of = |person| platform.kubeconfig_for(person);
    let server = Server::new(&of("admin"), &of("viewer"), &of("nobody")).await;
    (server, platform)
}

api_suite! { super::start }
accelerator_suite! { super::lively }

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::json;
use suite::{Watch, until};

#[tokio::test]
async fn kubeconfigs_are_private_and_go_with_the_platform() {
    let (_, platform) = start().await;
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = platform.folder().to_owned();
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(platform.kubeconfig()), 0o600);
    platform.shutdown().await;
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_server_that_was_down_comes_back_at_its_place() {
    let (server, platform) = start().await;
    server.get("/api/v1/namespaces").await.ok();
    platform.set_down(true).await;
    let request = http::Request::get("/version")
        .body(kube::client::Body::empty())
        .unwrap();
    assert!(server.admin.send(request).await.is_err());
    platform.set_down(false).await;
    server.get("/api/v1/namespaces").await.ok();
}

#[tokio::test]
async fn a_hanging_server_answers_when_it_goes_on() {
    let (server, platform) = start().await;
    server.get("/version").await.ok();
    platform.set_hanging(true);
    let mut asked = Box::pin(server.get("/version"));
    let silent = tokio::time::timeout(Duration::from_millis(300), &mut asked).await;
    assert!(silent.is_err());
    platform.set_hanging(false);
    assert_eq!(asked.await.ok().str("/major"), "1");
}

#[tokio::test]
async fn a_forgotten_history_answers_410() {
    let (server, platform) = start().await;
    let list = server.get("/api/v1/namespaces?limit=1").await.ok();
    let version = list.version();
    platform.expire_history();
    let token = list.str("/metadata/continue");
    let page = server
        .get(&format!("/api/v1/namespaces?limit=1&continue={token}"))
        .await;
    assert_eq!(page.verdict(), "410 Expired");
    assert!(
        page.message()
            .starts_with("The provided continue parameter is too old")
    );
    let anew = page.str("/metadata/continue");
    let rest = server
        .get(&format!("/api/v1/namespaces?continue={anew}"))
        .await
        .ok();
    assert!(!rest.names().contains(&list.names()[0]));
    let exact = format!("/api/v1/namespaces?resourceVersion={version}&resourceVersionMatch=Exact");
    assert_eq!(server.get(&exact).await.verdict(), "410 Expired");
    let path = format!("/api/v1/namespaces?watch=true&resourceVersion={version}");
    let event = Watch::open(&server.admin, &path)
        .await
        .next()
        .await
        .unwrap();
    assert_eq!(
        (&event["type"], &event["object"]["code"]),
        (&json!("ERROR"), &json!(410))
    );
}

#[tokio::test]
async fn rotated_tokens_and_denials_hold_at_once() {
    let (server, platform) = start().await;
    platform.rotate_tokens().unwrap();
    assert_eq!(
        server.get("/api/v1/pods").await.verdict(),
        "401 Unauthorized"
    );
    let of = |person| platform.kubeconfig_for(person);
    let server = Server::new(&of("admin"), &of("viewer"), &of("nobody")).await;
    server.get("/api/v1/pods").await.ok();
    platform.deny("admin", "pods", true);
    assert_eq!(server.get("/api/v1/pods").await.verdict(), "403 Forbidden");
    platform.deny("admin", "pods", false);
    server.get("/api/v1/pods").await.ok();
}

/// A platform with its simulation, fast, and with little of a past.
async fn lively() -> (Server, Platform) {
    let options = Options {
        speed: 60.0,
        past: Duration::from_secs(600),
        ..Options::default()
    };
    let platform = Platform::start(options).await.unwrap();
    let of = |person| platform.kubeconfig_for(person);
    let server = Server::new(&of("admin"), &of("viewer"), &of("nobody")).await;
    (server, platform)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submitted_run_is_carried_out_and_cleaned_up() {
    let (server, _platform) = lively().await;
    let run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "mine"}, "spec": {
        "entrypoint": "main", "templates": [
            {"name": "main", "dag": {"tasks": [
                {"name": "one", "template": "work"},
                {"name": "two", "template": "work", "depends": "one"},
                {"name": "never", "template": "work", "depends": "one.Failed"}]}},
            {"name": "work", "retryStrategy": {"limit": "2"}, "metadata": {"annotations": {
                "rig.midwatch.dev/fail-times": "1", "rig.midwatch.dev/exit-code": "3"}},
             "container": {"image": "x", "command": ["work"]}}]}});
    let path = "/apis/argoproj.io/v1alpha1/namespaces/ml-fraud/workflows";
    server.post(path, &run).await.ok();
    let own = format!("{path}/mine");
    until("the run to end", async || {
        server.get(&own).await.ok().str("/status/phase") == "Succeeded"
    })
    .await;
    let done = server.get(&own).await.ok();
    assert_eq!(
        done.str("/metadata/labels/workflows.argoproj.io~1completed"),
        "true"
    );
    let nodes = done.body["status"]["nodes"].as_object().unwrap();
    let of = |name: &str| nodes.values().find(|n| n["displayName"] == name).unwrap();
    assert_eq!(
        (&of("two")["type"], &of("two")["phase"]),
        (&json!("Retry"), &json!("Succeeded"))
    );
    assert_eq!(of("two(0)")["message"], "main: Error (exit code 3)");
    assert_eq!(of("never")["phase"], "Omitted");

    let pods =
        "/api/v1/namespaces/ml-fraud/pods?labelSelector=workflows.argoproj.io/workflow%3Dmine";
    let list = server.get(pods).await.ok();
    assert_eq!(list.names().len(), 4);
    let log = server
        .get(&format!(
            "/api/v1/namespaces/ml-fraud/pods/{}/log?container=main",
            list.names()[0]
        ))
        .await;
    assert!(log.text.contains("work on "), "{}", log.text);
    server.delete(&own, None).await.ok();
    until("its pods to go", async || {
        server.get(pods).await.ok().names().is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_simulation_that_cannot_keep_up_does_not_keep_the_server_from_answering() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let (_stop, stopped) = tokio::sync::oneshot::channel::<()>();
    // on one thread of its own, so that the test ends also when it answers nothing any more
    std::thread::spawn(move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(async {
            let options = Options {
                speed: 1e6,
                past: Duration::ZERO,
                ..Options::default()
            };
            let platform = Platform::start(options).await.unwrap();
            let of = |person| platform.kubeconfig_for(person);
            let _ = tell.send([of("admin"), of("viewer"), of("nobody")]);
            let _ = stopped.await;
        });
    });
    let [admin, viewer, nobody] = told.await.unwrap();
    let server = Server::new(&admin, &viewer, &nobody).await;
    let nodes = "/api/v1/nodes?limit=1";
    let talk = async {
        let begun = server.get(nodes).await.ok().version();
        until("the simulation to be under way", async || {
            server.get(nodes).await.ok().version() > begun + 100
        })
        .await;
        // it is late by days now, and more with each moment
        for _ in 0..20 {
            server.get(nodes).await.ok();
        }
    };
    let answered = tokio::time::timeout(suite::PATIENCE, talk).await;
    answered.expect("the server answers");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_start_and_end_by_themselves() {
    let (server, _platform) = lively().await;
    let now = server
        .get("/apis/argoproj.io/v1alpha1/workflows")
        .await
        .ok()
        .version();
    let path = format!("/apis/argoproj.io/v1alpha1/workflows?watch=true&resourceVersion={now}");
    let mut watch = Watch::open(&server.admin, &path).await;
    let (mut added, mut ended) = (false, false);
    while !(added && ended) {
        let event = watch.next().await.unwrap();
        added = added || event["type"] == "ADDED";
        ended = ended || !event["object"]["status"]["finishedAt"].is_null();
    }
}
