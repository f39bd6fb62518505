//! Replacing objects, and the part of it that patches share. Pure but for the store.

use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::{Ask, Subject, body_json, create, read};
use crate::demo::admit::{self, Writer};
use crate::demo::catalog::text;
use crate::demo::refusal::{Cause, Refusal};
use crate::demo::store::{Object, Store};

pub(super) fn answer(ask: &Ask, subject: &Subject) -> Result<Response, Refusal> {
    let dry = ask.dry_run()?;
    let object = body_json(ask)?;
    create::check_kind(subject, &object)?;
    let mut store = ask.site.store();
    let old = current(ask, subject, &store)?;
    check_identity(ask, subject, &object)?;
    if text(&object, "/metadata/resourceVersion").is_empty() && !subject.resource.unconditional {
        let r = subject.resource;
        let cause = Cause::invalid(
            "metadata.resourceVersion",
            &Value::from(0),
            "must be specified for an update",
        );
        return Err(Refusal::invalid_kind(
            r.group,
            r.plural,
            &ask.target.name,
            &[cause],
        ));
    }
    let object = replace(ask, subject, &mut store, &old, (object, dry))?;
    drop(store);
    read::shaped(ask, subject, &object, StatusCode::OK)
}

/// The stored object that a request names.
pub(super) fn current(
    ask: &Ask,
    subject: &Subject,
    store: &Store,
) -> Result<std::sync::Arc<Object>, Refusal> {
    store
        .get(subject.id, ask.target.home(), &ask.target.name)
        .ok_or_else(|| Refusal::not_found(subject.resource, &ask.target.name))
}

/// Refuses a body that names another object than the URL.
pub(super) fn check_identity(ask: &Ask, subject: &Subject, object: &Value) -> Result<(), Refusal> {
    let name = text(object, "/metadata/name");
    if name != ask.target.name {
        let why = if name.is_empty() {
            "name must be provided".to_owned()
        } else {
            format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                ask.target.name
            )
        };
        return Err(Refusal::bad_request(why));
    }
    let namespace = text(object, "/metadata/namespace");
    if subject.resource.namespaced && !namespace.is_empty() && namespace != ask.target.home() {
        return Err(Refusal::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}

/// Refuses what was made from an older state.
pub(super) fn check_version(
    ask: &Ask,
    subject: &Subject,
    old: &Object,
    object: &Value,
) -> Result<(), Refusal> {
    let version = text(object, "/metadata/resourceVersion");
    if version.is_empty() || version == "0" || version == old.version.to_string() {
        return Ok(());
    }
    Err(Refusal::modified(subject.resource, &ask.target.name))
}

/// Stores `object` in place of `old`, unless it was made from an older state or is not allowed.
pub(super) fn replace(
    ask: &Ask,
    subject: &Subject,
    store: &mut Store,
    old: &Object,
    (mut object, dry): (Value, bool),
) -> Result<Value, Refusal> {
    let r = subject.resource;
    let name = &ask.target.name;
    let uid = text(&object, "/metadata/uid");
    if !uid.is_empty() && uid != old.uid {
        let place = &old.name;
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: /registry/{}/{}/{}/{name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            r.group, r.plural, place.namespace, old.uid
        );
        return Err(Refusal::conflict(r, r.plural, name, &why));
    }
    check_version(ask, subject, old, &object)?;
    let manager = ask.manager();
    let writer = Writer {
        manager: &manager,
        sub: &ask.target.sub,
        time: ask.site.now(),
    };
    let before = old.value();
    admit::changed(r, &before, &mut object, &writer);
    let causes = admit::check_changed(r, &before, &object);
    if !causes.is_empty() {
        return Err(Refusal::invalid(r, name, &causes));
    }
    // a subresource is another rule of the webhook's configuration, and the real one has none for it
    let denied = (r.webhook)(Some(&before), &object).filter(|_| ask.target.sub.is_empty());
    if let Some(why) = denied {
        return Err(Refusal::new(403, "Forbidden", why));
    }
    if dry {
        return Ok(object);
    }
    if admit::may_go(&object) {
        store.put(subject.id, object.clone());
        store.remove(subject.id, &old.name.namespace, name);
        return Ok(object);
    }
    Ok(store.put(subject.id, object).value())
}
