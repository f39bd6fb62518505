//! `midwatch incident` and `midwatch report`: a home without a cluster.

use std::fs;
use std::path::Path;

use super::stage::{Done, Stage, command};

fn midwatch(home: &Path, args: &[&str]) -> Done {
    Done::of(command(home).args(args).output().unwrap())
}

#[test]
fn an_incident_is_told_from_what_was_found_and_done_meanwhile() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let none = midwatch(home, &["report"]).code(2);
    assert!(none.err.contains("there was no incident"), "{none:?}");
    midwatch(home, &["incident", "start", "fraud-scorer burns"]).code(0);
    let twice = midwatch(home, &["incident", "start", "another"]).code(2);
    assert!(twice.err.contains("is open since"), "{twice:?}");

    let state = home.join(".local/state/midwatch");
    let at = jiff::Timestamp::now();
    let line = serde_json::json!({"at": at, "cluster": "prod-eu", "namespace": "ml-fraud",
        "name": "burn fraud-scorer", "what": "fraud-scorer", "state": "Burning",
        "sentence": "errors at 31×", "how": "found"});
    fs::write(state.join("findings.jsonl"), format!("{line}\n")).unwrap();

    let report = midwatch(home, &["report"]).code(0);
    for part in [
        "# Incident: fraud-scorer burns",
        "- still open, for ",
        "- 1 finding, 0 actions",
        " found: Burning **fraud-scorer** (ml-fraud, prod-eu): errors at 31×",
        "## Budgets that burned",
        "## How the budgets burned",
        "- how it burned is not known: ",
    ] {
        assert!(report.out.contains(part), "{part}\n{}", report.out);
    }
    midwatch(home, &["incident", "end"]).code(0);
    midwatch(home, &["incident", "end"]).code(2);
    let over = midwatch(home, &["report", "fraud-scorer burns"]).code(0);
    assert!(over.out.contains("- ended "), "{}", over.out);
    let wrong = midwatch(home, &["report", "fraud-scorer burn"]).code(2);
    assert!(wrong.err.contains("fraud-scorer burns"), "{wrong:?}");
    // without an incident, by time
    let since = midwatch(home, &["report", "--since", "1h"]).code(0);
    assert!(since.out.contains("fraud-scorer"), "{}", since.out);
}

#[test]
fn how_a_budget_burned_is_asked_of_the_prometheus_of_its_cluster() {
    let stage = Stage::busy();
    let state = stage.home.path().join(".local/state/midwatch");
    fs::create_dir_all(&state).unwrap();
    let line = |name: &str| {
        let at = jiff::Timestamp::now();
        serde_json::json!({"at": at, "cluster": "demo", "namespace": "ml-fraud",
            "name": format!("burn {name}"), "what": name, "state": "Burning",
            "sentence": "errors at 31×", "how": "found"})
    };
    let lines = format!("{}\n{}\n", line("fraud-scorer"), line("nobody"));
    fs::write(state.join("findings.jsonl"), lines).unwrap();
    let report = stage.run(&["report", "--since", "30m"]).code(0).out;
    let told = report.split("## How the budgets burned").nth(1).unwrap();
    let (scorer, nobody) = told.split_once("### nobody").unwrap();
    assert!(
        scorer.contains("### fraud-scorer (ml-fraud, demo)"),
        "{report}"
    );
    assert!(scorer.contains("- errors \\< 0.1 %: at most "), "{report}");
    // a row of figures for each part of the time, and nothing that is not known as 0
    let rows = scorer
        .lines()
        .filter(|l| l.starts_with("| ") && l.contains('×'));
    assert!(rows.count() >= 5, "{report}");
    assert!(
        nobody.contains("Prometheus has no figures of it"),
        "{report}"
    );
    assert!(
        !nobody.split("##").next().unwrap().contains('×'),
        "{report}"
    );
}

/// An objective of the platform's own, as it stands in the cluster: of all answers of the service 99.5 % have to be good.
const WRITTEN: &str = r#"apiVersion: openslo/v1
kind: SLO
metadata: {name: answers}
spec:
  service: fraud-scorer
  budgetingMethod: Occurrences
  timeWindow: [{duration: 30d, isRolling: true}]
  indicator:
    metadata: {name: answers}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: prometheus, spec: {query: 'sum(rate(istio_requests_total{reporter="destination",destination_service_namespace="ml-fraud",response_code=~"5.."}[{{.window}}]))'}}}
        total: {metricSource: {type: prometheus, spec: {query: 'sum(rate(istio_requests_total{reporter="destination",destination_service_namespace="ml-fraud"}[{{.window}}]))'}}}
  objectives: [{target: 0.995}]
"#;

#[test]
fn an_objective_that_stands_in_the_cluster_has_its_curve_in_the_report() {
    let stage = Stage::busy();
    let state = stage.home.path().join(".local/state/midwatch");
    fs::create_dir_all(&state).unwrap();
    let line = serde_json::json!({"at": jiff::Timestamp::now(), "cluster": "demo", "namespace": "ml-fraud",
        "name": "burn fraud-scorer", "what": "fraud-scorer", "state": "Burning", "sentence": "errors at 31×",
        "how": "found"});
    fs::write(state.join("findings.jsonl"), format!("{line}\n")).unwrap();
    stage.ask(
        "POST",
        "/api/v1/namespaces/ml-fraud/configmaps",
        &serde_json::json!({"metadata": {"name": "objectives", "labels": {"midwatch.dev/objectives": "true"}},
            "data": {"answers.yaml": WRITTEN}}),
    );
    let report = stage.run(&["report", "--since", "30m"]).code(0).out;
    let own = report.lines().find(|line| line.starts_with("- answers"));
    let own = own.unwrap_or_else(|| panic!("{report}"));
    assert!(own.contains(": at most ") && own.contains('×'), "{own}");
    assert!(!report.contains("are left out"), "{report}");
}
