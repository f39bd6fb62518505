//! Burn figures from a Prometheus behind the API server, and what is told when it does not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use midwatch::domain::{BurnRow, Burning, SourceState};
use midwatch::fault::FaultKind;
use midwatch::feed::kube::Options;
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use super::stage::{Stage, at, ok, quick, status, with};
use super::support::console::Console;

const METRIC: &str = "revision_request_count";

/// A service that fails 4 % of its requests, as Knative counts them; any other question has an empty answer.
pub fn failing(request: &Request) -> ResponseTemplate {
    ok(&data(request))
}

/// The same, without what it is wrapped in.
fn data(request: &Request) -> Value {
    let form: Vec<(String, String)> = form(request);
    let field = |name: &str| {
        let found = form.iter().find(|(n, _)| n == name);
        found.map(|(_, v)| v.clone()).unwrap_or_default()
    };
    let query = field("query");
    let labels = |code: &str| {
        json!({"namespace_name": "ml-fraud", "configuration_name": "fraud-scorer-predictor",
               "response_code_class": code})
    };
    let range = !field("step").is_empty();
    let series: Vec<(Value, &str)> = if query.starts_with("count by (__name__") {
        vec![(json!({"__name__": METRIC}), "1")]
    } else if query.contains(METRIC) && query.contains("increase(") {
        vec![(labels("2xx"), "96000"), (labels("5xx"), "4000")]
    } else {
        Vec::new()
    };
    if !range {
        let one =
            |(metric, value): &(Value, &str)| json!({"metric": metric, "value": [1.0, value]});
        let result: Vec<Value> = series.iter().map(one).collect();
        return json!({"resultType": "vector", "result": result});
    }
    let number = |name: &str| field(name).parse::<i64>().unwrap();
    let step = usize::try_from(number("step")).unwrap();
    let times: Vec<i64> = (number("start")..=number("end")).step_by(step).collect();
    let one = |(metric, value): &(Value, &str)| {
        let values: Vec<Value> = times.iter().map(|t| json!([t, value])).collect();
        json!({"metric": metric, "values": values})
    };
    let result: Vec<Value> = series.iter().map(one).collect();
    json!({"resultType": "matrix", "result": result})
}

fn form(request: &Request) -> Vec<(String, String)> {
    let body = String::from_utf8(request.body.clone()).unwrap();
    let url = reqwest::Url::parse(&format!("http://h/?{body}")).unwrap();
    url.query_pairs().into_owned().collect()
}

/// The same, until a switch is thrown: then this status.
#[derive(Clone, Default)]
struct Switch(Arc<AtomicU16>);

impl wiremock::Respond for Switch {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        match self.0.load(Ordering::SeqCst) {
            0 => failing(request),
            503 => status(503, "no endpoints available for service"),
            code => status(code, "services is forbidden"),
        }
    }
}

async fn answers(stage: &Stage, switch: &Switch) {
    for end in ["status/buildinfo", "query", "query_range"] {
        let path = format!(
            "/api/v1/namespaces/monitoring/services/prometheus-operated:9090/proxy/api/v1/{end}"
        );
        wiremock::Mock::given(wiremock::matchers::path(path))
            .respond_with(switch.clone())
            .mount(&stage.api)
            .await;
    }
    stage.prometheus().await;
}

fn watch(stage: &Stage, options: Options) -> Console {
    let console = Console::start(&stage.kubeconfig(), &[], options, 64);
    console.want("prod-eu", &["burn"]);
    console
}

fn burning(console: &Console) -> Option<BurnRow> {
    let rows = console.world.table::<BurnRow>()?;
    let found = rows.iter().find(|r| &*r.objective == "errors");
    found.map(|r| (**r).clone())
}

