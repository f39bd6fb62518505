//! From nodes to the tree of steps: what contains what. Pure.
//!
//! In Argo `children` are edges of execution order; containment is `boundaryID`, except that a retry contains its
//! attempts and a fan-out its items. Input is hostile: ids may be missing, repeated, or form cycles, and still every
//! node ends up in the tree once. Nothing here recurses.

use std::collections::HashMap;

use super::kfp;
use super::names;
use super::node::Node;
use super::object::{Timers, Workflow};
use super::steps::{self, Making};
use super::{critical, object};
use crate::domain::{Step, StepId, StepTree};

/// Deepest tree that is drawn; what lies deeper is shown at this depth. Argo itself stops at 100 levels.
const DEEPEST: usize = 200;

/// What steps need to know of the workflow they belong to.
#[derive(Debug)]
pub struct Context<'a> {
    /// Name of the workflow.
    pub workflow: &'a str,
    /// Pods are named by node id (annotation `pod-name-format: v1`).
    pub pods_by_id: bool,
    /// How long gates last.
    pub timers: &'a Timers,
    /// Where artifacts without a bucket are kept.
    pub repository: Option<&'a super::artifact::Repository>,
}

impl<'a> Context<'a> {
    /// For a decoded workflow.
    #[must_use]
    pub fn new<N: object::Nodes>(workflow: &'a Workflow<N>, timers: &'a Timers) -> Self {
        let format = workflow
            .metadata
            .annotations
            .get("workflows.argoproj.io/pod-name-format");
        Self {
            workflow: &workflow.metadata.slim.name,
            pods_by_id: &*format == "v1",
            timers,
            repository: workflow
                .status
                .get()
                .and_then(|s| s.artifact_repository_ref.get()),
        }
    }
}

/// Nodes by id and by name.
pub(super) struct Index<'a> {
    pub(super) nodes: &'a [Node],
    by_id: HashMap<&'a str, usize>,
}

impl<'a> Index<'a> {
    pub(super) fn new(nodes: &'a [Node]) -> Self {
        let by_id = nodes
            .iter()
            .enumerate()
            .map(|(at, n)| (&*n.key, at))
            .collect();
        Self { nodes, by_id }
    }

    pub(super) fn id(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(super) fn node(&self, at: usize) -> Option<&'a Node> {
        self.nodes.get(at)
    }

    /// The nodes that a node names as its children.
    pub(super) fn edges(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let children = self.nodes.get(at).map_or(&[][..], |n| &*n.children);
        children.iter().filter_map(|id| self.id(id))
    }
}

/// The tree of a run.
#[must_use]
pub fn tree(nodes: &[Node], context: &Context<'_>) -> StepTree {
    let index = Index::new(nodes);
    let parent = contain(&index);
    let mut plan = kfp::plan(&index, &parent);
    fold_step_groups(&index, &parent, &mut plan);
    let making = Making {
        context,
        index: &index,
        parent: &parent,
        plan: &plan,
    };
    let (steps, folded, place) = steps::make(&making);
    let mut above = lift(&parent, &plan, &place, steps.len());
    untangle(&mut above);
    let critical = critical::path(&index);
    build(steps, above, folded, &place, &critical)
}

fn build(
    steps: Vec<Step>,
    above: Vec<Option<StepId>>,
    folded: Vec<(StepId, Step)>,
    place: &[StepId],
    critical: &[bool],
) -> StepTree {
    let mut tree = StepTree::new(steps, above, folded);
    for (node, step) in place.iter().enumerate() {
        if critical.get(node) == Some(&true)
            && let Some(slot) = tree.critical.get_mut(*step)
        {
            *slot = true;
        }
    }
    mark_holders(&mut tree);
    tree
}

/// What holds a step of the path is on it, and so are all attempts of a retry on it.
fn mark_holders(tree: &mut StepTree) {
    let mut critical = tree.critical.clone();
    for id in (0..tree.steps.len()).filter(|id| tree.critical.get(*id) == Some(&true)) {
        for holder in tree.ancestors(id) {
            match critical.get_mut(holder) {
                Some(mark) if !*mark => *mark = true,
                _ => break,
            }
        }
    }
    for id in 0..tree.steps.len() {
        if critical.get(id) != Some(&true) {
            continue;
        }
        for attempt in tree.attempts(id) {
            if let Some(mark) = critical.get_mut(attempt) {
                *mark = true;
            }
        }
    }
    tree.critical = critical;
}

