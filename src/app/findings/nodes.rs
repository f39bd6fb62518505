//! Nodes that are not ready, silent, short of something, or have lost accelerators. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Find, believed};
use crate::app::inspect::subject;
use crate::app::screen::Ctx;
use crate::domain::{Clean, ClusterId, FindingRow, Need, NodeRow, PodRow};

/// What runs on a node.
#[derive(Default)]
struct Load<'a> {
    pods: usize,
    runs: BTreeSet<&'a Clean>,
}

pub(super) fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    let sick: Vec<_> = believed::<NodeRow>(ctx)
        .filter_map(|node| Some((node, sickness(node)?)))
        .collect();
    if sick.is_empty() {
        return Vec::new();
    }
    let mut loads: BTreeMap<(&ClusterId, &Clean), Load<'_>> = BTreeMap::new();
    for pod in believed::<PodRow>(ctx) {
        let at_work = matches!(&*pod.phase, "Running" | "Pending" | "Unknown");
        if at_work && !pod.node.is_empty() {
            let load = loads.entry((&pod.key.cluster, &pod.node)).or_default();
            load.pods += 1;
            if !pod.run.is_empty() {
                load.runs.insert(&pod.run);
            }
        }
    }
    let told = sick.into_iter().map(|(node, (need, sentence))| {
        let load = loads.get(&(&node.key.cluster, &node.key.name));
        Find::new("sick-node", need, &node.key)
            .says(&format!(
                "{sentence}{}",
                load.map_or_else(String::new, on_it)
            ))
            .because("says", &node.trouble)
            .because("runs", &load.map_or_else(String::new, runs))
            .because("taints", &node.taints)
            .because("model", &node.product)
            .because("cordoned", if node.unschedulable { "yes" } else { "" })
            .subject(subject("nodes", &node.key, &node.uid))
            .grade(lost(node))
            .done()
    });
    told.collect()
}

/// Accelerators that it had and cannot give out.
fn lost(node: &NodeRow) -> u64 {
    let each = node.gpus.iter();
    let each = each.map(|gpu| gpu.capacity.saturating_sub(gpu.allocatable));
    each.map(u64::from).sum()
}

/// What a node lacks, and what that asks for.
fn sickness(node: &NodeRow) -> Option<(Need, String)> {
    let lost: Vec<String> = node
        .gpus
        .iter()
        .filter(|gpu| gpu.allocatable < gpu.capacity)
        .map(|gpu| {
            let name = gpu.resource.rsplit_once('/').map_or("", |(_, name)| name);
            format!(
                "{} of {} {name}",
                gpu.capacity - gpu.allocatable,
                gpu.capacity
            )
        })
        .collect();
    match node.ready {
        Some(false) => Some((Need::Failed, "is not ready".to_owned())),
        None => Some((
            Need::Failed,
            "is silent: its kubelet tells nothing".to_owned(),
        )),
        Some(true) if !lost.is_empty() => {
            Some((Need::Failed, format!("has lost {}", lost.join(", "))))
        }
        Some(true) if !node.trouble.is_empty() => {
            Some((Need::Waiting, "is short of something".to_owned()))
        }
        Some(true) => None,
    }
}

fn on_it(load: &Load<'_>) -> String {
    let pods = match load.pods {
        1 => "1 pod".to_owned(),
        many => format!("{many} pods"),
    };
    match load.runs.len() {
        0 => format!("; {pods} on it"),
        1 => format!("; {pods} of 1 run on it"),
        many => format!("; {pods} of {many} runs on it"),
    }
}

fn runs(load: &Load<'_>) -> String {
    let names: Vec<&str> = load.runs.iter().take(5).map(|run| &***run).collect();
    let more = load.runs.len().saturating_sub(names.len());
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    names.join(", ") + &more
}
