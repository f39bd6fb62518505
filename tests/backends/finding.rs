//! A backend is found where an operator would look, and it is said where and why.

use midwatch::fault::FaultKind;
use midwatch::settings::Endpoint;
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

use super::stage::{Stage, at, ok, quick, service, status, with};

#[tokio::test]
async fn by_its_label_through_the_api_server() {
    let stage = Stage::start().await;
    stage.prometheus().await;
    stage
        .answers("query", ok(&json!({"resultType": "vector", "result": []})))
        .await;
    let backend = stage.backend("prometheus", quick());
    let answer: Value = backend
        .read("/api/v1/query", &[("query", "up")])
        .await
        .unwrap();
    assert_eq!(answer["status"], "success");
    assert_eq!(
        backend.endpoint().await.unwrap(),
        "through the API server: monitoring/prometheus-operated:9090, found by its label operated-prometheus=true"
    );
    // the list is read once
    backend
        .read::<Value>("/api/v1/query", &[("query", "up")])
        .await
        .unwrap();
    assert_eq!(stage.asked("/api/v1/services").await, 1);
}

#[tokio::test]
async fn by_its_name_when_no_label_says_it_and_only_when_it_answers() {
    let stage = Stage::start().await;
    let none = json!({});
    stage
        .services(&[
            service("a-team", "prometheus", &none, 80),
            service("tools", "prometheus-server", &none, 80),
            service("tools", "prometheus-node-exporter", &none, 9100),
        ])
        .await;
    let base = "/api/v1/namespaces/tools/services/prometheus-server:80/proxy";
    Mock::given(path(format!("{base}/api/v1/status/buildinfo")))
        .respond_with(ok(&json!({"version": "2.42.0"})))
        .mount(&stage.api)
        .await;
    Mock::given(path(
        "/api/v1/namespaces/a-team/services/prometheus:80/proxy/api/v1/status/buildinfo",
    ))
    .respond_with(ResponseTemplate::new(404).set_body_string("Not Found"))
    .mount(&stage.api)
    .await;
    let backend = stage.backend("prometheus", quick());
    assert_eq!(
        backend.endpoint().await.unwrap(),
        "through the API server: tools/prometheus-server:80, found by its name"
    );
}

#[tokio::test]
async fn none_at_all_is_absent_and_says_what_to_set() {
    let stage = Stage::start().await;
    stage.services(&[service("x", "web", &json!({}), 80)]).await;
    let fault = stage
        .backend("mlflow", quick())
        .endpoint()
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Gone);
    assert!(fault.what.contains("MLflow"), "{}", fault.what);
    assert!(fault.hint.contains("sources.mlflow.url"), "{}", fault.hint);
}

#[tokio::test]
async fn who_may_not_list_services_is_told_so() {
    let stage = Stage::start().await;
    for at in ["/api/v1/services", "/api/v1/namespaces/team-a/services"] {
        Mock::given(path(at))
            .respond_with(status(403, "services is forbidden"))
            .mount(&stage.api)
            .await;
    }
    let fault = stage
        .backend("prometheus", quick())
        .endpoint()
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Denied);
    assert!(
        fault.what.starts_with("You may not list services"),
        "{}",
        fault.what
    );
    assert!(
        fault.hint.contains("sources.prometheus.url"),
        "{}",
        fault.hint
    );
}

#[tokio::test]
async fn the_settings_come_first_and_nothing_is_looked_for() {
    let stage = Stage::start().await;
    let url = stage.api.uri();
    let backend = stage.backend("prometheus", with("prometheus-eu", at(&url)));
    assert_eq!(
        backend.endpoint().await.unwrap(),
        format!("{url}, set in sources.prometheus-eu.url")
    );
    assert_eq!(stage.asked("/api/v1/services").await, 0);
}

#[tokio::test]
async fn a_service_that_the_settings_name_is_taken() {
    let stage = Stage::start().await;
    let named = service("obs", "metrics", &json!({}), 9090);
    Mock::given(path("/api/v1/namespaces/obs/services/metrics"))
        .respond_with(ResponseTemplate::new(200).set_body_json(named))
        .mount(&stage.api)
        .await;
    Mock::given(path(
        "/api/v1/namespaces/obs/services/metrics:9090/proxy/api/v1/status/buildinfo",
    ))
    .respond_with(ok(&json!({"version": "0.34.1"})))
    .mount(&stage.api)
    .await;
    let endpoint = Endpoint {
        service: Some("obs/metrics".to_owned()),
        ..Endpoint::default()
    };
    let backend = stage.backend("prometheus", with("prometheus", endpoint));
    assert_eq!(
        backend.endpoint().await.unwrap(),
        "through the API server: obs/metrics:9090, set in sources.prometheus.service"
    );
}

#[tokio::test]
async fn what_the_api_server_says_of_the_way_is_told_as_its_own_words() {
    let stage = Stage::start().await;
    stage.prometheus().await;
    stage
        .answers(
            "query",
            status(403, "services 'prometheus-operated:9090' is forbidden"),
        )
        .await;
    stage
        .answers("alerts", status(503, "no endpoints available for service"))
        .await;
    let backend = stage.backend("prometheus", quick());
    let denied = backend.get("/api/v1/query", &[]).await.unwrap_err();
    assert!(
        denied.fault.what.starts_with("You may not reach"),
        "{}",
        denied.fault.what
    );
    assert!(
        denied.fault.hint.contains("services/proxy"),
        "{}",
        denied.fault.hint
    );
    assert!(denied.reply.is_none());
    let nobody = backend.get("/api/v1/alerts", &[]).await.unwrap_err();
    assert!(
        nobody.fault.what.starts_with("Nothing runs behind"),
        "{}",
        nobody.fault.what
    );
    assert_eq!(nobody.fault.kind, FaultKind::Unreachable);
}
