//! Whatever comes back is told as what it is.

use std::time::Duration;

use http::Method;
use midwatch::fault::FaultKind;
use midwatch::feed::http::{Backend, Failed};
use midwatch::feed::kube::Options;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{any, body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::stage::{Stage, at, with};

/// A Prometheus with a URL that gives this answer to everything.
async fn server(answer: ResponseTemplate) -> (MockServer, Backend, Stage) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let stage = Stage::start().await;
    let backend = stage.backend("prometheus", with("prometheus", at(&server.uri())));
    (server, backend, stage)
}

async fn refused(answer: ResponseTemplate) -> Failed {
    let (_server, backend, _stage) = server(answer).await;
    let asked: Result<Value, Failed> = backend.read("/api/v1/query", &[("query", "up")]).await;
    asked.unwrap_err()
}

#[tokio::test]
async fn garbage_pages_and_refusals_are_told_apart() {
    let answer = |status: u16, body: &str| ResponseTemplate::new(status).set_body_string(body);
    for (answer, kind, words) in [
        (
            answer(200, "}{ no json"),
            FaultKind::Malformed,
            "cannot be read",
        ),
        (
            answer(200, "<!DOCTYPE html><html>Log in</html>"),
            FaultKind::Denied,
            "web page",
        ),
        (
            answer(401, "Unauthorized"),
            FaultKind::Denied,
            "asks for a login",
        ),
        (
            answer(403, "Permission denied"),
            FaultKind::Denied,
            "refuses",
        ),
        (
            answer(404, "404 page not found"),
            FaultKind::Gone,
            "does not know",
        ),
        (answer(429, ""), FaultKind::Busy, "slow down"),
        (answer(500, "oops"), FaultKind::Busy, "not well (500)"),
        (
            answer(
                400,
                r#"{"status":"error","errorType":"bad_data","error":"parse error at char 3"}"#,
            ),
            FaultKind::Malformed,
            "parse error at char 3",
        ),
    ] {
        let failed = refused(answer).await;
        assert_eq!(failed.fault.kind, kind, "{:?}", failed.fault);
        assert!(failed.fault.what.contains(words), "{}", failed.fault.what);
        assert_eq!(failed.fault.source, "prod-eu/prometheus");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = MockServer::start().await;
    let to = format!("{}/login?secret=1", elsewhere.uri());
    let failed = refused(ResponseTemplate::new(302).insert_header("Location", to.as_str())).await;
    assert_eq!(failed.fault.kind, FaultKind::Denied);
    assert!(
        failed.fault.what.contains("/login"),
        "{}",
        failed.fault.what
    );
    assert!(
        !failed.fault.what.contains("secret"),
        "{}",
        failed.fault.what
    );
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_slow_server_is_given_up_on_and_not_asked_again_at_once() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(30)))
        .mount(&server)
        .await;
    let stage = Stage::start().await;
    let options = Options {
        backend: Duration::from_millis(300),
        ..with("prometheus", at(&server.uri()))
    };
    let backend = stage.backend("prometheus", options);
    let failed = backend.get("/api/v1/query", &[]).await.unwrap_err();
    assert_eq!(failed.fault.kind, FaultKind::Timeout);
    assert!(
        failed.fault.what.contains("within 300ms"),
        "{}",
        failed.fault.what
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let server = MockServer::start().await;
    let huge = "x".repeat(3 << 20);
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_string(huge))
        .mount(&server)
        .await;
    let stage = Stage::start().await;
    let options = Options {
        backend_bytes: 1 << 20,
        ..with("prometheus", at(&server.uri()))
    };
    let backend = stage.backend("prometheus", options);
    let failed = backend.get("/", &[]).await.unwrap_err();
    assert_eq!(failed.fault.kind, FaultKind::Malformed);
    assert!(
        failed.fault.what.contains("more than 1 MB"),
        "{}",
        failed.fault.what
    );
}

#[tokio::test]
async fn half_an_answer_is_none() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"status\":\"succ";
            let _ = stream.write_all(half).await;
        }
    });
    let stage = Stage::start().await;
    let backend = stage.backend("prometheus", with("prometheus", at(&url)));
    let failed = backend.get("/", &[]).await.unwrap_err();
    assert_eq!(failed.fault.kind, FaultKind::Unreachable);
    assert!(
        failed.fault.what.contains("middle of an answer"),
        "{}",
        failed.fault.what
    );
}

#[tokio::test]
async fn nobody_at_the_address_is_told_with_what_to_check() {
    let stage = Stage::start().await;
    let backend = stage.backend("prometheus", with("prometheus", at("http://127.0.0.1:1")));
    let failed = backend.get("/", &[]).await.unwrap_err();
    assert_eq!(failed.fault.kind, FaultKind::Unreachable);
    assert!(
        failed.fault.what.contains("refuses connections"),
        "{}",
        failed.fault.what
    );
    assert!(
        failed.fault.hint.contains("sources.prometheus.url"),
        "{}",
        failed.fault.hint
    );
}

#[tokio::test]
async fn what_only_asks_is_asked_again_and_what_changes_is_not() {
    let server = MockServer::start().await;
    Mock::given(path("/read"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    Mock::given(path("/read"))
        .respond_with(ResponseTemplate::new(200).set_body_string("5"))
        .mount(&server)
        .await;
    Mock::given(path("/write"))
        .respond_with(ResponseTemplate::new(503))
        .mount(&server)
        .await;
    let stage = Stage::start().await;
    let backend = stage.backend("prometheus", with("prometheus", at(&server.uri())));
    assert_eq!(backend.read::<u8>("/read", &[]).await.unwrap(), 5);
    let body = json!({"a": 1});
    let failed = backend
        .send(Method::POST, "/write", Some(&body))
        .await
        .unwrap_err();
    assert_eq!(failed.reply.unwrap().status, 503);
    assert!(!failed.lost);
    let all = server.received_requests().await.unwrap();
    let count = |end: &str| all.iter().filter(|r| r.url.path() == end).count();
    assert_eq!((count("/read"), count("/write")), (3, 1));
}

#[tokio::test]
async fn a_change_without_an_answer_may_have_been_made() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(30)))
        .mount(&server)
        .await;
    let stage = Stage::start().await;
    let options = Options {
        backend: Duration::from_millis(300),
        ..with("mlflow", at(&server.uri()))
    };
    let backend = stage.backend("mlflow", options);
    let failed = backend.send(Method::POST, "/x", None).await.unwrap_err();
    assert!(failed.lost && failed.reply.is_none());
}

#[tokio::test]
async fn a_prefix_in_the_url_stays_and_questions_arrive_as_they_were_asked() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/prefix/api/v1/query"))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(body_string("query=up%7Ba%3D%22b%22%7D"))
        .respond_with(ResponseTemplate::new(200).set_body_string("1"))
        .mount(&server)
        .await;
    let stage = Stage::start().await;
    let url = format!("{}/prefix/", server.uri());
    let backend = stage.backend("prometheus", with("prometheus", at(&url)));
    let reply = backend
        .post_form("/api/v1/query", &[("query", "up{a=\"b\"}")])
        .await
        .unwrap();
    assert_eq!(&reply.body[..], b"1");
}
