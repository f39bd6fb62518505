//! One stored object: its JSON text, and what selectors and the garbage collector ask about it. Pure.
//!
//! The text is kept, not the tree: a list or a watch copies bytes, and a workflow of 200 steps costs what it weighs.

use std::collections::BTreeMap;

use hyper::body::Bytes;
use serde_json::Value;

use crate::demo::catalog::{Resource, text};

/// Where an object stands. Orders as the keys of etcd do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// Empty for cluster-scoped kinds.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Name {
    /// From its parts.
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// From `metadata`.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        Self::new(
            text(value, "/metadata/namespace"),
            text(value, "/metadata/name"),
        )
    }
}

/// One version of one object. Never changed.
#[derive(Debug)]
pub struct Object {
    /// Where it stands.
    pub name: Name,
    /// The version this state was written under.
    pub version: u64,
    /// Its uid.
    pub uid: String,
    /// Uids of its owners.
    pub owners: Vec<String>,
    /// Being deleted.
    pub deleting: bool,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Values of the fields that a fieldSelector may name.
    pub fields: Vec<(&'static str, String)>,
    json: Bytes,
    /// Length of the `{"apiVersion":…,"kind":…,` in front.
    head: usize,
}

impl Object {
    /// Indexes and writes down a value.
    #[must_use]
    pub fn new(resource: &Resource, version: u64, value: &Value) -> Self {
        let head = format!(
            "{{\"apiVersion\":\"{}\",\"kind\":\"{}\",",
            resource.api_version(),
            resource.kind
        );
        let mut json = head.clone().into_bytes();
        for (key, part) in value.as_object().into_iter().flatten() {
            if key != "apiVersion" && key != "kind" {
                json.extend_from_slice(Value::from(key.as_str()).to_string().as_bytes());
                json.push(b':');
                // writing JSON to memory cannot fail
                let _ = serde_json::to_writer(&mut json, part);
                json.push(b',');
            }
        }
        json.pop();
        json.push(b'}');
        let owners = value.pointer("/metadata/ownerReferences");
        let owners = owners.and_then(Value::as_array).into_iter().flatten();
        Self {
            name: Name::of(value),
            version,
            uid: text(value, "/metadata/uid").to_owned(),
            owners: owners.map(|o| text(o, "/uid").to_owned()).collect(),
            deleting: value.pointer("/metadata/deletionTimestamp").is_some(),
            labels: labels(value),
            fields: (resource.fields)(value),
            head: head.len(),
            json: Bytes::from(json),
        }
    }

    /// The whole object as JSON.
    #[must_use]
    pub fn json(&self) -> Bytes {
        self.json.clone()
    }

    /// The object without `apiVersion` and `kind`, and without its opening brace, as lists of built-in kinds
    /// carry it.
    #[must_use]
    pub fn tail(&self) -> Bytes {
        self.json.slice(self.head..)
    }

    /// Bytes it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.json.len()
    }

    /// The tree, for whoever changes or reads it.
    #[must_use]
    pub fn value(&self) -> Value {
        // it was written by `new` from a tree, so it can be read
        serde_json::from_slice(&self.json).unwrap_or_default()
    }
}

fn labels(value: &Value) -> BTreeMap<String, String> {
    let map = value.pointer("/metadata/labels").and_then(Value::as_object);
    map.into_iter()
        .flatten()
        .filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned())))
        .collect()
}

/// Whether two states of one object say the same, who wrote them aside.
#[must_use]
pub fn same(a: &Value, b: &Value) -> bool {
    let named = |key: &str| key != "apiVersion" && key != "kind";
    let parts = |v: &Value| {
        let keys = v.as_object().into_iter().flatten();
        keys.filter(|(key, _)| named(key)).count()
    };
    let mut all = a.as_object().into_iter().flatten();
    parts(a) == parts(b)
        && all.all(|(key, part)| match key.as_str() {
            "metadata" => same_metadata(part, &b["metadata"]),
            key => !named(key) || Some(part) == b.get(key),
        })
}

fn same_metadata(a: &Value, b: &Value) -> bool {
    let plain = |v: &Value| {
        let mut map = v.as_object().cloned().unwrap_or_default();
        map.remove("managedFields");
        map
    };
    plain(a) == plain(b)
}
