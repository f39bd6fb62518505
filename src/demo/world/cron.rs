//! The cron controller: schedules, concurrency policies, suspension. Pure but for the store.
//!
//! Source: argo-workflows v3.7, workflow/cron/operator.go.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::argo::ARGO;
use super::simulation::{Due, World};
use super::workflows::{CONTROLLER, seconds};
use super::{kind, list};
use crate::demo::catalog::text;
use crate::demo::site::stamp;
use crate::demo::store::Name;

/// How far ahead a schedule is searched, in minutes.
const HORIZON: i64 = 8 * 24 * 60;

/// Schedules of one cron workflow that are looked at.
const MOST_SCHEDULES: usize = 20;

/// One field of a cron expression: `*`, `*/5`, `1,3`, `1-5`.
fn fits(field: &str, value: i8) -> bool {
    field.split(',').any(|part| {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let step: i8 = step.parse().unwrap_or(1).max(1);
        let (low, high) = match range.split_once('-') {
            Some((low, high)) => (low.parse().unwrap_or(0), high.parse().unwrap_or(i8::MAX)),
            None if range == "*" => (0, i8::MAX),
            None => match range.parse() {
                Ok(n) => (n, n),
                Err(_) => return false,
            },
        };
        (low..=high).contains(&value) && (value - low) % step == 0
    })
}

/// The first minute after a time at which a schedule fires.
pub(super) fn next(schedule: &str, after: Timestamp) -> Option<Timestamp> {
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else {
        return None;
    };
    let start = after.as_second().div_euclid(60) + 1;
    (start..start + HORIZON).find_map(|m| {
        let at = Timestamp::from_second(m * 60).ok()?;
        let shown = at.to_zoned(TimeZone::UTC);
        let right = fits(minute, shown.minute())
            && fits(hour, shown.hour())
            && fits(day, shown.day())
            && fits(month, shown.month())
            && fits(weekday, shown.weekday().to_sunday_zero_offset());
        right.then_some(at)
    })
}

impl World {
    /// Fires a cron workflow if it is time, and puts its next time on the agenda.
    pub(super) fn fire(&mut self, name: &Name) {
        let id = kind("argoproj.io", "v1alpha1", "cronworkflows");
        let Some(object) = self.site.store().get(id, &name.namespace, &name.name) else {
            return;
        };
        let cron = object.value();
        let shown = self.clock.calendar(self.now);
        let schedules = schedules(&cron);
        // fired at the very minute, not when it is first seen
        let due = schedules
            .iter()
            .any(|s| next(s, before(shown)) == Some(shown));
        let busy = text(&cron, "/spec/concurrencyPolicy") == "Forbid"
            && self.active_of(&name.namespace, &name.name);
        if due && cron["spec"]["suspend"] != true && !busy {
            self.submit(workflow(&cron, shown), CONTROLLER);
            let now = stamp(self.wall());
            self.change(id, name, CONTROLLER, |c| {
                c["status"]["lastScheduledTime"] = now;
            });
        }
        let following = schedules.iter().filter_map(|s| next(s, shown)).min();
        if let Some(at) = following {
            let wait = at.as_millisecond() - shown.as_millisecond();
            self.later(wait.max(1), Due::Cron(name.clone()));
        }
    }
}

fn before(at: Timestamp) -> Timestamp {
    at.checked_sub(jiff::SignedDuration::from_secs(1))
        .unwrap_or(at)
}

fn schedules(cron: &Value) -> Vec<String> {
    let mut all: Vec<String> = list(&cron["spec"], "schedules")
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    all.extend(cron["spec"]["schedule"].as_str().map(str::to_owned));
    all.truncate(MOST_SCHEDULES);
    all
}

/// The workflow that a cron workflow makes at a time.
fn workflow(cron: &Value, at: Timestamp) -> Value {
    let name = text(cron, "/metadata/name");
    let given = &cron["spec"]["workflowMetadata"];
    let map = |key: &str| given[key].as_object().cloned().unwrap_or_default();
    let mut meta = json!({"labels": map("labels"), "annotations": map("annotations")});
    meta["name"] = json!(format!("{name}-{}", seconds(at)));
    meta["namespace"] = cron["metadata"]["namespace"].clone();
    meta["labels"][format!("{ARGO}cron-workflow")] = json!(name);
    meta["annotations"][format!("{ARGO}scheduled-time")] = stamp(at);
    meta["ownerReferences"] = json!([{"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "name": name,
        "uid": cron["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}]);
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": meta, "spec": cron["spec"]["workflowSpec"]})
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn schedules_fire_at_their_minutes() {
        let after: jiff::Timestamp = "2026-11-20T22:07:30Z".parse().unwrap();
        for (schedule, expected) in [
            ("* * * * *", Some("2026-11-20T22:08:00Z")),
            ("*/20 * * * *", Some("2026-11-20T22:20:00Z")),
            ("5,35 * * * *", Some("2026-11-20T22:35:00Z")),
            ("0 2 * * *", Some("2026-11-21T02:00:00Z")),
            ("0 9 * * 1-5", Some("2026-11-23T09:00:00Z")),
            ("0 0 30 2 *", None),
            ("nonsense", None),
        ] {
            assert_eq!(
                next(schedule, after).map(|t| t.to_string()).as_deref(),
                expected,
                "{schedule}"
            );
        }
    }
}
