//! A plan made again, because its object changed after it was shown: whether it still does what was shown. Pure.

use serde_json::Value;

use super::deed::changes;
use super::form::{Plan, Step};
use super::json;
use super::wire::segment;

/// What a controller writes beside the status while a run or a schedule takes its course.
const COURSE: &[&str] = &[
    "/metadata/labels/workflows.argoproj.io~1phase",
    "/metadata/labels/workflows.argoproj.io~1completed",
    "/metadata/labels/workflows.argoproj.io~1workflow-archiving-status",
    "/metadata/annotations/cronworkflows.argoproj.io~1last-used-schedule",
];

/// Whether an object only went on by itself: everything that changed is its status, or what its controller writes with
/// it.
#[must_use]
pub fn only_course(before: &Value, after: &Value) -> bool {
    changes(&without_status(before), &without_status(after))
        .iter()
        .all(|change| COURSE.contains(&change.pointer.as_str()))
}

fn without_status(object: &Value) -> Value {
    let fields = object.as_object().into_iter().flatten();
    let rest = fields.filter(|(key, _)| *key != "status");
    Value::Object(rest.map(|(k, v)| (k.clone(), v.clone())).collect())
}

/// Letters that the API server adds to a generated name.
const SUFFIX: usize = 5;

/// Longest name that the API server makes from a generated one, without what it adds.
const BASE: usize = 58;

impl Plan {
    /// Gives what is made a name before it is made, as the API server would choose one: whether it was made can then be
    /// found out when no answer comes. `suffix` is five letters or digits taken by chance.
    pub fn name_what_is_made(&mut self, suffix: &str) {
        for step in self.steps.iter_mut().filter(|s| s.method == "POST") {
            let base = json::text(&step.body, &["metadata", "generateName"]);
            if base.is_empty() || !json::text(&step.body, &["metadata", "name"]).is_empty() {
                continue;
            }
            let base: String = base.chars().take(BASE).collect();
            let name = format!("{base}{suffix}");
            json::set(&mut step.body, &["metadata", "name"], name.into());
        }
    }

    /// What the names of what is made end in; empty when nothing is made.
    #[must_use]
    pub fn suffix(&self) -> String {
        let made = self.made().unwrap_or_default();
        let skip = made.chars().count().saturating_sub(SUFFIX);
        made.chars().skip(skip).collect()
    }

    /// Path of the object that shows whether the action is done: what it makes, else its target.
    #[must_use]
    pub fn shown_at(&self) -> String {
        let made = self.steps.iter().find_map(Step::makes);
        made.unwrap_or_else(|| self.target.path())
    }

    /// The name of what is made.
    #[must_use]
    pub fn made(&self) -> Option<&str> {
        let mut made = self.steps.iter();
        let made = made.find(|s| s.method == "POST" && !s.evicts())?;
        Some(json::text(&made.body, &["metadata", "name"])).filter(|name| !name.is_empty())
    }

    /// Whether another plan for the same target does the same: the same requests but for the version of the object
    /// that they carry, to the same nodes and pods, with the same surprises.
    #[must_use]
    pub fn does_the_same(&self, other: &Self) -> bool {
        self.action == other.action
            && self.target.uid == other.target.uid
            && self.risk == other.risk
            && self.reset == other.reset
            && self.remove == other.remove
            && self.delete == other.delete
            && self.keep == other.keep
            && self.gates == other.gates
            && self.traps == other.traps
            && self.needs == other.needs
            && self.verify == other.verify
            && self.steps.len() == other.steps.len()
            && self
                .steps
                .iter()
                .zip(&other.steps)
                .all(|(a, b)| alike(a, b))
    }
}

impl Step {
    /// Path of the object that it makes; none when it makes none, or the server names it.
    #[must_use]
    pub fn makes(&self) -> Option<String> {
        let name = json::text(&self.body, &["metadata", "name"]);
        (self.method == "POST" && !name.is_empty() && !self.evicts())
            .then(|| format!("{}/{}", self.path, segment(name)))
    }
}

fn alike(a: &Step, b: &Step) -> bool {
    let same = a.method == b.method
        && a.path == b.path
        && a.content_type == b.content_type
        && a.stand == b.stand;
    // an object that is written as a whole carries the status it had
    same && (a.method == "PUT" || without_version(&a.body) == without_version(&b.body))
}

fn without_version(body: &Value) -> Value {
    let mut body = body.clone();
    for pointer in ["/metadata", "/preconditions"] {
        if let Some(map) = body.pointer_mut(pointer).and_then(Value::as_object_mut) {
            map.remove("resourceVersion");
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_controller_does_is_told_from_what_a_person_does() {
        let before = json!({"metadata": {"labels": {}, "resourceVersion": "1"}, "spec": {"suspend": false}, "status": {"phase": "Running"}});
        let mut course = before.clone();
        let nodes: serde_json::Map<String, Value> =
            (0..300).map(|n| (n.to_string(), json!({}))).collect();
        course["status"] = json!({"phase": "Succeeded", "nodes": nodes});
        course["metadata"]["labels"] = json!({"workflows.argoproj.io/completed": "true"});
        course["metadata"]["resourceVersion"] = json!("2");
        assert!(only_course(&before, &course));
        let mut person = course.clone();
        person["metadata"]["labels"]["team"] = json!("fraud");
        assert!(!only_course(&before, &person));
        let mut spec = before.clone();
        spec["spec"]["suspend"] = json!(true);
        assert!(!only_course(&before, &spec));
    }

    #[test]
    fn the_version_of_the_object_is_no_difference_and_all_else_is() {
        let body =
            json!({"metadata": {"uid": "u", "resourceVersion": "1"}, "spec": {"suspend": true}});
        let mut newer = body.clone();
        newer["metadata"]["resourceVersion"] = json!("2");
        assert_eq!(without_version(&body), without_version(&newer));
        newer["spec"]["suspend"] = json!(false);
        assert_ne!(without_version(&body), without_version(&newer));
    }
}
