//! Who wrote to an object between two readings of it, as the API server keeps it in `metadata.managedFields`. Pure.

use serde_json::Value;

use super::super::json;
use super::halt::By;
use crate::domain::Clean;

/// Most fields that are named.
const MOST: usize = 4;

/// Who wrote since `before` was read, newest first. A manager whose fields were only taken over by another one did not
/// write. Where `before` does not tell who wrote until then, the last one is named alone. The server keeps whole
/// seconds: of two writes of the same fields by one manager within one second, the second leaves no trace, so that
/// the answer may be empty though something changed.
#[must_use]
pub fn who(before: &Value, after: &Value) -> Vec<By> {
    let known = json::list(before, &["metadata", "managedFields"]);
    let mut found: Vec<By> = json::list(after, &["metadata", "managedFields"])
        .iter()
        .filter(|entry| wrote(known, entry))
        .map(|entry| by(entry, before, after))
        .collect();
    // stable: what has no time comes last
    found.sort_by_key(|by| std::cmp::Reverse(by.at));
    if known.is_empty() {
        found.truncate(1);
    }
    found
}

/// Whether this entry tells of a write that the earlier ones do not.
fn wrote(known: &[Value], entry: &Value) -> bool {
    let key = |of: &Value| {
        ["manager", "operation", "apiVersion", "subresource"]
            .map(|k| json::text(of, &[k]).to_owned())
    };
    let Some(earlier) = known.iter().find(|earlier| key(earlier) == key(entry)) else {
        return true;
    };
    earlier.get("time") != entry.get("time")
        || !within(entry.get("fieldsV1"), earlier.get("fieldsV1"))
}

/// Whether all of `part` is in `of`.
fn within(part: Option<&Value>, of: Option<&Value>) -> bool {
    match (part, of) {
        (Some(Value::Object(part)), Some(of)) => part
            .iter()
            .all(|(key, value)| within(Some(value), of.get(key))),
        (None, _) => true,
        (part, of) => part == of,
    }
}

fn by(entry: &Value, before: &Value, after: &Value) -> By {
    let manager = match json::text(entry, &["manager"]) {
        "" => "someone without a name",
        name => name,
    };
    let operation = json::text(entry, &["operation"]);
    let owned = fields(entry);
    let differs = |path: &&Vec<&str>| json::at(before, path) != json::at(after, path);
    let mut changed: Vec<String> = owned.iter().filter(differs).map(|p| p.join(".")).collect();
    changed.sort();
    changed.dedup();
    let more = changed.len().saturating_sub(MOST);
    changed.truncate(MOST);
    let mut what = operation.to_owned();
    if !changed.is_empty() {
        what.push_str(" of ");
        what.push_str(&changed.join(", "));
    }
    if more > 0 {
        what = format!("{what} and {more} more");
    }
    By {
        who: Clean::new(manager),
        at: json::time(entry, &["time"]),
        what: Clean::new(what.trim()),
    }
}

