//! What is worth knowing before a retry or a copy: what stays, what runs again, locks, deadlines, deletion. Pure.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::nodes::{field, is_bad, is_execution};
use super::retry::Retry;
use crate::domain::{Clean, Span};
use crate::plan::form::Plan;
use crate::plan::json;

/// Names in a sentence before the rest is only counted.
const NAMED: usize = 6;

/// Why a node stays as it is.
#[must_use]
pub fn why_kept(node: &Value) -> &'static str {
    if json::flag(node, &["memoizationStatus", "hit"]) {
        return "memoized";
    }
    match field(node, "phase") {
        "Succeeded" => "succeeded",
        "Skipped" => "skipped",
        "Omitted" => "omitted",
        "Failed" | "Error" if is_execution(node) => "failed, but what came after it succeeded",
        "Failed" | "Error" => "failed, and nothing in it runs again",
        _ => "not ended",
    }
}

/// `3 steps`, `1 step`.
#[must_use]
pub fn count(number: usize, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}

/// Names in a sentence, the first few of them.
#[must_use]
pub fn named<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let shown: Vec<String> = names
        .iter()
        .take(NAMED)
        .map(|n| Clean::new(n).to_string())
        .collect();
    match names.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// How long the nodes that fit took together.
fn time_of<'a>(nodes: impl Iterator<Item = &'a Value>) -> Span {
    Span(nodes.filter_map(took).map(|time| time.0).sum())
}

/// How long a node took.
fn took(node: &Value) -> Option<Span> {
    let from = json::time(node, &["startedAt"])?;
    let to = json::time(node, &["finishedAt"])?;
    Some(Span::between(from, to))
}

/// Says what a retry does to the steps.
pub(in crate::plan) fn steps(plan: &mut Plan, before: &Map<String, Value>, retry: &Retry) {
    let nodes = |ids: &[String]| -> Vec<Value> {
        let found = ids.iter().filter_map(|id| before.get(id)).cloned();
        found.filter(is_execution).collect()
    };
    let (again, kept) = (nodes(&retry.remove), nodes(&retry.keep));
    let names = named(again.iter().map(|n| field(n, "displayName")));
    if again.is_empty() {
        plan.block("Nothing failed that could run again, so the run would end as before at once. After a gate was rejected, copy the run (run.resubmit)");
    } else if !again.iter().any(|n| is_bad(n) || !is_handler(plan, n)) {
        plan.block("Only its exit handler would run again, and the run would end as before: Argo keeps a failed step behind which its exit hook succeeded. Copy the run (run.resubmit)");
    } else {
        plan.fact("again", &format!("{}: {names}", count(again.len(), "step")));
    }
    let by = |why: &str| kept.iter().filter(|n| why_kept(n) == why).count();
    let (done, memo) = (by("succeeded"), by("memoized"));
    if done + memo > 0 {
        let rest = kept.len() - done - memo;
        plan.fact(
            "kept",
            &format!("{done} by success, {memo} by memoization, {rest} for other reasons"),
        );
    }
    let redone: Vec<&Value> = again
        .iter()
        .filter(|n| field(n, "phase") == "Succeeded")
        .collect();
    if !redone.is_empty() {
        let time = time_of(redone.iter().copied());
        let known = redone.iter().all(|n| took(n).is_some());
        plan.loses(known.then_some(time));
        plan.warn(&format!(
            "Steps that succeeded run again ({}), {time} of work: {}",
            redone.len(),
            named(redone.iter().map(|n| field(n, "displayName")))
        ));
    }
    let done: Vec<&Value> = kept.iter().filter(|n| !is_bad(n)).collect();
    let pods = done.iter().filter(|n| field(n, "type") == "Pod").count();
    if pods > 0 {
        let time = time_of(done.iter().copied());
        plan.fact(
            "resubmit",
            &format!(
                "A copy (run.resubmit) would run the kept pods once more: {pods}, {time} of work"
            ),
        );
    }
    logs(plan, &again);
}

/// Belongs to the exit handler of the run, which runs again in every retry.
fn is_handler(plan: &Plan, node: &Value) -> bool {
    let rest = field(node, "name").strip_prefix(plan.target.name.as_str());
    rest.is_some_and(|rest| rest.starts_with(".onExit"))
}

/// Logs that go with the pods.
fn logs(plan: &mut Plan, again: &[Value]) {
    let archived = |node: &&Value| {
        let found = json::list(node, &["outputs", "artifacts"]).iter();
        found
            .filter(|a| field(a, "name").ends_with("-logs"))
            .count()
            > 0
    };
    let pods: Vec<&Value> = again.iter().filter(|n| field(n, "type") == "Pod").collect();
    let lost = pods.iter().filter(|n| !archived(n)).count();
    if lost > 0 {
        plan.warn(&format!(
            "Logs that are not in the archive go with the pods ({lost}): save what you need first"
        ));
    }
}

