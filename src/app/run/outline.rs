//! Which branches of a step tree are open, and what stands in each line. Pure.
//!
//! The tree follows the run: the failed path is open, quiet branches are closed, a fan-out on the failed path shows
//! its failed items. What the person opens or closes stays so.

use std::collections::{HashMap, HashSet};

use crate::domain::{Clean, Phase, StepId, StepKind, StepTree, Tally};

/// How far a branch is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Not at all.
    Closed,
    /// Only what failed in it, at most 20.
    Failed,
    /// Everything, up to so many children.
    All(usize),
}

/// What stands in one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A step.
    Step(StepId),
    /// Children of a branch that are not shown.
    More {
        /// The branch.
        parent: StepId,
        /// How many are shown.
        shown: usize,
        /// How many are not.
        hidden: usize,
        /// What those are.
        tally: Tally,
    },
}

/// One visible line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// What stands in it.
    pub what: What,
    /// How deep, from 0.
    pub depth: u16,
}

/// Trees of up to so many steps open all their groups at first.
const SMALL: usize = 60;
/// Fan-outs of up to so many items open at first.
const FEW: usize = 8;
/// Failed items of a fan-out that are shown at first.
const FAILED: usize = 20;

/// What the person did to branches; everything else follows the state of the run.
pub type Touched = HashMap<Clean, Opening>;

/// How far a branch is open.
#[must_use]
pub fn opening(tree: &StepTree, id: StepId, touched: &Touched) -> Opening {
    let Some(step) = tree.steps.get(id) else {
        return Opening::Closed;
    };
    if let Some(opening) = touched.get(&step.id) {
        return *opening;
    }
    let tally = tree.tally(id);
    // what recovered is no failed path
    let failed = tally.failed > 0 && !matches!(step.phase, Phase::Succeeded | Phase::Skipped);
    let alive = tally.running + tally.waiting > 0;
    let open = match step.kind {
        StepKind::FanOut if tree.children(id).len() > FEW => {
            return if failed {
                Opening::Failed
            } else {
                Opening::Closed
            };
        }
        StepKind::Retry => failed || alive || step.phase.is_active(),
        _ => failed || alive || tree.steps.len() <= SMALL || tree.roots.contains(&id),
    };
    if open {
        Opening::All(super::CAP)
    } else {
        Opening::Closed
    }
}

/// The lines of the open branches.
#[must_use]
pub fn lines(tree: &StepTree, touched: &Touched) -> Vec<Line> {
    let root = |&id| Line {
        what: What::Step(id),
        depth: 0,
    };
    let mut lines = Vec::new();
    let mut stack: Vec<Line> = tree.roots.iter().rev().map(root).collect();
    while let Some(line) = stack.pop() {
        lines.push(line);
        if let What::Step(id) = line.what {
            push_children(tree, id, line.depth.saturating_add(1), touched, &mut stack);
        }
    }
    lines
}

fn push_children(
    tree: &StepTree,
    id: StepId,
    depth: u16,
    touched: &Touched,
    stack: &mut Vec<Line>,
) {
    let children = tree.children(id);
    let bad = |c: &&StepId| tree.tally(**c).failed > 0;
    let shown: Vec<StepId> = match opening(tree, id, touched) {
        Opening::Closed => return,
        Opening::All(cap) => children.iter().take(cap).copied().collect(),
        Opening::Failed => children.iter().filter(bad).take(FAILED).copied().collect(),
    };
    if shown.len() < children.len() {
        let what = rest(tree, id, &shown);
        stack.push(Line { what, depth });
    }
    stack.extend(shown.into_iter().rev().map(|id| Line {
        what: What::Step(id),
        depth,
    }));
}

/// The line for the children of a branch that are not shown.
fn rest(tree: &StepTree, parent: StepId, shown: &[StepId]) -> What {
    let seen: HashSet<StepId> = shown.iter().copied().collect();
    let mut tally = Tally::default();
    for child in tree.children(parent).iter().filter(|c| !seen.contains(c)) {
        tally.merge(tree.tally(*child));
    }
    let hidden = tree.children(parent).len() - seen.len();
    What::More {
        parent,
        shown: seen.len(),
        hidden,
        tally,
    }
}

/// Where the eye should go first: the last attempt of the first failed leaf, an open gate, a step at work, the top.
#[must_use]
pub fn first_to_look_at(tree: &StepTree) -> Option<StepId> {
    let leaf = |wanted: Phase| {
        leaves(tree).find(|&id| tree.steps.get(id).is_some_and(|s| s.phase == wanted))
    };
    let failed = failed_leaves(tree).next().map(|id| last_attempt(tree, id));
    failed
        .or_else(|| leaf(Phase::Waiting))
        .or_else(|| leaf(Phase::Running))
        .or_else(|| leaf(Phase::Pending))
        .or_else(|| tree.roots.first().copied())
}

/// The failed leaf after `now` in the order of the tree, around the end.
#[must_use]
pub fn next_failed(tree: &StepTree, now: Option<StepId>) -> Option<StepId> {
    let order: HashMap<StepId, usize> = tree
        .walk()
        .enumerate()
        .map(|(place, id)| (id, place))
        .collect();
    let here = now.and_then(|id| order.get(&id));
    let failed: Vec<StepId> = failed_leaves(tree).collect();
    failed
        .iter()
        .find(|id| order.get(id) > here)
        .or_else(|| failed.first())
        .copied()
}

fn leaves(tree: &StepTree) -> impl Iterator<Item = StepId> + '_ {
    tree.walk().filter(|&id| tree.children(id).is_empty())
}

/// Failed leaves that no retry above them made good.
fn failed_leaves(tree: &StepTree) -> impl Iterator<Item = StepId> + '_ {
    leaves(tree).filter(move |&id| {
        tree.steps.get(id).is_some_and(|s| s.phase.is_bad()) && !recovered(tree, id)
    })
}

fn recovered(tree: &StepTree, id: StepId) -> bool {
    let parent = tree.ancestors(id).next().and_then(|p| tree.steps.get(p));
    parent.is_some_and(|p| p.kind == StepKind::Retry && !p.phase.is_bad())
}

fn last_attempt(tree: &StepTree, id: StepId) -> StepId {
    let retry = tree.ancestors(id).next();
    retry
        .and_then(|p| tree.attempts(p).last().copied())
        .unwrap_or(id)
}
