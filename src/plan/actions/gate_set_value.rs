//! `gate.set-value`: values that a gate expects, without deciding it. Pure.

use super::gate_approve::{Gate, VALUES};
use super::{GATE, RUNS};
use crate::plan::argo::gates;
use crate::plan::form::Plan;
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// See the module.
pub(super) struct SetValue;

const SPEC: ActionSpec = ActionSpec {
    name: "gate.set-value",
    title: "Give a gate that waits the values it expects",
    targets: RUNS,
    parameters: &[GATE, VALUES],
    risk: Risk::Reversible,
    rights: &[Right::to("update", "argoproj.io", "workflows")],
    inverse: "set other values while the gate waits",
    verify: "The gate is as it should be, in the nodes of the run (unpacked where they are packed)",
};

impl Action for SetValue {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let mut gate = Gate::find(given, &SPEC, "set it")?;
        let expected = gates::expected(gate.node()).join(", ");
        if gate.give(given)? == 0 {
            let refused = Refused::new("No value is given");
            return Err(if expected.is_empty() {
                refused.instead("The gate expects none: gate.approve decides it")
            } else {
                refused.instead(&format!(
                    "Give it with --param values=NAME=VALUE; the gate expects: {expected}"
                ))
            });
        }
        gate.plan
            .fact("undo", "A value that is set cannot be set again");
        let still = gates::expected(gate.node()).join(", ");
        if still.is_empty() {
            gate.plan.fact(
                "gate",
                "The gate has all values it expects, and waits on until gate.approve",
            );
        } else {
            gate.plan
                .fact("gate", &format!("The gate still expects: {still}"));
        }
        let does = format!(
            "Gives values to gate {} of {}",
            gate.called,
            gate.plan.target.words()
        );
        gate.write(
            &does,
            &["Running"],
            "Only this gate is changed, and it waits on",
        )
    }
}
