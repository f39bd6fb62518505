//! Which nodes a retry resets and removes, which pods it deletes, and what it changes on the workflow: a port of
//! `FormulateRetryWorkflow`. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::arguments::override_parameters;
use super::graph::Graph;
use super::labels;
use super::nodes::{Nodes, field, is_bad, is_execution, pod_name};
use super::path::{Marks, marks};
use super::selector::Selector;
use crate::plan::json;
use crate::plan::refused::Refused;

/// How to retry, in Argo's terms.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Run nodes that succeeded again too, those that `selector` names.
    pub restart_successful: bool,
    /// A node field selector; may be empty.
    pub selector: &'a str,
    /// Parameters to override.
    pub parameters: &'a [(&'a str, &'a str)],
    /// Now.
    pub now: Timestamp,
}

/// What a retry does.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// The workflow afterwards, nodes in the format found.
    pub workflow: Value,
    /// Nodes set back to running.
    pub reset: Vec<String>,
    /// Nodes taken out.
    pub remove: Vec<String>,
    /// Nodes that stay as they are.
    pub keep: Vec<String>,
    /// Pods to delete before the workflow is written. Nodes without a pod of their own are not among them, though
    /// Argo asks for those of an exit handler too.
    pub pods: Vec<String>,
}

/// Plans a retry of a workflow as served.
pub fn formulate(workflow: &Value, options: &Options<'_>) -> Result<Retry, Refused> {
    may_retry(workflow, options)?;
    let nodes = Nodes::read(workflow, "retry it")?;
    let name = json::text(workflow, &["metadata", "name"]);
    let graph = Graph::new(&nodes.map)?;
    graph.check(name)?;
    let chosen = chosen(&graph, options)?;
    let marks = all_marks(&graph, name, &chosen)?;
    let marks = with_groups(&graph, marks, !options.parameters.is_empty());
    let exit = format!("{name}.onExit");
    let gone = |at: usize| marks.remove.contains(&at);
    let mut pods = BTreeSet::new();
    for at in marks.remove.iter().copied().chain(exits(&graph, &exit)) {
        let node = graph.node(at);
        if field(node, "type") == "Pod" {
            pods.insert(pod_name(workflow, node));
        }
    }
    let mut after = Map::new();
    let mut retry = Retry {
        workflow: started_again(workflow, options),
        reset: Vec::new(),
        remove: Vec::new(),
        keep: Vec::new(),
        pods: pods.into_iter().collect(),
    };
    for (at, (id, node)) in graph.nodes.iter().enumerate() {
        let id = (*id).to_owned();
        if !gone(at) && marks.reset.contains(&at) {
            after.insert(id.clone(), without(&graph, reset(node, options.now), &gone));
            retry.reset.push(id);
        } else if gone(at) || field(node, "name").starts_with(&exit) {
            retry.remove.push(id);
        } else {
            after.insert(id.clone(), without(&graph, (*node).clone(), &gone));
            retry.keep.push(id);
        }
    }
    nodes.write(&mut retry.workflow, after)?;
    Ok(retry)
}

fn may_retry(workflow: &Value, options: &Options<'_>) -> Result<(), Refused> {
    match json::text(workflow, &["status", "phase"]) {
        "Failed" | "Error" => Ok(()),
        "Succeeded" if options.restart_successful && !options.selector.is_empty() => Ok(()),
        "Succeeded" => Err(Refused::new("The run succeeded, so nothing failed that could run again").instead(
            "To run chosen steps again: --param restart-successful=true --param node-field-selector=displayName=STEP; to run all of it: run.resubmit",
        )),
        phase => Err(Refused::new(&format!(
            "The run is {}, and only a run that failed can be retried",
            if phase.is_empty() { "not started yet" } else { phase }
        ))
        .instead("Stop it first (run.stop), or wait until it ended")),
    }
}

/// Nodes that must run again: those the operator named, and those that failed with nothing after them that succeeded.
fn chosen(graph: &Graph<'_>, options: &Options<'_>) -> Result<BTreeSet<usize>, Refused> {
    let mut chosen = BTreeSet::new();
    if options.restart_successful && !options.selector.is_empty() {
        let selector =
            Selector::parse(options.selector).map_err(|e| Refused::new(&e.to_string()))?;
        let matching = (0..graph.nodes.len()).filter(|at| selector.matches(graph.node(*at)));
        chosen.extend(matching);
    }
    let survived = graph.succeeded_below(&chosen);
    let holders = retry_holders(graph);
    let mut failed = Vec::new();
    for (at, (_, node)) in graph.nodes.iter().enumerate() {
        if !is_bad(node) || !is_execution(node) {
            continue;
        }
        // for an attempt, what counts is what came after the step it is an attempt of
        let judged = if json::flag(node, &["nodeFlag", "retried"]) {
            let holder = holders.get(&at).copied();
            holder.ok_or_else(|| graph.lost(at, "is an attempt of no step"))?
        } else {
            at
        };
        if survived.get(judged) != Some(&true) {
            failed.push(at);
        }
    }
    chosen.extend(failed);
    Ok(chosen)
}

