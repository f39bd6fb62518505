//! What has come of an experiment so far: its trials counted, the best of them, whether it ends or begins again. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{enter, state};
use crate::demo::catalog::text;

/// Trials by what they are at.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) total: u64,
    /// Running, pending, or being deleted while they still hold their place.
    pub(super) active: u64,
    /// Ended with what counts in the plan.
    pub(super) ended: u64,
    /// Failed, or without a metric.
    lost: u64,
    names: BTreeMap<&'static str, Vec<String>>,
}

impl Counted {
    pub(super) fn of(all: &[Arc<Value>]) -> Self {
        let mut counted = Self::default();
        for trial in all {
            counted.total += 1;
            let name = text(trial, "/metadata/name").to_owned();
            let (list, active) = match state(trial) {
                "Running" => ("running", true),
                "Succeeded" => ("succeeded", false),
                "Failed" => ("failed", false),
                "EarlyStopped" => ("earlyStopped", false),
                "MetricsUnavailable" => ("metricsUnavailable", false),
                "Killed" => ("killed", false),
                _ => ("pending", true),
            };
            counted.active += u64::from(active);
            counted.lost += u64::from(matches!(list, "failed" | "metricsUnavailable"));
            counted.ended += u64::from(!active && list != "metricsUnavailable");
            counted.names.entry(list).or_default().push(name);
        }
        counted
    }

    /// Writes them to the status.
    pub(super) fn write(&self, experiment: &mut Value) {
        let status = &mut experiment["status"];
        status["trials"] = json!(self.total);
        for (list, names, count) in [
            ("running", "runningTrialList", "trialsRunning"),
            ("pending", "pendingTrialList", "trialsPending"),
            ("succeeded", "succeededTrialList", "trialsSucceeded"),
            ("failed", "failedTrialList", "trialsFailed"),
            ("killed", "killedTrialList", "trialsKilled"),
            (
                "earlyStopped",
                "earlyStoppedTrialList",
                "trialsEarlyStopped",
            ),
            (
                "metricsUnavailable",
                "metricsUnavailableTrialList",
                "trialMetricsUnavailable",
            ),
        ] {
            let own = self.names.get(list);
            // none is written as no field at all
            match own {
                Some(own) => {
                    status[names] = json!(own);
                    status[count] = json!(own.len());
                }
                None => {
                    if let Some(map) = status.as_object_mut() {
                        map.remove(names);
                        map.remove(count);
                    }
                }
            }
        }
    }
}

/// A budget that was spent and raised lets an experiment begin again.
pub(super) fn restart(experiment: &mut Value, now: &Value) {
    let policy = text(experiment, "/spec/resumePolicy");
    let again = matches!(policy, "LongRunning" | "FromVolume");
    let all = experiment["status"]["conditions"].as_array();
    let spent = all
        .and_then(|c| c.last())
        .is_some_and(|c| c["reason"] == "ExperimentMaxTrialsReached" && c["status"] == "True");
    let max = experiment["spec"]["maxTrialCount"].as_u64();
    let made = experiment["status"]["trials"].as_u64().unwrap_or(0);
    if !again || !spent || max == Some(made) {
        return;
    }
    if let Some(map) = experiment["status"].as_object_mut() {
        map.remove("completionTime");
    }
    let all = experiment["status"]["conditions"].as_array_mut();
    if let Some(all) = all {
        all.retain(|c| c["type"] != "Succeeded");
    }
    enter(
        experiment,
        (
            "Restarting",
            "ExperimentRestarting",
            "Experiment is restarted",
        ),
        now,
    );
}

/// Writes the best trial so far.
pub(super) fn optimal(experiment: &mut Value, all: &[Arc<Value>]) {
    let minimizes = experiment["spec"]["objective"]["type"] == "minimize";
    let best = all
        .iter()
        .filter_map(|t| Some((figure(experiment, t)?, t)))
        .reduce(|a, b| {
            let better = if minimizes { b.0 < a.0 } else { b.0 > a.0 };
            if better { b } else { a }
        });
    let Some((_, best)) = best else { return };
    experiment["status"]["currentOptimalTrial"] = json!({
        "bestTrialName": best["metadata"]["name"],
        "parameterAssignments": best["spec"]["parameterAssignments"],
        "observation": best["status"]["observation"],
    });
}

/// The objective's figure of a trial that told one.
fn figure(experiment: &Value, trial: &Value) -> Option<f64> {
    let objective = &experiment["spec"]["objective"];
    let key = if objective["type"] == "minimize" {
        "min"
    } else {
        "max"
    };
    let metrics = trial["status"]["observation"]["metrics"].as_array()?;
    let own = metrics
        .iter()
        .find(|m| m["name"] == objective["objectiveMetricName"])?;
    own[key].as_str()?.parse().ok()
}

/// How an experiment ends, if it does.
pub(super) fn ends(
    experiment: &Value,
    counted: &Counted,
    all: &[Arc<Value>],
) -> Option<(&'static str, &'static str, &'static str)> {
    let number = |key: &str| experiment["spec"][key].as_u64();
    let objective = &experiment["spec"]["objective"];
    let reached = objective["goal"].as_f64().is_some_and(|goal| {
        let minimizes = objective["type"] == "minimize";
        let mut told = all.iter().filter_map(|t| figure(experiment, t));
        told.any(|f| if minimizes { f <= goal } else { f >= goal })
    });
    if reached {
        return Some((
            "Succeeded",
            "ExperimentGoalReached",
            "Experiment has succeeded because Objective goal has reached",
        ));
    }
    if number("maxFailedTrialCount").is_some_and(|most| counted.lost > most) {
        return Some((
            "Failed",
            "ExperimentFailed",
            "Experiment has failed because max failed count has reached",
        ));
    }
    let done = counted.total - counted.active;
    number("maxTrialCount")
        .is_some_and(|most| done >= most && counted.active == 0)
        .then_some((
            "Succeeded",
            "ExperimentMaxTrialsReached",
            "Experiment has succeeded because max trial count has reached",
        ))
}