#[tokio::test]
async fn a_service_that_burns_is_told_and_where_its_figures_come_from() {
    let stage = Stage::start().await;
    answers(&stage, &Switch::default()).await;
    let mut console = watch(&stage, quick());
    console
        .until("a page", |c| {
            burning(c).is_some_and(|r| r.state == Burning::Page)
        })
        .await;
    let row = burning(&console).unwrap();
    assert_eq!(row.key.to_string(), "prod-eu/ml-fraud/fraud-scorer/errors");
    console
        .until("live", |c| {
            c.source("burn", "")
                .is_some_and(|s| s.state == SourceState::Live)
        })
        .await;
    let source = console.source("burn", "").unwrap();
    assert!(
        source.endpoint.contains("found by its label"),
        "{}",
        source.endpoint
    );
    assert!(source.rows > 0);
    // questions are counted as what they cost the API server
    console
        .until("a load", |c| c.loads.last().is_some_and(|l| l.requests > 5))
        .await;
}

#[tokio::test]
async fn a_server_that_goes_away_makes_figures_stale_and_comes_back() {
    let stage = Stage::start().await;
    let switch = Switch::default();
    answers(&stage, &switch).await;
    let mut console = watch(&stage, quick());
    let state = |c: &Console| c.source("burn", "").map(|s| s.state);
    console
        .until("live", |c| state(c) == Some(SourceState::Live))
        .await;
    switch.0.store(503, Ordering::SeqCst);
    console.feeds.reconnect();
    console
        .until("stale", |c| state(c) == Some(SourceState::Stale))
        .await;
    let source = console.source("burn", "").unwrap().clone();
    let fault = source.fault.unwrap();
    assert_eq!(fault.kind, FaultKind::Unreachable);
    assert!(
        fault.what.starts_with("Nothing runs behind"),
        "{}",
        fault.what
    );
    assert!(source.seen.is_some() && source.retry.is_some());
    assert!(burning(&console).is_some(), "rows stay");
    switch.0.store(0, Ordering::SeqCst);
    console
        .until("live again", |c| state(c) == Some(SourceState::Live))
        .await;
}

#[tokio::test]
async fn a_refusal_is_denied_and_says_what_is_missing() {
    let stage = Stage::start().await;
    let switch = Switch::default();
    switch.0.store(403, Ordering::SeqCst);
    answers(&stage, &switch).await;
    let mut console = watch(&stage, quick());
    console
        .until("denied", |c| {
            c.source("burn", "")
                .is_some_and(|s| s.state == SourceState::Denied)
        })
        .await;
    let fault = console.source("burn", "").unwrap().fault.clone().unwrap();
    assert!(fault.hint.contains("services/proxy"), "{}", fault.hint);
    assert!(burning(&console).is_none());
}

#[tokio::test]
async fn a_cluster_without_prometheus_has_none() {
    let stage = Stage::start().await;
    stage.services(&[]).await;
    let mut console = watch(&stage, quick());
    console
        .until("absent", |c| {
            c.source("burn", "")
                .is_some_and(|s| s.state == SourceState::Absent)
        })
        .await;
    let fault = console.source("burn", "").unwrap().fault.clone().unwrap();
    assert!(
        fault.hint.contains("sources.prometheus.url"),
        "{}",
        fault.hint
    );
}

#[tokio::test]
async fn thanos_is_asked_for_whole_answers_without_doubles() {
    let thanos = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::path("/api/v1/status/buildinfo"))
        .respond_with(ok(&json!({"version": "0.34.1"})))
        .mount(&thanos)
        .await;
    wiremock::Mock::given(wiremock::matchers::method("POST"))
        .respond_with(failing)
        .mount(&thanos)
        .await;
    let stage = Stage::start().await;
    let mut console = watch(&stage, with("prometheus", at(&thanos.uri())));
    console
        .until("a page", |c| {
            burning(c).is_some_and(|r| r.state == Burning::Page)
        })
        .await;
    // what does not go through the API server is load of midwatch's all the same
    console
        .until("its load", |c| {
            c.loads.last().is_some_and(|l| l.bytes_total > 1_000)
        })
        .await;
    let all = thanos.received_requests().await.unwrap();
    let asked: Vec<_> = all.iter().filter(|r| !r.body.is_empty()).collect();
    assert!(!asked.is_empty());
    for request in asked {
        let form = form(request);
        let has = |k: &str, v: &str| form.iter().any(|(a, b)| a == k && b == v);
        assert!(
            has("dedup", "true") && has("partial_response", "false"),
            "{form:?}"
        );
    }
}

