//! Answers that no API server should give: a clear fault, bounded memory, and the others go on.

use std::time::Duration;

use axum::body::Bytes;
use midwatch::domain::SourceState as S;
use midwatch::fault::FaultKind;
use midwatch::feed::kube::Options;
use serde_json::json;

use super::conf::{ConfRow, quick, watch_all};
use super::server::{Answer, Server};

async fn fault_of(server: &Server, options: Options) -> midwatch::fault::Fault {
    let mut console = watch_all(&server.kubeconfig("{}"), options);
    console
        .until("a fault", |c| {
            c.source("confs", "").is_some_and(|s| s.fault.is_some())
        })
        .await;
    console.source("confs", "").unwrap().fault.clone().unwrap()
}

#[tokio::test]
async fn an_object_that_cannot_be_read_is_told_and_loses_no_other() {
    let server = Server::start().await;
    for n in 0..7 {
        server.put("team-a", &format!("c{n}"), "v");
    }
    server.put_json(
        "team-a",
        "bad",
        json!({ "data": { "v": { "not": "text" } } }),
    );
    let mut console = watch_all(&server.kubeconfig("{}"), quick());
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    console
        .until("told", |c| c.source("confs", "").unwrap().fault.is_some())
        .await;
    assert_eq!(console.rows(|r: &ConfRow| r.value.clone()).len(), 7);
    let fault = console.source("confs", "").unwrap().fault.clone().unwrap();
    assert_eq!(fault.kind, FaultKind::Malformed);
    assert!(
        fault.what.contains("1 configmaps") && fault.what.contains("team-a/bad"),
        "{fault:?}"
    );

    // a second one, by watch: its old row would be a lie
    server.put_json("team-a", "c0", json!({ "data": 7 }));
    console
        .until("two", |c| {
            c.source("confs", "")
                .unwrap()
                .fault
                .as_ref()
                .is_some_and(|f| f.what.starts_with("2 "))
        })
        .await;
    console
        .until("six rows", |c| {
            c.rows(|r: &ConfRow| r.value.clone()).len() == 6
        })
        .await;
    // both are mended
    server.put("team-a", "c0", "v");
    server.put("team-a", "bad", "v");
    console
        .until("well", |c| c.source("confs", "").unwrap().fault.is_none())
        .await;
    assert_eq!(console.rows(|r: &ConfRow| r.value.clone()).len(), 8);
    assert_eq!(server.lists(), 2);
}

#[tokio::test]
async fn a_deeply_nested_object_is_an_unreadable_object_and_no_more() {
    let server = Server::start().await;
    server.put("team-a", "good", "v");
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let text = format!(
        r#"{{"metadata":{{"resourceVersion":"1"}},"items":[{{"metadata":{{"name":"deep","namespace":"team-a","resourceVersion":"1"}},"data":{{"v":{deep}}}}},{{"metadata":{{"name":"good","namespace":"team-a","resourceVersion":"1"}},"data":{{"v":"v"}}}}]}}"#
    );
    server.hook(move |seen| {
        seen.is_list()
            .then(|| Answer::Raw(Bytes::from(text.clone())))
    });
    let mut console = watch_all(&server.kubeconfig("{}"), quick());
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    assert_eq!(
        console
            .rows(|r: &ConfRow| r.value.to_string())
            .keys()
            .collect::<Vec<_>>(),
        ["team-a/good"]
    );
}