/// Steps with attempts, by attempt.
fn retry_holders(graph: &Graph<'_>) -> BTreeMap<usize, usize> {
    let mut holders = BTreeMap::new();
    for (at, (_, node)) in graph.nodes.iter().enumerate() {
        if field(node, "type") == "Retry" {
            for child in graph.children(at) {
                holders.entry(*child).or_insert(at);
            }
        }
    }
    holders
}

/// Marks of all nodes that must run again, nearest to the root first: what is below one of them is removed with it.
fn all_marks(graph: &Graph<'_>, name: &str, chosen: &BTreeSet<usize>) -> Result<Marks, Refused> {
    let reached = graph.reached(name);
    if reached.is_empty() && !graph.nodes.is_empty() {
        return Err(graph.lost(0, "hangs on no root"));
    }
    let mut all = Marks::default();
    for at in reached.iter().filter(|at| chosen.contains(at)) {
        if all.remove.contains(at) {
            continue;
        }
        let one = marks(graph, &reached, *at)?;
        all.reset.extend(one.reset);
        all.remove.extend(one.remove);
    }
    Ok(all)
}

/// With new parameters a fan-out may have other items, so groups that are reset lose what they had expanded to.
fn with_groups(graph: &Graph<'_>, mut marks: Marks, parameters: bool) -> Marks {
    if !parameters {
        return marks;
    }
    for at in &marks.reset {
        let kind = field(graph.node(*at), "type");
        if !marks.remove.contains(at) && matches!(kind, "TaskGroup" | "StepGroup") {
            marks.remove.extend(graph.below(*at));
        }
    }
    marks
}

/// The nodes of the workflow's exit handler.
fn exits(graph: &Graph<'_>, exit: &str) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for (at, (_, node)) in graph.nodes.iter().enumerate() {
        if field(node, "name") == exit {
            found.insert(at);
            found.extend(graph.below(at));
        }
    }
    found
}

/// A node set back to running (`resetNode`).
fn reset(node: &Value, now: Timestamp) -> Value {
    let mut node = node.clone();
    if field(&node, "type") == "Suspend" {
        let values = node.pointer_mut("/outputs/parameters");
        for parameter in values.and_then(Value::as_array_mut).into_iter().flatten() {
            let name = field(parameter, "name").to_owned();
            *parameter = json!({"name": name, "valueFrom": {"supplied": {}}});
        }
    }
    if field(&node, "phase") != "Skipped" {
        json::set(&mut node, &["phase"], "Running".into());
    }
    json::unset(&mut node, &["message"]);
    json::set(&mut node, &["startedAt"], json::stamp(now));
    json::unset(&mut node, &["finishedAt"]);
    node
}

/// A node that stays, without its edges to nodes that go.
fn without(graph: &Graph<'_>, mut node: Value, gone: &dyn Fn(usize) -> bool) -> Value {
    for key in ["children", "outboundNodes"] {
        let Some(list) = node.get_mut(key).and_then(Value::as_array_mut) else {
            continue;
        };
        list.retain(|id| {
            let place = id.as_str().and_then(|id| graph.place(id));
            !place.is_some_and(gone)
        });
        if list.is_empty() {
            json::unset(&mut node, &[key]);
        }
    }
    node
}

/// The workflow without what marks it as ended (`createNewRetryWorkflow`).
fn started_again(workflow: &Value, options: &Options<'_>) -> Value {
    let mut new = workflow.clone();
    json::unset(&mut new, &["metadata", "labels", labels::COMPLETED]);
    json::unset(&mut new, &["metadata", "labels", labels::ARCHIVING]);
    json::set(
        &mut new,
        &["metadata", "labels", labels::PHASE],
        "Running".into(),
    );
    not_completed(&mut new);
    json::set(&mut new, &["status", "phase"], "Running".into());
    json::set(&mut new, &["status", "startedAt"], json::stamp(options.now));
    for field in ["message", "finishedAt", "persistentVolumeClaims"] {
        json::unset(&mut new, &["status", field]);
    }
    let stored = ["status", "storedWorkflowTemplateSpec", "shutdown"];
    json::unset(&mut new, &stored);
    not_shut_down(&mut new);
    override_parameters(&mut new, options.parameters.iter().copied());
    new
}

/// Takes out what ended a workflow from outside: the shutdown, and the deadline of zero that Kubeflow uses for it.
pub(super) fn not_shut_down(workflow: &mut Value) {
    json::unset(workflow, &["spec", "shutdown"]);
    let deadline = ["spec", "activeDeadlineSeconds"];
    if json::at(workflow, &deadline).and_then(Value::as_i64) == Some(0) {
        json::unset(workflow, &deadline);
    }
}

/// Sets condition Completed to False, in place or at the end.
fn not_completed(workflow: &mut Value) {
    let new = json!({"type": "Completed", "status": "False"});
    let mut list = json::list(workflow, &["status", "conditions"]).to_vec();
    match list.iter_mut().find(|c| field(c, "type") == "Completed") {
        Some(condition) => *condition = new,
        None => list.push(new),
    }
    json::set(workflow, &["status", "conditions"], Value::Array(list));
}
