//! `gate.approve`: one gate lets its run go on. Also what the other gate actions share with it. Pure.

use serde_json::Value;

use super::{GATE, RUNS};
use crate::domain::Clean;
use crate::plan::argo::nodes::{Nodes, field};
use crate::plan::argo::{gates, guards};
use crate::plan::form::{Check, Plan};
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct Approve;

/// Values that a gate expects.
pub(super) const VALUES: ParameterSpec = ParameterSpec {
    name: "values",
    kind: ParameterKind::Pairs,
    default: "",
    help: "Output parameters that the gate expects, as NAME=VALUE.",
};

const SPEC: ActionSpec = ActionSpec {
    name: "gate.approve",
    title: "Approve one gate that waits",
    targets: RUNS,
    parameters: &[
        GATE,
        VALUES,
        ParameterSpec {
            name: "message",
            kind: ParameterKind::Text,
            default: "",
            help: "Stands with the gate afterwards, for others to read.",
        },
    ],
    risk: Risk::Reversible,
    rights: &[Right::to("update", "argoproj.io", "workflows")],
    inverse: "cannot be taken back: steps after the gate begin",
    verify: "The gate is as it should be, in the nodes of the run (unpacked where they are packed)",
};

impl Action for Approve {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let mut gate = Gate::find(given, &SPEC, "resume it")?;
        gate.give(given)?;
        let missing: Vec<Clean> = gates::expected(gate.node())
            .into_iter()
            .map(Clean::new)
            .collect();
        for name in missing {
            gate.plan.block(&format!(
                "The gate expects a value for {name}, and steps after it read it: give it with --param values={name}=VALUE"
            ));
        }
        let message = given.params.text("message");
        gates::decide(gate.node_mut(), "Succeeded", message, given.now);
        let does = format!(
            "Approves gate {} of {}",
            gate.called,
            gate.plan.target.words()
        );
        gate.plan.fact("undo", "A gate that is approved cannot be closed again; run.suspend or run.stop holds what comes after it");
        gate.others();
        let expect = ["Succeeded"];
        gate.write(&does, &expect, "Only this gate is changed; others wait on")
    }
}

/// One gate of a run, and the plan that changes it.
pub(super) struct Gate {
    pub(super) plan: Plan,
    pub(super) called: Clean,
    id: String,
    nodes: Nodes,
    map: serde_json::Map<String, Value>,
    after: Value,
    open: Vec<Clean>,
}

impl Gate {
    /// The gate that is meant.
    pub(super) fn find(
        given: &Given<'_>,
        spec: &'static ActionSpec,
        task: &str,
    ) -> Result<Self, Refused> {
        guards::stands(given.object)?;
        let nodes = Nodes::read(given.object, task)?;
        let id = gates::chosen(&nodes, given.params.text("node"))?;
        let mut plan = Plan::new(given, spec, "");
        let found = nodes.map.get(&id);
        let name = found.map_or("", |n| field(n, "name"));
        plan.names.insert(id.clone(), name.to_owned());
        plan.gates.push(id.clone());
        let others = gates::open(&nodes.map).into_iter();
        Ok(Self {
            plan,
            called: found.map(gates::called).unwrap_or_default(),
            open: others
                .filter(|(other, _)| *other != id)
                .map(|(_, node)| gates::called(node))
                .collect(),
            map: nodes.map.clone(),
            after: given.object.clone(),
            nodes,
            id,
        })
    }

    pub(super) fn node(&self) -> &Value {
        self.map.get(&self.id).unwrap_or(&Value::Null)
    }

    pub(super) fn node_mut(&mut self) -> &mut Value {
        self.map.entry(self.id.clone()).or_insert(Value::Null)
    }

    /// Gives the gate the values that the operator gave; how many.
    pub(super) fn give(&mut self, given: &Given<'_>) -> Result<usize, Refused> {
        let mut count = 0;
        for (name, value) in given.params.pairs("values") {
            let allowed = gates::allowed(self.node(), name);
            if !allowed.is_empty() && !allowed.iter().any(|a| a == value) {
                return Err(Refused::new(&format!(
                    "{} of gate {} cannot be {}",
                    Clean::new(name),
                    self.called,
                    Clean::new(value)
                ))
                .instead(&format!("It is one of: {}", allowed.join(", "))));
            }
            let expected = gates::expected(self.node()).join(", ");
            let set = gates::give(self.node_mut(), name, value).ok_or_else(|| {
                let refused = Refused::new(&format!(
                    "Gate {} does not wait for a value of {}",
                    self.called,
                    Clean::new(name)
                ));
                if expected.is_empty() {
                    refused.instead("It expects none: approve it without values")
                } else {
                    refused.instead(&format!("It expects: {expected}"))
                }
            })?;
            gates::make_global(&mut self.after, &set);
            count += 1;
        }
        Ok(count)
    }

    /// Names the gates that wait on.
    pub(super) fn others(&mut self) {
        if !self.open.is_empty() {
            let names: Vec<&str> = self.open.iter().map(|n| &**n).collect();
            self.plan.fact(
                "gates",
                &format!("Other gates wait on: {}", names.join(", ")),
            );
        }
    }

    /// The plan, with the gate as it is to be; `phases` is what it is in then.
    pub(super) fn write(mut self, does: &str, phases: &[&str], why: &str) -> Result<Plan, Refused> {
        self.plan.does = Clean::new(does);
        let pointer = format!(
            "/status/nodes/{}/phase",
            self.id.replace('~', "~0").replace('/', "~1")
        );
        self.nodes.write(&mut self.after, self.map)?;
        self.plan.replace(self.after, why);
        self.plan.done_when(
            "The gate is as it should be, in the nodes of the run (unpacked where they are packed)",
            vec![Check::is(&pointer, phases)],
        );
        Ok(self.plan)
    }
}
