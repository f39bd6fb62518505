//! Namespaces.

use serde_json::{Value, json};

use super::{BUILT_IN, Column, NameRule, Resource, age, age_column, column, text};

const COLUMNS: &[Column] = &[column("Status", "string"), age_column()];

pub(super) static NAMESPACES: Resource = Resource {
    plural: "namespaces",
    singular: "namespace",
    kind: "Namespace",
    short: &["ns"],
    namespaced: false,
    status: true,
    returns_deleted: true,
    names: NameRule::Label,
    columns: COLUMNS,
    cells: |object, now| vec![Value::from(text(object, "/status/phase")), age(object, now)],
    fields: |object| vec![("status.phase", text(object, "/status/phase").to_owned())],
    field_names: &["status.phase"],
    defaults: |object| {
        object["spec"] = json!({"finalizers": ["kubernetes"]});
        object["status"] = json!({"phase": "Active"});
        let name = object["metadata"]["name"].clone();
        object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
    },
    ..BUILT_IN
};
