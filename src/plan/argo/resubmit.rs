//! The copy that a resubmit makes: a port of `FormulateResubmitWorkflow`. Pure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::arguments::override_parameters;
use super::graph::Graph;
use super::labels;
use super::nodes::{Nodes, field, is_bad};
use super::retry::not_shut_down;
use crate::kinds::argo::names::node_id;
use crate::plan::json;
use crate::plan::refused::Refused;

/// How to copy, in Argo's terms.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Steps that succeeded are not run again.
    pub memoized: bool,
    /// Parameters to override.
    pub parameters: &'a [(&'a str, &'a str)],
    /// Five letters or digits, for the name of a memoized copy: it must be known before it is made.
    pub suffix: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// The copy of a workflow as served.
pub fn formulate(workflow: &Value, options: &Options<'_>) -> Result<Value, Refused> {
    let name = json::text(workflow, &["metadata", "name"]);
    let generate = match json::text(workflow, &["metadata", "generateName"]) {
        "" => format!("{name}-"),
        given => given.to_owned(),
    };
    let failed = matches!(
        json::text(workflow, &["status", "phase"]),
        "Failed" | "Error"
    );
    if options.memoized && !failed {
        return Err(
            Refused::new("Only a run that failed can be copied with its finished steps")
                .instead("Copy it without memoized=true: all steps run again"),
        );
    }
    let mut new = json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": generate, "labels": labels_of(workflow, name)},
        "spec": workflow.get("spec").cloned().unwrap_or_else(|| json!({})),
    });
    for field in ["annotations", "ownerReferences"] {
        if let Some(value) = json::at(workflow, &["metadata", field]) {
            json::set(&mut new, &["metadata", field], value.clone());
        }
    }
    not_shut_down(&mut new);
    override_parameters(&mut new, options.parameters.iter().copied());
    if options.memoized {
        let named = format!("{generate}{}", options.suffix);
        json::set(&mut new, &["metadata", "name"], named.as_str().into());
        let status = status(workflow, name, &named, options.now)?;
        json::set(&mut new, &["status"], status);
    }
    Ok(new)
}

/// Labels of the copy: those of the original, save what says how that one went and who made it.
fn labels_of(workflow: &Value, name: &str) -> Map<String, Value> {
    let own = json::at(workflow, &["metadata", "labels"]).and_then(Value::as_object);
    let mut copied: Map<String, Value> = own.cloned().unwrap_or_default();
    copied.retain(|key, _| {
        !labels::CREATOR.contains(&key.as_str())
            && ![labels::PHASE, labels::COMPLETED, labels::ARCHIVING].contains(&key.as_str())
    });
    copied.insert(labels::RESUBMITTED.to_owned(), name.into());
    copied
}

/// The status of a memoized copy: pods that succeeded are skipped, all else is to be run.
fn status(workflow: &Value, old: &str, new: &str, now: Timestamp) -> Result<Value, Refused> {
    let nodes = Nodes::read(workflow, "resubmit it with its finished steps")?;
    let graph = Graph::new(&nodes.map)?;
    let survived = graph.succeeded_below(&BTreeSet::new());
    let rename = Rename {
        graph: &graph,
        old,
        new,
    };
    let exit = format!("{old}.onExit");
    let mut copies = Map::new();
    for (at, (_, node)) in graph.nodes.iter().enumerate() {
        if field(node, "name").starts_with(&exit) {
            continue;
        }
        let survived = survived.get(at) == Some(&true);
        if let Some((id, copy)) = copied(&rename, node, survived, now) {
            copies.insert(id, copy);
        }
    }
    let mut status = json!({
        "nodes": copies,
        "conditions": [{"type": "Completed", "status": "False"}],
    });
    if let Some(stored) = json::at(workflow, &["status", "storedTemplates"]) {
        json::set(&mut status, &["storedTemplates"], stored.clone());
    }
    Ok(status)
}

/// The copy of one node; none for a node that was skipped for nothing.
fn copied(
    rename: &Rename<'_, '_>,
    node: &Value,
    survived: bool,
    now: Timestamp,
) -> Option<(String, Value)> {
    let mut copy = node.clone();
    let name = rename.name(field(node, "name"));
    let id = node_id(rename.new, &name);
    json::set(&mut copy, &["name"], name.into());
    json::set(&mut copy, &["id"], id.as_str().into());
    rename.edges(&mut copy);
    let is_pod = field(node, "type") == "Pod";
    for time in ["startedAt", "finishedAt"] {
        if is_pod && is_bad(node) {
            json::unset(&mut copy, &[time]);
        } else {
            json::set(&mut copy, &[time], json::stamp(now));
        }
    }
    if is_pod && !is_bad(node) {
        let message = format!("original pod: {}", field(node, "id"));
        json::set(&mut copy, &["phase"], "Skipped".into());
        json::set(&mut copy, &["type"], "Skipped".into());
        json::set(&mut copy, &["message"], message.into());
    } else if field(node, "type") == "Skipped" && !survived {
        return None;
    } else {
        json::set(&mut copy, &["phase"], "Pending".into());
        json::unset(&mut copy, &["message"]);
    }
    Some((id, copy))
}

/// From the names and ids of the old workflow to those of the new one.
struct Rename<'a, 'g> {
    graph: &'a Graph<'g>,
    old: &'a str,
    new: &'a str,
}

impl Rename<'_, '_> {
    fn name(&self, name: &str) -> String {
        match name.strip_prefix(self.old) {
            Some(rest) => format!("{}{rest}", self.new),
            None => name.to_owned(),
        }
    }

    fn id(&self, id: &str) -> String {
        let place = self.graph.place(id);
        let name = place.map_or("", |at| field(self.graph.node(at), "name"));
        node_id(self.new, &self.name(name))
    }

    fn edges(&self, node: &mut Value) {
        let boundary = field(node, "boundaryID").to_owned();
        if !boundary.is_empty() {
            json::set(node, &["boundaryID"], self.id(&boundary).into());
        }
        for key in ["children", "outboundNodes"] {
            let ids = node.get_mut(key).and_then(Value::as_array_mut);
            for id in ids.into_iter().flatten() {
                *id = self.id(id.as_str().unwrap_or_default()).into();
            }
        }
    }
}