#[tokio::test]
async fn a_login_page_instead_of_a_list_is_told_as_such() {
    let server = Server::start().await;
    server.hook(|seen| {
        seen.is_list().then(|| {
            Answer::Raw(Bytes::from_static(
                b"<html><script>alert(1)</script>planted-secret",
            ))
        })
    });
    let fault = fault_of(&server, quick()).await;
    assert_eq!(fault.kind, FaultKind::Malformed);
    assert!(fault.hint.contains("login page"), "{fault:?}");
    assert!(!fault.what.contains("planted"), "{fault:?}");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_told() {
    let server = Server::start().await;
    server.hook(|seen| {
        seen.is_list()
            .then(|| Answer::Raw(Bytes::from_static(&[0xFF, 0xFE, 0x00, 0x9F])))
    });
    assert_eq!(fault_of(&server, quick()).await.kind, FaultKind::Malformed);
}

#[tokio::test]
async fn a_page_without_end_is_cut_at_the_limit() {
    let server = Server::start().await;
    server.hook(|seen| {
        seen.is_list()
            .then(|| Answer::Drip(Bytes::from(vec![b' '; 1 << 20]), Duration::ZERO))
    });
    let options = Options {
        page_bytes: 8 << 20,
        page: Duration::from_secs(60),
        ..quick()
    };
    let fault = fault_of(&server, options).await;
    assert_eq!(fault.kind, FaultKind::Malformed);
    assert!(fault.what.contains("more than 8 MB"), "{fault:?}");
}

#[tokio::test]
async fn an_event_without_end_is_cut_at_the_limit() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    server.hook(|seen| {
        seen.is_watch()
            .then(|| Answer::Drip(Bytes::from(vec![b' '; 1 << 20]), Duration::ZERO))
    });
    let options = Options {
        event_bytes: 4 << 20,
        ..quick()
    };
    let fault = fault_of(&server, options).await;
    assert!(fault.what.contains("more than 4 MB"), "{fault:?}");
}

#[tokio::test]
async fn a_page_that_drips_for_ever_is_given_up() {
    let server = Server::start().await;
    server.hook(|seen| {
        seen.is_list()
            .then(|| Answer::Drip(Bytes::from_static(b" "), Duration::from_millis(20)))
    });
    let options = Options {
        page: Duration::from_millis(500),
        ..quick()
    };
    let fault = fault_of(&server, options).await;
    assert_eq!(fault.kind, FaultKind::Timeout);
    assert!(fault.what.contains("did not complete"), "{fault:?}");
}

#[tokio::test]
async fn a_page_that_stops_in_the_middle_is_given_up() {
    let server = Server::start().await;
    server.hook(|seen| {
        seen.is_list()
            .then(|| Answer::Hang(Bytes::from_static(b"{\"items\":[")))
    });
    let options = Options {
        answer: Duration::from_millis(300),
        ..quick()
    };
    let fault = fault_of(&server, options).await;
    assert_eq!(fault.kind, FaultKind::Timeout);
    assert!(fault.what.contains("sent nothing"), "{fault:?}");
}

#[tokio::test]
async fn garbage_between_events_leads_to_a_new_list_and_no_lost_row() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    server.hook(|seen| {
        (seen.is_watch() && seen.nth == 0).then(|| {
            Answer::Hang(Bytes::from_static(
                b"{\"type\":\"ADDED\",\"object\":nonsense}\n",
            ))
        })
    });
    let mut console = watch_all(&server.kubeconfig("{}"), quick());
    console
        .until("stale", |c| c.state("confs") == Some(S::Stale))
        .await;
    server.put("team-a", "c", "2");
    console
        .until("the change", |c| {
            super::conf::same(c, &server.truth()) && c.state("confs") == Some(S::Live)
        })
        .await;
    assert!(server.lists() >= 2);
}

#[tokio::test]
async fn hostile_words_of_a_server_reach_no_terminal() {
    let server = Server::start().await;
    server.hook(|seen| {
        seen.is_list().then(|| {
            Answer::Status(
                500,
                "bad \u{1b}]52;c;ZXZpbA==\u{7} \u{202e}evil\n\nlines",
                vec![],
            )
        })
    });
    let fault = fault_of(&server, quick()).await;
    assert!(
        !fault
            .what
            .chars()
            .any(|c| c.is_control() || c == '\u{202e}'),
        "{:?}",
        fault.what
    );
}
