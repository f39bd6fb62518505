//! What the controllers of training jobs write into their status. Pure.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Tally;
use crate::demo::catalog::text;

/// The counts of a status.
pub(super) fn write(job: &mut Value, tallies: &BTreeMap<String, Tally>) {
    let sum = |of: fn(&Tally) -> u64| tallies.values().map(of).sum::<u64>();
    match text(job, "/kind") {
        "PyTorchJob" => {
            for (role, t) in tallies {
                job["status"]["replicaStatuses"][role] =
                    json!({"active": t.active, "succeeded": t.succeeded, "failed": t.failed});
            }
        }
        "JobSet" => {
            let each = tallies.iter().map(|(role, t)| {
                let done = t.succeeded == t.wanted;
                let failed = t.failed > 0;
                json!({"name": role, "active": u8::from(!done && !failed), "ready": u8::from(t.ready == t.wanted),
                    "succeeded": u8::from(done), "failed": u8::from(failed), "suspended": 0})
            });
            job["status"]["replicatedJobsStatus"] = each.collect();
            job["status"]["restarts"] = json!(0);
        }
        "RayCluster" => ray(job, tallies),
        _ => {
            let counts = [
                ("active", sum(|t| t.active)),
                ("ready", sum(|t| t.ready)),
                ("succeeded", sum(|t| t.succeeded)),
                ("failed", sum(|t| t.failed)),
            ];
            for (key, count) in counts {
                job["status"][key] = json!(count);
            }
        }
    }
}

/// A cluster of Ray is ready once all of it was.
fn ray(job: &mut Value, tallies: &BTreeMap<String, Tally>) {
    let workers = || tallies.iter().filter(|(role, _)| *role != "head");
    let sum = |of: fn(&Tally) -> u64| workers().map(|(_, t)| of(t)).sum::<u64>();
    let (ready, wanted) = (sum(|t| t.ready), sum(|t| t.wanted));
    job["status"]["desiredWorkerReplicas"] = json!(wanted);
    job["status"]["readyWorkerReplicas"] = json!(ready);
    job["status"]["availableWorkerReplicas"] = json!(ready);
    let head = tallies.get("head").is_some_and(|t| t.ready == t.wanted);
    if head && ready == wanted {
        job["status"]["state"] = json!("ready");
    }
}

/// The conditions of a job that is not suspended.
pub(super) fn conditions(job: &mut Value, tallies: &BTreeMap<String, Tally>, now: &Value) {
    if text(job, "/kind") == "RayCluster" {
        let up = |role: &str| tallies.get(role).is_some_and(|t| t.ready == t.wanted);
        mark(
            job,
            ("HeadPodReady", up("head"), "HeadPodRunningAndReady"),
            "",
            now,
        );
        if job["status"]["state"] == "ready" {
            let why = "AllPodRunningAndReadyFirstTime";
            mark(job, ("RayClusterProvisioned", true, why), "", now);
        }
        return;
    }
    let failed: Vec<String> = tallies
        .iter()
        .filter(|(_, t)| t.failed > 0)
        .map(|(role, t)| format!("{} {role} replica(s) failed", t.failed))
        .collect();
    let done = tallies.values().all(|t| t.succeeded >= t.wanted);
    let word = text(job, "/kind").to_owned();
    let good = match word.as_str() {
        "PyTorchJob" => "Succeeded",
        "JobSet" => "Completed",
        _ => "Complete",
    };
    if word == "PyTorchJob" {
        mark(job, ("Created", true, "PyTorchJobCreated"), "", now);
        let runs = failed.is_empty() && !done && tallies.values().any(|t| t.ready > 0);
        mark(job, ("Running", runs, "PyTorchJobRunning"), "", now);
    }
    if !failed.is_empty() {
        let name = text(job, "/metadata/name");
        let message = match word.as_str() {
            "PyTorchJob" => format!(
                "PyTorchJob {name} is failing because {}.",
                failed.join(", ")
            ),
            "JobSet" => "jobset failed due to one or more job failures".to_owned(),
            _ => "Job has reached the specified backoff limit".to_owned(),
        };
        let reason = match word.as_str() {
            "PyTorchJob" => "PyTorchJobFailed",
            "JobSet" => "FailedJobs",
            _ => "BackoffLimitExceeded",
        };
        mark(job, ("Failed", true, reason), &message, now);
    } else if done {
        mark(job, (good, true, "AllDone"), "", now);
    } else {
        return;
    }
    if word == "JobSet" {
        job["status"]["terminalState"] = json!(if done { "Completed" } else { "Failed" });
    }
    if word != "JobSet" && (done || word == "PyTorchJob") {
        job["status"]["completionTime"] = now.clone();
    }
}

/// A condition is so from now on; one that never held is not written as false.
pub(super) fn mark(
    job: &mut Value,
    (kind, holds, reason): (&str, bool, &str),
    message: &str,
    now: &Value,
) {
    let word = if holds { "True" } else { "False" };
    let mut all = job["status"]["conditions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let known = all.iter().position(|c| c["type"] == kind);
    match known {
        None if !holds => return,
        Some(at) if all.get(at).is_some_and(|c| c["status"] == word) => return,
        Some(at) => {
            all.remove(at);
        }
        None => {}
    }
    all.push(json!({"type": kind, "status": word, "reason": reason, "message": message, "lastTransitionTime": now}));
    job["status"]["conditions"] = json!(all);
}
