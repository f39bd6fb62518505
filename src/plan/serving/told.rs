//! Traffic and new revisions, as a preview tells them. Pure.

use serde_json::Value;

use super::part::{Part, Split};
use super::service::{Mode, Service};
use super::{LOADING, model};
use crate::domain::Clean;
use crate::plan::form::{Check, Plan};
use crate::plan::json;

/// Traffic in words: `fraud-00041 90 %, fraud-00042 10 %`.
#[must_use]
pub fn split(split: &Split) -> String {
    let one = |(revision, percent): &(String, i64)| {
        let name = if revision.is_empty() {
            "a revision without a name"
        } else {
            revision
        };
        format!("{} {percent} %", Clean::new(name))
    };
    match split.as_slice() {
        [] => "none".to_owned(),
        rows => rows.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

/// Says what becomes of the traffic of a part.
pub(in crate::plan) fn traffic(plan: &mut Plan, part: &Part<'_>, then: &str) {
    let of = if part.name == "predictor" {
        String::new()
    } else {
        format!("{}: ", part.name)
    };
    plan.fact(
        "traffic",
        &format!("{of}now {}; then {then}", split(&part.routed())),
    );
}

/// Says that an edit makes a new revision in Knative mode, and what traffic that one has; in Standard mode, that the
/// pods are replaced. What shows that it is done.
pub(in crate::plan) fn rolls(
    plan: &mut Plan,
    service: &Service<'_>,
    part: &Part<'_>,
) -> Vec<Check> {
    plan.verify.patience = LOADING;
    let ready = Check::has(
        "/status/conditions",
        serde_json::json!({"type": "Ready", "status": "True"}),
    );
    if service.mode != Mode::Knative {
        plan.fact(
            "pods",
            "The Deployment replaces its pods: each new one loads the model before an old one ends, unless its strategy is Recreate",
        );
        // copied from the Deployment, so it moves with its template
        return vec![
            Check::changed("/status/observedGeneration", service.object),
            ready,
        ];
    }
    renews(plan, part);
    let pointer = format!("/status/components/{}/latestReadyRevision", part.name);
    vec![Check::changed(&pointer, service.object), ready]
}

/// What traffic a revision gets that is made now.
fn renews(plan: &mut Plan, part: &Part<'_>) {
    let (stable, present) = (Clean::new(part.rolled_out()), Clean::new(part.ready()));
    let percent = part.percent().filter(|p| *p < 100 && !stable.is_empty());
    let Some(percent) = percent else {
        plan.fact(
            "revision",
            "Knative makes a new revision, which loads the model anew",
        );
        traffic(
            plan,
            part,
            "the new revision 100 % once it is ready; until then as now",
        );
        return;
    };
    let loses = if part.has_canary() {
        format!(", and {present}, the present canary, loses its part to it")
    } else {
        String::new()
    };
    plan.warn(&format!(
        "This makes a new revision, and canaryTrafficPercent is {percent}: the new one becomes the canary with {percent} %{loses}; {stable} keeps {} % and stays as it is",
        100 - percent
    ));
    traffic(
        plan,
        part,
        &format!(
            "the new revision {percent} % once it is ready, {stable} {} %",
            100 - percent
        ),
    );
}

/// Says which model the spec has.
pub(in crate::plan) fn model_of(plan: &mut Plan, object: &Value, how: &str) {
    if let Ok((_, uri)) = model::of(object) {
        plan.fact("model", &format!("{how} {}", Clean::new(uri)));
    }
}

/// Why the newest revision is not ready, as the service says.
#[must_use]
pub fn trouble(service: &Service<'_>) -> String {
    let failure = json::at(
        service.object,
        &["status", "modelStatus", "lastFailureInfo"],
    );
    let text = |key: &str| failure.map_or("", |f| json::text(f, &[key]));
    match (text("reason"), text("message")) {
        ("", "") => String::new(),
        (reason, "") => format!(" ({})", Clean::new(reason)),
        (reason, message) => format!(" ({}: {})", Clean::new(reason), Clean::new(message)),
    }
}
