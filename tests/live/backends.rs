//! Prometheus, Alertmanager and `MLflow` through a real API server: found, asked, and their figures as they are.

use std::path::PathBuf;

use midwatch::domain::{AlertRow, AlertState, BurnRow, Counted, Measure, SourceState};
use midwatch::fault::FaultKind;
use midwatch::feed::http::Backend;
use midwatch::feed::kube::{Options, Places, Target, targets};
use midwatch::settings::Endpoint;
use serde_json::Value;

use super::support::console::Console;
use super::support::{rig, tls};

fn kubeconfig(person: &str) -> PathBuf {
    rig(&format!("MIDWATCH_RIG_KUBECONFIG_{person}")).into()
}

fn target(person: &str) -> Target {
    tls();
    let places = Places {
        flag: Some(kubeconfig(person)),
        ..Places::default()
    };
    targets(&places, &[]).unwrap().remove(0)
}

fn console(feeds: &[&'static str]) -> Console {
    let console = Console::start(&kubeconfig("ADMIN"), &[], Options::default(), 64);
    console.want(target("ADMIN").id.as_str(), feeds);
    console
}

/// One figure by a query that a person would write.
async fn figure(query: &str) -> f64 {
    let url = format!("{}/api/v1/query", rig("MIDWATCH_RIG_PROMETHEUS"));
    let asked = reqwest::Url::parse_with_params(&url, [("query", query)]).unwrap();
    let answer = reqwest::get(asked).await.unwrap().bytes().await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let value = answer.pointer("/data/result/0/value/1").unwrap();
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn each_is_found_by_itself_and_says_what_it_is() {
    for (name, title, place) in [
        (
            "prometheus",
            "Prometheus 2.",
            "monitoring/prometheus-operated:9090",
        ),
        (
            "alertmanager",
            "Alertmanager 0.",
            "monitoring/alertmanager-operated:9093",
        ),
        ("mlflow", "MLflow 3.", "mlops/mlflow:5000"),
    ] {
        tls();
        let backend = Backend::open(target("ADMIN"), Options::default(), name).unwrap();
        let endpoint = backend.endpoint().await.unwrap();
        assert!(endpoint.contains(place), "{endpoint}");
        assert!(endpoint.contains("found by its"), "{endpoint}");
        let (version, took) = backend.version().await.unwrap();
        assert!(version.starts_with(title), "{version}");
        println!("{version} in {took:?}, {endpoint}");
    }
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn who_may_not_look_is_told_what_is_missing() {
    let backend = Backend::open(target("NOBODY"), Options::default(), "prometheus").unwrap();
    let fault = backend.endpoint().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Denied);
    assert!(
        fault.what.starts_with("You may not list services"),
        "{}",
        fault.what
    );
    assert!(fault.hint.contains("sources.prometheus"), "{}", fault.hint);
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn the_burn_of_an_hour_is_what_a_query_by_hand_gives() {
    let mut console = console(&["burn"]);
    let errors = |c: &Console| {
        let rows = c.world.table::<BurnRow>()?;
        let ours = rows
            .iter()
            .find(|r| &*r.service.name == "fraud-scorer" && &*r.objective == "errors")?;
        let hour = ours.windows.iter().find(|w| w.seconds == 3600)?;
        match &hour.measure {
            Measure::Exact(counted) => Some((counted.ratio()?, ours.by.to_string())),
            _ => None,
        }
    };
    console
        .until("the burn of fraud-scorer", |c| errors(c).is_some())
        .await;
    let (ratio, by) = errors(&console).unwrap();
    let metric = by.split(", ").last().unwrap().to_owned();
    let (all, bad) = match metric.as_str() {
        "istio_requests_total" => (
            r#"istio_requests_total{reporter="destination",destination_service_name=~"fraud-scorer-predictor.*"}"#,
            r#"istio_requests_total{reporter="destination",destination_service_name=~"fraud-scorer-predictor.*",response_code=~"5.."}"#,
        ),
        _ => (
            r#"kn_serving_invocation_duration_seconds_count{namespace="ml-fraud",pod=~"fraud-scorer-predictor-.*"}"#,
            r#"kn_serving_invocation_duration_seconds_count{namespace="ml-fraud",pod=~"fraud-scorer-predictor-.*",http_response_status_code=~"5.."}"#,
        ),
    };
    let by_hand = figure(&format!(
        "sum(increase({bad}[1h])) / sum(increase({all}[1h]))"
    ))
    .await;
    println!("burn of an hour by {by}: {ratio}, by hand {by_hand}");
    // seconds pass between the two questions
    assert!(
        (ratio - by_hand).abs() / by_hand < 0.05,
        "{ratio} {by_hand}"
    );
    console
        .until("live", |c| {
            c.source("burn", "")
                .is_some_and(|s| s.state == SourceState::Live)
        })
        .await;
    console
        .until("a load", |c| c.loads.last().is_some_and(|l| l.requests > 0))
        .await;
    let load = console.loads.last().copied().unwrap();
    println!("requests in the first minute: {}", load.requests);
}

/// The share that a window measures; by the buckets below and above it where none ends at the threshold.
fn shares(measure: &Measure) -> Vec<f64> {
    let all = match measure {
        Measure::Exact(counted) => vec![*counted],
        Measure::Between { least, most } => vec![*least, *most],
        Measure::NoTraffic | Measure::NoData | Measure::Unmeasurable(_) => Vec::new(),
    };
    all.into_iter().filter_map(Counted::ratio).collect()
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn every_window_of_errors_and_latency_is_what_a_query_by_hand_gives() {
    let mut console = console(&["burn"]);
    let row = |c: &Console, objective: &str| {
        let rows = c.world.table::<BurnRow>()?;
        let mut rows = rows.iter().filter(|r| &*r.service.name == "fraud-scorer");
        rows.find(|r| &*r.objective == objective).cloned()
    };
    console
        .until("all windows", |c| {
            c.state("burn") == Some(SourceState::Live)
                && ["errors", "p50", "p95", "p99"].iter().all(|o| {
                    let row = row(c, o);
                    row.is_some_and(|r| r.windows.iter().all(|w| !shares(&w.measure).is_empty()))
                })
        })
        .await;
    let of = |what: &str| format!("kn_serving_invocation_duration_seconds_{what}");
    let pods = r#"pod=~"fraud-scorer-predictor-.*""#;
    // no bucket ends at 200 ms: 250 ms is the least that is slower, 100 ms the most
    for (objective, bounds) in [
        ("errors", vec![]),
        ("p50", vec!["0.05"]),
        ("p95", vec!["0.25", "0.1"]),
        ("p99", vec!["0.5"]),
    ] {
        let row = row(&console, objective).unwrap();
        assert!(row.windows.len() >= 5, "{row:?}");
        for window in &row.windows {
            let over = format!("[{}s]", window.seconds);
            let all = format!("sum(increase({}{{{pods}}}{over}))", of("count"));
            let failed = r#",http_response_status_code=~"5..""#;
            let bad = format!("sum(increase({}{{{pods}{failed}}}{over}))", of("count"));
            let slower = |le: &&str| {
                let fast = format!("{}{{{pods},le=\"{le}\"}}", of("bucket"));
                format!("1 - sum(increase({fast}{over})) / {all}")
            };
            let mut by_hand: Vec<String> = bounds.iter().map(slower).collect();
            if by_hand.is_empty() {
                by_hand.push(format!("{bad} / {all}"));
            }
            let ours = shares(&window.measure);
            assert_eq!(ours.len(), by_hand.len(), "{objective} {over}");
            for (ours, query) in ours.iter().zip(&by_hand) {
                let by_hand = figure(query).await;
                println!("{objective} {over}: {ours:.5}, by hand {by_hand:.5}");
                // seconds pass between the two questions
                let far = (ours - by_hand).abs();
                assert!(
                    far < by_hand * 0.05 || far < 0.000_5,
                    "{objective} {over}: {ours} {by_hand}"
                );
            }
        }
    }
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn what_fires_is_listed_with_the_service_it_is_about() {
    let mut console = console(&["alerts", "silences"]);
    let burn = |c: &Console| {
        let rows = c.world.table::<AlertRow>()?;
        let found = rows.iter().find(|r| &*r.title == "CanaryErrorBudgetBurn")?;
        (found.state == AlertState::Firing).then(|| (**found).clone())
    };
    console.until("the alert", |c| burn(c).is_some()).await;
    let row = burn(&console).unwrap();
    assert_eq!(
        &*row.runbook,
        "https://runbooks.example/serving/error-budget"
    );
    let service = row.service.unwrap();
    assert_eq!(
        (&*service.namespace, &*service.name),
        ("ml-fraud", "fraud-scorer")
    );
    console
        .until("both live", |c| {
            ["alerts", "silences"]
                .iter()
                .all(|feed| c.state(feed) == Some(SourceState::Live))
        })
        .await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_token_passes_by_a_real_port_forward() {
    tls();
    let endpoint = Endpoint {
        service: Some("mlops/mlflow".to_owned()),
        token_command: vec!["echo".to_owned(), "planted-secret-5e".to_owned()],
        ..Endpoint::default()
    };
    let options = Options {
        sources: [("mlflow".to_owned(), endpoint)].into(),
        ..Options::default()
    };
    let backend = Backend::open(target("ADMIN"), options, "mlflow").unwrap();
    for _ in 0..3 {
        let (version, took) = backend.version().await.unwrap();
        assert!(version.starts_with("MLflow 3."), "{version}");
        println!(
            "{version} in {took:?}, {}",
            backend.endpoint().await.unwrap()
        );
    }
    let endpoint = backend.endpoint().await.unwrap();
    assert!(endpoint.starts_with("through a port-forward"), "{endpoint}");
    assert!(!endpoint.contains("planted"), "{endpoint}");
}
