//! What Alertmanager answers, as an object with metadata, `spec` and `status`. Pure.
//!
//! Its labels are what an alert is; whether it fires and who holds it stands in `status`. The silences that hold it are a
//! map by id, so that one of them can be pointed at.

use serde_json::{Map, Value, json};

use crate::domain::{Clean, alert_name, namespace_of};
use crate::plan::json;
use crate::plan::wire::segment;

/// What stands before the name of one alert in a path: the server takes no notice of it.
pub(super) const ALERT: &str = "alert=";

/// One alert of the list that a path names, a silence, or the answer as it is. Null for an alert that is not there.
pub(in crate::plan) fn shape(path: &str, body: Value) -> Value {
    if let Some((_, name)) = path.split_once(&format!("?{ALERT}")) {
        return one(&body, name).map_or(Value::Null, alert_of);
    }
    if path.contains("/silence/") && body.get("matchers").is_some() {
        return silence(&body);
    }
    body
}

/// The alert that the console calls so, or with this fingerprint; else the only one of this name.
fn one<'a>(all: &'a Value, name: &str) -> Option<&'a Value> {
    let all = || all.as_array().into_iter().flatten();
    if let Some(found) = all().find(|a| segment(&called(a)) == name) {
        return Some(found);
    }
    let is = |at: [&str; 2], alert: &&Value| segment(json::text(alert, &at)) == name;
    let by_print = |a: &&Value| segment(json::text(a, &["fingerprint"])) == name;
    if let Some(found) = all().find(by_print) {
        return Some(found);
    }
    let mut named = all().filter(|a| is(["labels", "alertname"], a));
    named.next().filter(|_| named.next().is_none())
}

fn called(alert: &Value) -> String {
    let text = |path: &[&str]| json::text(alert, path);
    alert_name(text(&["labels", "alertname"]), text(&["fingerprint"]))
}

/// An alert as it is listed, as an object.
pub(in crate::plan) fn alert_of(found: &Value) -> Value {
    let name = called(found);
    let label = |name: &str| found.pointer(&format!("/labels/{name}"))?.as_str();
    let held: Map<String, Value> = json::texts(found, &["status", "silencedBy"])
        .map(|id| (id.to_owned(), Value::Bool(true)))
        .collect();
    let of = |key| !json::list(found, &["status", key]).is_empty();
    json!({
        "apiVersion": "alertmanager/v2",
        "kind": "Alert",
        "metadata": {"name": name, "namespace": namespace_of(label).unwrap_or_default(), "uid": name},
        "spec": {"labels": found.get("labels").cloned().unwrap_or_default()},
        "status": {
            "state": json::text(found, &["status", "state"]),
            "silenced": if held.is_empty() { "no" } else { "yes" },
            "silences": held,
            "inhibited": of("inhibitedBy") || of("mutedBy"),
            "since": json::text(found, &["startsAt"]),
        },
    })
}

fn silence(found: &Value) -> Value {
    let id = json::text(found, &["id"]);
    let of = |key: &str| found.get(key).cloned().unwrap_or_default();
    json!({
        "apiVersion": "alertmanager/v2",
        "kind": "Silence",
        "metadata": {"name": id, "uid": id},
        "spec": {"matchers": of("matchers"), "createdBy": of("createdBy"), "comment": of("comment")},
        // the end is what ending it changes
        "status": {"state": json::text(found, &["status", "state"]), "startsAt": of("startsAt"), "endsAt": of("endsAt")},
    })
}

/// The state of an alert or a silence in words.
pub(in crate::plan) fn state(object: &Value) -> Option<String> {
    let state = json::text(object, &["status", "state"]);
    match json::text(object, &["kind"]) {
        "Alert" => Some(match (state, json::text(object, &["status", "silenced"])) {
            (_, "yes") => "silenced".to_owned(),
            ("suppressed", _) => "inhibited".to_owned(),
            ("active", _) => "firing".to_owned(),
            (other, _) => Clean::new(other).to_string(),
        }),
        "Silence" => Some(Clean::new(state).to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed() -> Value {
        json!([
            {"fingerprint": "a1", "labels": {"alertname": "Burn", "namespace": "ml", "severity": "page"},
             "startsAt": "2026-11-21T03:00:00Z", "status": {"state": "active", "silencedBy": [], "inhibitedBy": []}},
            {"fingerprint": "a2", "labels": {"alertname": "Down"},
             "status": {"state": "suppressed", "silencedBy": ["s-1"], "inhibitedBy": []}},
            {"fingerprint": "a3", "labels": {"alertname": "Down"},
             "status": {"state": "suppressed", "silencedBy": [], "inhibitedBy": ["a1"]}},
        ])
    }

    fn alert(name: &str) -> Value {
        shape(&crate::plan::alertmanager::path("alerts", name), listed())
    }

    #[test]
    fn an_alert_is_found_by_its_fingerprint_or_by_a_name_that_only_it_has() {
        assert_eq!(alert("a1"), alert("Burn"));
        assert_eq!(alert("a1"), alert("Burn.a1"));
        assert_eq!(alert("a1")["metadata"]["name"], "Burn.a1");
        assert_eq!(alert("a1")["metadata"]["namespace"], "ml");
        assert_eq!((alert("Down"), alert("x")), (Value::Null, Value::Null));
    }

    #[test]
    fn who_holds_an_alert_is_told_apart() {
        let told = |name| {
            (
                alert(name)["status"]["silenced"].clone(),
                state(&alert(name)),
            )
        };
        assert_eq!(told("a1"), (json!("no"), Some("firing".to_owned())));
        assert_eq!(told("a2"), (json!("yes"), Some("silenced".to_owned())));
        assert_eq!(told("a3"), (json!("no"), Some("inhibited".to_owned())));
        assert_eq!(alert("a2")["status"]["silences"], json!({"s-1": true}));
    }

    #[test]
    fn a_silence_has_what_was_decided_in_its_spec() {
        let path = crate::plan::alertmanager::path("silences", "s-1");
        let body = json!({"id": "s-1", "matchers": [], "createdBy": "ann", "comment": "known",
            "endsAt": "2026-11-21T05:00:00Z", "status": {"state": "active"}});
        let object = shape(&path, body);
        assert_eq!(object["spec"]["comment"], "known");
        assert_eq!(state(&object).as_deref(), Some("active"));
        // an error keeps its words
        let error = json!({"code": 601, "message": "no"});
        assert_eq!(shape(&path, error.clone()), error);
    }
}