#[tokio::test]
async fn thanos_without_a_store_gives_half_answers_that_are_told_as_such() {
    let thanos = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::path("/api/v1/status/buildinfo"))
        .respond_with(ok(&json!({"version": "0.34.1"})))
        .mount(&thanos)
        .await;
    let answer = |request: &Request| {
        let whole = form(request).contains(&("partial_response".to_owned(), "false".to_owned()));
        if whole {
            let error = json!({"status": "error", "errorType": "internal",
                "error": "expanding series: proxy Series(): store gateway-1 is unavailable"});
            return ResponseTemplate::new(500).set_body_json(error);
        }
        let told = json!({"status": "success", "data": data(request),
            "warnings": ["store gateway-1 is unavailable"]});
        ResponseTemplate::new(200).set_body_json(told)
    };
    wiremock::Mock::given(wiremock::matchers::method("POST"))
        .respond_with(answer)
        .mount(&thanos)
        .await;
    let stage = Stage::start().await;
    let mut console = watch(&stage, with("prometheus", at(&thanos.uri())));
    console
        .until("figures", |c| {
            burning(c).is_some_and(|r| r.state == Burning::Page)
        })
        .await;
    console
        .until("partial", |c| {
            let source = c.source("burn", "");
            let fault = source.and_then(|s| s.fault.as_ref());
            fault.is_some_and(|f| f.what.contains("without some of its stores"))
        })
        .await;
    let source = console.source("burn", "").unwrap();
    assert_eq!(source.state, SourceState::Partial);
    let row = burning(&console).unwrap();
    let doubts = row.doubts.join("; ");
    assert!(
        doubts.contains("store gateway-1 is unavailable"),
        "{doubts}"
    );
    // what it refuses is not asked for again and again
    let all = thanos.received_requests().await.unwrap();
    let whole =
        |r: &&Request| form(r).contains(&("partial_response".to_owned(), "false".to_owned()));
    let refused = all.iter().filter(whole).count();
    assert!(refused <= 4, "{refused}");
}

#[tokio::test]
async fn one_query_that_fails_does_not_take_the_others_with_it() {
    let stage = Stage::start().await;
    stage.prometheus().await;
    let answer = |request: &Request| {
        let query = form(request).into_iter().find(|(k, _)| k == "query");
        if query.is_some_and(|(_, q)| q.contains("[30d]") || q.contains("[3d]")) {
            let error =
                json!({"status": "error", "errorType": "timeout", "error": "query timed out"});
            return ResponseTemplate::new(503).set_body_json(error);
        }
        failing(request)
    };
    for end in ["query", "query_range"] {
        let path = format!(
            "/api/v1/namespaces/monitoring/services/prometheus-operated:9090/proxy/api/v1/{end}"
        );
        wiremock::Mock::given(wiremock::matchers::path(path))
            .respond_with(answer)
            .mount(&stage.api)
            .await;
    }
    let mut console = watch(
        &stage,
        Options {
            backend: Duration::from_secs(10),
            ..quick()
        },
    );
    console
        .until("a page", |c| {
            burning(c).is_some_and(|r| r.state == Burning::Page)
        })
        .await;
    console
        .until("partial", |c| {
            let source = c.source("burn", "");
            source.is_some_and(|s| s.state == SourceState::Partial && s.fault.is_some())
        })
        .await;
    let fault = console.source("burn", "").unwrap().fault.clone().unwrap();
    assert!(fault.what.contains("queries fail"), "{}", fault.what);
    assert!(fault.what.contains("query timed out"), "{}", fault.what);
}
