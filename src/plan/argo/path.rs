//! Which nodes are reset and which removed for one failed node (`singularPath`, `resetPath`, `resetBoundaries`,
//! `resetPod`). Pure.

use std::collections::BTreeSet;

use super::graph::Graph;
use super::nodes::{field, is_bad, is_group};
use crate::plan::refused::Refused;

/// What one failed node asks for. Where both hold, a node is removed.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) reset: BTreeSet<usize>,
    pub(super) remove: BTreeSet<usize>,
}

/// Marks for the node at `start`. `reached` is all that hangs on the root.
pub(super) fn marks(graph: &Graph<'_>, reached: &[usize], start: usize) -> Result<Marks, Refused> {
    let mut marks = Marks {
        reset: BTreeSet::new(),
        remove: graph.below(start),
    };
    marks.remove.insert(start);
    if !leads_to_root(graph, reached, start)? {
        return Ok(marks);
    }
    let mut at = Some(start);
    while let Some(here) = at {
        let node = graph.node(here);
        if is_group(node) {
            marks.reset.insert(here);
            at = boundaries(graph, here, &mut marks)?;
            continue;
        }
        if field(node, "type") == "Container" {
            at = Some(pod_around(graph, here, &mut marks)?);
            continue;
        }
        if field(node, "type") == "Retry" && is_bad(node) {
            marks.reset.insert(here);
        }
        at = graph.parent(here);
    }
    Ok(marks)
}

/// Whether there is a way up; the root itself has none.
fn leads_to_root(graph: &Graph<'_>, reached: &[usize], start: usize) -> Result<bool, Refused> {
    let root = reached.iter().rev().find(|at| graph.parent(**at).is_none());
    let Some(root) = root.copied() else {
        return Err(graph.lost(start, "hangs on no root"));
    };
    let mut at = start;
    while at != root {
        match graph.parent(at) {
            Some(above) => at = above,
            None => return Err(graph.lost(start, "does not hang on the root")),
        }
    }
    Ok(start != root)
}

/// From a group up through everything that encloses it.
fn boundaries(
    graph: &Graph<'_>,
    start: usize,
    marks: &mut Marks,
) -> Result<Option<usize>, Refused> {
    let mut at = start;
    loop {
        if let Some(above) = graph.parent(at)
            && field(graph.node(above), "type") == "Retry"
        {
            marks.reset.insert(above);
            at = above;
        }
        if let Some(above) = graph.parent(at)
            && matches!(field(graph.node(above), "type"), "StepGroup" | "TaskGroup")
        {
            marks.reset.insert(above);
        }
        let boundary = field(graph.node(at), "boundaryID");
        if boundary.is_empty() {
            return Ok(graph.parent(at));
        }
        at = up_to(graph, at, |graph, at| graph.id(at) == boundary)?;
        marks.reset.insert(at);
    }
}

/// A container of a set failed: its pod, and all that comes after the pod, runs again.
fn pod_around(graph: &Graph<'_>, start: usize, marks: &mut Marks) -> Result<usize, Refused> {
    let pod = up_to(graph, start, |graph, at| {
        field(graph.node(at), "type") == "Pod"
    })?;
    marks.reset.insert(pod);
    marks.remove.insert(pod);
    marks.remove.extend(graph.below(pod));
    Ok(pod)
}

/// The first node upwards, itself included, that fits.
fn up_to(
    graph: &Graph<'_>,
    start: usize,
    fits: impl Fn(&Graph<'_>, usize) -> bool,
) -> Result<usize, Refused> {
    let mut at = Some(start);
    while let Some(here) = at {
        if fits(graph, here) {
            return Ok(here);
        }
        at = graph.parent(here);
    }
    Err(graph.lost(start, "does not lie inside the group it names"))
}
