//! Rules that are written, judged by promtool: it checks them, and it runs the tests that come with them.

use std::path::Path;
use std::process::{Command, Output};

use midwatch::slo::{Answer, Asks, Burn, Sample};

use super::support::rig;

const MIDWATCH: &str = env!("CARGO_BIN_EXE_midwatch");

const GATEWAY: &str = r#"version: prometheus/v1
service: gateway
slos:
  - name: answers
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(gateway_requests_total{code=~"5.."}[{{.window}}]))
        total_query: sum(rate(gateway_requests_total[{{.window}}]))
"#;

fn promtool(folder: &Path, args: &[&str]) -> String {
    let done = Command::new(rig("MIDWATCH_RIG_PROMTOOL"))
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    told(args, &done)
}

fn told(args: &[&str], done: &Output) -> String {
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(done.status.success(), "{args:?}: {text}");
    text
}

#[test]
#[ignore = "needs tests/rig/live"]
fn promtool_takes_the_rules_of_each_set_of_windows_and_their_tests_pass() {
    for windows in ["workbook", "sloth", "pyrra"] {
        let folder = tempfile::tempdir().unwrap();
        let slo = folder.path().join("gateway.yaml");
        std::fs::write(&slo, GATEWAY).unwrap();
        let out = folder.path().join("rules");
        let args = [
            "rules",
            "--windows",
            windows,
            "--slo",
            slo.to_str().unwrap(),
            "--metrics",
            "knative,knative-1.18,istio,kserve,vllm,triton",
            "--service",
            "ml-fraud/fraud-scorer",
            "--out",
            out.to_str().unwrap(),
        ];
        let done = Command::new(MIDWATCH)
            .args(args)
            .env("HOME", folder.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("MIDWATCH_CONFIG")
            .output()
            .unwrap();
        told(&args, &done);
        let checked = promtool(&out, &["check", "rules", "midwatch.rules.yml"]);
        assert!(checked.contains("SUCCESS"), "{checked}");
        let tested = promtool(&out, &["test", "rules", "midwatch.rules_test.yml"]);
        assert!(tested.contains("SUCCESS"), "{tested}");
    }
}

/// What one service has served for four hours: a request a second, of which one in fifty failed.
const SERVED: &str = r#"rule_files:
  - midwatch.rules.yml
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: 'istio_requests_total{reporter="destination",destination_service_namespace="ml-fraud",destination_canonical_service="fraud-scorer-predictor",response_code="200"}'
        values: '0+58.8x240'
      - series: 'istio_requests_total{reporter="destination",destination_service_namespace="ml-fraud",destination_canonical_service="fraud-scorer-predictor",response_code="503"}'
        values: '0+1.2x240'
      - series: 'istio_requests_total{reporter="source",destination_service_namespace="ml-fraud",destination_canonical_service="fraud-scorer-predictor",response_code="503"}'
        values: '0+60x240'
      - series: 'istio_requests_total{reporter="destination",destination_service_namespace="ml",destination_canonical_service="ranker",response_code="200"}'
        values: '0+60x240'
    promql_expr_test:
      # sums of fractions are not exact
      - expr: round(midwatch:sli_error:ratio_rate1h, 0.0001)
        eval_time: 3h
        exp_samples:
          - labels: '{midwatch_slo="errors",namespace="ml-fraud",service="fraud-scorer"}'
            value: 0.02
          - labels: '{midwatch_slo="errors",namespace="ml",service="ranker"}'
            value: 0
    alert_rule_test:
      - eval_time: 3h
        alertname: MidwatchBudgetSpent
        exp_alerts:
          - exp_labels:
              midwatch_slo: errors
              namespace: ml-fraud
              service: fraud-scorer
              severity: ticket
            exp_annotations:
              summary: "ml-fraud/fraud-scorer has spent its budget of 30d for errors < 0.1 %"
"#;

#[test]
#[ignore = "needs tests/rig/live"]
fn recorded_ratios_are_those_of_the_counters_and_only_one_reporter_counts() {
    let folder = tempfile::tempdir().unwrap();
    let args = [
        "rules",
        "--metrics",
        "istio",
        "--out",
        folder.path().to_str().unwrap(),
    ];
    let done = Command::new(MIDWATCH)
        .args(args)
        .env("HOME", folder.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("MIDWATCH_CONFIG")
        .output()
        .unwrap();
    told(&args, &done);
    std::fs::write(folder.path().join("served.yml"), SERVED).unwrap();
    promtool(folder.path(), &["test", "rules", "served.yml"]);
}

/// All queries that the console asks where every metric is there that it knows.
fn queries() -> Vec<String> {
    let mut burn = Burn::default();
    let mut all = Vec::new();
    let now: jiff::Timestamp = "2026-11-21T16:00:00Z".parse().unwrap();
    loop {
        let due = burn.due(now);
        if due.is_empty() {
            return all;
        }
        for query in due {
            let answer = Answer {
                samples: names(&query.promql),
                ..Answer::default()
            };
            burn.answered(&query.id, Ok(answer), now);
            all.push(query.promql);
        }
    }
}

/// The metrics that a query asks for by name, of every reporter.
fn names(promql: &str) -> Vec<Sample> {
    let Some((_, rest)) = promql.split_once("__name__=~\"") else {
        return Vec::new();
    };
    let (metrics, _) = rest.split_once('"').unwrap();
    let reporters = ["", "source", "destination", "waypoint"];
    let one = |metric: &str, reporter: &str| Sample {
        labels: [("__name__", metric), ("reporter", reporter)]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into(),
        at: 0.0,
        value: 1.0,
    };
    metrics
        .split('|')
        .flat_map(|metric| reporters.map(|reporter| one(metric, reporter)))
        .collect()
}

#[test]
#[ignore = "needs tests/rig/live"]
fn prometheus_reads_every_query_that_the_console_asks() {
    let folder = tempfile::tempdir().unwrap();
    let queries = queries();
    assert!(queries.len() > 100, "{queries:#?}");
    let mut text = "groups:\n  - name: queries\n    rules:\n".to_owned();
    for (number, query) in queries.iter().enumerate() {
        let rule = format!("      - record: query_{number}\n        expr: |-\n          {query}\n");
        text.push_str(&rule);
    }
    std::fs::write(folder.path().join("queries.yml"), text).unwrap();
    promtool(folder.path(), &["check", "rules", "queries.yml"]);
}
