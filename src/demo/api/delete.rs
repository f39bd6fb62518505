//! Deleting objects: preconditions, finalizers, grace, propagation. Pure but for the store.
//!
//! Source: k8s.io/apiserver `registry/generic/registry/store.go`, `registry/rest/delete.go`.

use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::list::Choice;
use super::{Ask, Subject, json as answer_json, read};
use crate::demo::admit;
use crate::demo::catalog::{self, Id, text};
use crate::demo::refusal::{Cause, Refusal};
use crate::demo::site::stamp;
use crate::demo::store::{Object, Store};

/// How to delete.
#[derive(Debug, Default)]
pub(in crate::demo) struct Manner {
    grace: Option<u64>,
    propagation: String,
    uid: String,
    version: String,
    dry: bool,
}

impl Manner {
    /// From the body, or from the query: with a body, the query does not count.
    pub(super) fn read(ask: &Ask, body: &Value) -> Result<Self, Refusal> {
        let word = |pointer: &str, key: &str| match body {
            Value::Null => ask.query.get(key).to_owned(),
            body => text(body, pointer).to_owned(),
        };
        let dry = match (body, body["dryRun"].as_array().map(Vec::as_slice)) {
            (Value::Null, _) => ask.dry_run()?,
            (_, Some([all])) => all == "All",
            _ => false,
        };
        let propagation = word("/propagationPolicy", "propagationPolicy");
        if !["", "Background", "Foreground", "Orphan"].contains(&propagation.as_str()) {
            let cause = Cause::unsupported(
                "propagationPolicy",
                &json!(propagation),
                "\"Foreground\", \"Background\", \"Orphan\", \"nil\"",
            );
            return Err(Refusal::invalid_kind(
                "meta.k8s.io",
                "DeleteOptions",
                "",
                &[cause],
            ));
        }
        let grace = body["gracePeriodSeconds"].as_i64();
        let grace = match body {
            Value::Null => ask.query.get("gracePeriodSeconds").parse().ok(),
            _ => grace,
        };
        Ok(Self {
            grace: grace.map(|g| u64::try_from(g).unwrap_or(1)),
            propagation,
            uid: text(body, "/preconditions/uid").to_owned(),
            version: text(body, "/preconditions/resourceVersion").to_owned(),
            dry,
        })
    }

    /// Stores nothing if that is said here or there.
    pub(super) fn also_dry(mut self, dry: bool) -> Self {
        self.dry |= dry;
        self
    }
}

fn options(ask: &Ask) -> Result<Value, Refusal> {
    if ask.body.is_empty() {
        return Ok(Value::Null);
    }
    super::body_json(ask)
}

pub(super) fn answer(ask: &Ask, subject: &Subject) -> Result<Response, Refusal> {
    let manner = Manner::read(ask, &options(ask)?)?;
    let mut store = ask.site.store();
    let found = store.get(subject.id, ask.target.home(), &ask.target.name);
    let object = found.ok_or_else(|| Refusal::not_found(subject.resource, &ask.target.name))?;
    let left = delete_object(&mut store, subject.id, &object, &manner, ask.site.now())?;
    drop(store);
    let r = subject.resource;
    match left {
        Gone::Waits(value) => read::shaped(ask, subject, &value, StatusCode::OK),
        Gone::Now(value) if r.returns_deleted => read::shaped(ask, subject, &value, StatusCode::OK),
        Gone::Now(_) => {
            let mut details =
                json!({"name": object.name.name, "kind": r.plural, "uid": object.uid});
            if !r.group.is_empty() {
                details["group"] = json!(r.group);
            }
            let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
            Ok(answer_json(StatusCode::OK, &body))
        }
    }
}

pub(super) fn answer_collection(ask: &Ask, subject: &Subject) -> Result<Response, Refusal> {
    let manner = Manner::read(ask, &options(ask)?)?;
    let choice = Choice::read(ask, subject)?;
    let mut store = ask.site.store();
    let all: Vec<_> = store
        .list(subject.id, &choice.namespace)
        .filter(|o| choice.covers(o))
        .cloned()
        .collect();
    let mut items = Vec::with_capacity(all.len());
    for object in all {
        match delete_object(&mut store, subject.id, &object, &manner, ask.site.now())? {
            Gone::Waits(value) | Gone::Now(value) => items.push(value),
        }
    }
    let version = store.version().to_string();
    drop(store);
    let r = subject.resource;
    let body = json!({"kind": format!("{}List", r.kind), "apiVersion": r.api_version(),
        "metadata": {"resourceVersion": version}, "items": items});
    Ok(answer_json(StatusCode::OK, &body))
}

