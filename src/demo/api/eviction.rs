//! Eviction of a pod, as far as disruption budgets let it go. Pure but for the store.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::delete::{Manner, delete_object};
use super::{Ask, Subject, body_json, json as answer_json};
use crate::demo::budget;
use crate::demo::catalog::{self, Id, text};
use crate::demo::refusal::Refusal;
use crate::demo::store::Store;

pub(super) fn answer(ask: &Ask, subject: &Subject) -> Result<Response, Refusal> {
    let body = body_json(ask)?;
    if text(&body, "/metadata/name") != ask.target.name {
        return Err(Refusal::bad_request(
            "name in URL does not match name in Eviction object",
        ));
    }
    let dry = ask.dry_run()?;
    let manner = Manner::read(ask, &body["deleteOptions"])?.also_dry(dry);
    let mut store = ask.site.store();
    let found = store.get(subject.id, ask.target.home(), &ask.target.name);
    let object = found.ok_or_else(|| Refusal::not_found(subject.resource, &ask.target.name))?;
    let counts = budget_of(&store, &object.value())?;
    delete_object(&mut store, subject.id, &object, &manner, ask.site.now())?;
    if let Some((id, mut budget)) = counts.filter(|_| !dry) {
        // until the controller has seen the pod go
        let left = budget["status"]["disruptionsAllowed"].as_i64().unwrap_or(0) - 1;
        budget["status"]["disruptionsAllowed"] = json!(left.max(0));
        store.put_changed(id, budget);
    }
    let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(answer_json(StatusCode::CREATED, &body))
}

/// The budget that lets the pod go, if one covers it.
fn budget_of(store: &Store, pod: &Value) -> Result<Option<(Id, Value)>, Refusal> {
    let Some(id) = catalog::find("policy", "v1", "poddisruptionbudgets") else {
        return Ok(None);
    };
    let all: Vec<Value> = store
        .list(id, text(pod, "/metadata/namespace"))
        .map(|o| o.value())
        .filter(|b| budget::covers(b, pod))
        .collect();
    let all: Vec<&Value> = all.iter().collect();
    let counts = budget::judge(&all, pod)?;
    Ok(counts.map(|budget| (id, budget.clone())))
}
