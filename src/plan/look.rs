//! What an object shows of an action: whether what was expected holds, in what words its state is told, who wrote it.
//! Pure. Called by `act`, which does the looking.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

use super::alertmanager;
use super::argo::nodes::Nodes;
use super::form::Verify;
use super::json;
use super::katib;
use super::mlflow;
use super::nodes;
use super::queues;
use super::serving;
use super::training;
use super::wire::FIELD_MANAGER;
use crate::domain::Clean;

impl Verify {
    /// How many of the checks hold of an object; of one that is not there, when none is given. Nodes of a run are
    /// unpacked where they are packed.
    #[must_use]
    pub fn hold(&self, object: Option<&Value>) -> usize {
        let nodes = self
            .checks
            .iter()
            .any(|c| c.pointer.starts_with("/status/nodes"));
        if object.is_none() && !self.wants_gone() {
            return 0;
        }
        let object = object.map(|o| if nodes { unpacked(o) } else { Cow::Borrowed(o) });
        let at = |pointer: &str| object.as_deref().and_then(|o| o.pointer(pointer));
        self.checks
            .iter()
            .filter(|check| check.expect.holds(at(&check.pointer)))
            .count()
    }

    /// All of them hold.
    #[must_use]
    pub fn holds(&self, object: Option<&Value>) -> bool {
        self.hold(object) == self.checks.len()
    }

    /// It is done when the object is gone.
    #[must_use]
    pub fn wants_gone(&self) -> bool {
        self.checks.iter().any(|c| c.pointer.is_empty())
    }
}

fn unpacked(object: &Value) -> Cow<'_, Value> {
    if json::text(object, &["status", "compressedNodes"]).is_empty() {
        return Cow::Borrowed(object);
    }
    let Ok(nodes) = Nodes::read(object, "look at it") else {
        return Cow::Borrowed(object);
    };
    let mut plain = object.clone();
    json::set(&mut plain, &["status", "nodes"], Value::Object(nodes.map));
    Cow::Owned(plain)
}

/// An object's state in a few words: `Running, 3/9`; of one that is going, that it is.
#[must_use]
pub fn state_words(object: Option<&Value>) -> Clean {
    let Some(object) = object else {
        return Clean::new("gone");
    };
    let mut words: Vec<String> = Vec::new();
    if !json::text(object, &["metadata", "deletionTimestamp"]).is_empty() {
        words.push("being deleted".to_owned());
    }
    let phase = json::text(object, &["status", "phase"]);
    if let Some(known) = serving::words::state(object)
        .or_else(|| katib::words(object))
        .or_else(|| queues::words(object).map(|w| w.to_string()))
        .or_else(|| mlflow::state(object))
        .or_else(|| alertmanager::state(object))
        .or_else(|| nodes::words(object))
        .or_else(|| training::words(object))
    {
        words.push(known);
    } else if phase.is_empty() {
        words.push("there".to_owned());
    } else {
        words.push(phase.to_owned());
    }
    let progress = json::text(object, &["status", "progress"]);
    if !progress.is_empty() {
        words.push(progress.to_owned());
    }
    let shutdown = json::text(object, &["spec", "shutdown"]);
    if !shutdown.is_empty() {
        words.push(format!("shutdown {shutdown}"));
    }
    if json::flag(object, &["spec", "suspend"]) {
        words.push("suspended".to_owned());
    }
    Clean::new(&words.join(", "))
}

/// Whether midwatch wrote to an object after it was `before`. It is what the API server keeps of writers, so the
/// clock of this machine does not matter; a writer of the same fields after midwatch takes them over, and then this
/// tells nothing.
#[must_use]
pub fn wrote_after(before: &Value, now: &Value) -> bool {
    let old: Vec<(&str, &str)> = own_writes(before).collect();
    own_writes(now).any(|write| !old.contains(&write))
}

/// Whether midwatch wrote to an object at or after a time, by the clock of the server, which may be a little behind.
#[must_use]
pub fn wrote_since(object: &Value, since: Timestamp) -> bool {
    own_writes(object)
        .filter_map(|(_, at)| at.parse::<Timestamp>().ok())
        .any(|at| at.as_second() + 2 >= since.as_second())
}

/// Operation and time of what midwatch wrote.
fn own_writes(object: &Value) -> impl Iterator<Item = (&str, &str)> {
    json::list(object, &["metadata", "managedFields"])
        .iter()
        .filter(|m| json::text(m, &["manager"]) == FIELD_MANAGER)
        .map(|m| (json::text(m, &["operation"]), json::text(m, &["time"])))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::form::{Check, Expect};

    #[test]
    fn packed_nodes_are_looked_into() {
        let nodes = json!({"a-1": {"id": "a-1", "phase": "Succeeded"}});
        let text = serde_json::to_vec(&nodes).unwrap();
        let packed =
            crate::plan::argo::pack::pack(&text, crate::plan::argo::pack::Algorithm::of(""))
                .unwrap();
        let verify = Verify {
            text: "".into(),
            checks: vec![Check {
                pointer: "/status/nodes/a-1/phase".to_owned(),
                expect: Expect::OneOf(vec!["Succeeded".into()]),
            }],
            patience: 0,
        };
        assert!(verify.holds(Some(&json!({"status": {"compressedNodes": packed}}))));
        assert!(verify.holds(Some(&json!({"status": {"nodes": nodes}}))));
        assert!(!verify.holds(Some(&json!({"status": {}}))));
        assert!(!verify.holds(None));
    }

    #[test]
    fn only_what_midwatch_wrote_later_counts() {
        let by = |manager: &str, time: &str| json!({"manager": manager, "operation": "Update", "time": time});
        let object = |fields: Value| json!({"metadata": {"managedFields": fields}});
        let early = by("midwatch", "2026-01-01T00:00:00Z");
        let before = object(json!([early, by("argo", "2026-01-01T00:00:01Z")]));
        let other = object(json!([early, by("argo", "2026-01-01T00:00:09Z")]));
        let own = object(json!([by("midwatch", "2026-01-01T00:00:09Z")]));
        assert!(!wrote_after(&before, &other));
        assert!(wrote_after(&before, &own));
        let since = "2026-01-01T00:00:05Z".parse().unwrap();
        assert!(!wrote_since(&other, since) && wrote_since(&own, since));
    }

    #[test]
    fn a_state_is_told_in_few_words() {
        let run =
            json!({"status": {"phase": "Running", "progress": "3/9"}, "spec": {"suspend": true}});
        assert_eq!(state_words(Some(&run)).as_str(), "Running, 3/9, suspended");
        assert_eq!(state_words(None).as_str(), "gone");
    }
}
