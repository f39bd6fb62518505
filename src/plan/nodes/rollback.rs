//! The request that sets back what a controller could not carry out. Pure; `act` sends it when the checks hold.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use crate::domain::Clean;
use crate::plan::form::{Check, Plan, Step, Verify};

/// What sets an action back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rollback {
    /// It has failed when all of these hold of the target.
    pub when: Vec<Check>,
    /// What that means, one sentence.
    pub text: Clean,
    /// The request.
    pub step: Step,
    /// What shows that it is set back.
    pub verify: Verify,
}

/// Sets the layout of a node back, on condition that it is still what was asked for and has failed: others may have asked
/// for another one meanwhile. `config` and `state` are where the labels stand.
pub(in crate::plan) fn roll_back(
    plan: &mut Plan,
    (was, to): (&str, &str),
    [config, state]: [&str; 2],
) {
    let body = json!([
        {"op": "test", "path": "/metadata/uid", "value": plan.target.uid},
        {"op": "test", "path": config, "value": to},
        {"op": "test", "path": state, "value": "failed"},
        {"op": "replace", "path": config, "value": was},
        {"op": "remove", "path": state},
    ]);
    let step = Step {
        verb: "patch",
        method: "PATCH",
        path: plan.target.path(),
        query: BTreeMap::from([("fieldManager", "midwatch")]),
        content_type: "application/json-patch+json",
        body,
        absent_is_done: false,
        why: Clean::new("The layout from before"),
        stand: None,
    };
    plan.rollback = Some(Rollback {
        when: vec![Check::is(config, &[to]), Check::is(state, &["failed"])],
        text: Clean::new(&format!(
            "The MIG manager could not cut the GPUs as {to} says: a process may hold one still, or the layout does not fit"
        )),
        step,
        verify: Verify {
            text: format!("The MIG manager says success for {}", Clean::new(was)).into(),
            checks: vec![Check::is(config, &[was]), Check::is(state, &["success"])],
            patience: 300,
        },
    });
}
