//! An experiment as it was read: counts, budget, whether it can be edited. Pure.

use serde_json::Value;

use crate::domain::Clean;
use crate::kinds::experiment::PAUSED_FROM;
use crate::plan::json;

/// An experiment.
#[derive(Debug, Clone)]
pub struct Experiment<'a> {
    /// As served.
    pub object: &'a Value,
}

impl<'a> Experiment<'a> {
    /// Reads it.
    #[must_use]
    pub fn of(object: &'a Value) -> Self {
        Self { object }
    }

    fn spec(&self, key: &str) -> Option<i64> {
        json::at(self.object, &["spec", key]).and_then(Value::as_i64)
    }

    /// A count of its status; what is not written is 0.
    #[must_use]
    pub fn count(&self, key: &str) -> i64 {
        let count = json::at(self.object, &["status", key]).and_then(Value::as_i64);
        count.unwrap_or(0).max(0)
    }

    /// Trials at a time; 3 where nothing is written.
    #[must_use]
    pub fn parallel(&self) -> i64 {
        self.spec("parallelTrialCount").unwrap_or(3)
    }

    /// Most trials.
    #[must_use]
    pub fn max(&self) -> Option<i64> {
        self.spec("maxTrialCount")
    }

    /// Failed trials that it endures.
    #[must_use]
    pub fn max_failed(&self) -> Option<i64> {
        self.spec("maxFailedTrialCount")
    }

    /// Trials that were made.
    #[must_use]
    pub fn made(&self) -> i64 {
        self.count("trials")
    }

    /// Trials that run or wait to.
    #[must_use]
    pub fn active(&self) -> i64 {
        self.count("trialsRunning")
            .saturating_add(self.count("trialsPending"))
    }

    /// The last condition that holds: its type and its reason.
    #[must_use]
    pub fn condition(&self) -> (&'a str, &'a str) {
        let all = json::list(self.object, &["status", "conditions"]);
        let holds = |c: &&Value| json::text(c, &["status"]) == "True";
        let last = all.iter().rev().find(holds);
        last.map_or(("", ""), |c| {
            (json::text(c, &["type"]), json::text(c, &["reason"]))
        })
    }

    /// It has ended, well or badly.
    #[must_use]
    pub fn ended(&self) -> bool {
        matches!(self.condition().0, "Succeeded" | "Failed")
    }

    /// What stays of it when it has ended: `Never`, `LongRunning`, `FromVolume`.
    #[must_use]
    pub fn resume(&self) -> &'a str {
        match json::text(self.object, &["spec", "resumePolicy"]) {
            "" => "Never",
            word => word,
        }
    }

    /// Why it cannot be begun again, though it has ended; none when it can.
    #[must_use]
    pub fn not_restartable(&self) -> Option<String> {
        let (kind, reason) = self.condition();
        if !matches!(self.resume(), "LongRunning" | "FromVolume") {
            return Some(format!(
                "its resumePolicy is {}: the state of its algorithm is gone",
                Clean::new(self.resume())
            ));
        }
        match (kind, reason) {
            ("Failed", _) => Some("it has failed".to_owned()),
            (_, "ExperimentMaxTrialsReached") => None,
            (_, "ExperimentGoalReached") => Some("it ended with its goal reached".to_owned()),
            (_, reason) => Some(format!("it ended with {}", Clean::new(reason))),
        }
    }

    /// Parallelism from before it was paused.
    #[must_use]
    pub fn paused_from(&self) -> Option<i64> {
        let text = json::text(self.object, &["metadata", "annotations", PAUSED_FROM]);
        let before: Option<i64> = text.parse().ok();
        before.filter(|n| (1..=super::MOST).contains(n))
    }

    /// The best so far in words: `accuracy 0.94 in sweep-abc with lr=0.1`; empty when there is none.
    #[must_use]
    pub fn best(&self) -> String {
        let path = ["status", "currentOptimalTrial"];
        let Some(best) = json::at(self.object, &path) else {
            return String::new();
        };
        let name = json::text(best, &["bestTrialName"]);
        if name.is_empty() {
            return String::new();
        }
        let metric = json::text(self.object, &["spec", "objective", "objectiveMetricName"]);
        let metrics = json::list(best, &["observation", "metrics"]);
        let own = metrics.iter().find(|m| json::text(m, &["name"]) == metric);
        let minimizes = json::text(self.object, &["spec", "objective", "type"]) == "minimize";
        let which = if minimizes { "min" } else { "max" };
        let value = own.map_or("", |m| json::text(m, &[which]));
        let given = json::list(best, &["parameterAssignments"]);
        let given: Vec<String> = given
            .iter()
            .map(|p| format!("{}={}", json::text(p, &["name"]), json::text(p, &["value"])))
            .collect();
        let text = format!("{metric} {value} in {name} with {}", given.join(" "));
        Clean::new(&text).to_string()
    }
}

/// The state of an experiment or a trial in a few words; none of what is neither.
#[must_use]
pub fn words(object: &Value) -> Option<String> {
    let kind = json::text(object, &["kind"]);
    if !matches!(kind, "Experiment" | "Trial") {
        return None;
    }
    let experiment = Experiment::of(object);
    let (state, _) = experiment.condition();
    let mut words = vec![if state.is_empty() {
        "not seen by its controller yet".to_owned()
    } else {
        state.to_owned()
    }];
    if kind == "Experiment" {
        let made = experiment.made();
        words.push(match experiment.max() {
            Some(max) => format!("{made} of {max} trials"),
            None => format!("{made} trials"),
        });
        words.push(format!(
            "{} running, {} at once",
            experiment.active(),
            experiment.parallel()
        ));
    }
    Some(words.join(", "))
}
