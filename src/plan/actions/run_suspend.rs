//! `run.suspend`: no new steps until it is resumed. Pure.

use serde_json::Value;

use super::RUNS;
use crate::plan::argo::nodes::{Nodes, field};
use crate::plan::argo::{guards, labels};
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// See the module.
pub(super) struct Suspend;

const SPEC: ActionSpec = ActionSpec {
    name: "run.suspend",
    title: "Start no new steps of a run until it is resumed",
    targets: RUNS,
    parameters: &[],
    risk: Risk::Reversible,
    rights: &[Right::to("update", "argoproj.io", "workflows")],
    inverse: "run.resume: lets the run go on",
    verify: "The run is suspended and no step has begun since",
};

impl Action for Suspend {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let workflow = given.object;
        guards::stands(workflow)?;
        if json::label(workflow, labels::COMPLETED) == "true" || guards::has_ended(workflow) {
            return Err(Refused::new(
                "The run has ended, so there is nothing to suspend",
            ));
        }
        if json::flag(workflow, &["spec", "suspend"]) {
            return Err(
                Refused::new("The run is suspended already").instead("run.resume lets it go on")
            );
        }
        let mut plan = Plan::new(given, &SPEC, "");
        plan.does = format!(
            "Starts no new steps of {} until it is resumed",
            plan.target.words()
        )
        .into();
        if let Ok(nodes) = Nodes::read(workflow, "look into it") {
            let running = |n: &&Value| field(n, "type") == "Pod" && field(n, "phase") == "Running";
            let pods = nodes.map.values().filter(running).count();
            if pods > 0 {
                plan.warn(&format!(
                    "Running pods go on to their end and keep their GPUs ({pods} now): suspending only holds back what comes next"
                ));
            }
        }
        let mut after = workflow.clone();
        json::set(&mut after, &["spec", "suspend"], true.into());
        plan.replace(after, "The controller schedules nothing of a suspended run");
        plan.inverse = Some(Inverse {
            action: "run.resume",
            text: "lets the run go on",
        });
        plan.done_when(
            "The run is suspended and no step has begun since",
            vec![Check::flag("/spec/suspend", true)],
        );
        Ok(plan)
    }
}
