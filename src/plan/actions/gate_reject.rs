//! `gate.reject`: one gate fails, and with it what comes after. Pure.

use super::gate_approve::Gate;
use super::{GATE, RUNS};
use crate::plan::argo::gates;
use crate::plan::form::Plan;
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct Reject;

const SPEC: ActionSpec = ActionSpec {
    name: "gate.reject",
    title: "Reject one gate that waits",
    targets: RUNS,
    parameters: &[
        GATE,
        ParameterSpec {
            name: "message",
            kind: ParameterKind::Text,
            default: "",
            help: "Why, for others to read; stands with the gate afterwards.",
        },
    ],
    risk: Risk::LosesWork,
    rights: &[Right::to("update", "argoproj.io", "workflows")],
    inverse: "cannot be taken back; run.retry runs the steps again, the gate with them",
    verify: "The gate is as it should be, in the nodes of the run (unpacked where they are packed)",
};

impl Action for Reject {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let mut gate = Gate::find(given, &SPEC, "stop it")?;
        let message = given.params.text("message");
        gates::decide(gate.node_mut(), "Failed", message, given.now);
        gate.plan.warn("A run that failed because of a rejected gate has no failed step to retry: it can only be copied (run.resubmit)");
        if message.is_empty() {
            gate.plan.fact(
                "message",
                "Nobody will see why it was rejected: say it with --param message=…",
            );
        }
        gate.others();
        let does = format!(
            "Rejects gate {} of {}",
            gate.called,
            gate.plan.target.words()
        );
        gate.write(
            &does,
            &["Failed"],
            "Only this gate is changed; others wait on",
        )
    }
}
