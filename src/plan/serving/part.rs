//! A part of a service (predictor, transformer, explainer): percent, revisions, traffic, and what a percent makes of
//! them. Pure.

use serde_json::{Value, json};

use crate::plan::form::Check;
use crate::plan::json;

/// The parts that a service can have.
pub const PARTS: &[&str] = &["predictor", "transformer", "explainer"];

/// One part.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// `predictor`, `transformer` or `explainer`.
    pub name: &'static str,
    spec: &'a Value,
    status: &'a Value,
}

/// Percent of the requests by revision, the largest part first; parts without any are left out.
pub type Split = Vec<(String, i64)>;

impl<'a> Part<'a> {
    /// Reads it.
    #[must_use]
    pub fn of(object: &'a Value, name: &'static str) -> Self {
        let at = |path: &[&str]| json::at(object, path).unwrap_or(&Value::Null);
        Self {
            name,
            spec: at(&["spec", name]),
            status: at(&["status", "components", name]),
        }
    }

    /// `canaryTrafficPercent` of the spec; none when it says nothing.
    #[must_use]
    pub fn percent(&self) -> Option<i64> {
        let percent = json::at(self.spec, &["canaryTrafficPercent"])?;
        percent.as_i64().map(|p| p.clamp(0, 100))
    }

    /// Newest revision that was made.
    #[must_use]
    pub fn created(&self) -> &'a str {
        json::text(self.status, &["latestCreatedRevision"])
    }

    /// Newest revision that is ready.
    #[must_use]
    pub fn ready(&self) -> &'a str {
        json::text(self.status, &["latestReadyRevision"])
    }

    /// The revision that had all traffic last.
    #[must_use]
    pub fn rolled_out(&self) -> &'a str {
        json::text(self.status, &["latestRolledoutRevision"])
    }

    /// The one that had it before; empty when there is none, or when it is the same one.
    #[must_use]
    pub fn previous(&self) -> &'a str {
        let previous = json::text(self.status, &["previousRolledoutRevision"]);
        if previous == self.rolled_out() {
            ""
        } else {
            previous
        }
    }

    /// The newest ready revision is not the one that was rolled out: it is a canary.
    #[must_use]
    pub fn has_canary(&self) -> bool {
        let (ready, stable) = (self.ready(), self.rolled_out());
        !ready.is_empty() && !stable.is_empty() && ready != stable
    }

    /// The newest revision is not ready, so that no traffic goes there.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        !self.created().is_empty() && self.created() != self.ready()
    }

    /// What a roll back would send all traffic to; empty when there is nothing.
    #[must_use]
    pub fn back_to(&self) -> &'a str {
        if self.has_canary() {
            self.rolled_out()
        } else if self.is_loading() {
            ""
        } else {
            self.previous()
        }
    }

    /// Traffic as the status has it, row by row.
    #[must_use]
    pub fn traffic(&self) -> &'a [Value] {
        json::list(self.status, &["traffic"])
    }

    /// Traffic as it is routed, by revision.
    #[must_use]
    pub fn routed(&self) -> Split {
        let row = |row: &Value| {
            let percent = json::at(row, &["percent"]).and_then(Value::as_i64)?;
            Some((json::text(row, &["revisionName"]).to_owned(), percent))
        };
        sum(self.traffic().iter().filter_map(row))
    }

    /// What `KServe` makes of a percent with the revisions that there are.
    ///
    /// Below 100 the newest ready revision has it, and the one that was rolled out the rest. On a service that is rolled
    /// out whole both are the same one: then, in a second step, the rest goes to the revision before it
    /// (`PropagateStatus`).
    #[must_use]
    pub fn split(&self, percent: Option<i64>) -> Split {
        let newest = self.ready().to_owned();
        let percent = percent.unwrap_or(100);
        if percent >= 100 || self.rolled_out().is_empty() {
            return sum([(newest, 100)].into_iter());
        }
        let whole = newest == self.rolled_out() && !self.is_loading();
        let stable = if whole && !self.previous().is_empty() {
            self.previous()
        } else {
            self.rolled_out()
        };
        sum([(newest, percent), (stable.to_owned(), 100 - percent)].into_iter())
    }

    /// What shows that traffic is as this percent makes it.
    pub(in crate::plan) fn shows(&self, percent: Option<i64>) -> Vec<Check> {
        let pointer = format!("/status/components/{}/traffic", self.name);
        let row = |(revision, part): (String, i64)| match (part, percent) {
            // the route has two rows for one revision
            (100, Some(1..=99)) => json!({"revisionName": revision}),
            _ => json!({"revisionName": revision, "percent": part}),
        };
        let rows = self.split(percent).into_iter().map(row);
        rows.map(|row| Check::has(&pointer, row)).collect()
    }

    /// The patch that writes a percent, or takes it out.
    #[must_use]
    pub fn patch(&self, percent: Option<i64>) -> Value {
        json!({"spec": {self.name: {"canaryTrafficPercent": percent}}})
    }
}

fn sum(rows: impl Iterator<Item = (String, i64)>) -> Split {
    let mut all: Split = Vec::new();
    for (revision, percent) in rows.filter(|(_, percent)| *percent > 0) {
        match all.iter_mut().find(|(name, _)| *name == revision) {
            Some((_, sum)) => *sum += percent,
            None => all.push((revision, percent)),
        }
    }
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all
}
