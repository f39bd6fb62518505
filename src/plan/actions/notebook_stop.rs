//! `notebook.stop`, `notebook.start`: whether a notebook has a pod, and so holds its accelerators. Pure.
//!
//! An annotation is all there is: while it stands on the notebook, its controller keeps no pod.

use serde_json::{Value, json};

use super::NOTEBOOKS;
use crate::domain::{Clean, Span};
use crate::kinds::notebook::{ACTIVITY, STOPPED};
use crate::plan::argo::guards::stands;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::queues::SETTLING;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// See the module.
pub(super) struct Stop;
/// See the module.
pub(super) struct Start;

/// Somebody who worked in it so many seconds ago may be at it still.
const RECENT: i64 = 3_600;

const RIGHTS: &[Right] = &[Right::to("patch", "kubeflow.org", "notebooks")];

const STOP: ActionSpec = ActionSpec {
    name: "notebook.stop",
    title: "Stop a notebook: its pod goes, and gives its accelerators back",
    targets: NOTEBOOKS,
    parameters: &[],
    risk: Risk::LosesWork,
    rights: RIGHTS,
    inverse: "notebook.start: makes a new pod; what was in memory does not come back",
    verify: "The notebook has no pod",
};

const START: ActionSpec = ActionSpec {
    name: "notebook.start",
    title: "Start a notebook that is stopped",
    targets: NOTEBOOKS,
    parameters: &[],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "notebook.stop",
    verify: "The notebook is no longer marked as stopped",
};

impl Action for Stop {
    fn spec(&self) -> &'static ActionSpec {
        &STOP
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        stands(given.object)?;
        if let Some(since) = stopped(given.object) {
            return Err(Refused::new(&format!(
                "The notebook is stopped already{}",
                since_words(&since)
            ))
            .instead("notebook.start starts it"));
        }
        let mut plan = Plan::new(given, &STOP, "");
        plan.does = format!("Stops notebook {}", plan.target.words()).into();
        plan.warn(
            "Its kernels end: variables, and cells that run, are lost. Files on its volumes stay",
        );
        worked(&mut plan, given);
        let held = devices(given.object);
        if !held.is_empty() {
            plan.fact("frees", &held);
        }
        plan.patch(
            json!({"metadata": {"annotations": {STOPPED: json::stamp(given.now)}}}),
            "The controller deletes the pod of a notebook that is marked as stopped",
        );
        plan.undone_by(
            Inverse {
                action: "notebook.start",
                text: "makes a new pod; what was in memory does not come back",
            },
            Vec::new(),
        );
        let marked = Check {
            expect: crate::plan::form::Expect::Absent(false),
            ..Check::absent(&pointer())
        };
        let gone = Check::value("/status/readyReplicas", 0.into());
        plan.done_when(STOP.verify, vec![marked, gone]);
        plan.verify.patience = SETTLING;
        Ok(plan)
    }
}

impl Action for Start {
    fn spec(&self) -> &'static ActionSpec {
        &START
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        stands(given.object)?;
        if stopped(given.object).is_none() {
            return Err(Refused::new("The notebook is not stopped"));
        }
        let mut plan = Plan::new(given, &START, "");
        plan.does = format!("Starts notebook {}", plan.target.words()).into();
        let asked = devices(given.object);
        if !asked.is_empty() {
            plan.fact(
                "asks",
                &format!("{asked}; its pod waits until that is free"),
            );
        }
        plan.patch(
            json!({"metadata": {"annotations": {STOPPED: null}}}),
            "The controller makes a pod for a notebook that is not marked as stopped",
        );
        plan.undone_by(
            Inverse {
                action: "notebook.stop",
                text: "stops it again",
            },
            Vec::new(),
        );
        plan.done_when(START.verify, vec![Check::absent(&pointer())]);
        Ok(plan)
    }
}

fn pointer() -> String {
    format!("/metadata/annotations/{STOPPED}")
}

