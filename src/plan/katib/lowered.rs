//! Which trials the controller deletes when parallelism is lowered: the newest, however far they are. Pure.
//!
//! It counts how many run or wait beyond the new number, sorts **all** trials by when they were made, the newest first,
//! and deletes so many from the front: a trial that has ended just now goes before an old one that runs, and its result
//! with it (`katib: pkg/controller.v1beta1/experiment/experiment_controller.go`, `deleteTrials`).

use jiff::Timestamp;
use serde_json::Value;

use super::experiment::Experiment;
use super::{GROUP, VERSION};
use crate::domain::{Clean, Span};
use crate::kinds::trial::OF_EXPERIMENT;
use crate::plan::beside::Read;
use crate::plan::forecast::Sight;
use crate::plan::form::{Need, Plan};
use crate::plan::given::Given;
use crate::plan::{json, wire};

/// Most names that are told.
const NAMED: usize = 50;

fn path(object: &Value) -> String {
    let (namespace, name) = (
        json::text(object, &["metadata", "namespace"]),
        json::text(object, &["metadata", "name"]),
    );
    let list = wire::path(GROUP, VERSION, (namespace, "trials", ""));
    let label = wire::segment(&format!("{OF_EXPERIMENT}={name}"));
    format!("{list}?labelSelector={label}")
}

/// Asks to see the trials of an experiment.
#[must_use]
pub fn read(object: &Value) -> Read {
    let name = json::text(object, &["metadata", "name"]);
    Read {
        path: path(object),
        what: format!("the trials of {}", Clean::new(name)),
    }
}

/// A trial that would be deleted.
struct Doomed<'a> {
    name: &'a str,
    ended: bool,
    state: &'a str,
    object: &'a Value,
}

impl Doomed<'_> {
    /// Seconds that it worked until its end, or until now; none where that is not told.
    fn time(&self, now: Timestamp) -> Option<i64> {
        let at = |path: &[&str]| json::time(self.object, path);
        // the controller notes the start with the first of its looks: before that it was only made
        let from =
            at(&["status", "startTime"]).or_else(|| at(&["metadata", "creationTimestamp"]))?;
        let to = match at(&["status", "completionTime"]) {
            Some(end) => end,
            None if self.ended => return None,
            None => now,
        };
        Some(Span::between(from, to).0)
    }
}

/// Tells what lowering parallelism to `to` deletes, and raises what is at stake.
pub(in crate::plan) fn tell(plan: &mut Plan, given: &Given<'_>, to: i64) {
    let experiment = Experiment::of(given.object);
    let surplus = experiment.active().saturating_sub(to);
    if surplus <= 0 {
        plan.fact(
            "deletes",
            "No trial: not more run or wait than the new number allows",
        );
        return;
    }
    let list = match given.beside.at(&path(given.object)) {
        Sight::Found(list) => list,
        Sight::Unseen(why) => {
            plan.loses(None);
            plan.block(&format!(
                "{surplus} trials would be deleted, and which ones could not be seen: {why}"
            ));
            return;
        }
        Sight::Absent | Sight::Unasked => {
            plan.loses(None);
            plan.block(&format!(
                "{surplus} trials would be deleted, and which ones was not looked at"
            ));
            return;
        }
    };
    need(plan);
    let doomed = doomed(list, usize::try_from(surplus).unwrap_or(usize::MAX));
    let times: Option<Vec<i64>> = doomed.iter().map(|t| t.time(given.now)).collect();
    plan.loses(times.map(|all| Span(all.iter().sum())));
    say(plan, &experiment, &doomed);
}

fn say(plan: &mut Plan, experiment: &Experiment<'_>, doomed: &[Doomed<'_>]) {
    let named = doomed.iter().take(NAMED);
    let named: Vec<String> = named.map(|t| format!("{} ({})", t.name, t.state)).collect();
    let more = match doomed.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    plan.warn(&format!(
        "Katib deletes {}, the newest first, with their jobs and metrics: {}{more}",
        trials(doomed.len()),
        Clean::new(&named.join(", "))
    ));
    let ended = doomed.iter().filter(|t| t.ended).count();
    if ended > 0 {
        plan.warn(&format!(
            "{} of them ended already: Katib sorts by age alone, so their results are lost, and as many that run go on beyond the new number until they end",
            trials(ended)
        ));
    }
    let path = ["status", "currentOptimalTrial", "bestTrialName"];
    let best = json::text(experiment.object, &path);
    if !best.is_empty() && doomed.iter().any(|t| t.name == best) {
        plan.block(&format!(
            "{} is the best trial so far, and would be deleted with its result. Wait until newer ones are there, or note its parameters and give another number",
            Clean::new(best)
        ));
    }
}

fn trials(n: usize) -> String {
    match n {
        1 => "1 trial".to_owned(),
        n => format!("{n} trials"),
    }
}

/// The newest trials, as many as there are too many.
fn doomed(list: &Value, surplus: usize) -> Vec<Doomed<'_>> {
    let mut all: Vec<&Value> = json::list(list, &["items"]).iter().collect();
    // equally old ones in the order of their names, the last first: the controller leaves that open
    all.sort_by_key(|t| {
        let meta = |key| json::text(t, &["metadata", key]);
        std::cmp::Reverse((meta("creationTimestamp"), meta("name")))
    });
    let taken = all.into_iter().take(surplus).map(|trial| {
        let state = Experiment::of(trial).condition().0;
        Doomed {
            name: json::text(trial, &["metadata", "name"]),
            ended: !matches!(state, "" | "Created" | "Pending" | "Running"),
            state: if state.is_empty() { "Created" } else { state },
            object: trial,
        }
    });
    taken.collect()
}

/// The right that looking at them needed.
fn need(plan: &mut Plan) {
    let need = Need {
        verb: "list".into(),
        group: GROUP.to_owned(),
        resource: "trials".to_owned(),
        namespace: plan.target.namespace.clone(),
        name: String::new(),
    };
    if !plan.needs.contains(&need) {
        plan.needs.push(need);
    }
}
