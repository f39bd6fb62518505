//! Nodes as the actions on them see them: cordoned, ready, how their GPUs are cut, and what runs on them. Pure.
//!
//! | file | owns |
//! |---|---|
//! | `pods` | the pods of a node, sorted as a drain has to |
//! | `budget` | disruption budgets: which pods one covers, and what it allows |
//! | `evict` | evictions: requests that are asked again until they are taken |
//! | `layout` | the layouts of the MIG manager, and what they make of a board |
//! | `rollback` | the request that sets back what a controller could not carry out |

pub(super) mod budget;
mod evict;
pub(super) mod layout;
pub(super) mod pods;
mod rollback;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::alertmanager::until;
use super::deed::By;
use super::form::{Check, Inverse, Plan};
use super::json;
use super::refused::Refused;
use crate::domain::Clean;

pub use rollback::Rollback;
pub(super) use rollback::roll_back;

/// Most names that a sentence has.
const NAMED: usize = 12;

/// The label that asks the MIG manager for a layout.
pub(super) const CONFIG: &str = "nvidia.com/mig.config";
/// The label in which it says how far it is.
pub(super) const STATE: &str = "nvidia.com/mig.config.state";

/// What takes a cordon back.
pub(super) const UNDONE: Inverse = Inverse {
    action: "node.uncordon",
    text: "lets it take pods again; those that left do not come back by themselves",
};

/// It takes no more pods.
pub(super) fn is_cordoned(node: &Value) -> bool {
    json::flag(node, &["spec", "unschedulable"])
}

/// Condition Ready; none while the kubelet is silent, or says nothing of it.
pub(super) fn ready(node: &Value) -> Option<bool> {
    let all = json::list(node, &["status", "conditions"]);
    let ready = all.iter().find(|c| json::text(c, &["type"]) == "Ready")?;
    match json::text(ready, &["status"]) {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    }
}

/// The layout that is asked for, and how far the MIG manager is; empty where nothing is said.
pub(super) fn mig(node: &Value) -> (&str, &str) {
    (json::label(node, CONFIG), json::label(node, STATE))
}

/// Asks for it to take no more pods.
pub(super) fn cordon(plan: &mut Plan) {
    plan.patch(
        json!({"spec": {"unschedulable": true}}),
        "The scheduler passes it over; the node controller adds the taint",
    );
    plan.done_when(
        "The node shows that it takes no more pods",
        vec![Check::flag("/spec/unschedulable", true)],
    );
}

/// What shows that a drain is done: the pods are looked after by who carries it out.
pub(super) fn drained(plan: &mut Plan, text: &'static str, patience: u64) {
    plan.done_when(text, vec![Check::flag("/spec/unschedulable", true)]);
    plan.verify.patience = patience;
}

/// A length of time in seconds, as people write it: `15m`.
pub(super) fn within(text: &str, now: Timestamp) -> Result<u64, Refused> {
    let end = until::end(text, now);
    let seconds = end.map(|end| end.as_second() - now.as_second());
    let seconds = seconds.and_then(|s| u64::try_from(s).ok());
    seconds.filter(|s| *s <= 86_400).ok_or_else(|| {
        Refused::new(&format!("{} is no length of time", Clean::new(text)))
            .instead("Write it like 90s, 15m or 2h, up to a day")
    })
}

/// Names in a sentence, the first of many.
pub(super) fn named(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!("{}{more}", shown.join(", "))
}

/// When the MIG manager last said how far it is, as far as the API server keeps that.
pub(super) fn state_since(node: &Value) -> Option<Timestamp> {
    let path = ["f:metadata", "f:labels", "f:nvidia.com/mig.config.state"];
    json::time(writer(node, &path)?, &["time"])
}

/// The newest entry of those who own a field.
fn writer<'a>(object: &'a Value, path: &[&str]) -> Option<&'a Value> {
    let owns = |m: &&Value| json::at(&m["fieldsV1"], path).is_some();
    let all = json::list(object, &["metadata", "managedFields"]).iter();
    all.filter(owns).max_by_key(|m| json::text(m, &["time"]))
}

/// Who wrote that it takes no more pods.
pub(super) fn cordoned_by(node: &Value) -> Option<By> {
    let found = writer(node, &["f:spec", "f:unschedulable"])?;
    Some(By {
        who: Clean::new(json::text(found, &["manager"])),
        at: json::time(found, &["time"]),
        what: Clean::new(json::text(found, &["operation"])),
    })
}

/// The state of a node in words: `ready, cordoned, MIG all-balanced pending`; none when it is no node.
pub(super) fn words(object: &Value) -> Option<String> {
    if json::text(object, &["kind"]) != "Node" {
        return None;
    }
    let mut words = vec![
        match ready(object) {
            Some(true) => "ready",
            Some(false) => "not ready",
            None => "kubelet silent",
        }
        .to_owned(),
    ];
    if is_cordoned(object) {
        words.push("cordoned".to_owned());
    }
    match mig(object) {
        ("", _) => {}
        (layout, "") => words.push(format!("MIG {layout} not begun")),
        (layout, state) => words.push(format!("MIG {layout} {state}")),
    }
    Some(words.join(", "))
}

#[cfg(test)]
#[path = "tests.rs"]
pub(super) mod tests;
