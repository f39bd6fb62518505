//! The list of nodes. Pure.

use std::cmp::Ordering;

use super::columns::{age, cluster, name};
use crate::app::inspect::subject;
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::screen::Ctx;
use crate::domain::{NodeRow, Subject};
use crate::theme::{Mark, Role};

/// Kubernetes nodes.
#[derive(Debug)]
pub struct Nodes;

static COLUMNS: &[Column<NodeRow>] = &[
    Column::<NodeRow>::new(
        "state",
        "STATE",
        11,
        |n, _| state(n),
        |a, b| rank(a).cmp(&rank(b)),
    ),
    name(12).grow(2),
    cluster().drop(5),
    Column::<NodeRow>::new(
        "product",
        "PRODUCT",
        16,
        |n, _| Cell::clean(&n.product),
        |a, b| b.product.cmp(&a.product),
    )
    .grow(1)
    .drop(2),
    Column::<NodeRow>::new(
        "gpus",
        "ACCELERATORS",
        16,
        |n, _| accelerators(n),
        |a, b| allocatable(b).cmp(&allocatable(a)),
    )
    .count(|n, _| Some(i64::from(allocatable(n))))
    .grow(2)
    .drop(1),
    Column::<NodeRow>::new(
        "zone",
        "ZONE",
        8,
        |n, _| Cell::clean(&n.zone),
        |a, b| a.zone.cmp(&b.zone),
    )
    .drop(6),
    Column::<NodeRow>::new(
        "version",
        "KUBELET",
        8,
        |n, _| Cell::clean(&n.version),
        |a, b| a.version.cmp(&b.version),
    )
    .drop(7),
    age().drop(3),
    Column::<NodeRow>::new(
        "trouble",
        "LAST WORD",
        12,
        |n, _| {
            if n.trouble.is_empty() {
                Cell::text("")
            } else {
                Cell::Clean(n.trouble.clone(), Role::Bad)
            }
        },
        |a, b| b.trouble.cmp(&a.trouble),
    )
    .grow(2),
];

fn rank(node: &NodeRow) -> u8 {
    match node.ready {
        Some(false) => 0,
        None => 1,
        Some(true) if !node.trouble.is_empty() => 2,
        Some(true) if node.unschedulable => 3,
        Some(true) => 4,
    }
}

fn state(node: &NodeRow) -> Cell {
    match rank(node) {
        0 => Cell::State(Mark::Failed, "Not ready"),
        1 => Cell::State(Mark::Unknown, "Silent"),
        2 => Cell::State(Mark::Burning, "Pressed"),
        3 => Cell::State(Mark::Waiting, "Cordoned"),
        _ => Cell::State(Mark::Ok, "Ready"),
    }
}

fn allocatable(node: &NodeRow) -> u32 {
    node.gpus.iter().map(|g| g.allocatable).sum()
}

fn accelerators(node: &NodeRow) -> Cell {
    let said: Vec<String> = node
        .gpus
        .iter()
        .filter(|g| g.capacity > 0 || g.allocatable > 0)
        .map(|g| {
            let name = g
                .resource
                .rsplit_once('/')
                .map_or(&*g.resource, |(_, name)| name);
            let lost = if g.allocatable < g.capacity {
                format!(" of {}", g.capacity)
            } else {
                String::new()
            };
            format!("{}{lost} {name}", g.allocatable)
        })
        .collect();
    let hurt = node.gpus.iter().any(|g| g.allocatable < g.capacity);
    if said.is_empty() {
        return Cell::unknown();
    }
    let role = if hurt { Role::Warn } else { Role::Text };
    Cell::Text(said.join(", ").into(), role)
}

impl Listing for Nodes {
    type Row = NodeRow;
    const ID: &'static str = "platform";
    const TITLE: &'static str = "Nodes";
    const FEEDS: &'static [&'static str] = &["nodes"];
    const ORDER: &'static str = "state, name";
    const NOTHING: &'static str = "No nodes. Every source is live, so there are none.";

    fn columns() -> &'static [Column<NodeRow>] {
        COLUMNS
    }

    fn rank(node: &NodeRow) -> u8 {
        rank(node)
    }

    fn order(a: &NodeRow, b: &NodeRow) -> Ordering {
        a.key.name.cmp(&b.key.name)
    }

    fn facts(node: &NodeRow, _ctx: &Ctx<'_>) -> Vec<Fact> {
        let taints =
            (!node.taints.is_empty()).then(|| Fact::new("taints", node.taints.to_string()));
        taints.into_iter().collect()
    }

    fn subject(node: &NodeRow) -> Option<Subject> {
        Some(subject("nodes", &node.key, &node.uid))
    }
}
