//! Secrets are cut out of what is recorded, previewed or compared. Pure; called by whoever writes the journal or shows a
//! change. Which names are names of secrets is decided in `kinds::manifest`, as for manifests that are shown.
//!
//! What is hidden reads `(hidden)`; names, places and references (`secretName`, `{{…}}`) stay, and so does every other
//! value.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::deed::{Change, changes as compare};
use crate::domain::Clean;
use crate::kinds::manifest::{cut, holds_secret, is_flag, is_secret};

/// Stands in the place of a secret.
pub const HIDDEN: &str = "(hidden)";

/// Deepest text inside a text that is looked into.
const NESTED: usize = 4;

/// Steps of a workflow, packed: whatever they hold cannot be told apart.
const PACKED: &str = "compressedNodes";

/// An object, or the body of a request, without its secrets.
#[must_use]
pub fn value(value: &Value) -> Value {
    whole(value, NESTED)
}

/// What differs between two states of an object; where a secret changed, that it did.
#[must_use]
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let (old, new) = (value(before), value(after));
    let mut found = compare(before, after);
    for change in &mut found {
        let side = |side: &mut Option<Clean>, of: &Value| {
            if side.is_some() {
                *side = of.pointer(&change.pointer).map(shown);
            }
        };
        side(&mut change.before, &old);
        side(&mut change.after, &new);
    }
    found
}

/// What was given for an action.
#[must_use]
pub fn parameters(given: &BTreeMap<&'static str, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let hide = |name: &str, text: &String| {
        if is_secret(name) {
            return HIDDEN.to_owned();
        }
        match text.split_once('=') {
            Some((key, rest)) if is_secret(key) && !rest.is_empty() && !is_template(rest) => {
                format!("{key}={HIDDEN}")
            }
            // `values=db-password=x`: the name is what stands before the last sign
            _ => self::text(text),
        }
    };
    given
        .iter()
        .map(|(name, values)| {
            let values = values.iter().map(|text| hide(name, text)).collect();
            ((*name).to_owned(), values)
        })
        .collect()
}

/// A sentence, a command, a URL: passwords of URLs, bearer tokens, `password=x`.
#[must_use]
pub fn text(text: &str) -> String {
    cut(text, HIDDEN).into_owned()
}

fn whole(value: &Value, nested: usize) -> Value {
    match value {
        Value::Object(map) if is_kind_secret(map) => Value::Object(
            map.iter()
                .map(|(key, value)| {
                    let all = matches!(key.as_str(), "data" | "stringData");
                    let kept = if all {
                        every(value)
                    } else {
                        field(key, value, nested)
                    };
                    (key.clone(), kept)
                })
                .collect(),
        ),
        Value::Object(map) => object(map, nested),
        Value::Array(items) => Value::Array(list(items, nested)),
        Value::String(text) => Value::String(string(text, nested)),
        plain => plain.clone(),
    }
}

fn is_kind_secret(map: &Map<String, Value>) -> bool {
    map.get("kind").and_then(Value::as_str) == Some("Secret")
}

/// A pair of name and value is an environment variable or a parameter; one of path and value a change of a patch.
fn object(map: &Map<String, Value>, nested: usize) -> Value {
    let text = |key| map.get(key).and_then(Value::as_str);
    let named = text("name").is_some_and(is_secret)
        || text("op").is_some() && text("path").is_some_and(names_secret);
    let entry = |(key, value): (&String, &Value)| {
        let secret = named && matches!(key.as_str(), "value" | "default");
        let kept = if secret && is_worth(value) {
            HIDDEN.into()
        } else {
            field(key, value, nested)
        };
        (key.clone(), kept)
    };
    Value::Object(map.iter().map(entry).collect())
}

fn field(key: &str, value: &Value, nested: usize) -> Value {
    match value {
        Value::String(text) if key == PACKED && !text.is_empty() => {
            format!("(packed, {} bytes)", text.len()).into()
        }
        Value::String(_) | Value::Number(_) if names_secret(key) && is_worth(value) => {
            HIDDEN.into()
        }
        _ => whole(value, nested),
    }
}

/// The last part of a key or of a pointer.
fn names_secret(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    holds_secret(key) || lower.ends_with("credential") || lower.ends_with("credentials")
}

/// There is something to hide, and it is no reference to where it is.
fn is_worth(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty() && !is_template(text),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => true,
        Value::Null | Value::Bool(_) => false,
    }
}

fn is_template(text: &str) -> bool {
    text.starts_with("{{") || text.starts_with("$(")
}

/// All values are secrets.
fn every(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| (key.clone(), every(value));
            Value::Object(map.iter().map(entry).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(every).collect()),
        Value::Null => Value::Null,
        _ => HIDDEN.into(),
    }
}

/// The value of a flag may be the item after it.
fn list(items: &[Value], nested: usize) -> Vec<Value> {
    let mut expected = false;
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        let text = item.as_str();
        let secret =
            text.is_some_and(|t| expected && !t.starts_with(['-', '$', '/']) && !is_template(t));
        kept.push(if secret {
            HIDDEN.into()
        } else {
            whole(item, nested)
        });
        expected = text.is_some_and(is_flag);
    }
    kept
}

/// JSON in a text (the last applied configuration, the template of a step) is looked into. Without a secret in it, a
/// text stays to the letter.
fn string(text: &str, nested: usize) -> String {
    let json = text.trim_start();
    if json.starts_with(['{', '['])
        && nested > 0
        && let Ok(inner) = serde_json::from_str::<Value>(json)
    {
        let kept = whole(&inner, nested - 1);
        return if kept == inner {
            text.to_owned()
        } else {
            kept.to_string()
        };
    }
    self::text(text)
}

