//! The other forms of an object: a row of a table, metadata alone. Pure.
//!
//! Source: k8s.io/apiserver `endpoints/handlers/response.go`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::accept::Form;
use crate::demo::catalog::{Resource, text};

/// Metadata alone.
pub(super) fn partial(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// One row; `include` is what the client wants beside the cells: `None`, `Object`, or metadata.
pub(super) fn row(r: &Resource, object: &Value, include: &str, now: Timestamp) -> Value {
    let mut cells = vec![Value::from(text(object, "/metadata/name"))];
    cells.extend((r.cells)(object, now));
    let beside = match include {
        "None" => Value::Null,
        "Object" => object.clone(),
        _ => partial(object),
    };
    json!({"cells": cells, "object": beside})
}

/// A table of rows.
pub(super) fn table(r: &Resource, metadata: &Value, rows: &[Value], headings: bool) -> Value {
    let mut columns = vec![
        json!({"name": "Name", "type": "string", "format": "name", "priority": 0,
        "description": "Name must be unique within a namespace."}),
    ];
    columns.extend(r.columns.iter().map(|c| {
        json!({"name": c.name, "type": c.kind, "format": "", "priority": c.priority, "description": ""})
    }));
    let mut body = json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "rows": rows});
    body["columnDefinitions"] = if headings {
        Value::from(columns)
    } else {
        json!([])
    };
    body
}

/// An object in the form asked for.
pub(super) fn shaped(
    r: &Resource,
    object: &Value,
    form: Form,
    include: &str,
    now: Timestamp,
) -> Value {
    match form {
        Form::Table => {
            let meta = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
            table(r, &meta, &[row(r, object, include, now)], true)
        }
        Form::Metadata => partial(object),
        Form::Plain | Form::Discovery => object.clone(),
    }
}
