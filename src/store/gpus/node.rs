//! The tree of one node, and its parts as a list. Pure.

use super::ground::Ground;
use super::{GpuNodeRow, GpuOn, Hold, Pool, SliceRow};
use crate::domain::Key;

/// All nodes with accelerators.
pub fn rows(ground: &Ground) -> Vec<GpuNodeRow> {
    let mut keys: Vec<&Key> = ground.nodes.keys().chain(ground.gpus.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter().map(|key| row(ground, key)).collect()
}

fn row(ground: &Ground, key: &Key) -> GpuNodeRow {
    let gpus = ground.gpus.get(key).into_iter().flatten().map(|row| {
        let of = |slice: &crate::domain::Slice| -> Box<[Hold]> {
            let held = slice.held.iter();
            held.filter_map(|h| ground.hold(key, h)).collect()
        };
        GpuOn {
            holds: row.slices.iter().map(of).collect(),
            row: row.clone(),
        }
    });
    GpuNodeRow {
        key: key.clone(),
        node: ground.nodes.get(key).cloned(),
        pools: pools(ground, key).into(),
        gpus: gpus.collect(),
        loose: ground.loose(key).into(),
    }
}

/// The resources of a node, and how much of them is held.
pub fn pools(ground: &Ground, key: &Key) -> Vec<Pool> {
    let node = ground.nodes.get(key);
    let claimants = ground.holding.get(key).map_or(&[][..], Vec::as_slice);
    let counts = node.into_iter().flat_map(|n| n.gpus.iter());
    counts
        .map(|count| {
            let asked = claimants.iter().flat_map(|c| &c.asked);
            let held = asked.filter(|a| a.resource == count.resource);
            Pool {
                resource: count.resource.clone(),
                capacity: count.capacity,
                allocatable: count.allocatable,
                held: held.map(|a| a.count).sum(),
            }
        })
        .collect()
}

/// Every GPU and slice by itself.
pub fn slices(nodes: &[GpuNodeRow]) -> Vec<SliceRow> {
    let mut rows = Vec::new();
    for node in nodes {
        for gpu in &node.gpus {
            let parts = gpu.row.slices.iter().zip(&gpu.holds).enumerate();
            rows.extend(parts.map(|(at, (slice, holds))| {
                let name = match slice.instance {
                    Some(id) => format!("{}/{}/{id}", node.key.name, gpu.row.index),
                    None => format!("{}/{}", node.key.name, gpu.row.index),
                };
                SliceRow {
                    key: Key::new(node.key.cluster.clone(), "", &name),
                    gpu: gpu.row.clone(),
                    at,
                    holds: holds.clone(),
                }
            }));
        }
    }
    rows
}
