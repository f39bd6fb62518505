//! The nodes of a workflow, read and written back in the format found. Pure.

use serde_json::{Map, Value};

use super::labels;
use super::pack::{Algorithm, pack};
use crate::kinds::argo::names;
use crate::kinds::argo::packed::unpack;
use crate::plan::json;
use crate::plan::refused::Refused;

/// Nodes by id, each as served.
#[derive(Debug, Clone, PartialEq)]
pub struct Nodes {
    /// The nodes.
    pub map: Map<String, Value>,
    packed: Option<Algorithm>,
}

/// Whether the nodes are in a database of the Argo Server, and not on the object.
#[must_use]
pub fn are_offloaded(workflow: &Value) -> bool {
    !json::text(workflow, &["status", "offloadNodeStatusVersion"]).is_empty()
}

impl Nodes {
    /// Reads them, unpacked where they are packed. `task` completes "cannot …" for those that are elsewhere.
    pub fn read(workflow: &Value, task: &str) -> Result<Self, Refused> {
        if are_offloaded(workflow) {
            let name = json::text(workflow, &["metadata", "name"]);
            let verb = task.split(' ').next().unwrap_or(task);
            return Err(Refused::new(&format!(
                "The steps of this run are too many for the object and stand in the database of the Argo Server, so midwatch cannot {task} through the Kubernetes API"
            ))
            .instead(&format!(
                "Through the Argo Server it works: argo {verb} {name} -s HOST:2746"
            )));
        }
        let plain = json::at(workflow, &["status", "nodes"]).and_then(Value::as_object);
        let packed = json::text(workflow, &["status", "compressedNodes"]);
        match plain {
            Some(map) if !map.is_empty() => Ok(Self {
                map: map.clone(),
                packed: None,
            }),
            _ if packed.is_empty() => Ok(Self {
                map: Map::new(),
                packed: None,
            }),
            _ => {
                let told = |why: &str| {
                    Refused::new(&format!(
                        "The packed steps of this run cannot be read: {why}"
                    ))
                    .instead("Copy the run instead: run.resubmit")
                };
                let text = unpack(packed).map_err(|e| told(&e.to_string()))?;
                let map = serde_json::from_slice(&text).map_err(|e| told(&e.to_string()))?;
                Ok(Self {
                    map,
                    packed: Some(Algorithm::of(packed)),
                })
            }
        }
    }

    /// Puts nodes into a workflow in the format these were found in. Never both: a packed status beside a plain one
    /// is ignored by every reader.
    pub fn write(&self, workflow: &mut Value, map: Map<String, Value>) -> Result<(), Refused> {
        let Some(algorithm) = self.packed else {
            json::set(workflow, &["status", "nodes"], Value::Object(map));
            return Ok(());
        };
        let text = serde_json::to_vec(&map).ok();
        let packed = text
            .and_then(|t| pack(&t, algorithm))
            .ok_or_else(|| Refused::new("The steps of this run cannot be packed again"))?;
        json::unset(workflow, &["status", "nodes"]);
        json::set(workflow, &["status", "compressedNodes"], packed.into());
        Ok(())
    }
}

/// Text of a field; empty when there is none.
#[must_use]
pub fn field<'a>(node: &'a Value, key: &str) -> &'a str {
    json::text(node, &[key])
}

/// The node failed.
#[must_use]
pub fn is_bad(node: &Value) -> bool {
    matches!(field(node, "phase"), "Failed" | "Error")
}

/// A group: its work is that of its children.
#[must_use]
pub fn is_group(node: &Value) -> bool {
    matches!(
        field(node, "type"),
        "DAG" | "TaskGroup" | "StepGroup" | "Steps"
    )
}

/// Does work of its own.
#[must_use]
pub fn is_execution(node: &Value) -> bool {
    matches!(field(node, "type"), "Container" | "Pod" | "HTTP" | "Plugin")
}

/// The template that a node runs.
#[must_use]
pub fn template(node: &Value) -> &str {
    match node.get("templateRef") {
        Some(Value::Object(_)) => json::text(node, &["templateRef", "template"]),
        _ => field(node, "templateName"),
    }
}

/// The name of the pod of a node.
#[must_use]
pub fn pod_name(workflow: &Value, node: &Value) -> String {
    let format = json::text(workflow, &["metadata", "annotations", labels::POD_NAMES]);
    if format == "v1" {
        return field(node, "id").to_owned();
    }
    names::pod_name(
        json::text(workflow, &["metadata", "name"]),
        field(node, "name"),
        template(node),
    )
}
