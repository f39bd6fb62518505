//! What Alertmanager and Prometheus say of alerts and silences, as rows. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::{
    AlertRow, AlertState, Clean, ClusterId, Key, Labels, Matcher, SilenceRow, SilenceState,
    alert_name, namespace_of,
};
use crate::kinds::lenient::{Flag, List, Obj, When};

/// Most matchers kept of a silence.
const MATCHERS: usize = 32;

/// Labels that name an inference service, the surest first.
const SERVICE: &[&str] = &[
    "inferenceservice",
    "inference_service",
    "isvc",
    "serving_kserve_io_inferenceservice",
    "label_serving_kserve_io_inferenceservice",
    "sloth_service",
    "service_name",
    "kn_service_name",
    "configuration_name",
    "destination_service_name",
    "service",
];

type Pairs = BTreeMap<String, Clean>;

/// An alert of Alertmanager's (`/api/v2/alerts`).
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Sent {
    labels: Pairs,
    annotations: Pairs,
    starts_at: When,
    fingerprint: Clean,
    status: Obj<SentStatus>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SentStatus {
    state: Clean,
    silenced_by: List<Clean>,
    inhibited_by: List<Clean>,
    muted_by: List<Clean>,
}

/// An alert of Prometheus' (`/api/v1/alerts`).
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Raised {
    labels: Pairs,
    annotations: Pairs,
    state: Clean,
    active_at: When,
}

#[derive(Deserialize)]
pub(super) struct RaisedAnswer {
    data: RaisedData,
}

#[derive(Deserialize)]
struct RaisedData {
    alerts: Vec<Raised>,
}

impl RaisedAnswer {
    pub(super) fn alerts(self) -> Vec<Raised> {
        self.data.alerts
    }
}

/// A silence (`/api/v2/silences`).
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Silence {
    id: Clean,
    status: Obj<SilenceStatus>,
    matchers: List<Condition>,
    created_by: Clean,
    comment: Clean,
    starts_at: When,
    ends_at: When,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SilenceStatus {
    state: Clean,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Condition {
    name: Clean,
    value: Clean,
    is_regex: Flag,
    is_equal: Option<Flag>,
}

/// The row of an alert that Alertmanager has.
pub(super) fn sent(cluster: &ClusterId, alert: Sent) -> AlertRow {
    let status = alert.status.or_empty();
    let held = &*status.state == "suppressed";
    let mut row = row(cluster, &alert.labels, &alert.annotations);
    row.state = if held {
        AlertState::Suppressed
    } else {
        AlertState::Firing
    };
    if !alert.fingerprint.is_empty() {
        row.key.name = Clean::new(&alert_name(&row.title, &alert.fingerprint));
    }
    row.since = alert.starts_at.0;
    row.silenced_by = status.silenced_by.0.into();
    row.inhibited = !status.inhibited_by.is_empty() || !status.muted_by.is_empty();
    row
}

/// The row of an alert that Prometheus has.
pub(super) fn raised(cluster: &ClusterId, alert: &Raised) -> AlertRow {
    let mut row = row(cluster, &alert.labels, &alert.annotations);
    if &*alert.state == "pending" {
        row.state = AlertState::Pending;
    }
    row.since = alert.active_at.0;
    row
}

/// The row of a silence.
pub(super) fn silence(cluster: &ClusterId, silence: Silence) -> SilenceRow {
    let state = match &*silence.status.or_empty().state {
        "active" => SilenceState::Active,
        "pending" => SilenceState::Pending,
        _ => SilenceState::Expired,
    };
    let matcher = |c: Condition| Matcher {
        name: c.name,
        value: c.value,
        regex: c.is_regex.0,
        // older servers leave it out: they know equality alone
        equal: c.is_equal.is_none_or(|flag| flag.0),
    };
    let matchers = silence.matchers.0.into_iter().take(MATCHERS);
    SilenceRow {
        key: Key::new(cluster.clone(), "", &silence.id),
        state,
        matchers: matchers.map(matcher).collect(),
        author: silence.created_by,
        comment: silence.comment,
        starts: silence.starts_at.0,
        ends: silence.ends_at.0,
    }
}

fn row(cluster: &ClusterId, labels: &Pairs, annotations: &Pairs) -> AlertRow {
    let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
    let first = |names: &[&str], among: &Pairs| {
        let found = names.iter().find_map(|n| among.get(*n));
        found.filter(|v| !v.is_empty()).cloned()
    };
    let namespace = namespace_of(|name| labels.get(name))
        .cloned()
        .unwrap_or_default();
    let summary = first(&["summary", "description", "message"], annotations);
    let service = first(SERVICE, labels).filter(|_| !namespace.is_empty());
    AlertRow {
        key: Key::new(
            cluster.clone(),
            &namespace,
            &alert_name(&label("alertname"), &fingerprint(labels)),
        ),
        title: label("alertname"),
        state: AlertState::Firing,
        severity: label("severity"),
        summary: summary.unwrap_or_default(),
        runbook: first(&["runbook_url", "runbookUrl", "runbook"], annotations)
            .filter(is_address)
            .unwrap_or_default(),
        labels: Labels::of(labels.iter().map(|(k, v)| (k.as_str(), &**v))),
        since: None,
        silenced_by: Box::default(),
        inhibited: false,
        service: service.map(|name| Key::new(cluster.clone(), &namespace, service_of(&name))),
    }
}

fn is_address(text: &Clean) -> bool {
    let word = !text.contains(char::is_whitespace);
    word && (text.starts_with("https://") || text.starts_with("http://"))
}

/// The inference service that a Knative or Kubernetes service of it belongs to: `NAME-predictor`,
/// `NAME-predictor-00002`, `NAME-predictor-default`.
fn service_of(name: &str) -> &str {
    let host = name.split('.').next().unwrap_or(name);
    match host.rfind("-predictor") {
        Some(at) if at > 0 => {
            let rest = host.get(at + "-predictor".len()..).unwrap_or_default();
            if rest.is_empty() || rest.starts_with('-') {
                host.get(..at).unwrap_or(host)
            } else {
                host
            }
        }
        _ => host,
    }
}

/// As both servers compute it from the labels: FNV-1a of 64 bits, so that the same alert has the same name in both.
fn fingerprint(labels: &Pairs) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for (name, value) in labels {
        add(name.as_bytes());
        add(value.as_bytes());
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster() -> ClusterId {
        ClusterId::new("c")
    }

    #[test]
    fn an_alert_of_alertmanager_says_who_holds_it_and_what_it_is_about() {
        let alert: Sent = serde_json::from_str(
            r#"{"labels":{"alertname":"Burn","namespace":"ml-fraud","severity":"page","service_name":"fraud-scorer-predictor-00002"},
            "annotations":{"summary":"errors burn \u001b[31m31x","description":"long","runbook_url":"https://runbooks.example/burn"},"startsAt":"2026-11-21T03:00:00Z",
            "endsAt":"2026-11-21T04:00:00Z","fingerprint":"abc123","receivers":[{"name":"x"}],
            "status":{"state":"suppressed","silencedBy":["s1"],"inhibitedBy":[]}}"#,
        )
        .unwrap();
        let row = sent(&cluster(), alert);
        assert_eq!(row.key, Key::new(cluster(), "ml-fraud", "Burn.abc123"));
        assert_eq!(row.state, AlertState::Suppressed);
        assert_eq!((&*row.title, &*row.severity), ("Burn", "page"));
        assert!(!row.summary.contains('\u{1b}') && row.summary.contains("31x"));
        assert_eq!(row.silenced_by.len(), 1);
        assert_eq!(&*row.runbook, "https://runbooks.example/burn");
        assert_eq!(
            row.service,
            Some(Key::new(cluster(), "ml-fraud", "fraud-scorer"))
        );
    }

    #[test]
    fn an_alert_of_prometheus_is_pending_or_firing() {
        let answer: RaisedAnswer = serde_json::from_str(
            r#"{"status":"success","data":{"alerts":[
            {"labels":{"alertname":"A"},"annotations":{},"state":"pending","activeAt":"2026-11-21T03:00:00Z","value":"1e+00"},
            {"labels":{"alertname":"B"},"annotations":{},"state":"firing","activeAt":"2026-11-21T03:00:00Z","value":"1e+00"}]}}"#,
        )
        .unwrap();
        let rows: Vec<AlertRow> = answer
            .alerts()
            .iter()
            .map(|a| raised(&cluster(), a))
            .collect();
        assert_eq!(rows[0].state, AlertState::Pending);
        assert_eq!(rows[1].state, AlertState::Firing);
        assert_ne!(rows[0].key, rows[1].key);
        assert_eq!(rows[0].service, None);
    }

    #[test]
    fn a_runbook_that_is_no_web_address_is_none() {
        for text in ["", "see the wiki", "javascript:alert(1)", "https://a b"] {
            let alert = serde_json::json!({"labels": {"alertname": "A"}, "annotations": {"runbook_url": text}});
            let row = sent(&cluster(), serde_json::from_value(alert).unwrap());
            assert_eq!(&*row.runbook, "", "{text}");
        }
    }

    #[test]
    fn a_silence_is_read_as_it_is_written() {
        let row: Silence = serde_json::from_str(
            r#"{"id":"u-1","status":{"state":"active"},"matchers":[{"name":"alertname","value":"Burn","isRegex":false,"isEqual":true},
            {"name":"severity","value":"page|crit","isRegex":true},{"name":"team","value":"x","isRegex":false,"isEqual":false}],
            "createdBy":"ann","comment":"known","startsAt":"2026-11-21T03:00:00Z","endsAt":"2026-11-21T05:00:00Z"}"#,
        )
        .unwrap();
        let row = silence(&cluster(), row);
        assert_eq!(row.state, SilenceState::Active);
        let written: Vec<String> = row.matchers.iter().map(Matcher::written).collect();
        assert_eq!(
            written,
            [
                "alertname=\"Burn\"",
                "severity=~\"page|crit\"",
                "team!=\"x\""
            ]
        );
    }

    #[test]
    fn odd_answers_lose_no_alert() {
        for text in [
            "{}",
            r#"{"labels":{"alertname":5},"status":null,"startsAt":7}"#,
            r#"{"status":{"state":[],"silencedBy":"x"}}"#,
        ] {
            let alert: Sent = serde_json::from_str(text).unwrap();
            assert!(!sent(&cluster(), alert).key.name.is_empty());
        }
    }

    #[test]
    fn services_are_found_behind_the_names_of_their_parts() {
        for (name, service) in [
            ("fraud-predictor", "fraud"),
            ("fraud-predictor-00002", "fraud"),
            ("fraud-predictor-default.ml.svc.cluster.local", "fraud"),
            ("my-predictors", "my-predictors"),
            ("-predictor", "-predictor"),
        ] {
            assert_eq!(service_of(name), service);
        }
    }
}
