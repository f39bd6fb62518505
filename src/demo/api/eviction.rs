//! Eviction of a pod. No disruption budgets are served, so nothing forbids one. Pure but for the store.

use axum::response::Response;
use http::StatusCode;
use serde_json::json;

use super::delete::{Manner, delete_object};
use super::{Ask, Subject, body_json, json as answer_json};
use crate::demo::catalog::text;
use crate::demo::refusal::Refusal;

pub(super) fn answer(ask: &Ask, subject: &Subject) -> Result<Response, Refusal> {
    let body = body_json(ask)?;
    if text(&body, "/metadata/name") != ask.target.name {
        return Err(Refusal::bad_request(
            "name in URL does not match name in Eviction object",
        ));
    }
    let manner = Manner::read(ask, &body["deleteOptions"])?.also_dry(ask.dry_run()?);
    let mut store = ask.site.store();
    let found = store.get(subject.id, ask.target.home(), &ask.target.name);
    let object = found.ok_or_else(|| Refusal::not_found(subject.resource, &ask.target.name))?;
    delete_object(&mut store, subject.id, &object, &manner, ask.site.now())?;
    let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(answer_json(StatusCode::CREATED, &body))
}
