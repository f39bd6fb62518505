//! Creating objects. Pure but for the store.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Ask, Subject, body_json, read};
use crate::demo::admit::{self, Writer};
use crate::demo::catalog::{self, text};
use crate::demo::refusal::Refusal;
use crate::demo::store::Store;

pub(super) fn answer(ask: &Ask, subject: &Subject) -> Result<Response, Refusal> {
    if !ask.target.name.is_empty() {
        return Err(Refusal::no_method());
    }
    let dry = ask.dry_run()?;
    let mut object = body_json(ask)?;
    check_kind(subject, &object)?;
    place(ask, subject, &mut object)?;
    if !text(&object, "/metadata/resourceVersion").is_empty() {
        let why = "resourceVersion should not be set on objects to be created";
        return Err(Refusal::new(500, "", why));
    }
    name(ask, &mut object);
    let mut store = ask.site.store();
    check_namespace(ask, subject, &store, &object)?;
    let manager = ask.manager();
    let writer = Writer {
        manager: &manager,
        sub: "",
        time: ask.site.now(),
    };
    admit::created(subject.resource, &mut object, ask.site.uid(), &writer);
    let causes = admit::check_created(subject.resource, &object);
    let name = text(&object, "/metadata/name").to_owned();
    if !causes.is_empty() {
        return Err(Refusal::invalid(subject.resource, &name, &causes));
    }
    if store.get(subject.id, ask.target.home(), &name).is_some() {
        return Err(Refusal::exists(subject.resource, &name));
    }
    if let Some(why) = (subject.resource.webhook)(None, &object) {
        return Err(Refusal::new(403, "Forbidden", why));
    }
    if !dry {
        object = store.put(subject.id, object).value();
    }
    drop(store);
    read::shaped(ask, subject, &object, StatusCode::CREATED)
}

/// Refuses an object of another kind, and names the kind of one that does not say.
pub(super) fn check_kind(subject: &Subject, object: &Value) -> Result<(), Refusal> {
    let r = subject.resource;
    if !object.is_object() {
        return Err(Refusal::bad_request(
            "the object provided is unrecognized: it is not an object",
        ));
    }
    let (version, kind) = (text(object, "/apiVersion"), text(object, "/kind"));
    if r.custom && (version.is_empty() || kind.is_empty()) {
        return Err(Refusal::bad_request(
            "the object provided is unrecognized: Object 'Kind' or 'apiVersion' is missing",
        ));
    }
    if !version.is_empty() && version != r.api_version() {
        return Err(Refusal::bad_request(format!(
            "the API version in the data ({version}) does not match the expected API version ({})",
            r.api_version()
        )));
    }
    if !kind.is_empty() && kind != r.kind {
        return Err(Refusal::bad_request(format!(
            "{kind} in version {:?} cannot be handled as a {}",
            r.version, r.kind
        )));
    }
    match admit::mistyped(object) {
        Some(part) => Err(Refusal::bad_request(format!(
            "{} in version {:?} cannot be handled as a {}: json: cannot unmarshal {part}",
            r.kind, r.version, r.kind
        ))),
        None => Ok(()),
    }
}

/// Puts the object into the namespace of the URL, or refuses when it names another.
fn place(ask: &Ask, subject: &Subject, object: &mut Value) -> Result<(), Refusal> {
    let named = text(object, "/metadata/namespace").to_owned();
    let home = ask.target.home();
    if !subject.resource.namespaced {
        object["metadata"]
            .as_object_mut()
            .map(|m| m.remove("namespace"));
        return Ok(());
    }
    if !named.is_empty() && named != home {
        return Err(Refusal::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    object["metadata"]["namespace"] = json!(home);
    Ok(())
}

fn name(ask: &Ask, object: &mut Value) {
    let base = text(object, "/metadata/generateName").to_owned();
    if !base.is_empty() && text(object, "/metadata/name").is_empty() {
        object["metadata"]["name"] = json!(admit::generated(&base, &ask.site.suffix()));
    }
}

fn check_namespace(
    ask: &Ask,
    subject: &Subject,
    store: &Store,
    object: &Value,
) -> Result<(), Refusal> {
    if !subject.resource.namespaced {
        return Ok(());
    }
    let home = ask.target.home();
    let id = catalog::find("", "v1", "namespaces").unwrap_or_default();
    let namespaces = catalog::ALL[id];
    let found = store
        .get(id, "", home)
        .ok_or_else(|| Refusal::not_found(namespaces, home))?;
    if found.value()["metadata"].get("deletionTimestamp").is_none() {
        return Ok(());
    }
    let r = subject.resource;
    let why =
        format!("unable to create new content in namespace {home} because it is being terminated");
    let mut refusal = Refusal::forbidden(r.group, r.plural, text(object, "/metadata/name"), &why);
    let cause = json!([{"reason": "NamespaceTerminating", "message": format!("namespace {home} is being terminated"),
        "field": "metadata.namespace"}]);
    refusal
        .details
        .get_or_insert_default()
        .insert("causes".to_owned(), cause);
    Err(refusal)
}