/// Says what a retry does to the run as a whole.
pub(in crate::plan) fn run(plan: &mut Plan, workflow: &Value, now: Timestamp) {
    if let Some(start) = json::time(workflow, &["status", "startedAt"]) {
        plan.fact(
            "start",
            &format!(
                "Argo sets the start of the run to now; that it first started at {} is lost",
                start.strftime("%Y-%m-%d %H:%M:%SZ")
            ),
        );
    }
    let deadline = spec(workflow, "activeDeadlineSeconds").and_then(Value::as_i64);
    if let Some(seconds) = deadline.filter(|s| *s > 0) {
        plan.fact(
            "deadline",
            &format!(
                "The deadline of the run, {}, counts from the new start",
                Span(seconds)
            ),
        );
    }
    ttl(plan, workflow, now);
    locks(plan, workflow);
    let volumes = spec(workflow, "volumeClaimTemplates").and_then(Value::as_array);
    let removed = spec(workflow, "volumeClaimGC").map_or("", |gc| field(gc, "strategy"));
    if volumes.is_some_and(|v| !v.is_empty()) && removed == "OnWorkflowCompletion" {
        plan.warn("The volumes of the run were deleted when it ended: the steps that run again get new, empty ones");
    }
    if let Some(gc) = spec(workflow, "podGC").map(|gc| field(gc, "strategy"))
        && !gc.is_empty()
    {
        plan.fact("pods", &format!(
            "Pods are removed by the run itself ({}): some may be gone already, which is no error",
            Clean::new(gc)
        ));
    }
}

/// A field of the specification that the controller goes by.
fn spec<'a>(workflow: &'a Value, key: &str) -> Option<&'a Value> {
    let found = |path: &[&str]| json::at(workflow, path).filter(|v| !v.is_null());
    found(&["spec", key]).or_else(|| found(&["status", "storedWorkflowTemplateSpec", key]))
}

/// How long after its end the run is deleted, by what it ended with (`ttl` of the garbage collector).
#[must_use]
pub fn time_to_live(workflow: &Value) -> Option<Span> {
    let strategy = spec(workflow, "ttlStrategy")?;
    let seconds = |key: &str| strategy.get(key).and_then(Value::as_i64);
    let own = match json::text(workflow, &["status", "phase"]) {
        "Failed" => seconds("secondsAfterFailure"),
        "Succeeded" => seconds("secondsAfterSuccess"),
        _ => None,
    };
    own.or_else(|| seconds("secondsAfterCompletion")).map(Span)
}

fn ttl(plan: &mut Plan, workflow: &Value, now: Timestamp) {
    let (Some(ttl), Some(end)) = (
        time_to_live(workflow),
        json::time(workflow, &["status", "finishedAt"]),
    ) else {
        return;
    };
    let Ok(at) = end.checked_add(SignedDuration::from_secs(ttl.0)) else {
        return;
    };
    let left = Span::between(now, at);
    plan.fact("ttl", &format!(
        "The run is kept for {ttl} after its end, so its deletion is set for {} (in {left}). A controller of 3.7 deletes it then if it has ended again by that time, an older one even while it runs again",
        at.strftime("%Y-%m-%d %H:%M:%SZ")
    ));
}

/// Locks that the run holds, and those it has to take again.
fn locks(plan: &mut Plan, workflow: &Value) {
    for (kind, one) in [("mutex", "mutex"), ("semaphore", "semaphore")] {
        let held = json::list(workflow, &["status", "synchronization", kind, "holding"]);
        for lock in held {
            plan.fact(
                "locks",
                &format!(
                    "The run still holds the {kind} {}",
                    Clean::new(field(lock, one))
                ),
            );
        }
    }
    let Some(wanted) = spec(workflow, "synchronization") else {
        return;
    };
    let mutexes = one_and_all(wanted, "mutex", "mutexes").map(|m| field(m, "name"));
    for name in mutexes {
        plan.fact(
            "locks",
            &format!(
                "It takes the mutex {} again before it goes on",
                Clean::new(name)
            ),
        );
    }
    let semaphores = one_and_all(wanted, "semaphore", "semaphores")
        .map(|s| json::text(s, &["configMapKeyRef", "key"]));
    for name in semaphores {
        plan.fact(
            "locks",
            &format!(
                "It takes the semaphore {} again before it goes on",
                Clean::new(name)
            ),
        );
    }
}

fn one_and_all<'a>(value: &'a Value, one: &str, all: &str) -> impl Iterator<Item = &'a Value> {
    let single = value.get(one).filter(|v| v.is_object());
    single.into_iter().chain(json::list(value, &[all]))
}

/// Says what a whole copy costs.
pub(in crate::plan) fn copy(plan: &mut Plan, nodes: &Map<String, Value>) {
    let work: Vec<&Value> = nodes
        .values()
        .filter(|n| field(n, "type") == "Pod" && field(n, "phase") == "Succeeded")
        .collect();
    if !work.is_empty() {
        plan.fact(
            "cost",
            &format!(
                "Pods that succeeded run once more: {}, {} of work",
                work.len(),
                time_of(work.iter().copied())
            ),
        );
    }
}
