//! Overriding the parameters of a workflow (`overrideParameters`), and telling what they are. Pure.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::plan::{hide, json};

/// Most parameters that are told by name.
const TOLD: usize = 20;

/// Most characters of one that are told.
const LONGEST: usize = 80;

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

/// Parameters for people to read, `a=1, b=2`: without secrets, and no longer than can be taken in.
pub fn told<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> = all.map(|(name, value)| format!("{name}={value}")).collect();
    let hidden = hide::parameters(&BTreeMap::from([("parameters", pairs)]));
    let pairs: Vec<String> = hidden.into_values().flatten().collect();
    let mut shown: Vec<String> = pairs.iter().take(TOLD).map(|pair| cut(pair)).collect();
    if let Some(more) = pairs.len().checked_sub(TOLD).filter(|more| *more > 0) {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

fn cut(text: &str) -> String {
    let cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() {
        format!("{cut}…")
    } else {
        cut
    }
}
