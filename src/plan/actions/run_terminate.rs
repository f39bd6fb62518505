//! `run.terminate`: everything of a run ends at once, its exit handler does not run. Pure.

use super::RUNS;
use super::run_stop::{is_held, shut_down};
use crate::domain::Clean;
use crate::plan::form::Plan;
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// See the module.
pub(super) struct Terminate;

const SPEC: ActionSpec = ActionSpec {
    name: "run.terminate",
    title: "End a run at once, without its exit handler",
    targets: RUNS,
    parameters: &[],
    risk: Risk::LosesWork,
    rights: &[Right::to("patch", "argoproj.io", "workflows")],
    inverse: "cannot be taken back; run.retry runs the steps that were ended again from their start",
    verify: "The run has ended as Failed",
};

impl Action for Terminate {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let mut plan = shut_down(given, &SPEC, "Terminate")?;
        let when = if is_held(given.object) {
            "once it is resumed; what runs is ended now"
        } else {
            "at once"
        };
        plan.does = format!("Ends {} {when}", plan.target.words()).into();
        let handler = ["/spec/onExit", "/status/storedWorkflowTemplateSpec/onExit"]
            .iter()
            .find_map(|pointer| given.object.pointer(pointer)?.as_str());
        let hook = json::text(given.object, &["spec", "hooks", "exit", "template"]);
        if let Some(handler) = handler.or(Some(hook)).filter(|h| !h.is_empty()) {
            plan.warn(&format!(
                "Its exit handler {} does not run: what it cleans up or reports stays undone (run.stop lets it run)",
                Clean::new(handler)
            ));
        }
        Ok(plan)
    }
}
