//! `run.retry`: the steps of a run that failed run again; what succeeded stays. Pure.

use super::{ARGUMENTS, RUNS};
use crate::plan::argo::guards;
use crate::plan::argo::nodes::{Nodes, field};
use crate::plan::argo::preview::{self, why_kept};
use crate::plan::argo::retry::{Options, formulate};
use crate::plan::argo::{labels, told};
use crate::plan::form::{Check, Keep, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct Retry;

const SPEC: ActionSpec = ActionSpec {
    name: "run.retry",
    title: "Run the failed steps of a run again",
    targets: RUNS,
    parameters: &[
        ParameterSpec {
            name: "restart-successful",
            kind: ParameterKind::Flag,
            default: "false",
            help: "Run steps that succeeded again too, those that node-field-selector names.",
        },
        ParameterSpec {
            name: "node-field-selector",
            kind: ParameterKind::Text,
            default: "",
            help: "Which steps: FIELD=VALUE,… over id, name, displayName, templateName, phase and inputs.parameters.NAME.value.",
        },
        ARGUMENTS,
    ],
    risk: Risk::Reversible,
    rights: &[
        Right::to("update", "argoproj.io", "workflows"),
        Right::to("delete", "", "pods"),
        Right::to("get", "", "pods"),
    ],
    inverse: "cannot be taken back: what ran again has run; run.stop ends it",
    verify: "The run has begun again; whether it succeeds this time is known when its failed steps have ended anew",
};

impl Action for Retry {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let workflow = given.object;
        guards::stands(workflow)?;
        guards::not_of_kfp(
            workflow,
            "after a retry through Argo it would be deleted while it runs, because its label pipeline/persistedFinalState stays",
            "POST /apis/v2beta1/runs/RUN:retry",
        )?;
        let parameters: Vec<(&str, &str)> = given.params.pairs("parameters").collect();
        let options = Options {
            restart_successful: given.params.flag("restart-successful"),
            selector: given.params.text("node-field-selector"),
            parameters: &parameters,
            now: given.now,
        };
        let retry = formulate(workflow, &options)?;
        let before = Nodes::read(workflow, "retry it")?;
        let mut plan = Plan::new(given, &SPEC, "");
        plan.does = format!("Runs the failed steps of {} again", plan.target.words()).into();
        preview::steps(&mut plan, &before.map, &retry);
        preview::run(&mut plan, workflow, given.now);
        if !parameters.is_empty() {
            plan.fact("with", &told(parameters.iter().copied()));
        }
        warn(&mut plan, workflow, &retry.pods, !parameters.is_empty());
        for id in retry.reset.iter().chain(&retry.remove).chain(&retry.keep) {
            let name = before.map.get(id).map_or("", |n| field(n, "name"));
            plan.names.insert(id.clone(), name.to_owned());
        }
        plan.keep = retry.keep.into_iter().map(|id| kept(&before, id)).collect();
        plan.reset = retry.reset;
        plan.remove = retry.remove;
        plan.delete_pods(
            retry.pods,
            "The new pod of a step has the name of the old one, which must be gone first",
        );
        plan.replace(
            retry.workflow,
            "The run goes on: failed steps are taken out, their groups set back to running",
        );
        plan.done_when(
            "The run has begun again; whether it succeeds this time is known when its failed steps have ended anew",
            vec![
                // not its phase: it may have failed again before anyone looks
                Check::changed("/status/startedAt", workflow),
                Check::absent("/spec/shutdown"),
            ],
        );
        Ok(plan)
    }
}

fn kept(before: &Nodes, node: String) -> Keep {
    let why = before.map.get(&node).map_or("", why_kept);
    Keep { node, why }
}

fn warn(plan: &mut Plan, workflow: &serde_json::Value, pods: &[String], parameters: bool) {
    if !pods.is_empty() {
        plan.warn("Pods are deleted before the run is written. If someone changes the run in between, the pods are gone and the run stays Failed: plan the retry again then");
    }
    if parameters && json::has_label(workflow, labels::RESUBMITTED) {
        plan.warn("The run is a copy of another one: steps that it took over finished keep what they made of the old parameters");
    }
    if parameters {
        plan.fact(
            "parameters",
            "Steps that are kept keep what they made of the old parameters",
        );
    }
    if json::label(workflow, labels::ARCHIVING) == "Pending" {
        plan.warn("The run waits to be archived: the archive may get it as it is now, failed");
    }
}
