//! managedFields: who last wrote what. Pure.
//!
//! Kept for every write, down to the third level (`f:spec.f:suspend`, `f:status.f:phase`); lists and what lies
//! deeper are owned as a whole, as in the minimal CRDs of Argo.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Writer;
use crate::demo::catalog::Resource;
use crate::demo::site::stamp;

/// Levels that are told apart.
const DEPTH: usize = 3;
/// What the server itself keeps, and nobody owns.
const UNOWNED: [&str; 9] = [
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

type Path = Vec<String>;

/// Records a write in `new.metadata.managedFields`: changed paths move to the writer.
pub(super) fn record(r: &Resource, old: Option<&Value>, new: &mut Value, writer: &Writer<'_>) {
    let present = leaves(new);
    let changed: BTreeSet<Path> = match old {
        None => present.clone(),
        Some(old) => present
            .iter()
            .filter(|path| at(old, path) != at(new, path))
            .cloned()
            .collect(),
    };
    let entries = old.map(|o| o["metadata"]["managedFields"].clone());
    let mut entries: Vec<Value> = entries
        .and_then(|e| e.as_array().cloned())
        .unwrap_or_default();
    let mut own = None;
    entries.retain_mut(|entry| {
        let mine = entry["manager"] == writer.manager
            && entry["operation"] == "Update"
            && entry["subresource"].as_str().unwrap_or_default() == writer.sub;
        let mut paths = read(&entry["fieldsV1"]);
        if mine {
            paths.retain(|p| present.contains(p));
            own = Some((entry["time"].clone(), paths));
            return false;
        }
        paths.retain(|p| present.contains(p) && !changed.contains(p));
        entry["fieldsV1"] = write(&paths);
        !paths.is_empty()
    });
    let (since, mut paths) = own.unwrap_or((Value::Null, BTreeSet::new()));
    let time = if changed.is_empty() && !since.is_null() {
        since
    } else {
        stamp(writer.time)
    };
    paths.extend(changed);
    if !paths.is_empty() {
        let mut entry = json!({"manager": writer.manager, "operation": "Update", "apiVersion": r.api_version(),
            "time": time, "fieldsType": "FieldsV1", "fieldsV1": write(&paths)});
        if !writer.sub.is_empty() {
            entry["subresource"] = json!(writer.sub);
        }
        entries.push(entry);
    }
    if let Some(meta) = new["metadata"].as_object_mut() {
        meta.insert("managedFields".to_owned(), Value::from(entries));
    }
}

fn at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |v, key| v.get(key))
}

fn leaves(value: &Value) -> BTreeSet<Path> {
    let mut out = BTreeSet::new();
    for (key, part) in value.as_object().into_iter().flatten() {
        if key == "apiVersion" || key == "kind" {
            continue;
        }
        collect(part, &mut vec![key.clone()], &mut out);
    }
    out.retain(|p| p.len() < 2 || p[0] != "metadata" || !UNOWNED.contains(&p[1].as_str()));
    out
}

fn collect(value: &Value, path: &mut Path, out: &mut BTreeSet<Path>) {
    match value.as_object() {
        Some(map) if path.len() < DEPTH && !map.is_empty() => {
            for (key, part) in map {
                path.push(key.clone());
                collect(part, path, out);
                path.pop();
            }
        }
        _ => {
            out.insert(path.clone());
        }
    }
}

fn write(paths: &BTreeSet<Path>) -> Value {
    let mut root = Map::new();
    for path in paths {
        let mut level = &mut root;
        for key in path {
            let next = level
                .entry(format!("f:{key}"))
                .or_insert_with(|| Value::from(Map::new()));
            let Value::Object(map) = next else { break };
            level = map;
        }
    }
    Value::from(root)
}

fn read(value: &Value) -> BTreeSet<Path> {
    let mut out = BTreeSet::new();
    read_below(value, &mut Vec::new(), &mut out);
    out.remove(&Vec::new());
    out
}

fn read_below(value: &Value, path: &mut Path, out: &mut BTreeSet<Path>) {
    match value.as_object() {
        Some(map) if !map.is_empty() => {
            for (key, part) in map {
                path.push(key.trim_start_matches("f:").to_owned());
                read_below(part, path, out);
                path.pop();
            }
        }
        _ => {
            out.insert(path.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(old: Option<&Value>, new: &mut Value, manager: &str) {
        let writer = Writer {
            manager,
            sub: "",
            time: jiff::Timestamp::UNIX_EPOCH,
        };
        super::record(crate::demo::catalog::ALL[0], old, new, &writer);
    }

    #[test]
    fn a_changed_field_moves_to_who_changed_it() {
        let mut first = json!({"metadata": {"name": "x"}, "spec": {"a": 1, "b": {"c": [1]}}});
        record(None, &mut first, "kubectl");
        let mut second = first.clone();
        second["spec"]["a"] = json!(2);
        record(Some(&first), &mut second, "midwatch");
        let managed = &second["metadata"]["managedFields"];
        assert_eq!(managed[0]["manager"], "kubectl");
        assert_eq!(
            managed[0]["fieldsV1"],
            json!({"f:spec": {"f:b": {"f:c": {}}}})
        );
        assert_eq!(managed[1]["manager"], "midwatch");
        assert_eq!(managed[1]["fieldsV1"], json!({"f:spec": {"f:a": {}}}));
        assert_eq!(managed.as_array().unwrap().len(), 2);
    }
}
