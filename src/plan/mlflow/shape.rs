//! What the registry answers, as an object with metadata, `spec` and `status`. Pure.
//!
//! Aliases and tags are maps here, so that one of them can be pointed at. What the registry changes by itself stands in
//! `status`; what a person decides on, in `spec`.

use serde_json::{Map, Value, json};

use crate::domain::Clean;
use crate::plan::json;

/// A registered model, a version of one, or the answer as it is.
pub(in crate::plan) fn shape(body: Value) -> Value {
    if let Some(found) = body.get("registered_model") {
        model(found)
    } else if let Some(found) = body.get("model_version") {
        version(found)
    } else {
        body
    }
}

fn model(found: &Value) -> Value {
    let name = json::text(found, &["name"]);
    json!({
        "apiVersion": "mlflow/2.0",
        "kind": "RegisteredModel",
        "metadata": {"name": name, "uid": format!("{name}@{}", made(found))},
        "spec": {
            "aliases": map(found, "aliases", ("alias", "version")),
            "tags": map(found, "tags", ("key", "value")),
            "description": json::text(found, &["description"]),
        },
        "status": {"newest": newest(found)},
    })
}

fn version(found: &Value) -> Value {
    let (name, number) = (json::text(found, &["name"]), number(found));
    json!({
        "apiVersion": "mlflow/2.0",
        "kind": "ModelVersion",
        "metadata": {"name": format!("{name}/{number}"), "uid": format!("{name}/{number}@{}", made(found))},
        "spec": {
            "tags": map(found, "tags", ("key", "value")),
            "source": json::text(found, &["source"]),
            "run": json::text(found, &["run_id"]),
        },
        "status": {"state": json::text(found, &["status"]), "message": json::text(found, &["status_message"])},
        // as it came, for who reads it as the data plane does
        "model_version": found,
    })
}

fn made(found: &Value) -> String {
    found
        .get("creation_timestamp")
        .map(Value::to_string)
        .unwrap_or_default()
}

/// Numbers of versions are texts, as the registry sends them.
fn number(found: &Value) -> String {
    match found.get("version") {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// The highest version among those that the registry names of each stage.
fn newest(found: &Value) -> Option<u64> {
    let all = json::list(found, &["latest_versions"]).iter();
    all.filter_map(|v| number(v).parse().ok()).max()
}

/// A list of pairs as a map.
fn map(found: &Value, list: &str, (key, value): (&str, &str)) -> Value {
    let pair = |entry: &Value| {
        let name = entry.get(key)?.as_str()?.to_owned();
        let value = match entry.get(value)? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some((name, Value::String(value)))
    };
    let all: Map<String, Value> = json::list(found, &[list]).iter().filter_map(pair).collect();
    Value::Object(all)
}

/// A registered model's state in words: where its aliases point.
pub(in crate::plan) fn state(object: &Value) -> Option<String> {
    if json::text(object, &["kind"]) != "RegisteredModel" {
        return None;
    }
    let aliases = object.pointer("/spec/aliases")?.as_object()?;
    let told: Vec<String> = aliases
        .iter()
        .filter_map(|(name, version)| Some(format!("{} v{}", Clean::new(name), version.as_str()?)))
        .collect();
    Some(if told.is_empty() {
        "no aliases".to_owned()
    } else {
        told.join(", ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_read_with_its_aliases_as_a_map() {
        let body = json!({"registered_model": {"name": "fraud", "creation_timestamp": 17, "last_updated_timestamp": 18,
            "latest_versions": [{"version": "3"}], "tags": [{"key": "team", "value": "risk"}],
            "aliases": [{"alias": "champion", "version": "2"}]}});
        let object = shape(body);
        assert_eq!(object["metadata"]["uid"], "fraud@17");
        assert_eq!(
            object["spec"],
            json!({"aliases": {"champion": "2"}, "tags": {"team": "risk"}, "description": ""})
        );
        assert_eq!(object["status"]["newest"], 3);
        assert_eq!(state(&object).as_deref(), Some("champion v2"));
    }

    #[test]
    fn what_is_neither_model_nor_version_stays_as_it_is() {
        let body = json!({"run": {"info": {}}});
        assert_eq!(shape(body.clone()), body);
        assert_eq!(state(&body), None);
    }
}
