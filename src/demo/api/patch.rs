//! Patches: JSON merge, JSON patch, strategic merge for built-in kinds. Server-side apply is refused. Pure.

use axum::response::Response;
use http::{StatusCode, header};
use serde_json::Value;

use super::{Ask, Subject, create, read, strategic, update};
use crate::demo::catalog::text;
use crate::demo::refusal::{Cause, Refusal};

const JSON: &str = "application/json-patch+json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
/// Operations in one JSON patch (source: apiserver `handlers/patch.go`).
const MOST_OPERATIONS: usize = 10_000;

pub(super) fn answer(ask: &Ask, subject: &Subject) -> Result<Response, Refusal> {
    let dry = ask.dry_run()?;
    let mut store = ask.site.store();
    let kind = ask.header(header::CONTENT_TYPE);
    let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
    let accepted: &[&str] = if subject.resource.custom {
        &[JSON, MERGE]
    } else {
        &[JSON, MERGE, STRATEGIC]
    };
    if !accepted.contains(&kind.as_str()) {
        return Err(Refusal::media_type(accepted));
    }
    let old = update::current(ask, subject, &store)?;
    let mut object = old.value();
    apply(ask, &kind, &mut object)?;
    create::check_kind(subject, &object)?;
    update::check_identity(ask, subject, &object)?;
    // what is out of date is said before what may not be changed
    update::check_version(ask, subject, &old, &object)?;
    let uid = text(&object, "/metadata/uid");
    if uid != old.uid {
        let cause = Cause::invalid("metadata.uid", &Value::from(uid), "field is immutable");
        return Err(Refusal::invalid(
            subject.resource,
            &ask.target.name,
            &[cause],
        ));
    }
    let object = update::replace(ask, subject, &mut store, &old, (object, dry))?;
    drop(store);
    read::shaped(ask, subject, &object, StatusCode::OK)
}

fn apply(ask: &Ask, kind: &str, object: &mut Value) -> Result<(), Refusal> {
    if kind == JSON {
        return apply_json(ask, object);
    }
    let patch: Value = serde_json::from_slice(&ask.body).map_err(|e| undecoded(&e.to_string()))?;
    if !patch.is_object() {
        return Err(undecoded(
            "json: cannot unmarshal into Go value of type map[string]interface {}",
        ));
    }
    if kind == MERGE {
        json_patch::merge(object, &patch);
        return Ok(());
    }
    strategic::merge(object, &patch)
}

fn undecoded(why: &str) -> Refusal {
    Refusal::bad_request(format!("error decoding patch: {why}"))
}

fn apply_json(ask: &Ask, object: &mut Value) -> Result<(), Refusal> {
    let patch: json_patch::Patch =
        serde_json::from_slice(&ask.body).map_err(|e| undecoded(&e.to_string()))?;
    let count = patch.0.len();
    if count > MOST_OPERATIONS {
        let why = format!(
            "The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {count}"
        );
        return Err(Refusal::new(
            413,
            "RequestEntityTooLarge",
            format!("Request entity too large: {why}"),
        ));
    }
    let mut copied = 0;
    for operation in &patch.0 {
        if let json_patch::PatchOperation::Copy(copy) = operation {
            let from = object.pointer(copy.from.as_str());
            copied += from.map_or(0, |v| v.to_string().len());
            if copied > super::BODY_LIMIT {
                let why = format!(
                    "Unable to complete the copy, the accumulated size increase of copy is {copied}, exceeding the limit {}",
                    super::BODY_LIMIT
                );
                return Err(Refusal::new(
                    413,
                    "RequestEntityTooLarge",
                    format!("Request entity too large: {why}"),
                ));
            }
        }
        let one = json_patch::Patch(vec![operation.clone()]);
        json_patch::patch(object, &one).map_err(|_| Refusal::rejected())?;
    }
    Ok(())
}
