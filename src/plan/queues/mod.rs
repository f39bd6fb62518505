//! What Kueue does with a workload, as far as actions have to know it; what keeps a quota; how a notebook stands. Pure;
//! called by the actions on workloads, quotas and notebooks.
//!
//! Source: `kueue: pkg/controller/core/workload_controller.go`, `pkg/controller/jobframework/reconciler.go`;
//! `kubeflow: components/profile-controller/controllers/profile_controller.go`,
//! `components/notebook-controller/controllers/notebook_controller.go`.

mod limit;
mod workload;

use serde_json::Value;

use super::json;
use crate::domain::{Clean, PROFILE_QUOTA};
use crate::kinds::notebook::STOPPED;

pub(super) use limit::{Limit, NONE, is_device};
pub(super) use workload::Workload;

/// How long the controllers may take to end pods, or to follow a change, in seconds.
pub const SETTLING: u64 = 120;

/// The profile that keeps a quota and puts it back when it is changed; empty when nobody does.
#[must_use]
pub fn keeper(quota: &Value) -> &str {
    let mut owners = json::list(quota, &["metadata", "ownerReferences"]).iter();
    let owner = owners.find(|o| json::text(o, &["kind"]) == "Profile");
    match owner {
        Some(owner) => json::text(owner, &["name"]),
        // older controllers set no owner; the name is theirs alone
        None if json::text(quota, &["metadata", "name"]) == PROFILE_QUOTA => {
            json::text(quota, &["metadata", "namespace"])
        }
        None => "",
    }
}

/// How one of these stands, in words; none of another kind.
#[must_use]
pub fn words(object: &Value) -> Option<Clean> {
    match json::text(object, &["kind"]) {
        "Workload" => Some(Workload::of(object).words()),
        "Notebook" => {
            let annotations = json::at(object, &["metadata", "annotations"]);
            let stopped = annotations.is_some_and(|a| a.get(STOPPED).is_some());
            Some(Clean::new(if stopped { "stopped" } else { "not stopped" }))
        }
        _ => None,
    }
}
