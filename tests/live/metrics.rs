//! The rig's Prometheus, Alertmanager, generator and `MLflow` answer as real ones do, and as they were told to: what
//! the later tests of burn rates, canaries and models stand on.

use std::time::Duration;

use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use super::support::{SOON, client, rig, tls};

#[path = "metrics/mlflow.rs"]
mod mlflow;
#[path = "metrics/proxy.rs"]
mod proxy;

/// Of the stable side and of the canary, by the join with `target_info` that queue-proxy's metrics need.
const FAILED: &str = r#"sum by (kn_revision_name) (increase(kn_serving_invocation_duration_seconds_count{http_response_status_code=~"5.."}[WINDOW])
    * on (job, instance) group_left (kn_revision_name) target_info{kn_service_name="fraud-scorer-predictor"})"#;
const ALL: &str = r#"sum by (kn_revision_name) (increase(kn_serving_invocation_duration_seconds_count[WINDOW])
    * on (job, instance) group_left (kn_revision_name) target_info{kn_service_name="fraud-scorer-predictor"})"#;

/// An address with its query.
fn at(base: &str, path: &str, query: &[(&str, &str)]) -> Url {
    Url::parse_with_params(&format!("{base}{path}"), query).unwrap()
}

/// What a server answers to GET, as JSON.
async fn get(url: Url) -> Value {
    tls();
    let reply = reqwest::get(url.clone()).await.unwrap();
    let status = reply.status();
    let text = reply.text().await.unwrap();
    assert!(status.is_success(), "{url}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}

/// The samples of an instant query: labels and value.
pub async fn ask(promql: &str) -> Vec<(Value, f64)> {
    let url = at(
        &rig("MIDWATCH_RIG_PROMETHEUS"),
        "/api/v1/query",
        &[("query", promql)],
    );
    samples(&get(url).await)
}

fn samples(reply: &Value) -> Vec<(Value, f64)> {
    assert_eq!(reply["status"], "success", "{reply}");
    let all = reply["data"]["result"].as_array().unwrap();
    all.iter()
        .map(|each| {
            (
                each["metric"].clone(),
                each["value"][1].as_str().unwrap().parse().unwrap(),
            )
        })
        .collect()
}

/// The one number that a query has.
async fn number(promql: &str) -> f64 {
    let all = ask(promql).await;
    assert_eq!(all.len(), 1, "{promql}: {all:?}");
    all[0].1
}

/// Tells the generator what the traffic is to be; gives what it says of the revisions meant.
pub async fn set(wish: Value) -> Vec<Value> {
    tls();
    let url = format!("{}/set", rig("MIDWATCH_RIG_METRICS_CONTROL"));
    let reply = reqwest::Client::new()
        .post(url)
        .json(&wish)
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), StatusCode::OK, "{wish}");
    reply.json().await.unwrap()
}

/// Waits for what the servers come to by themselves.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let waited = tokio::time::timeout(SOON, waiting).await;
    waited.unwrap_or_else(|_| panic!("waited {SOON:?} for {what}"))
}

/// Alertmanager's alerts of a name.
async fn firing(name: &str) -> Vec<Value> {
    let matcher = format!("alertname=\"{name}\"");
    let url = at(
        &rig("MIDWATCH_RIG_ALERTMANAGER"),
        "/api/v2/alerts",
        &[("filter", &matcher), ("active", "true")],
    );
    get(url).await.as_array().unwrap().clone()
}

