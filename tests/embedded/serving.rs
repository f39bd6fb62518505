//! What people see of inference services on the embedded platform, through its API server: rollouts, refusals, and the
//! servers behind the service proxy.

use http::{Method, Request};
use serde_json::{Value, json};

use super::stage::{Stage, text};
use super::suite::{self, MERGE};

const SERVING: &str = "/apis/serving.kserve.io/v1beta1";
const MONITORING: &str = "/api/v1/namespaces/monitoring/services";

fn service(place: &str) -> String {
    let (namespace, name) = place.split_once('/').unwrap();
    format!("{SERVING}/namespaces/{namespace}/inferenceservices/{name}")
}

/// Traffic as it is routed: the number of the revision and its percent.
fn traffic(service: &Value) -> String {
    let all = service["status"]["components"]["predictor"]["traffic"].as_array();
    let rows: Vec<String> = all
        .into_iter()
        .flatten()
        .map(|t| {
            let number = text(t, "/revisionName").rsplit('-').next().unwrap_or("");
            format!("{}:{}", number.trim_start_matches('0'), t["percent"])
        })
        .collect();
    rows.join(" ")
}

/// A query as clients of Prometheus send it: by POST, as a form.
async fn query(stage: &Stage, promql: &str) -> Value {
    let escaped: String = promql
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => char::from(b).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let path = format!("{MONITORING}/prometheus-operated:9090/proxy/api/v1/query");
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("query={escaped}").into_bytes())
        .unwrap();
    let answer = stage.server.admin.request_text(request).await.unwrap();
    serde_json::from_str(&answer).unwrap()
}

/// The share of requests to fraud-scorer that failed in a window.
async fn failed(stage: &Stage, window: &str) -> f64 {
    let of = r#"destination_canonical_service="fraud-scorer-predictor",reporter="destination""#;
    let promql = format!(
        r#"sum(increase(istio_requests_total{{{of},response_code=~"5.."}}[{window}])) / sum(increase(istio_requests_total{{{of}}}[{window}]))"#
    );
    let answer = query(stage, &promql).await;
    let value = answer["data"]["result"][0]["value"][1].as_str();
    value.unwrap_or_else(|| panic!("{answer}")).parse().unwrap()
}

#[tokio::test]
async fn rolling_a_canary_back_takes_its_traffic_away_and_the_failures_with_it() {
    let stage = Stage::open(1).await;
    let path = service("ml-fraud/fraud-scorer");
    assert_eq!(traffic(&stage.get(&path).await), "3:10 2:90");
    let before = failed(&stage, "5m").await;
    assert!(before > 0.003, "{before}");
    let back = json!({"spec": {"predictor": {"canaryTrafficPercent": 0}}});
    let tried = stage
        .server
        .patch(&format!("{path}?dryRun=All"), MERGE, &back)
        .await
        .ok();
    assert_eq!(tried.body["spec"]["predictor"]["canaryTrafficPercent"], 0);
    assert_eq!(traffic(&stage.get(&path).await), "3:10 2:90");
    stage.server.patch(&path, MERGE, &back).await.ok();
    stage.pass(60);
    assert_eq!(traffic(&stage.get(&path).await), "3:0 2:100");
    stage.pass(600);
    let after = failed(&stage, "5m").await;
    assert!(after < 0.001_5, "{after}");
    assert!(failed(&stage, "6h").await > after);
}

#[tokio::test]
async fn the_webhook_denies_a_change_of_mode_and_too_much_of_canaries() {
    let stage = Stage::open(1).await;
    let path = service("ml-fraud/fraud-scorer");
    let mode =
        json!({"metadata": {"annotations": {"serving.kserve.io/deploymentMode": "Standard"}}});
    let denied = stage
        .server
        .patch(&format!("{path}?dryRun=All"), MERGE, &mode)
        .await;
    assert_eq!(denied.verdict(), "403 Forbidden");
    assert!(
        denied.message().ends_with("denied the request: update rejected: deploymentMode cannot be changed from 'Knative' to 'Standard'"),
        "{}",
        denied.message()
    );
    let canary = |name: &str| json!({"predictor": {"name": name}, "trafficPercent": 60});
    let both = json!({"spec": {"canary": [canary("a"), canary("b")]}});
    let denied = stage
        .server
        .patch(&service("ml-churn/churn-llm"), MERGE, &both)
        .await;
    assert_eq!(denied.verdict(), "403 Forbidden", "{}", denied.text);
}

