//! The critical path: the chain of steps that determined when the run ended, or how far it has got. Pure.
//!
//! Walks back from the step that ended last (an unfinished one when there is any: the one at work for longest),
//! each time to the predecessor that ended last, since that is the one that was waited for.

use jiff::Timestamp;

use super::graph::Index;
use super::node::Node;
use super::steps::is_hook;
use crate::domain::Phase;

/// Marks the nodes on the path.
pub(super) fn path(index: &Index<'_>) -> Vec<bool> {
    let count = index.nodes.len();
    let mut marked = vec![false; count];
    let times: Vec<Times> = index.nodes.iter().map(Times::of).collect();
    let before = predecessors(index);
    let mut at = last(&times);
    let mut resumed = false;
    while let Some(node) = at {
        match marked.get_mut(node) {
            Some(mark) if !*mark => *mark = true,
            _ => break,
        }
        let next = before
            .get(node)
            .into_iter()
            .flatten()
            .copied()
            .filter(|p| marked.get(*p) == Some(&false))
            .max_by_key(|p| times.get(*p).map(|t| t.reached(times.get(node))));
        at = next;
        if at.is_none() && !resumed {
            resumed = true;
            at = resume(&times, &marked, node);
        }
    }
    keep_real(index, &mut marked);
    marked
}

/// When a node ran, and whether it does work itself.
#[allow(clippy::struct_excessive_bools)] // four independent facts of one node
#[derive(Debug, Clone, Copy)]
struct Times {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    open: bool,
    leaf: bool,
    /// Names nothing that runs after it.
    final_one: bool,
    /// The workflow's own exit handler or hook: nothing points at it, though it starts when the rest is done.
    apart: bool,
}

impl Times {
    fn of(node: &Node) -> Self {
        let phase = Phase::from_argo(&node.phase);
        let group = matches!(
            &*node.r#type,
            "Steps" | "DAG" | "StepGroup" | "TaskGroup" | "Retry"
        );
        Self {
            start: node.started().0,
            end: node
                .finished()
                .0
                .or(node.started().0.filter(|_| phase.is_final())),
            open: matches!(phase, Phase::Running | Phase::Pending),
            leaf: !group && !matches!(phase, Phase::Omitted | Phase::Skipped),
            final_one: node.children.is_empty(),
            apart: node.boundary_id.is_empty() && is_hook(node),
        }
    }

    /// Orders ends; times are whole seconds, so where they are equal the one with nothing after it comes last.
    fn order(&self) -> (Option<Timestamp>, bool, Option<Timestamp>) {
        (self.end, self.final_one, self.start)
    }

    /// The time at which a predecessor let its successor start: its end, or its start when it holds the successor.
    fn reached(&self, after: Option<&Self>) -> Option<Timestamp> {
        let start = after.and_then(|a| a.start);
        if self.leaf {
            self.end.or(self.start)
        } else {
            self.end
                .filter(|end| start.is_some_and(|s| *end <= s))
                .or(self.start)
        }
    }
}

fn predecessors(index: &Index<'_>) -> Vec<Vec<usize>> {
    let mut before = vec![Vec::new(); index.nodes.len()];
    for at in 0..index.nodes.len() {
        for child in index.edges(at) {
            if let Some(list) = before.get_mut(child) {
                list.push(at);
            }
        }
    }
    before
}

/// The leaf that ended last; an open one beats all, the earliest started of them.
fn last(times: &[Times]) -> Option<usize> {
    let leaves = || times.iter().enumerate().filter(|(_, t)| t.leaf);
    let open = leaves()
        .filter(|(_, t)| t.open && t.start.is_some())
        .min_by_key(|(_, t)| t.start);
    let ended = || {
        leaves()
            .filter(|(_, t)| t.end.is_some())
            .max_by_key(|(_, t)| t.order())
    };
    open.or_else(ended).map(|(at, _)| at)
}

/// Where the path goes on before an exit handler: the leaf that ended last before it started.
fn resume(times: &[Times], marked: &[bool], from: usize) -> Option<usize> {
    let start = times.get(from).filter(|t| t.apart)?.start?;
    times
        .iter()
        .enumerate()
        .filter(|(at, t)| t.leaf && !t.apart && marked.get(*at) == Some(&false))
        .filter(|(_, t)| t.end.is_some_and(|end| end <= start))
        .max_by_key(|(_, t)| t.order())
        .map(|(at, _)| at)
}

/// Groups that the walk went through are no part of the path by themselves; the tree marks those that hold it.
fn keep_real(index: &Index<'_>, marked: &mut [bool]) {
    for (mark, node) in marked.iter_mut().zip(index.nodes) {
        let phase = Phase::from_argo(&node.phase);
        let group = matches!(
            &*node.r#type,
            "Steps" | "DAG" | "StepGroup" | "TaskGroup" | "Retry"
        );
        if group || matches!(phase, Phase::Omitted | Phase::Skipped) {
            *mark = false;
        }
    }
}
