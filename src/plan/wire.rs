//! Paths and requests as the API server takes them. Pure.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::form::{Need, Plan, Step, Target};
use super::json;
use crate::domain::Clean;

/// The name that stands in managed fields for what is written, so that others see who changed it.
pub(super) const FIELD_MANAGER: &str = "midwatch";

/// Path of an object, or of its list when the name is empty. `place` is namespace (empty for none), plural and name.
/// Whatever a name holds, it stays one segment of the path.
pub(super) fn path(group: &str, version: &str, place: (&str, &str, &str)) -> String {
    let (namespace, plural, name) = place;
    let mut path = if group.is_empty() {
        format!("/api/{}", segment(version))
    } else {
        format!("/apis/{}/{}", segment(group), segment(version))
    };
    if !namespace.is_empty() {
        path.push_str("/namespaces/");
        path.push_str(&segment(namespace));
    }
    path.push('/');
    path.push_str(&segment(plural));
    if !name.is_empty() {
        path.push('/');
        path.push_str(&segment(name));
    }
    path
}

/// One segment of a path: anything that could end it, or mean another place, is escaped.
pub(super) fn segment(text: &str) -> String {
    if matches!(text, "." | "..") {
        return text.replace('.', "%2E");
    }
    escaped(text)
}

/// A value in a query: anything that means something in an address is escaped.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            // writing to a string does not fail
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn manager() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([("fieldManager", FIELD_MANAGER)])
}

impl Plan {
    /// Merges `change` into the target, on condition that it is still what was read.
    pub(super) fn patch(&mut self, mut change: Value, why: &str) {
        let target = &self.target;
        json::set(
            &mut change,
            &["metadata", "uid"],
            target.uid.as_str().into(),
        );
        json::set(
            &mut change,
            &["metadata", "resourceVersion"],
            target.resource_version.as_str().into(),
        );
        let step = Step {
            verb: "patch",
            method: "PATCH",
            path: target.path(),
            query: manager(),
            content_type: "application/merge-patch+json",
            body: change,
            absent_is_done: false,
            why: Clean::new(why),
            stand: None,
        };
        let need = target.need("patch");
        self.step(step, need);
    }

    /// Writes the target as a whole; uid and resource version in it are the condition.
    pub(super) fn replace(&mut self, mut object: Value, why: &str) {
        // kept by the server when they are not sent; as long as the rest, and of no use to a reader of the plan
        json::unset(&mut object, &["metadata", "managedFields"]);
        let step = Step {
            verb: "update",
            method: "PUT",
            path: self.target.path(),
            query: manager(),
            content_type: "application/json",
            body: object,
            absent_is_done: false,
            why: Clean::new(why),
            stand: None,
        };
        let need = self.target.need("update");
        self.step(step, need);
    }

    /// Makes a new object of the kind that `group`, `version` and `plural` name.
    pub(super) fn create(&mut self, place: (&str, &str, &str), object: Value, why: &str) {
        let (namespace, group_version, plural) = place;
        let (group, version) = group_version.split_once('/').unwrap_or(("", group_version));
        let step = Step {
            verb: "create",
            method: "POST",
            path: path(group, version, (namespace, plural, "")),
            query: manager(),
            content_type: "application/json",
            body: object,
            absent_is_done: false,
            why: Clean::new(why),
            stand: None,
        };
        let need = Need {
            verb: "create".into(),
            group: group.to_owned(),
            resource: plural.to_owned(),
            namespace: namespace.to_owned(),
            name: String::new(),
        };
        self.step(step, need);
    }

    /// Deletes the target, on condition that it is still what was read.
    pub(super) fn delete_target(&mut self, options: &Value, why: &str) {
        let target = &self.target;
        let mut body = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": target.uid, "resourceVersion": target.resource_version},
        });
        for (key, value) in options.as_object().into_iter().flatten() {
            json::set(&mut body, &[key], value.clone());
        }
        let step = delete(target.path(), body, why);
        let need = target.need("delete");
        self.step(step, need);
    }

    /// Deletes pods of the target's namespace by name; those that are gone already count as deleted. What follows waits
    /// until they are gone.
    pub(super) fn delete_pods(&mut self, names: Vec<String>, why: &str) {
        let namespace = self.target.namespace.clone();
        for name in &names {
            let body = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
            let mut step = delete(path("", "v1", (&namespace, "pods", name)), body, why);
            step.absent_is_done = true;
            self.step(step, pods("delete", &namespace));
        }
        // they are looked at until they are gone
        let get = pods("get", &namespace);
        if !names.is_empty() && !self.needs.contains(&get) {
            self.needs.push(get);
        }
        self.delete.extend(names);
    }
}

fn pods(verb: &'static str, namespace: &str) -> Need {
    Need {
        verb: verb.into(),
        group: String::new(),
        resource: "pods".to_owned(),
        namespace: namespace.to_owned(),
        name: String::new(),
    }
}

fn delete(path: String, body: Value, why: &str) -> Step {
    Step {
        verb: "delete",
        method: "DELETE",
        path,
        query: BTreeMap::new(),
        content_type: "application/json",
        body,
        absent_is_done: false,
        why: Clean::new(why),
        stand: None,
    }
}

impl Target {
    /// In words, for sentences: `workflow ml-fraud/train`.
    #[must_use]
    pub fn words(&self) -> Clean {
        let place = if self.namespace.is_empty() {
            self.name.clone()
        } else {
            format!("{}/{}", self.namespace, self.name)
        };
        Clean::new(&place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leaves_its_segment() {
        assert_eq!(
            path("argoproj.io", "v1alpha1", ("ml", "workflows", "train")),
            "/apis/argoproj.io/v1alpha1/namespaces/ml/workflows/train"
        );
        assert_eq!(
            path("", "v1", ("ml", "pods", "wf-../../secrets/x-1")),
            "/api/v1/namespaces/ml/pods/wf-..%2F..%2Fsecrets%2Fx-1"
        );
        assert_eq!(path("", "v1", ("", "nodes", "..")), "/api/v1/nodes/%2E%2E");
        assert_eq!(segment("a?b#c é"), "a%3Fb%23c%20%C3%A9");
    }
}
