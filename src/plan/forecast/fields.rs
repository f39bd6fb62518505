//! Which fields of its target a plan changes, and which of them git names. Pure.
//!
//! Argo CD compares what git names, what it was last applied with, and what is there: a field that neither of the first
//! two holds is no difference. It never compares the status.

use serde_json::Value;

use crate::plan::deed::changes;
use crate::plan::form::Plan;
use crate::plan::json;

/// Where `kubectl apply`, and Argo CD with it, keeps what was applied last.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The name under which Argo CD applies on the server's side.
const ARGO_CD: &str = "argocd-controller";

/// What a plan does to its target.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Touched {
    /// Fields outside the status, each with what is written; none when it is taken out.
    pub fields: Vec<(String, Option<Value>)>,
    /// It is deleted.
    pub deleted: bool,
}

/// Whether git says something of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// It says something else than what is written.
    Differs,
    /// It says what is written.
    Agrees,
    /// It does not name it.
    No,
    /// The object does not tell.
    Unknown,
}

impl Touched {
    pub(super) fn by(plan: &Plan, object: &Value) -> Self {
        let target = plan.target.path();
        let mut all = Self::default();
        for step in plan.steps.iter().filter(|s| s.path == target) {
            match step.method {
                "PATCH" => leaves(&step.body, &mut String::new(), &mut all.fields),
                "PUT" => all.fields.extend(written(object, &step.body)),
                "DELETE" => all.deleted = true,
                _ => {}
            }
        }
        all
    }

    /// Nothing that is compared.
    pub(super) fn is_nothing(&self) -> bool {
        self.fields.is_empty() && !self.deleted
    }
}

/// Fields that a merge patch writes.
fn leaves(patch: &Value, pointer: &mut String, found: &mut Vec<(String, Option<Value>)>) {
    let Some(map) = patch.as_object() else {
        if !beside(pointer) {
            let new = (!patch.is_null()).then(|| patch.clone());
            found.push((pointer.clone(), new));
        }
        return;
    };
    for (key, value) in map {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        leaves(value, pointer, found);
        pointer.truncate(length);
    }
}

/// Fields that are other ones in a whole object that is written.
fn written(object: &Value, body: &Value) -> Vec<(String, Option<Value>)> {
    changes(object, body)
        .into_iter()
        .filter(|c| !c.pointer.is_empty() && !beside(&c.pointer))
        .map(|c| (body.pointer(&c.pointer).cloned(), c.pointer))
        .map(|(new, pointer)| (pointer, new))
        .collect()
}

/// Not compared: the status, and what identifies the object or is a condition of the write.
fn beside(pointer: &str) -> bool {
    let mut parts = pointer.split('/').skip(1);
    match (parts.next(), parts.next()) {
        (Some("status" | "kind" | "apiVersion") | None, _) => true,
        (Some("metadata"), Some(field)) => !matches!(
            field,
            "labels" | "annotations" | "finalizers" | "ownerReferences"
        ),
        _ => false,
    }
}

/// What git says of a field, as far as the object tells: by what was applied last, or by who wrote the field.
pub(super) fn named(object: &Value, (pointer, new): &(String, Option<Value>)) -> Named {
    let applied = json::text(object, &["metadata", "annotations", LAST_APPLIED]);
    if let Ok(applied @ Value::Object(_)) = serde_json::from_str::<Value>(applied) {
        return match stands(&applied, pointer) {
            Stood::Nothing => Named::No,
            Stood::Value(old) if Some(old) == new.as_ref() => Named::Agrees,
            Stood::Value(_) | Stood::Within => Named::Differs,
        };
    }
    let managers = || json::list(object, &["metadata", "managedFields"]).iter();
    let mut by_git = managers().filter(|m| json::text(m, &["manager"]) == ARGO_CD);
    let owned = |m: &Value| m.get("fieldsV1").is_some_and(|f| owns(f, pointer));
    if by_git.any(owned) {
        // who applies holds a field only while its value is the one applied
        return Named::Differs;
    }
    let applied = managers().any(|m| json::text(m, &["manager"]) == ARGO_CD);
    if applied && !managers().any(owned) {
        return Named::No;
    }
    Named::Unknown
}

