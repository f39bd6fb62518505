//! `run.resume`: a suspended run goes on. What waits at a gate stays there unless all gates are approved on purpose:
//! Argo's own resume approves every open gate at once. Pure.

use serde_json::Value;

use super::RUNS;
use crate::domain::Clean;
use crate::plan::argo::nodes::{Nodes, are_offloaded, field};
use crate::plan::argo::preview::named;
use crate::plan::argo::{gates, guards};
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct Resume;

const SPEC: ActionSpec = ActionSpec {
    name: "run.resume",
    title: "Let a suspended run go on",
    targets: RUNS,
    parameters: &[ParameterSpec {
        name: "gates",
        kind: ParameterKind::Choice(&["keep", "approve"]),
        default: "keep",
        help: "keep: gates wait on. approve: all gates that wait are approved at once, as `argo resume` does.",
    }],
    risk: Risk::Reversible,
    rights: &[Right::to("update", "argoproj.io", "workflows")],
    inverse: "run.suspend: holds the run again; gates that were approved with it stay approved",
    verify: "The run is no longer suspended",
};

impl Action for Resume {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let workflow = given.object;
        guards::stands(workflow)?;
        if guards::has_ended(workflow) {
            return Err(Refused::new(
                "The run has ended, so there is nothing to resume",
            ));
        }
        let mut plan = Plan::new(given, &SPEC, "");
        let mut after = workflow.clone();
        let suspended = json::flag(workflow, &["spec", "suspend"]);
        if suspended {
            json::unset(&mut after, &["spec", "suspend"]);
        }
        if given.params.text("gates") == "approve" {
            plan.does = format!("Lets {} go on and approves its gates", plan.target.words()).into();
            let approved = approve_all(given, &mut plan, &mut after)?;
            if !suspended && approved == 0 {
                return Err(idle(&[]));
            }
        } else {
            plan.does = format!("Lets {} go on", plan.target.words()).into();
            let shutdown = json::text(workflow, &["spec", "shutdown"]);
            if !shutdown.is_empty() {
                plan.fact(
                    "end",
                    &format!("It was told to end ({shutdown}): it starts no other step, and ends"),
                );
            }
            let waiting = waiting(workflow)?;
            if !suspended {
                return Err(idle(&waiting));
            }
            if !waiting.is_empty() {
                plan.fact(
                    "gates",
                    &format!("Gates wait on: {}", named(waiting.iter().map(|n| &**n))),
                );
            }
            plan.inverse = Some(Inverse {
                action: "run.suspend",
                text: "holds the run again; steps that began meanwhile run on",
            });
        }
        plan.replace(
            after,
            "The controller goes on with a run that is not suspended",
        );
        plan.done_when(
            "The run is no longer suspended",
            vec![Check::absent("/spec/suspend")],
        );
        Ok(plan)
    }
}

/// Names of the gates that wait. Of an offloaded run they are not known here.
fn waiting(workflow: &Value) -> Result<Vec<Clean>, Refused> {
    if are_offloaded(workflow) {
        return Ok(Vec::new());
    }
    let nodes = Nodes::read(workflow, "resume it")?;
    Ok(gates::open(&nodes.map)
        .into_iter()
        .map(|(_, node)| gates::called(node))
        .collect())
}

fn idle(waiting: &[Clean]) -> Refused {
    if waiting.is_empty() {
        return Refused::new("The run is not suspended, and no gate of it waits");
    }
    let names = named(waiting.iter().map(|n| &**n));
    Refused::new(&format!("The run is not suspended; it waits at {names}"))
        .instead("Decide that gate: gate.approve or gate.reject")
}

fn approve_all(given: &Given<'_>, plan: &mut Plan, after: &mut Value) -> Result<usize, Refused> {
    let nodes = Nodes::read(given.object, "resume it")?;
    let mut map = nodes.map.clone();
    let open: Vec<String> = gates::open(&nodes.map)
        .iter()
        .map(|(id, _)| (*id).to_owned())
        .collect();
    let mut names = Vec::new();
    for id in &open {
        let Some(node) = map.get_mut(id) else {
            continue;
        };
        gates::give_defaults(node).map_err(|name| {
            Refused::new(&format!(
                "Gate {} expects a value for {} and has no default for it",
                gates::called(node),
                Clean::new(&name)
            ))
            .instead("Give it first: gate.set-value --param values=NAME=VALUE")
        })?;
        gates::decide(node, "Succeeded", "", given.now);
        names.push(gates::called(node));
        plan.names
            .insert(id.clone(), field(node, "name").to_owned());
    }
    nodes.write(after, map)?;
    if !names.is_empty() {
        let all = named(names.iter().map(|n| &**n));
        plan.warn(&format!(
            "Approves all gates that wait ({}), each with its default values: {all}. For one of them: gate.approve",
            open.len()
        ));
        plan.fact("undo", "A gate that is approved cannot be closed again");
    }
    plan.gates.clone_from(&open);
    Ok(open.len())
}
