//! What every write goes through before it is stored, whoever writes: the API for a client, the world for its
//! controllers. Pure.
//!
//! Source: k8s.io/apiserver `registry/rest/create.go`, `update.go`.

mod fields;
mod meta;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::catalog::Resource;
use super::refusal::Cause;
use super::site::stamp;
pub use meta::generated;

/// Who writes, and when.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// Name in managedFields.
    pub manager: &'a str,
    /// `status`, or empty.
    pub sub: &'a str,
    /// When.
    pub time: Timestamp,
}

/// Fills in what the server fills in when an object is created.
pub fn created(r: &Resource, object: &mut Value, uid: String, writer: &Writer<'_>) {
    let Some(meta) = meta::metadata(object) else {
        return;
    };
    for key in [
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "resourceVersion",
        "generation",
        "selfLink",
        "managedFields",
    ] {
        meta.remove(key);
    }
    meta.insert("uid".to_owned(), Value::from(uid));
    meta.insert("creationTimestamp".to_owned(), stamp(writer.time));
    if r.generation {
        meta.insert("generation".to_owned(), json!(1));
    }
    (r.defaults)(object);
    drop_empty(object);
    fields::record(r, None, object, writer);
}

/// What is wrong with a new object.
#[must_use]
pub fn check_created(r: &Resource, object: &Value) -> Vec<Cause> {
    let mut causes = meta::check(r, object);
    causes.extend(check_parts(object));
    causes.extend((r.check)(object));
    causes
}

/// Keeps what a change may not touch, and counts the generation.
pub fn changed(r: &Resource, old: &Value, object: &mut Value, writer: &Writer<'_>) {
    if writer.sub == "status" {
        let mut whole = old.clone();
        whole["status"] = object["status"].take();
        *object = whole;
    } else if r.status {
        match old.get("status") {
            Some(status) => object["status"] = status.clone(),
            None => {
                object.as_object_mut().map(|o| o.remove("status"));
            }
        }
    }
    if let Some(meta) = meta::metadata(object) {
        keep(&old["metadata"], meta);
    }
    drop_empty(object);
    let count = old["metadata"]["generation"].as_u64();
    if let (true, Some(count)) = (r.generation, count) {
        let bumped = count + u64::from(!same_wish(r, old, object));
        object["metadata"]["generation"] = json!(bumped);
    }
    fields::record(r, Some(old), object, writer);
}

/// As [`changed`], for a controller that writes what it likes, the status included.
pub fn written(r: &Resource, old: &Value, object: &mut Value, writer: &Writer<'_>) {
    drop_empty(object);
    let count = old["metadata"]["generation"].as_u64();
    if let (true, Some(count)) = (r.generation, count) {
        let bumped = count + u64::from(!same_wish(r, old, object));
        object["metadata"]["generation"] = json!(bumped);
    }
    fields::record(r, Some(old), object, writer);
}

fn keep(old: &Value, meta: &mut Map<String, Value>) {
    let kept = [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "generateName",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "resourceVersion",
    ];
    for key in kept {
        match old.get(key) {
            Some(value) => meta.insert(key.to_owned(), value.clone()),
            None => meta.remove(key),
        };
    }
}

/// Whether nothing differs of what `generation` counts: all but metadata, and but the status where that is a
/// subresource.
fn same_wish(r: &Resource, old: &Value, new: &Value) -> bool {
    let parts = |v: &'_ Value| -> Vec<String> {
        let keys = v.as_object().into_iter().flatten().map(|(k, _)| k.clone());
        keys.filter(|k| k != "metadata" && !(r.status && k == "status"))
            .collect()
    };
    let (before, after) = (parts(old), parts(new));
    before == after && before.iter().all(|k| old[k] == new[k])
}

/// Empty maps and lists in metadata are not stored.
fn drop_empty(object: &mut Value) {
    let Some(meta) = meta::metadata(object) else {
        return;
    };
    meta.retain(|_, value| match value {
        Value::Null => false,
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => true,
    });
}

/// What is wrong with a change.
#[must_use]
pub fn check_changed(r: &Resource, old: &Value, object: &Value) -> Vec<Cause> {
    let mut causes = meta::check(r, object);
    causes.extend(check_parts(object));
    causes.extend((r.check)(object));
    causes.extend((r.check_change)(old, object));
    if old["metadata"].get("deletionTimestamp").is_some() {
        let had = finalizers(old);
        let extra: Vec<&str> = finalizers(object)
            .into_iter()
            .filter(|f| !had.contains(f))
            .collect();
        if !extra.is_empty() {
            let why = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                extra
                    .iter()
                    .map(|f| format!("{f:?}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            );
            causes.push(Cause::forbidden("metadata.finalizers", &why));
        }
    }
    causes
}

/// The first part of an object that is not of the type that everything relies on, named for a message.
#[must_use]
pub fn mistyped(object: &Value) -> Option<&'static str> {
    let map = |v: &Value| v.is_null() || v.is_object();
    let texts = |v: &Value| match v {
        Value::Null => true,
        Value::Object(map) => map.values().all(Value::is_string),
        _ => false,
    };
    let list = |v: &Value, fits: fn(&Value) -> bool| match v {
        Value::Null => true,
        Value::Array(items) => items.iter().all(fits),
        _ => false,
    };
    let meta = &object["metadata"];
    let word = |key: &str| meta[key].is_null() || meta[key].is_string();
    let words = [
        "name",
        "namespace",
        "generateName",
        "uid",
        "resourceVersion",
    ];
    let parts = [
        (
            map(meta),
            "into Go struct field .metadata of type v1.ObjectMeta",
        ),
        (
            words.into_iter().all(word),
            "into Go struct field ObjectMeta.metadata of type string",
        ),
        (
            texts(&meta["labels"]),
            "into Go struct field ObjectMeta.metadata.labels of type map[string]string",
        ),
        (
            texts(&meta["annotations"]),
            "into Go struct field ObjectMeta.metadata.annotations of type map[string]string",
        ),
        (
            list(&meta["finalizers"], Value::is_string),
            "into Go struct field ObjectMeta.metadata.finalizers of type []string",
        ),
        (
            list(&meta["ownerReferences"], Value::is_object),
            "into Go struct field ObjectMeta.metadata.ownerReferences of type []v1.OwnerReference",
        ),
    ];
    parts
        .into_iter()
        .find(|(fine, _)| !fine)
        .map(|(_, what)| what)
}

/// What is wrong with `spec` and `status`, which are objects wherever they are given.
fn check_parts(object: &Value) -> Vec<Cause> {
    let wrong = |part: &&str| !object[*part].is_null() && !object[*part].is_object();
    let parts = ["spec", "status"].into_iter().filter(wrong);
    parts
        .map(|p| Cause::mistyped(p, &object[p], "object"))
        .collect()
}

/// The finalizers of an object.
#[must_use]
pub fn finalizers(object: &Value) -> Vec<&str> {
    let list = object["metadata"]["finalizers"].as_array();
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Whether nothing holds an object that is being deleted any longer.
#[must_use]
pub fn may_go(object: &Value) -> bool {
    let meta = &object["metadata"];
    let grace = meta["deletionGracePeriodSeconds"]
        .as_u64()
        .unwrap_or_default();
    let held = object["spec"]["finalizers"]
        .as_array()
        .is_some_and(|f| !f.is_empty());
    meta.get("deletionTimestamp").is_some() && grace == 0 && finalizers(object).is_empty() && !held
}
