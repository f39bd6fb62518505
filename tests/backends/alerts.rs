//! Alerts of both servers in one list, and silences.

use midwatch::domain::{AlertRow, AlertState, SilenceRow, SourceState};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::stage::{Stage, at, ok, quick};
use super::support::console::Console;
use midwatch::feed::kube::Options;

async fn at_path(server: &MockServer, at: &str, body: Value) {
    Mock::given(path(at))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(server)
        .await;
}

fn options(manager: &MockServer, prometheus: &MockServer) -> Options {
    Options {
        sources: [
            ("alertmanager".to_owned(), at(&manager.uri())),
            ("prometheus".to_owned(), at(&prometheus.uri())),
        ]
        .into(),
        ..quick()
    }
}

fn firing() -> Value {
    json!([{"labels": {"alertname": "ErrorBudgetBurn", "namespace": "ml-fraud", "severity": "page",
                        "service_name": "fraud-scorer-predictor"},
            "annotations": {"summary": "31x for 5 m"}, "startsAt": "2026-11-21T03:00:00Z",
            "fingerprint": "a1", "status": {"state": "active", "silencedBy": [], "inhibitedBy": []}},
           {"labels": {"alertname": "DiskFull"}, "annotations": {}, "startsAt": "2026-11-21T03:00:00Z",
            "fingerprint": "a2", "status": {"state": "suppressed", "silencedBy": ["s1"], "inhibitedBy": []}}])
}

fn raised() -> Value {
    json!({"alerts": [
        {"labels": {"alertname": "ErrorBudgetBurn"}, "annotations": {}, "state": "firing", "activeAt": "2026-11-21T03:00:00Z"},
        {"labels": {"alertname": "Soon"}, "annotations": {}, "state": "pending", "activeAt": "2026-11-21T03:00:00Z"},
    ]})
}

fn states(console: &Console) -> Vec<(String, AlertState)> {
    let Some(table) = console.world.table::<AlertRow>() else {
        return Vec::new();
    };
    let mut all: Vec<_> = table
        .iter()
        .map(|r| (r.title.to_string(), r.state))
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn what_fires_what_is_held_and_what_is_about_to_fire() {
    let (manager, prometheus) = (MockServer::start().await, MockServer::start().await);
    at_path(&manager, "/api/v2/alerts", firing()).await;
    at_path(
        &manager,
        "/api/v2/silences",
        json!([{"id": "s1", "status": {"state": "active"}, "createdBy": "ann", "comment": "known",
                "matchers": [{"name": "alertname", "value": "DiskFull", "isRegex": false}],
                "startsAt": "2026-11-21T03:00:00Z", "endsAt": "2026-11-21T09:00:00Z"}]),
    )
    .await;
    Mock::given(path("/api/v1/alerts"))
        .respond_with(ok(&raised()))
        .mount(&prometheus)
        .await;
    let stage = Stage::start().await;
    let mut console = Console::start(&stage.kubeconfig(), &[], options(&manager, &prometheus), 64);
    console.want("prod-eu", &["alerts", "silences"]);
    console.until("alerts", |c| states(c).len() == 3).await;
    assert_eq!(
        states(&console),
        [
            ("DiskFull".to_owned(), AlertState::Suppressed),
            ("ErrorBudgetBurn".to_owned(), AlertState::Firing),
            ("Soon".to_owned(), AlertState::Pending),
        ]
    );
    console
        .until("a silence", |c| {
            c.world.table::<SilenceRow>().is_some_and(|t| t.len() == 1)
        })
        .await;
    let table = console.world.table::<AlertRow>().unwrap();
    let burn = table
        .iter()
        .find(|r| &*r.title == "ErrorBudgetBurn")
        .unwrap();
    assert_eq!(
        burn.service.as_ref().unwrap().to_string(),
        "prod-eu/ml-fraud/fraud-scorer"
    );
    console
        .until("live", |c| {
            c.source("alerts", "")
                .is_some_and(|s| s.state == SourceState::Live)
        })
        .await;
}

#[tokio::test]
async fn without_alertmanager_what_fires_is_known_and_what_is_silenced_is_not() {
    let (manager, prometheus) = (MockServer::start().await, MockServer::start().await);
    Mock::given(path("/api/v2/alerts"))
        .respond_with(ResponseTemplate::new(500).set_body_string("\"no\""))
        .mount(&manager)
        .await;
    Mock::given(path("/api/v1/alerts"))
        .respond_with(ok(&raised()))
        .mount(&prometheus)
        .await;
    let stage = Stage::start().await;
    let mut console = Console::start(&stage.kubeconfig(), &[], options(&manager, &prometheus), 64);
    console.want("prod-eu", &["alerts"]);
    console.until("alerts", |c| states(c).len() == 2).await;
    console
        .until("partial", |c| {
            c.source("alerts", "")
                .is_some_and(|s| s.state == SourceState::Partial)
        })
        .await;
    let fault = console.source("alerts", "").unwrap().fault.clone().unwrap();
    assert!(
        fault.what.starts_with("What is silenced is not known"),
        "{}",
        fault.what
    );
}

#[tokio::test]
async fn neither_of_them_is_down_and_not_calm() {
    let (manager, prometheus) = (MockServer::start().await, MockServer::start().await);
    let stage = Stage::start().await;
    for server in [&manager, &prometheus] {
        Mock::given(wiremock::matchers::any())
            .respond_with(ResponseTemplate::new(500))
            .mount(server)
            .await;
    }
    let mut console = Console::start(&stage.kubeconfig(), &[], options(&manager, &prometheus), 64);
    console.want("prod-eu", &["alerts"]);
    console
        .until("down", |c| {
            c.source("alerts", "")
                .is_some_and(|s| s.state == SourceState::Down)
        })
        .await;
    assert!(console.source("alerts", "").unwrap().fault.is_some());
}