/// What is left of a deleted object.
#[derive(Debug)]
pub(in crate::demo) enum Gone {
    /// Still there, until its finalizers or its grace end.
    Waits(Value),
    /// Removed; its last state.
    Now(Value),
}

/// Deletes an object, or marks it when something holds it.
pub(in crate::demo) fn delete_object(
    store: &mut Store,
    kind: Id,
    object: &Object,
    manner: &Manner,
    now: Timestamp,
) -> Result<Gone, Refusal> {
    check(kind, object, manner)?;
    let mut value = object.value();
    let grace = grace(kind, &value, manner);
    mark(&mut value, manner, grace, now, kind);
    if manner.dry {
        return Ok(if admit::may_go(&value) {
            Gone::Now(value)
        } else {
            Gone::Waits(value)
        });
    }
    if !admit::may_go(&value) {
        return Ok(Gone::Waits(store.put(kind, value).value()));
    }
    let last = store.remove(kind, &object.name.namespace, &object.name.name);
    Ok(Gone::Now(last.map_or(value, |l| l.value())))
}

fn check(kind: Id, object: &Object, manner: &Manner) -> Result<(), Refusal> {
    let r = catalog::ALL[kind];
    let name = &object.name.name;
    if !manner.uid.is_empty() && manner.uid != object.uid {
        let why = format!(
            "the UID in the precondition ({}) does not match the UID in record ({}). The object might have been deleted and then recreated",
            manner.uid, object.uid
        );
        return Err(Refusal::conflict(r, r.kind, name, &why));
    }
    if !manner.version.is_empty() && manner.version != object.version.to_string() {
        let why = format!(
            "the ResourceVersion in the precondition ({}) does not match the ResourceVersion in record ({}). The object might have been modified",
            manner.version, object.version
        );
        return Err(Refusal::conflict(r, r.kind, name, &why));
    }
    Ok(())
}

/// Seconds that a pod is given to end; only one that runs on a node is given any.
fn grace(kind: Id, value: &Value, manner: &Manner) -> u64 {
    let runs = !text(value, "/spec/nodeName").is_empty()
        && !matches!(text(value, "/status/phase"), "Succeeded" | "Failed");
    if catalog::ALL[kind].plural != "pods" || !runs {
        return 0;
    }
    let own = value["spec"]["terminationGracePeriodSeconds"].as_u64();
    let wanted = manner.grace.or(own).unwrap_or(30);
    match value["metadata"]["deletionGracePeriodSeconds"].as_u64() {
        Some(before) => wanted.min(before),
        None => wanted,
    }
}

fn mark(value: &mut Value, manner: &Manner, grace: u64, now: Timestamp, kind: Id) {
    let finalizer = match manner.propagation.as_str() {
        "Orphan" => Some("orphan"),
        "Foreground" => Some("foregroundDeletion"),
        _ => None,
    };
    let deleting = value["metadata"].get("deletionTimestamp").is_some();
    if let (Some(finalizer), false) = (finalizer, deleting) {
        let mut all: Vec<String> = admit::finalizers(value)
            .into_iter()
            .map(str::to_owned)
            .collect();
        if !all.iter().any(|f| f == finalizer) {
            all.push(finalizer.to_owned());
        }
        value["metadata"]["finalizers"] = json!(all);
    }
    if !deleting {
        let seconds = i64::try_from(grace).unwrap_or(30);
        let end = now
            .checked_add(jiff::SignedDuration::from_secs(seconds))
            .unwrap_or(now);
        value["metadata"]["deletionTimestamp"] = stamp(end);
        if let Some(count) = value["metadata"]["generation"].as_u64() {
            value["metadata"]["generation"] = json!(count + 1);
        }
    }
    value["metadata"]["deletionGracePeriodSeconds"] = json!(grace);
    if catalog::ALL[kind].plural == "namespaces" {
        value["status"]["phase"] = json!("Terminating");
    }
}
