//! What is told of a line of the tree: with where each figure comes from, and what is not known. Pure.

use jiff::Timestamp;

use super::{GpuScreen, What};
use crate::app::column::Fact;
use crate::app::lists::gpu_cells::{
    self, board, is_sick, owner, rounded, short_amounts, stale, who,
};
use crate::app::lists::slices::facts as of_slice;
use crate::app::screen::Ctx;
use crate::domain::{Labels, NodeRow, Row};
use crate::store::{GpuNodeRow, GpuOn, Hold, SliceRow, short};
use crate::theme::Role;

/// A GPU that somebody should look at.
pub fn is_bad(gpu: &GpuOn, now: Timestamp) -> bool {
    is_sick(&gpu.row) || stale(&gpu.row, now).is_some()
}

/// Facts of a line.
pub fn of(screen: &GpuScreen, what: What, ctx: &Ctx<'_>) -> Vec<Fact> {
    match what {
        What::Model(f) => screen
            .families()
            .get(f)
            .map_or_else(Vec::new, |family| model(&family.nodes, ctx)),
        What::More { hidden } => vec![Fact::new(
            "more",
            format!("{hidden} more: Enter shows them"),
        )],
        What::Node(..) | What::Pool(..) => screen
            .node(what)
            .map_or_else(Vec::new, |node| of_node(node, ctx)),
        What::Loose(..) => match (screen.hold(what), screen.node(what)) {
            (Some(hold), Some(node)) => loose(hold, node),
            _ => Vec::new(),
        },
        What::Gpu(..) | What::Slice(..) => gpu(screen, what, ctx),
    }
}

fn gpu(screen: &GpuScreen, what: What, ctx: &Ctx<'_>) -> Vec<Fact> {
    let Some(on) = screen.gpu(what) else {
        return Vec::new();
    };
    let Some(at) = screen.part(what) else {
        return board(&on.row, ctx.now);
    };
    let row = SliceRow {
        key: on.row.key.clone(),
        gpu: on.row.clone(),
        at,
        holds: on.holds.get(at).cloned().unwrap_or_default(),
    };
    of_slice(&row, ctx)
}

fn loose(hold: &Hold, node: &GpuNodeRow) -> Vec<Fact> {
    let mut facts = vec![Fact::with(
        "held by",
        format!("{} · {} · pod {}", who(hold), owner(hold), hold.pod.name),
        Role::Strong,
    )];
    let asked = hold.row.as_ref().map(|pod| short_amounts(pod));
    let asked = asked.unwrap_or_default();
    facts.push(Fact::new("holds", asked));
    let why = if node.gpus.is_empty() {
        "which one is not known: Kubernetes does not tell, and no exporter tells of this node"
    } else {
        "which one is not known: Kubernetes does not tell, and the exporter names other pods only"
    };
    facts.push(Fact::with("which", why, Role::Warn));
    facts.push(Fact::with(
        "busy",
        "- not known while it is not known which",
        Role::Dim,
    ));
    facts
}

fn model(nodes: &[std::sync::Arc<GpuNodeRow>], ctx: &Ctx<'_>) -> Vec<Fact> {
    let mut sums: std::collections::BTreeMap<&str, (u32, u32, u32)> =
        std::collections::BTreeMap::new();
    for pool in nodes.iter().flat_map(|n| n.pools.iter()) {
        let sum = sums.entry(short(&pool.resource)).or_default();
        sum.0 += pool.held;
        sum.1 += pool.allocatable;
        sum.2 += pool.capacity;
    }
    sums.into_iter()
        .map(|(name, (held, given, all))| {
            let lost = all.saturating_sub(given);
            let held = gpu_cells::held(held, ctx);
            let text = format!("{name}: {held} of {given} held{}", losing(lost));
            Fact::with(
                "holds",
                text,
                if lost > 0 { Role::Warn } else { Role::Text },
            )
        })
        .collect()
}

fn losing(lost: u32) -> String {
    if lost > 0 {
        format!(", {lost} lost: the device plugin takes them for unhealthy")
    } else {
        String::new()
    }
}

fn of_node(node: &GpuNodeRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    let now = ctx.now;
    let mut facts = Vec::new();
    for pool in &node.pools {
        let lost = pool.capacity.saturating_sub(pool.allocatable);
        let text = format!(
            "{} of {} {} held{}",
            gpu_cells::held(pool.held, ctx),
            pool.allocatable,
            short(&pool.resource),
            losing(lost)
        );
        let role = if lost > 0 { Role::Bad } else { Role::Text };
        facts.push(Fact::with("holds", text, role));
    }
    let (busy, known, all) = node.busy();
    facts.push(match busy {
        Some(ratio) if known == all => {
            Fact::new("busy", format!("{} of what is held", rounded(ratio)))
        }
        Some(ratio) => Fact::new(
            "busy",
            format!(
                "{} of the {known} of {all} parts held that are measured",
                rounded(ratio)
            ),
        ),
        None if all == 0 && gpu_cells::held(0, ctx) == "?" => Fact::with(
            "busy",
            "- what is held is not known: pods are not read",
            Role::Dim,
        ),
        None if all == 0 => Fact::with("busy", "nothing is held", Role::Dim),
        None => Fact::with("busy", "- nothing that is held is measured", Role::Dim),
    });
    for gpu in node.gpus.iter().filter(|g| is_bad(g, now)) {
        let name = format!("GPU {}: ", gpu.row.index);
        let told = board(&gpu.row, now).into_iter();
        facts.extend(told.take(2).map(|f| Fact {
            text: format!("{name}{}", f.text),
            ..f
        }));
    }
    facts.extend(node.node.as_deref().map(about).unwrap_or_default());
    facts
}

/// What the labels of a node say of its layout.
fn about(node: &NodeRow) -> Vec<Fact> {
    let labels: &Labels = node.labels();
    let get = |key: &str| labels.get(key).unwrap_or_default();
    let mut facts = Vec::new();
    let (config, state) = (
        get("nvidia.com/mig.config"),
        get("nvidia.com/mig.config.state"),
    );
    if !config.is_empty() {
        let strategy = get("nvidia.com/mig.strategy");
        let text = format!("{config}: {state} (strategy {strategy})");
        let role = match state {
            "failed" => Role::Bad,
            "success" | "" => Role::Text,
            _ => Role::Warn,
        };
        facts.push(Fact::with("layout", text, role));
    }
    let replicas = get("nvidia.com/gpu.replicas");
    if !matches!(replicas, "" | "1") {
        let text = format!("each GPU is given out {replicas} times: a free one is not a free GPU");
        facts.push(Fact::with("shared", text, Role::Warn));
    }
    if node.unschedulable {
        facts.push(Fact::with("takes", "no pods: it is cordoned", Role::Warn));
    }
    if !node.trouble.is_empty() {
        facts.push(Fact::with("says", node.trouble.to_string(), Role::Bad));
    }
    facts
}