/// What contains each node.
fn contain(index: &Index<'_>) -> Vec<Option<usize>> {
    let groups: HashMap<&str, usize> = index
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, n)| &*n.r#type == "StepGroup")
        .map(|(at, n)| (&*n.name, at))
        .collect();
    let mut parent: Vec<Option<usize>> = index
        .nodes
        .iter()
        .enumerate()
        .map(|(at, node)| boundary(index, &groups, node).filter(|p| *p != at))
        .collect();
    // items first, attempts last: an attempt of an item belongs to its retry
    for holder in ["TaskGroup", "Retry"] {
        for (at, node) in index.nodes.iter().enumerate() {
            if &*node.r#type != holder {
                continue;
            }
            for child in index.edges(at).filter(|child| *child != at) {
                let is_numbered = index
                    .node(child)
                    .and_then(|c| c.name.strip_prefix(&*node.name))
                    .is_some_and(|rest| rest.starts_with('('));
                if is_numbered && let Some(slot) = parent.get_mut(child) {
                    *slot = Some(at);
                }
            }
        }
    }
    parent
}

/// The boundary of a node, or the step group of that boundary that it is a step of.
fn boundary(index: &Index<'_>, groups: &HashMap<&str, usize>, node: &Node) -> Option<usize> {
    let at = index.id(&node.boundary_id)?;
    if &*node.r#type == "StepGroup" {
        return Some(at);
    }
    let holder = index.node(at)?;
    let group = node.name.strip_prefix(&*holder.name).and_then(|rest| {
        let end = rest.strip_prefix('[')?.find(']')?;
        let name = node.name.get(..holder.name.len() + end + 2)?;
        groups.get(name).copied()
    });
    Some(group.unwrap_or(at))
}

/// A step group is no level of its own when it has a single plain step, or when it is the only group of its steps
/// and no fan-out; what it holds then stands in the steps that hold it.
fn fold_step_groups(index: &Index<'_>, parent: &[Option<usize>], plan: &mut kfp::Plan) {
    let mut held: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, above) in parent.iter().enumerate() {
        let is_step = index.node(at).is_some_and(|n| !steps::is_hook(n));
        if let Some(above) = above.filter(|_| is_step) {
            held.entry(above).or_default().push(at);
        }
    }
    let is_item = |at: &usize| {
        index
            .node(*at)
            .is_some_and(|n| names::item(&n.name).is_some())
    };
    for (at, node) in index.nodes.iter().enumerate() {
        if &*node.r#type != "StepGroup" || plan.host(at).is_some() {
            continue;
        }
        let Some(above) = parent.get(at).copied().flatten() else {
            continue;
        };
        let inside = held.get(&at).map_or(&[][..], Vec::as_slice);
        let alone = held.get(&above).is_some_and(|all| all.len() == 1) && !inside.is_empty();
        if (inside.len() == 1 || alone) && !inside.iter().any(is_item) {
            plan.fold(at, above);
        }
    }
}

/// Containment between steps: through folded nodes to what they are folded into.
fn lift(
    parent: &[Option<usize>],
    plan: &kfp::Plan,
    place: &[StepId],
    steps: usize,
) -> Vec<Option<StepId>> {
    let mut above = vec![None; steps];
    for (node, step) in place.iter().enumerate() {
        if plan.host(node).is_some() {
            continue;
        }
        let holder = parent.get(node).copied().flatten();
        let holder = holder
            .and_then(|p| place.get(p).copied())
            .filter(|p| p != step);
        if let Some(slot) = above.get_mut(*step) {
            *slot = holder;
        }
    }
    above
}

/// Breaks cycles (one step of each becomes a root) and flattens what is too deep.
pub(super) fn untangle(above: &mut [Option<StepId>]) {
    let count = above.len();
    let mut below: Vec<Vec<StepId>> = vec![Vec::new(); count];
    for (id, holder) in above.iter().enumerate() {
        if let Some(list) = holder.and_then(|h| below.get_mut(h)) {
            list.push(id);
        }
    }
    let mut reached = vec![false; count];
    let roots: Vec<StepId> = (0..count)
        .filter(|id| above.get(*id) == Some(&None))
        .collect();
    // after the real roots, any step not reached yet is in a cycle or hangs on one
    for start in roots.into_iter().chain(0..count) {
        if reached.get(start) != Some(&false) {
            continue;
        }
        if let Some(slot) = above.get_mut(start) {
            *slot = None;
        }
        let mut todo = vec![(start, 0)];
        while let Some((id, depth)) = todo.pop() {
            match reached.get_mut(id) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            if depth > DEEPEST {
                let holder = above.get(id).copied().flatten();
                let higher = holder.and_then(|h| above.get(h).copied().flatten());
                if let Some(slot) = above.get_mut(id) {
                    *slot = higher;
                }
            }
            let depth = depth.min(DEEPEST) + 1;
            todo.extend(
                below
                    .get(id)
                    .into_iter()
                    .flatten()
                    .map(|child| (*child, depth)),
            );
        }
    }
}