/// What stands on it when it is stopped: since when, or another word.
fn stopped(object: &Value) -> Option<String> {
    let note = json::at(object, &["metadata", "annotations", STOPPED])?;
    json::any_text(note)
}

fn since_words(note: &str) -> String {
    let time: Option<jiff::Timestamp> = note.parse().ok();
    time.map_or_else(String::new, |at| format!(", since {at}"))
}

/// When somebody worked in it last.
fn worked(plan: &mut Plan, given: &Given<'_>) {
    let last = json::time(given.object, &["metadata", "annotations", ACTIVITY]);
    match last.map(|at| Span::between(at, given.now)) {
        Some(ago) if ago.0 < RECENT => plan.warn(&format!(
            "Somebody worked in it {ago} ago: ask before you end what they have in memory"
        )),
        Some(ago) => plan.fact("activity", &format!("Nobody has worked in it for {ago}")),
        None => plan.fact(
            "activity",
            "When somebody worked in it last is not told: nothing looks for idle notebooks here",
        ),
    }
}

/// Accelerators that it asks for.
fn devices(object: &Value) -> String {
    let containers = json::list(object, &["spec", "template", "spec", "containers"]);
    let mut words = Vec::new();
    for container in containers {
        let limits = json::at(container, &["resources", "limits"]).and_then(Value::as_object);
        for (name, amount) in limits
            .into_iter()
            .flatten()
            .filter(|(name, _)| name.contains('/'))
        {
            let amount = json::any_text(amount).unwrap_or_default();
            words.push(format!("{amount} {name}"));
        }
    }
    Clean::new(&words.join(", ")).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::queue_tests::{plan, refusal, trap};
    use super::*;

    fn notebook(annotations: &Value) -> Value {
        json!({"apiVersion": "kubeflow.org/v1", "kind": "Notebook",
            "metadata": {"name": "nb", "namespace": "ml", "uid": "u", "resourceVersion": "7", "annotations": annotations},
            "spec": {"template": {"spec": {"containers": [{"resources": {"limits": {"cpu": "2", "nvidia.com/mig-1g.10gb": 1}}}]}}},
            "status": {"readyReplicas": 1}})
    }

    #[test]
    fn stopping_tells_what_is_lost_and_what_becomes_free() {
        let idle = notebook(&json!({ACTIVITY: "2026-11-20T03:00:00Z"}));
        let stop = plan("notebook.stop", &idle, &[]).unwrap();
        assert_eq!(stop.risk, Risk::LosesWork);
        trap(&stop, "variables, and cells that run, are lost");
        let fact = |topic: &str| {
            stop.facts
                .iter()
                .find(|f| f.topic == topic)
                .unwrap()
                .text
                .clone()
        };
        assert_eq!(&*fact("frees"), "1 nvidia.com/mig-1g.10gb");
        assert!(fact("activity").contains("Nobody has worked in it for"));
        let mut after = idle.clone();
        after["metadata"]["annotations"][STOPPED] = "2026-11-21T03:00:00Z".into();
        assert!(!stop.verify.holds(Some(&after)), "its pod is there still");
        after["status"]["readyReplicas"] = 0.into();
        assert!(stop.verify.holds(Some(&after)));
        assert!(refusal("notebook.stop", &after, &[]).contains("since 2026-11-21T03:00:00Z"));
    }

    #[test]
    fn somebody_who_is_at_work_is_told_of() {
        let busy = notebook(&json!({ACTIVITY: "2026-11-21T02:50:00Z"}));
        trap(
            &plan("notebook.stop", &busy, &[]).unwrap(),
            "Somebody worked in it",
        );
    }

    #[test]
    fn starting_takes_the_mark_away() {
        let start = plan("notebook.start", &notebook(&json!({STOPPED: "x"})), &[]).unwrap();
        assert_eq!(
            start.steps[0].body["metadata"]["annotations"],
            json!({STOPPED: null})
        );
        assert!(start.verify.holds(Some(&notebook(&json!({})))));
        assert!(refusal("notebook.start", &notebook(&json!({})), &[]).contains("not stopped"));
    }
}
