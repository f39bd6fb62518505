//! `run.delete`: a run, its pods and its history go. Pure.

use serde_json::{Value, json};

use super::RUNS;
use crate::domain::Clean;
use crate::plan::argo::{guards, labels};
use crate::plan::form::{Check, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct Delete;

const SPEC: ActionSpec = ActionSpec {
    name: "run.delete",
    title: "Delete a run with its pods",
    targets: RUNS,
    parameters: &[ParameterSpec {
        name: "force",
        kind: ParameterKind::Flag,
        default: "false",
        help: "Take its finalizers off first: artifacts that wait for their deletion stay in the store.",
    }],
    risk: Risk::LosesWork,
    rights: &[
        Right::to("patch", "argoproj.io", "workflows"),
        Right::to("delete", "argoproj.io", "workflows"),
    ],
    inverse: "cannot be taken back",
    verify: "The run is no longer there",
};

impl Action for Delete {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let workflow = given.object;
        let force = given.params.flag("force");
        guards::not_of_kfp(
            workflow,
            "deleted here it stays in the database of Kubeflow Pipelines, which goes on showing it",
            "DELETE /apis/v2beta1/runs/RUN",
        )?;
        if !force {
            guards::stands(workflow).map_err(|refused| {
                refused.instead("--param force=true takes its finalizers off")
            })?;
        }
        let mut plan = Plan::new(given, &SPEC, "");
        plan.does = format!("Deletes {} with its pods and volumes", plan.target.words()).into();
        warn(&mut plan, workflow, force);
        // the version is another one after the first write, so only the second is bound to the uid alone
        let mut options = json!({"propagationPolicy": "Background"});
        let held = !json::list(workflow, &["metadata", "finalizers"]).is_empty();
        if force && held {
            plan.patch(
                json!({"metadata": {"finalizers": null}}),
                "Takes off what holds back the deletion",
            );
            let uid = plan.target.uid.clone();
            options = json!({"propagationPolicy": "Background", "preconditions": {"uid": uid}});
        }
        plan.delete_target(
            &options,
            "The garbage collector of the cluster deletes pods and volumes after it",
        );
        plan.done_when("The run is no longer there", vec![Check::absent("")]);
        Ok(plan)
    }
}

fn warn(plan: &mut Plan, workflow: &Value, force: bool) {
    if !guards::has_ended(workflow) {
        plan.warn(
            "The run has not ended: its pods are killed with it, and its exit handler does not run",
        );
    }
    if json::label(workflow, labels::ARCHIVING) != "Archived" {
        plan.warn(
            "The run is not in an archive: its steps, messages and pods' logs are gone for good",
        );
    }
    let finalizers: Vec<&str> = json::texts(workflow, &["metadata", "finalizers"]).collect();
    let names = Clean::new(&finalizers.join(", "));
    match (finalizers.is_empty(), force) {
        (true, _) => {}
        (false, true) => plan.warn(&format!("{names} is skipped: what it would clean up stays")),
        (false, false) => {
            plan.fact(
                "finalizers",
                &format!("It is gone only when {names} is done"),
            );
        }
    }
    plan.fact("undo", "Cannot be taken back");
}