fn near(value: f64, told: f64, tolerance: f64) -> bool {
    (value - told).abs() <= told * tolerance
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn the_burn_of_each_revision_is_what_its_traffic_was_told_to_be() {
    // enough failures that one more or less does not count
    for window in ["30m", "1h"] {
        let ratio = format!("({FAILED}) / ({ALL})").replace("WINDOW", window);
        // right after the start, the last minutes stand in the history alone
        let all = until("the revisions to be scraped", async || {
            let all = ask(&ratio).await;
            (all.len() == 2).then_some(all)
        })
        .await;
        for (labels, measured) in all {
            let told = match labels["kn_revision_name"].as_str().unwrap() {
                "fraud-scorer-predictor-00001" => 0.0008,
                "fraud-scorer-predictor-00002" => 0.04,
                other => panic!("{other}"),
            };
            assert!(
                near(measured, told, 0.05),
                "{labels} in {window}: {measured}, told {told}"
            );
        }
    }
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn the_counters_reach_back_three_days_and_go_on_without_a_seam() {
    let stable = r#"kn_serving_invocation_duration_seconds_count{http_response_status_code="200"}
        * on (job, instance) group_left (kn_revision_name) target_info{kn_revision_name="fraud-scorer-predictor-00001"}"#;
    until("a scrape after the history", async || {
        let age = ask(&format!("time() - timestamp({stable})")).await;
        (age.len() == 1 && age[0].1 < 10.0).then_some(())
    })
    .await;
    let pod = ask(stable).await[0].0["pod"].as_str().unwrap().to_owned();
    let series = format!(
        r#"kn_serving_invocation_duration_seconds_count{{pod="{pod}", http_response_status_code="200"}}"#
    );
    assert!(near(
        number(&format!("resets({series}[3d])")).await,
        0.0,
        0.0
    ));
    // 40 a second, 36 since the canary is there: 84 hours have more than the window, so nothing is missing
    let days = number(&format!("increase({series}[3d])")).await;
    assert!(near(days, 40.0 * 259_200.0, 0.01), "{days}");
    let seam = number(&format!("rate({series}[2m])")).await;
    assert!(near(seam, 36.0, 0.05), "{seam}");
    // a restart is a reset, and increase() sees through it
    let restarted =
        r#"revision_request_count{service_name="propensity-predictor", response_code="200"}"#;
    assert!(number(&format!("resets({restarted}[3h])")).await >= 1.0);
    let rate = number(&format!("rate({restarted}[3h])")).await;
    assert!(near(rate, 20.0, 0.03), "{rate}");
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn latencies_can_be_told_where_a_bucket_ends_and_nowhere_else() {
    let within = |le: &str| {
        format!(
            r#"sum(rate(kn_serving_invocation_duration_seconds_bucket{{le="{le}", pod=~"fraud-scorer-predictor-00001-.*"}}[10m]))
            / sum(rate(kn_serving_invocation_duration_seconds_count{{pod=~"fraud-scorer-predictor-00001-.*"}}[10m]))"#
        )
    };
    let told = set(json!({"service": "ml-fraud/fraud-scorer", "revision": "00001"})).await;
    for le in ["0.05", "0.25", "0.5"] {
        let told = told[0]["within"][le].as_f64().unwrap();
        let measured = number(&within(le)).await;
        assert!(near(measured, told, 0.01), "{le}: {measured}, told {told}");
    }
    assert_eq!(ask(&within("0.2")).await, []);
    // OpenCensus has that bucket, in milliseconds; the language model's begin at 0.3 s; Triton has none
    assert!(
        !ask(r#"revision_request_latencies_bucket{le="200"}"#)
            .await
            .is_empty()
    );
    assert!(
        !ask(r#"vllm:e2e_request_latency_seconds_bucket{le="0.3"}"#)
            .await
            .is_empty()
    );
    assert_eq!(
        ask(r#"vllm:e2e_request_latency_seconds_bucket{le="0.25"}"#).await,
        []
    );
    assert_eq!(ask(r#"{__name__=~"nv_inference.*_bucket"}"#).await, []);
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn every_exporter_speaks_in_its_own_names() {
    for (promql, series) in [
        // 200 and 500 of two revisions; 200 alone of the one that nobody asks
        ("count(kn_serving_invocation_duration_seconds_count)", 5.0),
        ("count(kn_queueproxy_app_duration_seconds_count)", 1.0),
        ("count(revision_request_count)", 2.0),
        (
            r#"count(revision_request_count{response_code_class="5xx"})"#,
            1.0,
        ),
        (
            r#"count(kn_revision_pods_count{kn_service_name="fraud-scorer-predictor"})"#,
            2.0,
        ),
        ("count(autoscaler_actual_pods)", 1.0),
        // each request is counted by the gateway and by the sidecar; churn has never failed
        (r#"count(istio_requests_total{reporter="source"})"#, 5.0),
        (
            r#"count(istio_requests_total{reporter="destination"})"#,
            5.0,
        ),
        ("count(request_predict_seconds_count)", 4.0),
        ("count(nv_inference_request_success)", 1.0),
        ("count(vllm:request_success_total)", 2.0),
        ("count(http_requests_total)", 2.0),
    ] {
        until(promql, async || {
            let found = ask(promql).await.first()?.1;
            // the test that makes churn burn may have been here before
            let more = if promql.contains("istio") { 1.0 } else { 0.0 };
            (series..=series + more).contains(&found).then_some(())
        })
        .await;
    }
    let cold = number(
        r#"sum(resets((kn_revision_pods_count{kn_service_name="embedder-predictor"} <= bool 0)[1h:30s]))"#,
    )
    .await;
    assert!((11.0..=13.0).contains(&cold), "{cold} cold starts, told 12");
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn no_traffic_and_no_data_can_be_told_apart() {
    let idle = number(
        r#"sum(increase(kn_serving_invocation_duration_seconds_count{namespace="recsys"}[1h]))"#,
    )
    .await;
    assert!(idle.abs() < f64::EPSILON, "{idle}");
    let gone = r#"kn_serving_invocation_duration_seconds_count{pod=~"toxicity-predictor-.*"}"#;
    assert_eq!(ask(gone).await, []);
    let before = ask(&format!("sum(increase({gone}[2h]))")).await;
    assert!(before[0].1 > 1_000.0, "{before:?}");
    let down = until("the target that is down", async || {
        let down = ask(r#"up{container!="nvidia-dcgm-exporter"} == 0"#).await;
        (!down.is_empty()).then_some(down)
    })
    .await;
    assert_eq!(down.len(), 1, "{down:?}");
    assert!(
        down[0].0["pod"]
            .as_str()
            .unwrap()
            .starts_with("toxicity-predictor-00004-")
    );
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn alerts_fire_wait_and_are_told_to_alertmanager() {
    let burning = until("the canary's alert", async || {
        let all = firing("CanaryErrorBudgetBurn").await;
        all.into_iter().next()
    })
    .await;
    assert_eq!(
        burning["labels"]["kn_revision_name"],
        "fraud-scorer-predictor-00002"
    );
    assert_eq!(burning["status"]["state"], "active");
    let url = at(&rig("MIDWATCH_RIG_PROMETHEUS"), "/api/v1/alerts", &[]);
    let all = get(url).await;
    let state = |name: &str| {
        let all = all["data"]["alerts"].as_array().unwrap();
        let alert = all.iter().find(|a| a["labels"]["alertname"] == name);
        alert.map(|a| a["state"].as_str().unwrap().to_owned())
    };
    assert_eq!(state("SlowLanguageModel").as_deref(), Some("pending"));
    assert_eq!(state("ServingTargetDown").as_deref(), Some("firing"));
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_burn_begins_and_ends_when_the_traffic_is_told_so() {
    let service = "ml-churn/churn";
    assert_eq!(firing("ChurnErrorBudgetBurn").await, Vec::<Value>::new());
    let told = set(json!({"service": service, "rate": 500, "errors": 0.5})).await;
    assert_eq!(told[0]["errors"], 0.5, "{told:?}");
    until("the alert to fire", async || {
        (!firing("ChurnErrorBudgetBurn").await.is_empty()).then_some(())
    })
    .await;
    // so many good requests that a minute's window forgets the bad ones
    set(json!({"service": service, "rate": 100_000, "errors": 0})).await;
    until("the alert to end", async || {
        firing("ChurnErrorBudgetBurn")
            .await
            .is_empty()
            .then_some(())
    })
    .await;
    set(json!({"service": service, "rate": 12})).await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn the_generator_refuses_what_it_cannot_play() {
    tls();
    let url = format!("{}/set", rig("MIDWATCH_RIG_METRICS_CONTROL"));
    for (wish, status) in [
        (
            json!({"service": "ml-fraud/no-such"}),
            StatusCode::NOT_FOUND,
        ),
        (
            json!({"service": "ml-churn/churn", "errors": 4}),
            StatusCode::BAD_REQUEST,
        ),
        (
            json!({"service": "ml-churn/churn", "error": 0.4}),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let reply = reqwest::Client::new()
            .post(&url)
            .json(&wish)
            .send()
            .await
            .unwrap();
        assert_eq!(reply.status(), status, "{wish}");
    }
}
