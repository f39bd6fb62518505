//! What the pods of a revision tell of it and of its model. Pure.
//!
//! Source: knative v1.23, `pkg/apis/serving/v1/revision_lifecycle.go`; kserve v0.20,
//! `pkg/apis/serving/v1beta1/inference_service_status.go` (`PropagateModelStatus`).

use serde_json::{Value, json};

use super::super::list;
use super::status::is;
use super::workload::Standing;
use crate::demo::catalog::text;

/// How a pod fails that cannot load its model: exit code and last words.
fn failure(pod: &Value) -> Option<(i64, String)> {
    let lists = ["initContainerStatuses", "containerStatuses"];
    let mut all = lists.iter().flat_map(|key| list(&pod["status"], key));
    let failing = all.find(|c| c["state"]["waiting"]["reason"] == "CrashLoopBackOff")?;
    let ended = &failing["lastState"]["terminated"];
    Some((
        ended["exitCode"].as_i64().unwrap_or(1),
        text(ended, "/message").to_owned(),
    ))
}

/// Conditions of a revision: type, status, reason, message.
pub(super) fn revision(
    standing: &Standing,
    wanted: u64,
    was_ready: bool,
    name: &str,
) -> Vec<(&'static str, &'static str, String, String)> {
    let row = |kind, state, reason: &str, message: &str| {
        (kind, state, reason.to_owned(), message.to_owned())
    };
    let fine = |kind| row(kind, "True", "", "");
    let failed = standing.pods.iter().find_map(failure);
    let homeless = standing.pods.iter().find_map(|p| {
        let mut all = list(&p["status"], "conditions");
        all.find(|c| c["type"] == "PodScheduled" && c["status"] == "False")
            .map(|c| text(c, "/message").to_owned())
    });
    if standing.ready > 0 {
        return ["Active", "ContainerHealthy", "Ready", "ResourcesAvailable"]
            .map(fine)
            .into();
    }
    if wanted == 0 {
        let state = if was_ready { "True" } else { "Unknown" };
        let idle = row(
            "Active",
            "False",
            "NoTraffic",
            "The target is not receiving traffic.",
        );
        return vec![
            idle,
            fine("ContainerHealthy"),
            row("Ready", state, "", ""),
            fine("ResourcesAvailable"),
        ];
    }
    if let Some((code, said)) = failed {
        let reason = format!("ExitCode{code}");
        let why = format!("Container failed with: {said}");
        return vec![
            row("Active", "Unknown", "Deploying", ""),
            row("ContainerHealthy", "False", &reason, &why),
            row("Ready", "False", &reason, &why),
            row("ResourcesAvailable", "Unknown", "Deploying", ""),
        ];
    }
    if let Some(why) = homeless.filter(|_| !was_ready) {
        return vec![
            row("Active", "Unknown", "Deploying", ""),
            row("ContainerHealthy", "Unknown", "Deploying", ""),
            row("Ready", "False", "Unschedulable", &why),
            row("ResourcesAvailable", "False", "Unschedulable", &why),
        ];
    }
    if was_ready {
        let why = "Requests to the target are being buffered as resources are provisioned.";
        return vec![
            row("Active", "Unknown", "Queued", why),
            fine("ContainerHealthy"),
            fine("Ready"),
            fine("ResourcesAvailable"),
        ];
    }
    let why = format!("Waiting for deployment {name}-deployment to have minimum availability.");
    ["Active", "ContainerHealthy", "Ready", "ResourcesAvailable"]
        .map(|kind| row(kind, "Unknown", "Deploying", &why))
        .into()
}

fn set_model(service: &mut Value, state: &str, failed: Option<(i64, String)>) {
    let model = &mut service["status"]["modelStatus"];
    model["states"]["targetModelState"] = json!(state);
    model["transitionStatus"] = json!(match state {
        "Loaded" => "UpToDate",
        "FailedToLoad" => "BlockedByFailedLoad",
        _ => "InProgress",
    });
    if state == "Loaded" {
        model["states"]["activeModelState"] = json!("Loaded");
    }
    if let Some((code, message)) = failed {
        model["lastFailureInfo"] =
            json!({"reason": "ModelLoadFailed", "message": message, "exitCode": code});
    }
}

/// The state of the model, from the pods of the newest revision. `same`: it is the one that serves; `idle`: nothing is
/// wrong where there are no pods.
pub(super) fn model(service: &mut Value, pods: &[Value], (same, idle): (bool, bool)) {
    let ready = pods
        .iter()
        .filter(|p| text(p, "/status/phase") == "Running" && is(p, "Ready", "True"));
    let ready = ready.count();
    service["status"]["modelStatus"]["copies"] = json!({"failedCopies": 0, "totalCopies": ready});
    let Some(first) = pods.first() else {
        // as in the real one, a good model that was scaled to zero is said to be pending
        let state = if idle { "Pending" } else { "FailedToLoad" };
        set_model(service, state, None);
        return;
    };
    let init = list(&first["status"], "initContainerStatuses")
        .find(|c| c["name"] == "storage-initializer");
    let fetching = init.is_some_and(|c| c["state"]["running"].is_object());
    if let Some(failed) = failure(first) {
        set_model(service, "FailedToLoad", Some(failed));
    } else if fetching {
        set_model(service, "Loading", None);
    } else if is(service, "Ready", "True") && same {
        set_model(service, "Loaded", None);
    } else {
        set_model(service, "Pending", None);
    }
}
