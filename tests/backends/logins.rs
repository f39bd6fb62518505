//! What lets us in goes to the backend alone, and is never told.

use midwatch::fault::FaultKind;
use midwatch::settings::Endpoint;
use serde_json::json;
use wiremock::matchers::{any, header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::stage::{Stage, at, service, with};

const SECRET: &str = "planted-secret-77aa";

/// Lets in who sends this, and repeats to all others what they sent.
async fn guarded(value: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(header("authorization", value))
        .respond_with(ResponseTemplate::new(200).set_body_string("1"))
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(|request: &wiremock::Request| {
            let sent = request.headers.get("authorization");
            let sent = sent.and_then(|v| v.to_str().ok()).unwrap_or_default();
            ResponseTemplate::new(401).set_body_string(format!("no entry with {sent}"))
        })
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_token_comes_from_a_file_or_a_command() {
    let server = guarded(&format!("Bearer {SECRET}")).await;
    let stage = Stage::start().await;
    let file = stage.file("token", &format!("{SECRET}\n"));
    let from_file = Endpoint {
        token_file: Some(file.display().to_string()),
        ..at(&server.uri())
    };
    let printed = format!("echo {SECRET}");
    let from_command = Endpoint {
        token_command: ["sh", "-c", &printed].map(str::to_owned).to_vec(),
        ..at(&server.uri())
    };
    for endpoint in [from_file, from_command] {
        let backend = stage.backend("prometheus", with("prometheus", endpoint));
        assert_eq!(backend.read::<u8>("/", &[]).await.unwrap(), 1);
        assert!(!backend.endpoint().await.unwrap().contains(SECRET));
    }
}

#[tokio::test]
async fn a_user_makes_it_a_password() {
    use base64::Engine;
    let pair = format!("oncall:{SECRET}");
    let coded = base64::engine::general_purpose::STANDARD.encode(pair);
    let server = guarded(&format!("Basic {coded}")).await;
    let stage = Stage::start().await;
    let file = stage.file("password", SECRET);
    let endpoint = Endpoint {
        user: Some("oncall".to_owned()),
        token_file: Some(file.display().to_string()),
        ..at(&server.uri())
    };
    let backend = stage.backend("mlflow", with("mlflow", endpoint));
    assert_eq!(backend.read::<u8>("/version", &[]).await.unwrap(), 1);
}

#[tokio::test]
async fn a_token_that_was_renewed_is_read_again() {
    let server = guarded(&format!("Bearer {SECRET}")).await;
    let stage = Stage::start().await;
    let file = stage.file("token", "an-old-one-000");
    let endpoint = Endpoint {
        token_file: Some(file.display().to_string()),
        ..at(&server.uri())
    };
    let backend = stage.backend("prometheus", with("prometheus", endpoint));
    assert!(backend.get("/", &[]).await.is_err());
    stage.file("token", SECRET);
    assert_eq!(backend.read::<u8>("/", &[]).await.unwrap(), 1);
}

#[tokio::test]
async fn nothing_of_it_is_told_whatever_the_server_says() {
    let server = guarded("Bearer another").await;
    let stage = Stage::start().await;
    let file = stage.file("token", SECRET);
    for user in [None, Some("oncall".to_owned())] {
        let endpoint = Endpoint {
            user,
            token_file: Some(file.display().to_string()),
            ..at(&server.uri())
        };
        let backend = stage.backend("prometheus", with("prometheus", endpoint));
        let failed = backend.get("/", &[]).await.unwrap_err();
        assert_eq!(failed.fault.kind, FaultKind::Denied);
        let all = format!("{:?} {backend:?}", failed.fault);
        assert!(all.contains("does not accept the token"), "{all}");
        assert!(!all.contains(SECRET) && !all.contains("b25jYWxs"), "{all}");
    }
}

#[tokio::test]
async fn what_is_missing_is_told_by_its_setting() {
    let stage = Stage::start().await;
    let url = stage.api.uri();
    let empty = stage.file("empty", "\n");
    let sh = |script: &str| ["sh", "-c", script].map(str::to_owned).to_vec();
    for (endpoint, kind, words) in [
        (
            Endpoint {
                token_file: Some("/no/such/file".to_owned()),
                ..at(&url)
            },
            FaultKind::Config,
            "sources.prometheus.token-file",
        ),
        (
            Endpoint {
                token_file: Some(empty.display().to_string()),
                ..at(&url)
            },
            FaultKind::Config,
            "is empty",
        ),
        (
            Endpoint {
                token_env: Some("MIDWATCH_NO_SUCH_VARIABLE".to_owned()),
                ..at(&url)
            },
            FaultKind::Config,
            "MIDWATCH_NO_SUCH_VARIABLE is not set",
        ),
        (
            Endpoint {
                token_command: sh(&format!("echo {SECRET}; echo session expired >&2; exit 1")),
                ..at(&url)
            },
            FaultKind::Denied,
            "session expired",
        ),
    ] {
        let backend = stage.backend("prometheus", with("prometheus", endpoint));
        let fault = backend.endpoint().await.unwrap_err();
        assert_eq!(fault.kind, kind, "{fault:?}");
        assert!(fault.what.contains(words), "{}", fault.what);
        assert!(!fault.what.contains(SECRET) && !fault.hint.is_empty());
    }
    // nothing was asked without the token
    assert!(stage.api.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_token_goes_to_nobody_who_only_has_the_right_name() {
    let stage = Stage::start().await;
    let label = json!({"operated-prometheus": "true"});
    stage
        .services(&[service("evil", "prometheus", &label, 9090)])
        .await;
    let endpoint = Endpoint {
        token_command: vec!["echo".to_owned(), SECRET.to_owned()],
        ..Endpoint::default()
    };
    let backend = stage.backend("prometheus", with("prometheus", endpoint));
    let fault = backend.endpoint().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Config);
    assert!(
        fault.what.contains("found: evil/prometheus"),
        "{}",
        fault.what
    );
    assert!(
        fault.hint.contains("sources.prometheus.service"),
        "{}",
        fault.hint
    );
    assert_eq!(stage.asked("buildinfo").await, 0);
}

#[tokio::test]
async fn a_host_header_is_sent_where_one_is_set() {
    let server = MockServer::start().await;
    Mock::given(path("/version"))
        .and(header("host", "mlflow.example.com"))
        .respond_with(ResponseTemplate::new(200).set_body_string("3.17.2"))
        .mount(&server)
        .await;
    let stage = Stage::start().await;
    let endpoint = Endpoint {
        host: Some("mlflow.example.com".to_owned()),
        ..at(&server.uri())
    };
    let backend = stage.backend("mlflow", with("mlflow", endpoint));
    let reply = backend.probe().await.unwrap();
    assert_eq!(&reply.body[..], b"3.17.2");
}
