//! Overriding the parameters of a workflow (`overrideParameters`). Pure.

use serde_json::{Value, json};

use crate::plan::json;

/// Where the specification stands that the controller goes by.
const STORED: [&str; 2] = ["status", "storedWorkflowTemplateSpec"];

/// Puts what was given before the workflow's own parameters, and drops those of the same name. The stored
/// specification, which the controller goes by once a workflow has begun, gets the same list.
pub fn override_parameters<'a>(
    workflow: &mut Value,
    given: impl Iterator<Item = (&'a str, &'a str)>,
) {
    let mut list: Vec<Value> = given
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    if list.is_empty() {
        return;
    }
    let new: Vec<String> = list
        .iter()
        .map(|p| json::text(p, &["name"]).to_owned())
        .collect();
    let own = json::list(workflow, &["spec", "arguments", "parameters"]);
    let others = own
        .iter()
        .filter(|p| !new.iter().any(|name| name == json::text(p, &["name"])));
    list.extend(others.cloned());
    let list = Value::Array(list);
    if json::at(workflow, &STORED).is_some_and(Value::is_object) {
        let [status, stored] = STORED;
        let path = [status, stored, "arguments", "parameters"];
        json::set(workflow, &path, list.clone());
    }
    json::set(workflow, &["spec", "arguments", "parameters"], list);
}
