//! `pod.delete`: a pod goes; whether another takes its place depends on what owns it. Pure.

use serde_json::{Value, json};

use super::PODS;
use crate::domain::{Clean, Span};
use crate::plan::argo::labels;
use crate::plan::form::{Check, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct Delete;

const SPEC: ActionSpec = ActionSpec {
    name: "pod.delete",
    title: "Delete a pod",
    targets: PODS,
    parameters: &[ParameterSpec {
        name: "force",
        kind: ParameterKind::Flag,
        default: "false",
        help: "Without waiting for its containers to end: only for a pod whose node is gone.",
    }],
    risk: Risk::LosesWork,
    rights: &[Right::to("delete", "", "pods")],
    inverse: "cannot be taken back; its logs go with it unless they are archived",
    verify: "The pod is no longer there",
};

impl Action for Delete {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let pod = given.object;
        let force = given.params.flag("force");
        let going = json::text(pod, &["metadata", "deletionTimestamp"]);
        if !going.is_empty() && !force {
            return Err(
                Refused::new(&format!("The pod is being deleted since {going}")).instead(
                    "If its node is gone for good, --param force=true deletes it without waiting",
                ),
            );
        }
        let mut plan = Plan::new(given, &SPEC, "");
        plan.does = format!("Deletes pod {}", plan.target.words()).into();
        warn(&mut plan, pod, force);
        let options = if force {
            json!({"gracePeriodSeconds": 0})
        } else {
            json!({})
        };
        let name = plan.target.name.clone();
        plan.delete_target(
            &options,
            "Its containers get the time they asked for to end",
        );
        plan.delete.push(name);
        plan.done_when("The pod is no longer there", vec![Check::absent("")]);
        Ok(plan)
    }
}

fn warn(plan: &mut Plan, pod: &Value, force: bool) {
    let ended = matches!(
        json::text(pod, &["status", "phase"]),
        "Succeeded" | "Failed"
    );
    let owner = json::list(pod, &["metadata", "ownerReferences"])
        .iter()
        .find(|o| json::flag(o, &["controller"]))
        .map_or(("", ""), |o| {
            (json::text(o, &["kind"]), json::text(o, &["name"]))
        });
    let run = json::label(pod, labels::WORKFLOW);
    match owner {
        _ if !run.is_empty() && !ended => plan.warn(&format!(
            "Its step of run {} fails with it, or runs again where the step is retried",
            Clean::new(run)
        )),
        _ if !run.is_empty() => {}
        ("", _) => plan.warn("Nothing owns it, so nothing makes another in its place"),
        ("Job", name) => plan.warn(&format!(
            "Job {} counts it as failed and may start another",
            Clean::new(name)
        )),
        (kind, name) => plan.fact(
            "owner",
            &format!(
                "{} {} makes another in its place",
                Clean::new(kind),
                Clean::new(name)
            ),
        ),
    }
    if !ended {
        plan.warn("Deleting does not ask disruption budgets, as an eviction would");
    }
    let grace = json::at(pod, &["spec", "terminationGracePeriodSeconds"]).and_then(Value::as_i64);
    if force {
        plan.warn(
            "By force: if the node lives after all, the containers run on beside their successor",
        );
    } else if let Some(seconds) = grace.filter(|_| !ended) {
        plan.fact(
            "grace",
            &format!("Its containers have {} to end", Span(seconds)),
        );
    }
    let finalizers: Vec<&str> = json::texts(pod, &["metadata", "finalizers"]).collect();
    if !finalizers.is_empty() {
        plan.fact(
            "finalizers",
            &format!(
                "It is gone only when {} is done",
                Clean::new(&finalizers.join(", "))
            ),
        );
    }
    plan.fact(
        "undo",
        "Cannot be taken back; its logs go with it unless they are archived",
    );
}
