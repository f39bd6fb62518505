//! One object. Pure.

use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::accept::Form;
use super::{Ask, Subject, json, list, respond, table};
use crate::demo::refusal::Refusal;

pub(super) fn answer(ask: &Ask, subject: &Subject) -> Result<Response, Refusal> {
    let form = ask.form()?;
    let wanted = list::version(ask)?.unwrap_or_default();
    let object = {
        let store = ask.site.store();
        if wanted > store.version() {
            return Err(Refusal::too_large(wanted, store.version()));
        }
        store.get(subject.id, ask.target.home(), &ask.target.name)
    };
    let object = object.ok_or_else(|| Refusal::not_found(subject.resource, &ask.target.name))?;
    if form == Form::Plain {
        let body = object.json().into();
        return Ok(respond(StatusCode::OK, "application/json", body));
    }
    shaped(ask, subject, &object.value(), StatusCode::OK)
}

/// An object as the answer to a read or a write.
pub(super) fn shaped(
    ask: &Ask,
    subject: &Subject,
    object: &Value,
    code: StatusCode,
) -> Result<Response, Refusal> {
    let include = ask.query.get("includeObject");
    let body = table::shaped(
        subject.resource,
        object,
        ask.form()?,
        include,
        ask.site.now(),
    );
    Ok(json(code, &body))
}