fn shown(value: &Value) -> Clean {
    match value {
        Value::String(text) => Clean::new(text),
        other => Clean::new(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const PLANTED: &str = "hunter2-planted";

    #[test]
    fn planted_secrets_are_cut_out_wherever_they_stand() {
        let applied = json!({"spec": {"password": PLANTED}}).to_string();
        let object = json!({
            "metadata": {"annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": applied,
                "example.com/auth-token": PLANTED,
            }},
            "spec": {
                "arguments": {"parameters": [{"name": "db-password", "value": PLANTED}, {"name": "pin_secret", "value": 4711}]},
                "templates": [{"container": {
                    "args": ["--api-key", PLANTED, format!("--token={PLANTED}")],
                    "command": ["sh", "-c", format!("curl -H 'Authorization: Bearer {PLANTED}' https://me:{PLANTED}@host/x")],
                    "env": [{"name": "HF_TOKEN", "value": PLANTED}],
                }}],
                "apiKey": PLANTED, "api_key": PLANTED, "passwd": PLANTED, "authorization": PLANTED,
                "privateKey": PLANTED, "credentials": PLANTED, "clientSecret": PLANTED,
            },
            "status": {"nodes": {"a": {"inputs": {"parameters": [{"name": "db-password", "value": PLANTED}]}}},
                       "compressedNodes": PLANTED},
        });
        let text = value(&object).to_string();
        assert!(!text.contains(PLANTED) && !text.contains("4711"), "{text}");
        assert!(
            text.contains(HIDDEN) && text.contains("db-password"),
            "{text}"
        );
        let patch = json!([{"op": "replace", "path": "/spec/apiKey", "value": PLANTED}]);
        assert!(!value(&patch).to_string().contains(PLANTED));
        let secret =
            json!({"kind": "Secret", "data": {"a": PLANTED}, "stringData": {"b": {"c": PLANTED}}});
        assert!(!value(&secret).to_string().contains(PLANTED));
    }

    #[test]
    fn ordinary_values_stay_to_the_letter() {
        let object = json!({
            "metadata": {"uid": "3f1c-77", "resourceVersion": "18", "annotations": {"note": "{\"lr\": 0.1}"}},
            "spec": {
                "suspend": true, "parallelism": 3, "serviceAccountName": "pipeline",
                "arguments": {"parameters": [{"name": "tokenizer", "value": "bert"}, {"name": "max_tokens", "value": "512"},
                    {"name": "password", "value": "{{workflow.parameters.pw}}"}]},
                "env": [{"name": "PW", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}],
                "imagePullSecrets": [{"name": "registry"}], "secretName": "tls", "tokenExpirationSeconds": 3600,
                "args": ["--tokenizer=bert", "--max-tokens", "512", "--token-file", "/run/token"],
                "image": "registry.example.com:5000/ml/train:7",
            },
        });
        assert_eq!(value(&object), object);
        let given = BTreeMap::from([(
            "parameters",
            vec!["tokenizer=bert".to_owned(), "lr=0.1".to_owned()],
        )]);
        assert_eq!(
            parameters(&given)["parameters"],
            ["tokenizer=bert", "lr=0.1"]
        );
    }

    #[test]
    fn what_was_given_keeps_its_names_and_loses_its_secrets() {
        let given = BTreeMap::from([(
            "parameters",
            vec![
                format!("db-password={PLANTED}"),
                format!("url=https://u:{PLANTED}@h"),
                "lr=0.1".to_owned(),
            ],
        )]);
        let kept = parameters(&given);
        assert_eq!(
            kept["parameters"],
            ["db-password=(hidden)", "url=https://u:(hidden)@h", "lr=0.1"]
        );
    }

    #[test]
    fn a_change_of_a_secret_is_told_without_it() {
        let of = |secret: &str, lr: &str| {
            json!({"spec": {"arguments": {"parameters": [
                {"name": "db-password", "value": secret}, {"name": "lr", "value": lr}]}}})
        };
        let found = changes(&of("old-secret", "0.1"), &of(PLANTED, "0.2"));
        let told: Vec<_> = found
            .iter()
            .map(|c| (c.path.as_str(), c.before.as_deref(), c.after.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                (
                    "spec.arguments.parameters.0.value",
                    Some(HIDDEN),
                    Some(HIDDEN)
                ),
                (
                    "spec.arguments.parameters.1.value",
                    Some("0.1"),
                    Some("0.2")
                ),
            ]
        );
        let found = changes(&json!({}), &of(PLANTED, "0.2"));
        assert!(!format!("{found:?}").contains(PLANTED), "{found:?}");
    }

    proptest! {
        #[test]
        fn a_secret_in_a_parameter_never_comes_through(secret in "[A-Za-z0-9!@#%^*]{8,30}", name in "(db|hf|my)[-_](password|token|secret|api[-_]key|credentials)", deep in 0_usize..4) {
            let mut object = json!({"name": name, "value": secret});
            for _ in 0..deep {
                object = json!({"inner": [object]});
            }
            let text = json!({"spec": object.clone(), "note": object.to_string()});
            prop_assert!(!value(&text).to_string().contains(&secret));
            let given = BTreeMap::from([("values", vec![format!("{name}={secret}")])]);
            let kept = parameters(&given);
            prop_assert!(!kept["values"].iter().any(|v| v.contains(&secret)));
        }

        #[test]
        fn hiding_twice_is_hiding_once(key in "[a-z-]{1,12}", text in ".{0,40}") {
            let object = json!({key.clone(): text, "list": [{"name": key, "value": text}]});
            let once = value(&object);
            prop_assert_eq!(value(&once), once);
        }
    }
}
