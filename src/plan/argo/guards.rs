//! Whose workflow it is, and whether it still stands. Pure.

use serde_json::Value;

use super::labels;
use crate::domain::Clean;
use crate::plan::json;
use crate::plan::refused::Refused;

/// Refuses an object that is being deleted: what is written to it is lost.
pub fn stands(object: &Value) -> Result<(), Refused> {
    let going = json::text(object, &["metadata", "deletionTimestamp"]);
    if going.is_empty() {
        return Ok(());
    }
    let finalizers: Vec<&str> = json::texts(object, &["metadata", "finalizers"]).collect();
    let waits = if finalizers.is_empty() {
        String::new()
    } else {
        format!(" and waits for {}", finalizers.join(", "))
    };
    Err(Refused::new(&format!(
        "It is being deleted since {going}{waits}"
    )))
}

/// The run of Kubeflow Pipelines that a workflow is, if it is one.
#[must_use]
pub fn kfp_run(workflow: &Value) -> Option<Clean> {
    json::has_label(workflow, labels::KFP_RUN)
        .then(|| Clean::new(json::label(workflow, labels::KFP_RUN)))
}

/// Refuses what Kubeflow Pipelines would undo. `call` is the way that works, of its API.
pub fn not_of_kfp(workflow: &Value, why: &str, call: &str) -> Result<(), Refused> {
    match kfp_run(workflow) {
        None => Ok(()),
        Some(run) => Err(Refused::new(&format!(
            "This run belongs to Kubeflow Pipelines (run {run}): {why}"
        ))
        .instead(&format!(
            "Use the Kubeflow Pipelines API or its page: {}",
            call.replace("RUN", &run)
        ))),
    }
}

/// The workflow has come to its end.
#[must_use]
pub fn has_ended(workflow: &Value) -> bool {
    matches!(
        json::text(workflow, &["status", "phase"]),
        "Succeeded" | "Failed" | "Error"
    )
}
