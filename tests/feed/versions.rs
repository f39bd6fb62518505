//! A kind that a server serves in an older version only: its objects are there, and not said to be absent.

use axum::body::Bytes;
use midwatch::domain::{ServiceRow, SourceState as S};
use serde_json::{Value, json};

use super::logs::options;
use super::server::{Answer, Seen, Server};
use super::support::console::Console;

const GROUP: &str = "/apis/serving.kserve.io";

/// A server that serves LLM inference services in these versions.
fn serve(server: &Server, versions: &'static [&'static str]) {
    server.hook(move |seen: &Seen| {
        let rest = seen.path.strip_prefix(GROUP)?.trim_start_matches('/');
        let (version, kind) = rest.split_once('/').unwrap_or((rest, ""));
        if !versions.contains(&version) {
            return None;
        }
        Some(match (kind, seen.is_watch()) {
            ("", _) => Answer::Json(json!({"kind": "APIResourceList",
                "resources": [{"name": "llminferenceservices"}]})),
            (_, true) => Answer::Hang(Bytes::new()),
            (_, false) => Answer::Json(list(version)),
        })
    });
}

fn list(version: &str) -> Value {
    json!({"apiVersion": format!("serving.kserve.io/{version}"), "kind": "LLMInferenceServiceList",
        "metadata": {"resourceVersion": "5"},
        "items": [{"metadata": {"name": "chat", "namespace": "ml", "resourceVersion": "4"},
            "spec": {"model": {"uri": "hf://org/chat"}}}]})
}

async fn console(server: &Server) -> Console {
    let mut console = Console::start(&server.kubeconfig("{}"), &[], options(), 64);
    console.want("test", &["llm-services"]);
    console
        .until("an answer", |c| {
            matches!(c.state("llm-services"), Some(S::Live | S::Absent))
        })
        .await;
    console
}

#[tokio::test]
async fn objects_of_a_server_with_the_older_version_alone_are_read() {
    for (versions, read) in [
        (&["v1alpha1"][..], "v1alpha1"),
        (&["v1alpha1", "v1alpha2"][..], "v1alpha2"),
    ] {
        let server = Server::start().await;
        serve(&server, versions);
        let mut console = console(&server).await;
        console
            .until("the service", |c| {
                c.rows(|r: &ServiceRow| r.uri.to_string()).len() == 1
            })
            .await;
        let source = console.source("llm-services", "").unwrap();
        assert_eq!(source.state, S::Live);
        assert!(source.endpoint.contains(read), "{}", source.endpoint);
    }
}

#[tokio::test]
async fn a_kind_that_is_not_installed_is_absent() {
    let server = Server::start().await;
    let console = console(&server).await;
    assert_eq!(console.state("llm-services"), Some(S::Absent));
}
