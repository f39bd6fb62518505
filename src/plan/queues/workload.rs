//! A workload of Kueue as it was read. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::{Amount, Clean};
use crate::plan::json;

/// A workload.
#[derive(Debug, Clone, Copy)]
pub struct Workload<'a>(&'a Value);

impl<'a> Workload<'a> {
    /// The workload that an object is.
    #[must_use]
    pub fn of(object: &'a Value) -> Self {
        Self(object)
    }

    fn condition(self, kind: &str) -> Option<&'a Value> {
        let mut all = json::list(self.0, &["status", "conditions"]).iter();
        all.find(|c| json::text(c, &["type"]) == kind)
    }

    /// A condition holds.
    #[must_use]
    pub fn is(self, kind: &str) -> bool {
        let status = self.condition(kind).map(|c| json::text(c, &["status"]));
        status == Some("True")
    }

    /// Since when a condition is as it is.
    #[must_use]
    pub fn since(self, kind: &str) -> Option<Timestamp> {
        json::time(self.condition(kind)?, &["lastTransitionTime"])
    }

    /// Nobody holds it.
    #[must_use]
    pub fn active(self) -> bool {
        json::at(self.0, &["spec", "active"]).is_none_or(|v| v != &Value::Bool(false))
    }

    /// Its `LocalQueue`.
    #[must_use]
    pub fn queue(self) -> &'a str {
        json::text(self.0, &["spec", "queueName"])
    }

    /// The `ClusterQueue` that has let it in; empty when none has.
    #[must_use]
    pub fn let_in_by(self) -> &'a str {
        json::text(self.0, &["status", "admission", "clusterQueue"])
    }

    /// Kind and name of the job that it is for; empty when nothing owns it.
    #[must_use]
    pub fn job(self) -> (&'a str, &'a str) {
        let owners = json::list(self.0, &["metadata", "ownerReferences"]);
        let controls = owners.iter().find(|o| json::flag(o, &["controller"]));
        let owner = controls.or_else(|| owners.first());
        owner.map_or(("", ""), |o| {
            (json::text(o, &["kind"]), json::text(o, &["name"]))
        })
    }

    /// Its pods.
    #[must_use]
    pub fn pods(self) -> i64 {
        let sets = json::list(self.0, &["spec", "podSets"]).iter();
        let counts = sets.map(|s| json::at(s, &["count"]).and_then(Value::as_i64).unwrap_or(1));
        counts.fold(0, i64::saturating_add)
    }

    /// What it has reserved: `6 nvidia.com/gpu, 12 cpu`; empty when nothing.
    #[must_use]
    pub fn reserved(self) -> Clean {
        let path = ["status", "admission", "podSetAssignments"];
        let mut sums: BTreeMap<&str, Amount> = BTreeMap::new();
        for set in json::list(self.0, &path) {
            let usage = json::at(set, &["resourceUsage"]).and_then(Value::as_object);
            for (name, amount) in usage.into_iter().flatten() {
                let amount = json::any_text(amount).and_then(|t| Amount::read(&t));
                let sum = sums.entry(name).or_default();
                *sum = sum.and(amount.unwrap_or_default());
            }
        }
        // accelerators are what others wait for
        let mut words: Vec<(bool, String)> = sums
            .iter()
            .map(|(name, n)| (!name.contains('/'), format!("{n} {name}")))
            .collect();
        words.sort_by_key(|(plain, _)| *plain);
        let words: Vec<String> = words.into_iter().map(|(_, text)| text).collect();
        Clean::new(&words.join(", "))
    }

    /// How it stands.
    #[must_use]
    pub fn words(self) -> Clean {
        Clean::new(match () {
            () if self.is("Finished") => "finished",
            () if !self.active() => "on hold",
            () if self.is("Admitted") => "admitted",
            () if self.is("QuotaReserved") => "has quota",
            () => "waits",
        })
    }
}