#[tokio::test]
async fn a_canary_of_standard_mode_is_sized_by_its_percent_and_gets_no_traffic() {
    let stage = Stage::open(1).await;
    let path = service("ml-churn/churn-llm");
    let canary = json!({"spec": {"canary": [{"predictor": {"name": "next", "minReplicas": 1,
        "model": {"storageUri": "hf://acme/churn-summary-8b"}}, "trafficPercent": 20}]}});
    stage.server.patch(&path, MERGE, &canary).await.ok();
    stage.pass(200);
    let after = stage.get(&path).await;
    let told = &after["status"]["canaryStatuses"][0];
    assert_eq!(
        (&told["name"], &told["ready"], &told["trafficPercent"]),
        (&json!("next"), &json!(true), &json!(20))
    );
    assert!(after["status"]["components"]["predictor"]["traffic"].is_null());
    let gone = json!({"spec": {"canary": null}});
    stage.server.patch(&path, MERGE, &gone).await.ok();
    stage.pass(10);
    assert!(stage.get(&path).await["status"]["canaryStatuses"].is_null());
    let left = stage.get("/apis/apps/v1/namespaces/ml-churn/deployments?labelSelector=serving.kserve.io/inferenceservice%3Dchurn-llm").await;
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn prometheus_is_found_by_its_label_and_answers_behind_the_proxy() {
    let stage = Stage::open(1).await;
    let found = stage
        .get("/api/v1/services?labelSelector=operated-prometheus%3Dtrue")
        .await;
    assert_eq!(
        text(&found["items"][0], "/metadata/name"),
        "prometheus-operated"
    );
    let path = |rest: &str| format!("{MONITORING}/prometheus-operated:9090/proxy{rest}");
    let build = stage.get(&path("/api/v1/status/buildinfo")).await;
    assert_eq!(text(&build, "/data/version"), "3.14.0");
    let wrong = stage.server.get(&path("/api/v1/query?query=sum(")).await;
    assert_eq!((wrong.code, wrong.str("/errorType")), (400, "bad_data"));
    let missing = stage
        .server
        .get(&format!("{MONITORING}/grafana:3000/proxy/api"))
        .await;
    assert_eq!(missing.verdict(), "404 NotFound");
    let port = stage
        .server
        .get(&format!("{MONITORING}/prometheus-operated:80/proxy/"))
        .await;
    assert_eq!(port.verdict(), "503 ServiceUnavailable");
    let stranger = suite::call(
        &stage.server.nobody,
        Method::GET,
        &path("/-/ready"),
        "",
        None,
    )
    .await;
    assert_eq!(stranger.verdict(), "403 Forbidden");
    assert!(
        stranger
            .message()
            .contains(r#"cannot get resource "services/proxy""#),
        "{}",
        stranger.message()
    );
    let names = query(&stage, r#"count by (__name__) ({__name__=~"istio_requests_total|kn_revision_pods_count|vllm:e2e_request_latency_seconds_bucket"})"#).await;
    assert_eq!(
        names["data"]["result"].as_array().unwrap().len(),
        3,
        "{names}"
    );
}

#[tokio::test]
async fn an_alert_is_silenced_and_an_alias_moved_behind_the_proxy() {
    let stage = Stage::open(1).await;
    let alerts = format!("{MONITORING}/alertmanager-operated:9093/proxy/api/v2");
    let all = stage
        .get(&format!(
            "{alerts}/alerts?filter=alertname%3D%22ServiceErrorsHigh%22"
        ))
        .await;
    let labels = &all[0]["labels"];
    assert_eq!(
        (&labels["namespace"], &labels["inferenceservice"]),
        (&json!("ml-fraud"), &json!("fraud-scorer"))
    );
    let silence = json!({"matchers": [{"name": "alertname", "value": "ServiceErrorsHigh", "isRegex": false}],
        "startsAt": "2026-11-21T03:00:00Z", "endsAt": "2026-11-21T09:00:00Z", "createdBy": "oncall", "comment": "rolling back"});
    stage
        .server
        .post(&format!("{alerts}/silences"), &silence)
        .await
        .ok();
    let left = stage.get(&format!("{alerts}/alerts?silenced=false")).await;
    assert!(
        left.as_array()
            .unwrap()
            .iter()
            .all(|a| a["labels"]["alertname"] != "ServiceErrorsHigh")
    );

    let models = "/api/v1/namespaces/platform/services/mlflow:5000/proxy";
    assert_eq!(
        stage.server.get(&format!("{models}/version")).await.text,
        "3.17.2"
    );
    let alias = format!("{models}/api/2.0/mlflow/registered-models/alias");
    let read = format!("{alias}?name=churn&alias=champion");
    assert_eq!(text(&stage.get(&read).await, "/model_version/version"), "8");
    let moved = json!({"name": "churn", "alias": "champion", "version": "7"});
    stage.server.post(&alias, &moved).await.ok();
    assert_eq!(
        text(&stage.get(&read).await, "/model_version/source"),
        "s3://ml-models/churn/7"
    );
}
