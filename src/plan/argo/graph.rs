//! Nodes as a graph, with Argo's rule for the one parent of a node (`newWorkflowsDag`). Pure.
//!
//! Argo's code assumes a graph that its controller made. Anyone who may write a workflow can write another one, so what
//! would end Argo's code, or never end, is refused here.

use std::collections::{BTreeSet, HashMap, VecDeque};

use serde_json::{Map, Value};

use super::nodes::field;
use crate::domain::Clean;
use crate::plan::json;
use crate::plan::refused::Refused;

/// The graph. Places of nodes are in the order of their ids.
#[derive(Debug)]
pub struct Graph<'a> {
    /// Id and node.
    pub nodes: Vec<(&'a str, &'a Value)>,
    places: HashMap<&'a str, usize>,
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
}

fn odd(why: &str) -> Refused {
    Refused::new(&format!("The steps of this run do not fit together: {why}"))
        .instead("Copy the run instead: run.resubmit")
}

impl<'a> Graph<'a> {
    /// The graph of a workflow's nodes.
    pub fn new(map: &'a Map<String, Value>) -> Result<Self, Refused> {
        let mut nodes: Vec<(&str, &Value)> = map.iter().map(|(id, n)| (id.as_str(), n)).collect();
        nodes.sort_unstable_by_key(|(id, _)| *id);
        for (id, node) in &nodes {
            if field(node, "id") != *id {
                return Err(odd(&format!("the node kept as {id} has another id")));
            }
            if !id.is_empty() && field(node, "boundaryID") == *id {
                return Err(odd(&format!("{id} lies inside itself")));
            }
        }
        let places: HashMap<&str, usize> = nodes
            .iter()
            .enumerate()
            .map(|(at, (id, _))| (*id, at))
            .collect();
        let mut graph = Self {
            parents: vec![None; nodes.len()],
            children: Vec::with_capacity(nodes.len()),
            nodes,
            places,
        };
        graph.connect()?;
        if graph.order().len() < graph.nodes.len() {
            return Err(odd("some of them follow themselves"));
        }
        Ok(graph)
    }

    /// Edges. A node may be the child of several; the last of them, by id, is its parent.
    fn connect(&mut self) -> Result<(), Refused> {
        for (at, (id, node)) in self.nodes.iter().enumerate() {
            let mut children = Vec::new();
            for child in json::texts(node, &["children"]) {
                let place = self.places.get(child).copied();
                let place = place
                    .ok_or_else(|| odd(&format!("{id} has a child {child} that is not there")))?;
                children.push(place);
                if let Some(parent) = self.parents.get_mut(place) {
                    *parent = Some(at);
                }
            }
            self.children.push(children);
        }
        Ok(())
    }

    /// Refuses nodes that hang on nothing. Only the root and exit handlers do.
    pub fn check(&self, workflow: &str) -> Result<(), Refused> {
        let exit = format!("{workflow}.onExit");
        for (at, (id, node)) in self.nodes.iter().enumerate() {
            let name = field(node, "name");
            if self.parent(at).is_none() && name != workflow && !name.starts_with(&exit) {
                return Err(odd(&format!("{id} has no parent")));
            }
        }
        Ok(())
    }

    /// Places, each before its children; shorter than the graph when there is a circle.
    fn order(&self) -> Vec<usize> {
        let mut waits = vec![0_usize; self.nodes.len()];
        for child in self.children.iter().flatten() {
            if let Some(n) = waits.get_mut(*child) {
                *n += 1;
            }
        }
        let mut order: Vec<usize> = (0..waits.len())
            .filter(|at| waits.get(*at) == Some(&0))
            .collect();
        let mut done = 0;
        while let Some(at) = order.get(done).copied() {
            done += 1;
            for child in self.children(at) {
                if let Some(n) = waits.get_mut(*child) {
                    *n -= 1;
                    if *n == 0 {
                        order.push(*child);
                    }
                }
            }
        }
        order
    }

    /// The id of a node.
    #[must_use]
    pub fn id(&self, at: usize) -> &'a str {
        self.nodes.get(at).map_or("", |(id, _)| id)
    }

    /// A node.
    #[must_use]
    pub fn node(&self, at: usize) -> &'a Value {
        self.nodes.get(at).map_or(&Value::Null, |(_, node)| node)
    }

    /// Where a node is.
    #[must_use]
    pub fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// The one parent that counts.
    #[must_use]
    pub fn parent(&self, at: usize) -> Option<usize> {
        self.parents.get(at).copied().flatten()
    }

    /// Its children, in the order given.
    #[must_use]
    pub fn children(&self, at: usize) -> &[usize] {
        self.children.get(at).map_or(&[], Vec::as_slice)
    }

    /// Everything that comes after a node.
    #[must_use]
    pub fn below(&self, at: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut todo = vec![at];
        while let Some(at) = todo.pop() {
            for child in self.children(at) {
                if found.insert(*child) {
                    todo.push(*child);
                }
            }
        }
        found
    }

    /// What can be reached from the node of this name, nearest first. Nodes of exit handlers are not among them.
    #[must_use]
    pub fn reached(&self, name: &str) -> Vec<usize> {
        let root = (0..self.nodes.len()).find(|at| field(self.node(*at), "name") == name);
        let mut seen: BTreeSet<usize> = root.into_iter().collect();
        let mut queue: VecDeque<usize> = root.into_iter().collect();
        let mut order = Vec::new();
        while let Some(at) = queue.pop_front() {
            order.push(at);
            for child in self.children(at) {
                if seen.insert(*child) {
                    queue.push_back(*child);
                }
            }
        }
        order
    }

    /// For each node, whether something after it succeeded; nodes that `but` names do not count.
    #[must_use]
    pub fn succeeded_below(&self, but: &BTreeSet<usize>) -> Vec<bool> {
        let mut answer = vec![false; self.nodes.len()];
        for at in self.order().into_iter().rev() {
            let yes = self.children(at).iter().any(|child| {
                answer.get(*child) == Some(&true)
                    || (!but.contains(child) && field(self.node(*child), "phase") == "Succeeded")
            });
            if let Some(slot) = answer.get_mut(at) {
                *slot = yes;
            }
        }
        answer
    }

    /// Nodes that no path leads on from, as a refusal for people.
    pub(super) fn lost(&self, at: usize, why: &str) -> Refused {
        odd(&format!("{} {why}", Clean::new(self.id(at))))
    }
}
