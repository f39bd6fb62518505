//! Suspended nodes: approve, reject, set values (`updateSuspendedNode`, `ResumeWorkflow`). Pure.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::nodes::{Nodes, field};
use crate::domain::Clean;
use crate::plan::json;
use crate::plan::refused::Refused;

/// Whether a node is a gate that waits.
#[must_use]
pub fn is_open(node: &Value) -> bool {
    field(node, "type") == "Suspend" && field(node, "phase") == "Running"
}

/// The gates that wait, by id, in the order of their names.
#[must_use]
pub fn open(nodes: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut open: Vec<(&str, &Value)> = nodes
        .iter()
        .filter(|(_, node)| is_open(node))
        .map(|(id, node)| (id.as_str(), node))
        .collect();
    open.sort_by_key(|(_, node)| field(node, "name"));
    open
}

/// What a gate is called in a sentence.
#[must_use]
pub fn called(node: &Value) -> Clean {
    let shown = field(node, "displayName");
    Clean::new(if shown.is_empty() {
        field(node, "name")
    } else {
        shown
    })
}

/// The id of the one gate that is meant: by id or name, or the only one that waits.
pub fn chosen(nodes: &Nodes, wanted: &str) -> Result<String, Refused> {
    let open = open(&nodes.map);
    let listed = || {
        let names: Vec<String> = open
            .iter()
            .map(|(id, node)| format!("{} ({})", called(node), Clean::new(id)))
            .collect();
        names.join(", ")
    };
    if open.is_empty() {
        return Err(Refused::new("No gate of this run waits for anyone")
            .instead("A run that is suspended as a whole goes on with run.resume"));
    }
    let fits = |(id, node): &(&str, &Value)| {
        wanted.is_empty()
            || *id == wanted
            || field(node, "name") == wanted
            || field(node, "displayName") == wanted
    };
    let mut fitting = open.iter().filter(|gate| fits(gate));
    match (fitting.next(), fitting.next()) {
        (Some((id, _)), None) => Ok((*id).to_owned()),
        (None, _) => Err(Refused::new(&format!(
            "No gate that waits is called {}",
            Clean::new(wanted)
        ))
        .instead(&format!("Gates that wait: {}", listed()))),
        _ => Err(
            Refused::new("Several gates wait, and only one is decided at a time")
                .instead(&format!("Name one with --param node=ID: {}", listed())),
        ),
    }
}

/// Output parameters of a gate that someone has to give, by name.
#[must_use]
pub fn expected(node: &Value) -> Vec<&str> {
    json::list(node, &["outputs", "parameters"])
        .iter()
        .filter(|p| json::at(p, &["valueFrom", "supplied"]).is_some_and(Value::is_object))
        .map(|p| field(p, "name"))
        .collect()
}

/// Words that an input parameter of the same name allows; empty when any text will do.
#[must_use]
pub fn allowed(node: &Value, name: &str) -> Vec<String> {
    json::list(node, &["inputs", "parameters"])
        .iter()
        .filter(|p| field(p, "name") == name)
        .flat_map(|p| json::list(p, &["enum"]))
        .filter_map(json::any_text)
        .collect()
}

/// Ends a gate in a phase, with a message unless it is empty.
pub fn decide(node: &mut Value, phase: &str, message: &str, now: Timestamp) {
    json::set(node, &["phase"], phase.into());
    // results that are still awaited end a node later
    if node.get("taskResultSynced").and_then(Value::as_bool) != Some(false) {
        json::set(node, &["finishedAt"], json::stamp(now));
    }
    if !message.is_empty() {
        json::set(node, &["message"], message.into());
    }
}

/// Gives an output parameter its value; the parameter as it is then. `None` when the gate does not wait for it.
pub fn give(node: &mut Value, name: &str, value: &str) -> Option<Value> {
    let list = node.pointer_mut("/outputs/parameters")?.as_array_mut()?;
    let parameter = list.iter_mut().find(|p| field(p, "name") == name)?;
    if !json::at(parameter, &["valueFrom", "supplied"]).is_some_and(Value::is_object) {
        return None;
    }
    json::set(parameter, &["value"], value.into());
    json::unset(parameter, &["valueFrom"]);
    Some(parameter.clone())
}

/// Gives all that is expected and has a default its default; the name of the first that has none, if any.
pub fn give_defaults(node: &mut Value) -> Result<(), String> {
    let list = node.pointer_mut("/outputs/parameters");
    for parameter in list.and_then(Value::as_array_mut).into_iter().flatten() {
        if !json::at(parameter, &["valueFrom", "supplied"]).is_some_and(Value::is_object) {
            continue;
        }
        let default = json::at(parameter, &["valueFrom", "default"]).filter(|v| !v.is_null());
        let Some(default) = default.cloned() else {
            return Err(field(parameter, "name").to_owned());
        };
        json::set(parameter, &["value"], default);
        json::unset(parameter, &["valueFrom"]);
    }
    Ok(())
}

/// Mirrors a parameter with a global name to the outputs of the workflow (`AddParamToGlobalScope`).
pub fn make_global(workflow: &mut Value, parameter: &Value) {
    let name = field(parameter, "globalName");
    let Some(value) = parameter.get("value").filter(|_| !name.is_empty()) else {
        return;
    };
    let mut list = json::list(workflow, &["status", "outputs", "parameters"]).to_vec();
    match list.iter_mut().find(|p| field(p, "name") == name) {
        Some(known) => json::set(known, &["value"], value.clone()),
        None => list.push(json!({"name": name, "value": value})),
    }
    let path = ["status", "outputs", "parameters"];
    json::set(workflow, &path, Value::Array(list));
}
