//! The alert rules of the platform, and which of them fire. Pure.

use std::cell::Cell;

use serde_json::{Value as Json, json};

use super::answer::number;
use super::eval::{Machine, Sample, Value};
use super::parse::parse;
use super::series::Series;

/// An alert rule.
struct Rule {
    name: &'static str,
    expr: &'static str,
    /// Seconds that it has to hold.
    hold: f64,
    severity: &'static str,
    summary: &'static str,
    /// Where its runbook is; may be empty.
    runbook: &'static str,
}

static RULES: [Rule; 4] = [
    Rule {
        name: "ServiceErrorsHigh",
        expr: r#"label_replace(label_replace(
            sum by (destination_service_namespace, destination_canonical_service) (rate(istio_requests_total{reporter="destination",response_code=~"5.."}[30m]))
            / sum by (destination_service_namespace, destination_canonical_service) (rate(istio_requests_total{reporter="destination"}[30m])) > 0.003,
            "namespace", "$1", "destination_service_namespace", "(.*)"), "inferenceservice", "$1", "destination_canonical_service", "(.*)-predictor")"#,
        hold: 900.0,
        severity: "page",
        summary: "more than 0.3 % of the requests fail",
        runbook: "https://runbooks.example/serving/errors",
    },
    Rule {
        name: "ColdStartsOften",
        expr: r#"label_replace(label_replace(
            sum by (k8s_namespace_name, kn_service_name) (resets((kn_revision_pods_count <= bool 0)[1h:30s])) > 10,
            "namespace", "$1", "k8s_namespace_name", "(.*)"), "inferenceservice", "$1", "kn_service_name", "(.*)-predictor")"#,
        hold: 300.0,
        severity: "ticket",
        summary: "more than 10 starts from zero in an hour",
        runbook: "https://runbooks.example/serving/cold-starts",
    },
    Rule {
        name: "FeaturesDrift",
        expr: "max by (namespace, model, workflow_template) (model_feature_drift_psi) > 0.2",
        hold: 900.0,
        severity: "ticket",
        summary: "what the model is asked is far from what it learnt: train it anew",
        runbook: "https://runbooks.example/models/drift",
    },
    Rule {
        name: "Watchdog",
        expr: "vector(1)",
        hold: 0.0,
        severity: "none",
        summary: "always fires, so that silence tells of a broken pipeline",
        runbook: "",
    },
];

/// How far back the begin of an alert is searched, in seconds, and in which steps.
const SEARCH: f64 = 7_200.0;
const SEARCH_STEP: f64 = 300.0;

fn holds(machine: &Machine<'_>, rule: &Rule, at: f64) -> Vec<Sample> {
    let found = parse(rule.expr).map(|expr| machine.of(&expr, at));
    match found {
        Ok(Ok(Value::Vector(samples))) => samples,
        _ => Vec::new(),
    }
}

/// The alerts of a rule: since when, and the sample.
fn active(machine: &Machine<'_>, rule: &Rule, now: f64) -> Vec<(f64, Sample)> {
    let mut all: Vec<(f64, Sample)> = holds(machine, rule, now)
        .into_iter()
        .map(|s| (now, s))
        .collect();
    let mut at = now - SEARCH_STEP;
    while at >= now - SEARCH && all.iter().any(|(since, _)| *since > at) {
        let before = holds(machine, rule, at);
        let mut longer = false;
        for (since, sample) in &mut all {
            if *since <= at + SEARCH_STEP && before.iter().any(|b| b.labels == sample.labels) {
                *since = at;
                longer = true;
            }
        }
        if !longer {
            break;
        }
        at -= SEARCH_STEP;
    }
    all
}

/// An alert, with the labels of its rule.
pub(in crate::demo) struct Alert {
    pub(in crate::demo) labels: std::collections::BTreeMap<String, String>,
    pub(in crate::demo) summary: &'static str,
    pub(in crate::demo) runbook: &'static str,
    pub(in crate::demo) since: f64,
    pub(in crate::demo) firing: bool,
    pub(in crate::demo) value: f64,
}

fn of(rule: &'static Rule, (since, sample): (f64, Sample), now: f64) -> Alert {
    let mut labels = sample.labels;
    labels.insert("alertname".to_owned(), rule.name.to_owned());
    labels.insert("severity".to_owned(), rule.severity.to_owned());
    Alert {
        labels,
        summary: rule.summary,
        runbook: rule.runbook,
        since,
        firing: now - since >= rule.hold,
        value: sample.value,
    }
}

/// All alerts there are, pending ones as well.
pub(super) fn all(series: &[Series], now: f64) -> Vec<Alert> {
    let machine = Machine {
        series,
        looked: Cell::new(0),
    };
    RULES
        .iter()
        .flat_map(|rule| {
            active(&machine, rule, now)
                .into_iter()
                .map(move |a| of(rule, a, now))
        })
        .collect()
}

pub(super) fn stamp(seconds: f64) -> String {
    #[allow(clippy::cast_possible_truncation)]
    let at = jiff::Timestamp::from_second(seconds as i64).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// `1.23e-02`, as alerts carry their value.
fn scientific(value: f64) -> String {
    let text = format!("{value:e}");
    let Some((digits, power)) = text.split_once('e') else {
        return number(value);
    };
    let (sign, power) = match power.strip_prefix('-') {
        Some(power) => ('-', power),
        None => ('+', power),
    };
    format!("{digits}e{sign}{power:0>2}")
}

pub(super) fn annotations(summary: &str, runbook: &str) -> Json {
    if runbook.is_empty() {
        json!({"summary": summary})
    } else {
        json!({"summary": summary, "runbook_url": runbook})
    }
}

fn told(alert: &Alert) -> Json {
    json!({"labels": alert.labels, "annotations": annotations(alert.summary, alert.runbook),
        "state": if alert.firing { "firing" } else { "pending" }, "activeAt": stamp(alert.since),
        "value": scientific(alert.value)})
}

/// `/api/v1/alerts`.
pub(super) fn alerts(series: &[Series], now: f64) -> Vec<Json> {
    all(series, now).iter().map(told).collect()
}

/// `/api/v1/rules`.
pub(super) fn listed(series: &[Series], now: f64) -> Json {
    let found = all(series, now);
    let of = |rule: &Rule| {
        let own: Vec<&Alert> = found
            .iter()
            .filter(|a| a.labels.get("alertname").is_some_and(|n| n == rule.name))
            .collect();
        let state = match own.iter().map(|a| a.firing).max() {
            Some(true) => "firing",
            Some(false) => "pending",
            None => "inactive",
        };
        let alerts: Vec<Json> = own.into_iter().map(told).collect();
        json!({"type": "alerting", "name": rule.name, "query": rule.expr, "duration": rule.hold, "keepFiringFor": 0,
            "labels": {"severity": rule.severity}, "annotations": annotations(rule.summary, rule.runbook), "alerts": alerts,
            "state": state, "health": "ok", "evaluationTime": 0.001, "lastEvaluation": stamp(now)})
    };
    json!({"groups": [{"name": "serving", "file": "/etc/prometheus/rules/serving.yaml", "interval": 30, "limit": 0,
        "evaluationTime": 0.002, "lastEvaluation": stamp(now), "rules": RULES.iter().map(of).collect::<Vec<Json>>()}]})
}
