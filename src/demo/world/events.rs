//! Events about objects. Pure but for the store.

use serde_json::{Value, json};

use super::kind;
use super::simulation::World;
use crate::demo::catalog::text;
use crate::demo::site::stamp;

/// Writes an event about an object: type, reason, who says so.
pub(super) fn write(
    world: &mut World,
    about: &Value,
    (kind_of, reason, source): (&str, &str, &str),
    message: &str,
) {
    let name = text(about, "/metadata/name");
    let namespace = match text(about, "/metadata/namespace") {
        "" => "default",
        namespace => namespace,
    };
    let now = stamp(world.wall());
    let event = json!({"apiVersion": "v1", "kind": "Event",
        "metadata": {"name": format!("{name}.{:016x}", world.chance.next()), "namespace": namespace},
        "involvedObject": {"apiVersion": about["apiVersion"], "kind": about["kind"], "name": name,
            "namespace": about["metadata"]["namespace"], "uid": about["metadata"]["uid"],
            "resourceVersion": about["metadata"]["resourceVersion"]},
        "type": kind_of, "reason": reason, "message": message, "count": 1, "firstTimestamp": now, "lastTimestamp": now,
        "eventTime": null, "source": {"component": source}, "reportingComponent": source, "reportingInstance": ""});
    world.create(kind("", "v1", "events"), event, source);
}
