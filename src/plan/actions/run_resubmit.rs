//! `run.resubmit`: a new run with the same specification. Pure.

use serde_json::Value;

use super::{ARGUMENTS, RUNS};
use crate::domain::Clean;
use crate::plan::argo::nodes::{Nodes, are_offloaded};
use crate::plan::argo::preview;
use crate::plan::argo::resubmit::{Options, formulate};
use crate::plan::argo::{guards, labels, told};
use crate::plan::form::{Check, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct Resubmit;

const SPEC: ActionSpec = ActionSpec {
    name: "run.resubmit",
    title: "Start a copy of a run",
    targets: RUNS,
    parameters: &[
        ParameterSpec {
            name: "memoized",
            kind: ParameterKind::Flag,
            default: "false",
            help: "Take over the steps that succeeded instead of running them again; only for a run that failed.",
        },
        ARGUMENTS,
    ],
    risk: Risk::Reversible,
    rights: &[Right::to("create", "argoproj.io", "workflows")],
    inverse: "the new run can be stopped (run.stop) or deleted (run.delete)",
    verify: "The controller has taken the new run up: its phase is no longer empty",
};

impl Action for Resubmit {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let workflow = given.object;
        guards::not_of_kfp(
            workflow,
            "a copy carries its labels, so Kubeflow Pipelines would take it for the finished run and delete it",
            "POST /apis/v2beta1/runs with the same pipeline version and parameters",
        )?;
        let parameters: Vec<(&str, &str)> = given.params.pairs("parameters").collect();
        let memoized = given.params.flag("memoized");
        let options = Options {
            memoized,
            parameters: &parameters,
            suffix: given.suffix,
            now: given.now,
        };
        let copy = formulate(workflow, &options)?;
        let mut plan = Plan::new(given, &SPEC, "");
        plan.does = format!("Starts a copy of {}", plan.target.words()).into();
        if !are_offloaded(workflow) {
            let nodes = Nodes::read(workflow, "resubmit it")?;
            if !memoized {
                preview::copy(&mut plan, &nodes.map);
            }
        }
        if !parameters.is_empty() {
            plan.fact("with", &told(parameters.iter().copied()));
        }
        say(&mut plan, workflow, memoized && !parameters.is_empty());
        let namespace = plan.target.namespace.clone();
        plan.create(
            (&namespace, "argoproj.io/v1alpha1", "workflows"),
            copy,
            "A new run of its own; this one stays as it is",
        );
        plan.done_when(
            "The controller has taken the new run up: its phase is no longer empty",
            vec![Check::is(
                "/status/phase",
                &["Pending", "Running", "Succeeded"],
            )],
        );
        Ok(plan)
    }
}

fn say(plan: &mut Plan, workflow: &Value, changed: bool) {
    plan.fact(
        "undo",
        "The new run can be stopped (run.stop) or deleted (run.delete)",
    );
    if !guards::has_ended(workflow) {
        plan.warn(
            "The run has not ended: the copy runs beside it, and both write to the same places",
        );
    }
    if changed {
        plan.warn("Steps that are taken over finished keep what they made of the old parameters");
    }
    let cron = json::label(workflow, labels::CRON);
    if !cron.is_empty() {
        plan.warn(&format!(
            "The copy keeps the label and the owner of the schedule {}: it counts in its history, and goes when the schedule is deleted",
            Clean::new(cron)
        ));
    }
    if json::at(workflow, &["spec", "workflowTemplateRef"]).is_some_and(Value::is_object) {
        plan.fact(
            "template",
            "The copy uses the template as it is now, not as it was when this run began",
        );
    }
    if json::flag(workflow, &["spec", "suspend"]) {
        plan.warn(
            "The run is suspended, and so will be the copy: it starts nothing before run.resume",
        );
    }
}
