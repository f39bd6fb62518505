//! Events of the core group.

use serde_json::Value;

use super::{BUILT_IN, Column, Resource, column, since, text, wide};
use crate::demo::refusal::Cause;

const COLUMNS: &[Column] = &[
    column("Last Seen", "string"),
    column("Type", "string"),
    column("Reason", "string"),
    column("Object", "string"),
    wide("Subobject"),
    wide("Source"),
    column("Message", "string"),
    wide("First Seen"),
    wide("Count"),
];

const FIELDS: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

pub(super) static EVENTS: Resource = Resource {
    plural: "events",
    singular: "event",
    kind: "Event",
    short: &["ev"],
    columns: COLUMNS,
    cells: |object, now| {
        let last = match text(object, "/lastTimestamp") {
            "" => text(object, "/eventTime"),
            stamp => stamp,
        };
        vec![
            since(last, now),
            Value::from(text(object, "/type")),
            Value::from(text(object, "/reason")),
            Value::from(format!(
                "{}/{}",
                text(object, "/involvedObject/kind").to_lowercase(),
                text(object, "/involvedObject/name")
            )),
            Value::from(text(object, "/involvedObject/fieldPath")),
            Value::from(text(object, "/source/component")),
            Value::from(text(object, "/message").trim()),
            since(text(object, "/firstTimestamp"), now),
            object["count"].clone(),
        ]
    },
    fields: |object| {
        let of = |field: &str| match field {
            "source" => text(object, "/source/component").to_owned(),
            _ => text(object, &format!("/{}", field.replace('.', "/"))).to_owned(),
        };
        FIELDS.iter().map(|f| (*f, of(f))).collect()
    },
    field_names: FIELDS,
    check: |object| {
        let own = text(object, "/metadata/namespace");
        let other = text(object, "/involvedObject/namespace");
        if other == own || (other.is_empty() && own == "default") {
            return Vec::new();
        }
        vec![Cause::invalid(
            "involvedObject.namespace",
            &Value::from(other),
            "does not match event.namespace",
        )]
    },
    ..BUILT_IN
};
