//! What a request stands on where the server knows neither versions nor dry runs: what must hold just before it, and what
//! it makes of the object. Pure. Carried out by `act`: read, compare, write, read back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::form::{Check, Expect, Need, Plan, Step};
use crate::domain::Clean;

/// What a request stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stand {
    /// Path of the object that it changes: read just before and just after.
    pub object: String,
    /// What must hold of it just before: what was shown.
    pub before: Vec<Check>,
    /// What it changes, as a merge patch of the object as it is read.
    pub change: Value,
}

impl Stand {
    /// The object as the request leaves it.
    #[must_use]
    pub fn applied(&self, object: &Value) -> Value {
        let mut object = object.clone();
        merge(&mut object, &self.change);
        object
    }

    /// The object is as the request leaves it.
    #[must_use]
    pub fn is_done(&self, object: &Value) -> bool {
        self.applied(object) == *object
    }

    /// What does not hold any more, in words: `spec.aliases.champion is 43, and was 41 when it was shown`.
    #[must_use]
    pub fn differs(&self, object: &Value) -> Option<Clean> {
        let broken = |check: &&Check| !check.expect.holds(object.pointer(&check.pointer));
        let check = self.before.iter().find(broken)?;
        let path = check.pointer.trim_start_matches('/').replace('/', ".");
        let now = match object.pointer(&check.pointer) {
            None | Some(Value::Null) => "is not there".to_owned(),
            Some(value) => format!("is {}", plain(value)),
        };
        let was = match &check.expect {
            Expect::OneOf(values) => {
                let all: Vec<String> = values.iter().map(plain).collect();
                format!("was {}", all.join(" or "))
            }
            Expect::Absent(true) => "was not there".to_owned(),
            Expect::Absent(false) => "was there".to_owned(),
            Expect::Not(value) => format!("was not {}", plain(value)),
            Expect::Has(_) => "was another".to_owned(),
        };
        Some(Clean::new(&format!(
            "{path} {now}, and {was} when it was shown"
        )))
    }
}

/// A request to a service that knows neither versions nor dry runs.
pub(super) struct Call {
    /// HTTP method.
    pub method: &'static str,
    /// Path, with the name of the service in front.
    pub path: String,
    /// The body.
    pub body: Value,
    /// What it stands on.
    pub stand: Stand,
}

impl Plan {
    /// Adds such a request; `need` is the right that reaching the service needs. It holds on to the very object that was
    /// read, when that is what it changes.
    pub(super) fn call(&mut self, mut call: Call, need: Option<Need>, why: &str) {
        if call.stand.object == self.target.path() {
            let uid = Check::is("/metadata/uid", &[&self.target.uid]);
            call.stand.before.insert(0, uid);
        }
        self.needs
            .extend(need.filter(|need| !self.needs.contains(need)));
        self.steps.push(Step {
            verb: match call.method {
                "DELETE" => "delete",
                "PATCH" => "patch",
                "PUT" => "update",
                _ => "create",
            },
            method: call.method,
            path: call.path,
            query: BTreeMap::new(),
            content_type: "application/json",
            body: call.body,
            absent_is_done: false,
            why: Clean::new(why),
            stand: Some(call.stand),
        });
    }
}

impl Step {
    /// Path of the object that it changes.
    #[must_use]
    pub fn object(&self) -> &str {
        self.stand.as_ref().map_or(&self.path, |s| &s.object)
    }

    /// It deletes an object of the API server.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.method == "DELETE" && self.stand.is_none()
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// RFC 7386.
fn merge(object: &mut Value, change: &Value) {
    let Value::Object(change) = change else {
        object.clone_from(change);
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let Value::Object(fields) = object else {
        return;
    };
    for (key, value) in change {
        if value.is_null() {
            fields.remove(key);
        } else {
            merge(fields.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stand() -> Stand {
        Stand {
            object: "mlflow:/x".to_owned(),
            before: vec![
                Check::is("/spec/aliases/champion", &["41"]),
                Check::absent("/spec/aliases/old"),
            ],
            change: json!({"spec": {"aliases": {"champion": "42", "challenger": null}}}),
        }
    }

    #[test]
    fn what_a_request_makes_is_known_before() {
        let before =
            json!({"spec": {"aliases": {"champion": "41", "challenger": "42", "shadow": "43"}}});
        let after = json!({"spec": {"aliases": {"champion": "42", "shadow": "43"}}});
        assert_eq!(stand().applied(&before), after);
        assert!(!stand().is_done(&before) && stand().is_done(&after));
    }

    #[test]
    fn what_changed_meanwhile_is_told_with_both_values() {
        let told = |aliases: Value| {
            let object = json!({"spec": {"aliases": aliases}});
            stand().differs(&object).map(|c| c.to_string())
        };
        assert_eq!(told(json!({"champion": "41"})), None);
        assert_eq!(
            told(json!({"champion": "43"})).as_deref(),
            Some("spec.aliases.champion is 43, and was 41 when it was shown")
        );
        assert_eq!(
            told(json!({})).as_deref(),
            Some("spec.aliases.champion is not there, and was 41 when it was shown")
        );
        assert_eq!(
            told(json!({"champion": "41", "old": "3"})).as_deref(),
            Some("spec.aliases.old is 3, and was not there when it was shown")
        );
    }
}
