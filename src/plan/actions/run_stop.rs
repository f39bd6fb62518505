//! `run.stop`: no new steps, the exit handler runs. Also what `run.terminate` shares with it. Pure.

use serde_json::{Value, json};

use super::RUNS;
use crate::plan::argo::gates;
use crate::plan::argo::guards;
use crate::plan::argo::nodes::{Nodes, field};
use crate::plan::argo::preview::named;
use crate::plan::form::{Check, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// See the module.
pub(super) struct Stop;

const SPEC: ActionSpec = ActionSpec {
    name: "run.stop",
    title: "Stop a run; its exit handler still runs",
    targets: RUNS,
    parameters: &[],
    risk: Risk::LosesWork,
    rights: &[Right::to("patch", "argoproj.io", "workflows")],
    inverse: "cannot be taken back; run.retry runs the steps that were ended again from their start",
    verify: "The run has ended as Failed",
};

impl Action for Stop {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let mut plan = shut_down(given, &SPEC, "Stop")?;
        let then = if is_held(given.object) {
            "its exit handler runs once it is resumed"
        } else {
            "then its exit handler runs"
        };
        plan.does = format!(
            "Stops {}: running steps are ended, {then}",
            plan.target.words()
        )
        .into();
        Ok(plan)
    }
}

/// The plan that ends a run from outside.
pub(super) fn shut_down(
    given: &Given<'_>,
    spec: &'static ActionSpec,
    strategy: &str,
) -> Result<Plan, Refused> {
    let workflow = given.object;
    guards::stands(workflow)?;
    if guards::has_ended(workflow) {
        let phase = json::text(workflow, &["status", "phase"]);
        return Err(Refused::new(&format!("The run has ended already: {phase}")));
    }
    if json::text(workflow, &["spec", "shutdown"]) == strategy {
        return Err(Refused::new("It was asked to end in this way already")
            .instead("See which of its pods do not end: midwatch, screen Platform"));
    }
    let mut plan = Plan::new(given, spec, "");
    lost(&mut plan, workflow);
    if guards::kfp_run(workflow).is_some() {
        plan.warn("The run belongs to Kubeflow Pipelines, which ends runs by a deadline of 0: ended in this way its page says Failed, not Canceled");
    }
    plan.patch(
        json!({"spec": {"shutdown": strategy}}),
        "The controller ends the running pods and starts no new step",
    );
    if is_held(workflow) {
        held(&mut plan, strategy);
    } else {
        plan.done_when(
            "The run has ended as Failed",
            vec![Check::is(
                "/status/phase",
                &["Failed", "Error", "Succeeded"],
            )],
        );
    }
    plan.fact(
        "undo",
        "Cannot be taken back; run.retry runs the steps that were ended again from their start",
    );
    Ok(plan)
}

/// The run is suspended.
pub(super) fn is_held(workflow: &Value) -> bool {
    json::flag(workflow, &["spec", "suspend"])
}

/// A run that is suspended. Its controller ends what runs, and then leaves a suspended run alone: it is Running for good.
/// Resumed first it would start its next steps; resumed after, it starts none (`createWorkflowPod` of the controller).
fn held(plan: &mut Plan, strategy: &str) {
    let waits = match strategy {
        "Stop" => "stays Running, and its exit handler waits,",
        _ => "stays Running",
    };
    plan.warn(&format!(
        "The run is suspended: what runs is ended now, but it {waits} until it is resumed (run.resume); it starts no other step then, and ends"
    ));
    plan.done_when(
        "The run is told to end, and does once it is resumed: run.resume",
        vec![Check::is("/spec/shutdown", &[strategy])],
    );
}

/// Says what is ended with it.
fn lost(plan: &mut Plan, workflow: &Value) {
    let Ok(nodes) = Nodes::read(workflow, "look into it") else {
        plan.fact(
            "steps",
            "Which steps run is not on the object: they stand in the database of the Argo Server",
        );
        return;
    };
    let running = |kind: &'static str| {
        let fits = move |n: &&Value| field(n, "type") == kind && field(n, "phase") == "Running";
        nodes.map.values().filter(fits)
    };
    let pods = running("Pod").count();
    if pods > 0 {
        plan.warn(&format!(
            "Running pods are ended ({pods}), what they did so far is lost: {}",
            named(running("Pod").map(|n| field(n, "displayName")))
        ));
    }
    let open = gates::open(&nodes.map);
    if !open.is_empty() {
        plan.warn(&format!(
            "Gates that wait fail with it ({}): {}",
            open.len(),
            named(open.iter().map(|(_, n)| field(n, "displayName")))
        ));
    }
}
