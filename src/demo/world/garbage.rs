//! Garbage: dependants whose owners are gone, namespaces that are being deleted, and the finalizers of foreground
//! and orphaning deletes. I/O: waits on the store.
//!
//! Source: k8s.io/kubernetes `pkg/controller/garbagecollector`, `pkg/controller/namespace`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::kind;
use crate::demo::admit;
use crate::demo::api::{Manner, delete_object};
use crate::demo::catalog::{ALL, Id};
use crate::demo::site::Site;
use crate::demo::store::{Object, Store};

/// Changes are looked at in bunches this far apart.
const REST: Duration = Duration::from_millis(100);

/// Collects garbage for as long as the store lives.
pub(in crate::demo) async fn collect_garbage(site: Arc<Site>) {
    let mut changed = site.store().subscribe();
    let mut seen = 0;
    loop {
        let due = {
            let mut store = site.store();
            let due = store.garbage() != seen;
            if due {
                seen = store.garbage();
                sweep(&mut store, site.now());
            }
            due
        };
        if due {
            // what was removed may leave more behind
            tokio::time::sleep(REST).await;
            continue;
        }
        if changed.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(REST).await;
    }
}

/// One pass over all objects.
fn sweep(store: &mut Store, now: Timestamp) {
    let uids: BTreeSet<String> = store.uids().into_iter().map(str::to_owned).collect();
    let orphans = all(store, |o| {
        !o.owners.is_empty() && !o.owners.iter().any(|u| uids.contains(u))
    });
    for (id, object) in orphans {
        // a conflict cannot arise: nothing else writes while the store is held
        let _ = delete_object(store, id, &object, &Manner::default(), now);
    }
    for (id, object) in all(store, |o| o.deleting) {
        let value = object.value();
        for finalizer in admit::finalizers(&value) {
            match finalizer {
                "orphan" => orphan(store, &object, &value, id),
                "foregroundDeletion" => foreground(store, &object, &value, id, now),
                _ => {}
            }
        }
    }
    empty_namespaces(store, now);
}

fn all(store: &Store, wanted: impl Fn(&Object) -> bool) -> Vec<(Id, Arc<Object>)> {
    let ids = 0..ALL.len();
    ids.flat_map(|id| store.list(id, "").map(move |o| (id, o)))
        .filter(|(_, o)| wanted(o))
        .map(|(id, o)| (id, o.clone()))
        .collect()
}

fn dependants(store: &Store, uid: &str) -> Vec<(Id, Arc<Object>)> {
    all(store, |o| o.owners.iter().any(|u| u == uid))
}

fn orphan(store: &mut Store, object: &Object, value: &Value, id: Id) {
    for (kind, child) in dependants(store, &object.uid) {
        let mut child = child.value();
        if let Some(owners) = child["metadata"]["ownerReferences"].as_array_mut() {
            owners.retain(|o| o["uid"] != object.uid.as_str());
            if owners.is_empty() {
                child["metadata"]
                    .as_object_mut()
                    .map(|m| m.remove("ownerReferences"));
            }
        }
        store.put(kind, child);
    }
    release(store, object, value, id, "orphan");
}

fn foreground(store: &mut Store, object: &Object, value: &Value, id: Id, now: Timestamp) {
    let children = dependants(store, &object.uid);
    if children.is_empty() {
        release(store, object, value, id, "foregroundDeletion");
        return;
    }
    for (kind, child) in children {
        if !child.deleting {
            let _ = delete_object(store, kind, &child, &Manner::default(), now);
        }
    }
}

/// Takes a finalizer off, and the object away when that was the last thing that held it.
fn release(store: &mut Store, object: &Object, value: &Value, id: Id, finalizer: &str) {
    let mut value = value.clone();
    let left: Vec<&str> = admit::finalizers(&value)
        .into_iter()
        .filter(|f| *f != finalizer)
        .collect();
    let left = json!(left);
    value["metadata"]["finalizers"] = left;
    let may_go = admit::may_go(&value);
    store.put(id, value);
    if may_go {
        store.remove(id, &object.name.namespace, &object.name.name);
    }
}

fn empty_namespaces(store: &mut Store, now: Timestamp) {
    let id = kind("", "v1", "namespaces");
    let ending: Vec<Arc<Object>> = store.list(id, "").filter(|o| o.deleting).cloned().collect();
    for namespace in ending {
        let name = &namespace.name.name;
        let content = all(store, |o| o.name.namespace == *name);
        if content.is_empty() {
            let mut value = namespace.value();
            value["spec"] = json!({});
            let may_go = admit::may_go(&value);
            store.put(id, value);
            if may_go {
                store.remove(id, "", name);
            }
        }
        for (kind, object) in content {
            if !object.deleting {
                let _ = delete_object(store, kind, &object, &Manner::default(), now);
            }
        }
    }
}
