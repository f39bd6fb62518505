//! Nodes that are shown as part of another: KFP compiles each task into a driver, a group and an executor. Pure.
//!
//! Source: `backend/src/v2/compiler/argocompiler` of Kubeflow Pipelines (`container.go`, `dag.go`, `importer.go`).
//! Told by template names, which nothing else uses, so no label is needed.

use std::collections::{HashMap, HashSet};

use super::graph::Index;
use super::names;
use super::node::Node;
use crate::domain::Phase;

/// What part of a task a folded node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Resolves inputs and asks the cache.
    Driver,
    /// Does the work.
    Executor,
    /// A level that says nothing of its own.
    Level,
}

/// Which nodes are folded into which.
#[derive(Debug, Default)]
pub(super) struct Plan {
    folds: Vec<Option<(usize, Part)>>,
    /// Executors by the task they work for.
    pub(super) executors: HashMap<usize, usize>,
    /// Drivers by the task they drive.
    pub(super) drivers: HashMap<usize, usize>,
    /// Tasks that are loops.
    pub(super) loops: HashSet<usize>,
}

impl Plan {
    /// What a node is folded into, if it is.
    pub(super) fn host(&self, node: usize) -> Option<usize> {
        self.folds
            .get(node)
            .copied()
            .flatten()
            .map(|(host, _)| host)
    }

    /// A level that says nothing of its own.
    pub(super) fn fold(&mut self, node: usize, host: usize) {
        self.set(node, host, Part::Level);
    }

    fn set(&mut self, node: usize, host: usize, part: Part) {
        if let Some(slot) = self.folds.get_mut(node)
            && node != host
        {
            *slot = Some((host, part));
        }
    }

    fn part(&self, node: usize) -> Option<Part> {
        self.folds
            .get(node)
            .copied()
            .flatten()
            .map(|(_, part)| part)
    }
}

/// Plans the folding of KFP's nodes. `parent` is plain containment.
pub(super) fn plan(index: &Index<'_>, parent: &[Option<usize>]) -> Plan {
    let mut plan = Plan {
        folds: vec![None; index.nodes.len()],
        ..Plan::default()
    };
    let is_kfp = |n: &Node| {
        let template = n.template();
        names::is_kfp_driver(template) || names::is_kfp_task(template)
    };
    if !index.nodes.iter().any(is_kfp) {
        return plan;
    }
    let siblings: HashMap<(&str, &str), usize> = index
        .nodes
        .iter()
        .enumerate()
        .map(|(at, n)| ((&*n.boundary_id, &*n.display_name), at))
        .collect();
    for at in 0..index.nodes.len() {
        drivers(index, &siblings, &mut plan, at);
        executors(index, &mut plan, at);
    }
    for at in 0..index.nodes.len() {
        levels(index, &mut plan, at);
    }
    // attempts of a driver go where the driver goes
    for at in 0..index.nodes.len() {
        let holder = parent.get(at).copied().flatten();
        if plan.host(at).is_none()
            && let Some(holder) = holder.filter(|h| plan.part(*h) == Some(Part::Driver))
            && let Some(host) = plan.host(holder)
        {
            plan.set(at, host, Part::Driver);
        }
    }
    plan
}

fn drivers(index: &Index<'_>, siblings: &HashMap<(&str, &str), usize>, plan: &mut Plan, at: usize) {
    let Some(node) = index
        .node(at)
        .filter(|n| names::is_kfp_driver(n.template()))
    else {
        return;
    };
    let Some(task) = node.display_name.strip_suffix("-driver") else {
        return;
    };
    let task = if task == "iteration" {
        "iteration-iterations"
    } else {
        task
    };
    if let Some(host) = siblings.get(&(&*node.boundary_id, task)).copied()
        && host != at
    {
        plan.set(at, host, Part::Driver);
        plan.drivers.insert(host, at);
    }
}

fn executors(index: &Index<'_>, plan: &mut Plan, at: usize) {
    let Some(node) = index.node(at).filter(|n| &*n.display_name == "executor") else {
        return;
    };
    let host = index.id(&node.boundary_id).filter(|h| *h != at);
    if let Some(host) = host
        && index
            .node(host)
            .is_some_and(|h| names::is_kfp_task(h.template()))
    {
        plan.set(at, host, Part::Executor);
        plan.executors.insert(host, at);
    }
}

/// `root` into the entry point, the fan-out of a loop into the loop, the body of an iteration into the iteration.
fn levels(index: &Index<'_>, plan: &mut Plan, at: usize) {
    let Some(node) = index.node(at) else {
        return;
    };
    let name = node.display_name.as_str();
    let fits = match &*node.r#type {
        "DAG" => matches!(name, "root" | "iteration-item"),
        "TaskGroup" => name == "iteration-iterations",
        _ => false,
    };
    let driver = plan.drivers.get(&at).and_then(|d| index.node(*d));
    let driven_well = driver.is_none_or(|d| !Phase::from_argo(&d.phase).is_bad());
    if let Some(host) = index.id(&node.boundary_id)
        && fits
        && driven_well
    {
        if &*node.r#type == "TaskGroup" {
            plan.loops.insert(host);
        }
        plan.set(at, host, Part::Level);
    }
}
