//! Services that stood there before the opening, with the revisions they have had. Pure but for the store.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::gitops;
use super::{NOTICE, World, llm_services, services};
use crate::demo::catalog::{find_kind, text};
use crate::demo::site::stamp;
use crate::demo::store::Name;

/// What a service went through: a list of `minutes` before the opening and what its predictor said then that it does
/// not say now, as a merge patch.
const HISTORY: &str = "rig.midwatch.dev/history";
/// Rounds until a service has come to rest, at most.
const ROUNDS: usize = 12;

/// Histories by service.
pub(in crate::demo::world) type History = BTreeMap<Name, Vec<Value>>;

/// Takes the histories out of the manifests.
pub(in crate::demo::world) fn histories(manifests: &mut [Value]) -> History {
    let mut all = History::new();
    for manifest in manifests {
        let name = Name::of(manifest);
        let Some(annotations) = manifest["metadata"]["annotations"].as_object_mut() else {
            continue;
        };
        if let Some(Value::String(history)) = annotations.remove(HISTORY) {
            match serde_json::from_str(&history) {
                Ok(steps) => {
                    all.insert(name, steps);
                }
                Err(error) => {
                    tracing::error!(%error, name = name.name, "a history of the demo cannot be read");
                }
            }
        }
        if annotations.is_empty() {
            manifest["metadata"]
                .as_object_mut()
                .map(|m| m.remove("annotations"));
        }
    }
    all
}

/// Stores a service as it stands after its history; whether it is one.
pub(in crate::demo::world) fn found(
    world: &mut World,
    manifest: &Value,
    history: &History,
) -> bool {
    let id = find_kind(text(manifest, "/apiVersion"), text(manifest, "/kind"));
    let Some(id) = id.filter(|id| *id == services() || *id == llm_services()) else {
        return false;
    };
    let name = Name::of(manifest);
    let opened = world.now;
    let now = std::mem::replace(&mut world.serving.founding, true);
    let since = world.clock.moment(world.long_ago(&name.name));
    let once = [json!({})];
    for step in history.get(&name).map_or(&once[..], Vec::as_slice) {
        #[allow(clippy::cast_possible_truncation)]
        let at = step["minutes"].as_f64().map(|m| -(m * 60_000.0) as i64);
        world.now = at.unwrap_or(since);
        let mut then = manifest.clone();
        json_patch::merge(&mut then["spec"]["predictor"], &step["predictor"]);
        if step["predictor"].is_null() {
            then["spec"] = manifest["spec"].clone();
        }
        let writer = gitops::writer_of(manifest);
        let changed = world.change(id, &name, writer, |live| {
            live["spec"] = then["spec"].clone();
        });
        if changed.is_none() {
            then["metadata"]["creationTimestamp"] = stamp(world.wall());
            world.create(id, then, writer);
        }
        for _ in 0..ROUNDS {
            let before = world.site.store().version();
            world.reconcile_service(id, &name);
            if world.site.store().version() == before {
                break;
            }
        }
    }
    world.serving.founding = now;
    world.serving.queued.remove(&(id, name.clone()));
    world.now = opened;
    world.look_at_service(id, &name, NOTICE);
    true
}