/// What stands at a pointer.
enum Stood<'a> {
    Nothing,
    /// It lies in a list, or in what is no object, which is kept as a whole.
    Within,
    Value(&'a Value),
}

fn stands<'a>(config: &'a Value, pointer: &str) -> Stood<'a> {
    let mut at = config;
    for token in tokens(pointer) {
        let Value::Object(map) = at else {
            return Stood::Within;
        };
        match map.get(&token) {
            Some(next) => at = next,
            None => return Stood::Nothing,
        }
    }
    Stood::Value(at)
}

/// Whether a manager wrote a field: `{"f:spec": {"f:suspend": {}}}`. What lies below a field written whole counts.
fn owns(fields: &Value, pointer: &str) -> bool {
    let mut at = fields;
    for (depth, token) in tokens(pointer).enumerate() {
        match at.get(format!("f:{token}")) {
            Some(next) => at = next,
            // a list or a map that is written as a whole, or by keys
            None => {
                let map = at.as_object();
                let whole = map.is_none_or(serde_json::Map::is_empty);
                let by_key = map.is_some_and(|m| m.keys().any(|k| k.starts_with("k:")));
                return depth > 0 && (whole || by_key);
            }
        }
    }
    true
}

fn tokens(pointer: &str) -> impl Iterator<Item = String> {
    pointer
        .split('/')
        .skip(1)
        .map(|t| t.replace("~1", "/").replace("~0", "~"))
}

/// A pointer as people write it: `spec.suspend`.
pub(super) fn words(pointer: &str) -> String {
    tokens(pointer).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(pointer: &str, new: Value) -> (String, Option<Value>) {
        (pointer.to_owned(), Some(new))
    }

    #[test]
    fn a_patch_changes_its_leaves_and_not_its_conditions() {
        let patch = json!({"metadata": {"uid": "u", "resourceVersion": "1", "labels": {"a/b": "c"}, "finalizers": null},
            "spec": {"suspend": true, "list": [1]}, "status": {"x": 1}});
        let mut found = Vec::new();
        leaves(&patch, &mut String::new(), &mut found);
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let pointers: Vec<&str> = found.iter().map(|f| f.0.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/metadata/finalizers",
                "/metadata/labels/a~1b",
                "/spec/list",
                "/spec/suspend"
            ]
        );
        assert_eq!(found[0].1, None);
    }

    #[test]
    fn what_was_applied_last_tells_what_git_names() {
        let applied = json!({"spec": {"suspend": false, "schedules": ["* * * * *"]}}).to_string();
        let object = json!({"metadata": {"annotations": {LAST_APPLIED: applied}}});
        for (pointer, new, expected) in [
            ("/spec/suspend", json!(true), Named::Differs),
            ("/spec/suspend", json!(false), Named::Agrees),
            ("/spec/timezone", json!("UTC"), Named::No),
            ("/spec/schedules/0", json!("1 * * * *"), Named::Differs),
        ] {
            assert_eq!(named(&object, &field(pointer, new)), expected, "{pointer}");
        }
        assert_eq!(
            named(&json!({}), &field("/spec/suspend", json!(true))),
            Named::Unknown
        );
    }

    #[test]
    fn without_it_the_field_managers_tell() {
        let object = json!({"metadata": {"managedFields": [
            {"manager": ARGO_CD, "operation": "Apply", "fieldsV1": {"f:spec": {"f:schedules": {}, "f:workflowSpec": {"f:x": {}}}}},
            {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:spec": {"f:suspend": {}}}}]}});
        for (pointer, expected) in [
            ("/spec/schedules/0", Named::Differs),
            ("/spec/workflowSpec/x", Named::Differs),
            // someone took it over: whether git names it is not to be seen any more
            ("/spec/suspend", Named::Unknown),
            ("/spec/timezone", Named::No),
        ] {
            assert_eq!(
                named(&object, &field(pointer, json!(1))),
                expected,
                "{pointer}"
            );
        }
    }
}