/// The fields of an entry, two deep; of the status, the status as a whole.
fn fields(entry: &Value) -> Vec<Vec<&str>> {
    let mut paths = Vec::new();
    let Some(tops) = entry.get("fieldsV1").and_then(Value::as_object) else {
        return paths;
    };
    for (top, below) in tops {
        let Some(top) = top.strip_prefix("f:") else {
            continue;
        };
        let below = below.as_object().into_iter().flatten();
        let mut inner: Vec<Vec<&str>> = below
            .filter_map(|(key, _)| Some(vec![top, key.strip_prefix("f:")?]))
            .collect();
        if top == "status" || inner.is_empty() {
            inner = vec![vec![top]];
        }
        paths.append(&mut inner);
    }
    paths
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(manager: &str, time: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": "Update", "apiVersion": "argoproj.io/v1alpha1",
            "time": time, "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    fn object(suspend: bool, entries: &[Value]) -> Value {
        json!({"metadata": {"labels": {"a": "b"}, "managedFields": entries},
            "spec": {"suspend": suspend, "entrypoint": "main"}})
    }

    fn told(before: &Value, after: &Value) -> Vec<String> {
        let of = |by: &By| format!("{} {:?} {}", by.who, by.at.map(|t| t.to_string()), by.what);
        who(before, after).iter().map(of).collect()
    }

    #[test]
    fn who_wrote_since_is_told_with_the_fields_that_changed() {
        let old = entry(
            "argo",
            "2026-01-01T00:00:00Z",
            &json!({"f:spec": {"f:entrypoint": {}}}),
        );
        let new = entry(
            "kubectl-edit",
            "2026-01-01T00:01:00Z",
            &json!({"f:spec": {"f:suspend": {}}, "f:metadata": {"f:labels": {"f:a": {}}}}),
        );
        let before = object(false, std::slice::from_ref(&old));
        let after = object(true, &[old, new]);
        assert_eq!(
            told(&before, &after),
            [r#"kubectl-edit Some("2026-01-01T00:01:00Z") Update of spec.suspend"#]
        );
        assert!(who(&after, &after).is_empty());
    }

    #[test]
    fn the_newest_comes_first_and_the_status_is_one_field() {
        let spec = json!({"f:spec": {"f:suspend": {}}});
        let before = object(false, &[entry("a", "2026-01-01T00:00:00Z", &spec)]);
        let mut after = object(
            true,
            &[
                entry("a", "2026-01-01T00:02:00Z", &spec),
                entry(
                    "ctl",
                    "2026-01-01T00:03:00Z",
                    &json!({"f:status": {"f:phase": {}, "f:nodes": {}}}),
                ),
            ],
        );
        after["status"] = json!({"phase": "Running"});
        assert_eq!(
            told(&before, &after),
            [
                r#"ctl Some("2026-01-01T00:03:00Z") Update of status"#,
                r#"a Some("2026-01-01T00:02:00Z") Update of spec.suspend"#
            ]
        );
    }

    #[test]
    fn who_only_lost_fields_to_another_did_not_write_and_more_fields_in_the_same_second_are_a_write()
     {
        let two = json!({"f:spec": {"f:suspend": {}, "f:entrypoint": {}}});
        let one = json!({"f:spec": {"f:entrypoint": {}}});
        let at = "2026-01-01T00:00:00Z";
        let before = object(false, &[entry("a", at, &two), entry("c", at, &one)]);
        let taken = object(
            true,
            &[
                entry("a", at, &one),
                entry("b", at, &json!({"f:spec": {"f:suspend": {}}})),
                entry("c", at, &two),
            ],
        );
        let names: Vec<String> = who(&before, &taken)
            .iter()
            .map(|by| by.who.to_string())
            .collect();
        assert_eq!(names, ["b", "c"]);
    }

    #[test]
    fn without_knowledge_of_before_only_the_last_one_is_named() {
        let fields = json!({"f:spec": {"f:suspend": {}}});
        let after = object(
            true,
            &[
                entry("a", "2026-01-01T00:00:00Z", &fields),
                entry("b", "2026-01-02T00:00:00Z", &fields),
            ],
        );
        let before = json!({"metadata": {}, "spec": {}});
        assert_eq!(who(&before, &after).len(), 1);
        assert_eq!(&*who(&before, &after)[0].who, "b");
    }

    #[test]
    fn hostile_and_broken_entries_are_told_harmlessly() {
        let before = object(false, &[]);
        let after = object(
            true,
            &[
                json!({"manager": "\u{1b}[2Jx", "time": 7, "fieldsV1": {"f:spec": {"f:sus\u{7}pend": 1, "k:{}": {}}, "v:1": {}}}),
                json!("nothing"),
            ],
        );
        for by in who(&before, &after) {
            assert!(
                !format!("{}{}", by.who, by.what).contains(char::is_control),
                "{by:?}"
            );
        }
    }
}
