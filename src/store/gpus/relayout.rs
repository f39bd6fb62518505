//! Where a pod would fit if a GPU were cut differently. Pure.
//!
//! The MIG manager changes all GPUs of a node and moves no pods: whoever holds one has to go first. That is said with
//! each place. What a GPU can be cut into is computed ([`Board::holds`]) and not looked up.

use super::ground::{Ground, board};
use super::{Asked, GpuNodeRow, GpuOn, short};
use crate::domain::{Board, Clean, NodeRow, Profile};

/// Most places told.
const TOLD: usize = 3;

/// A place, and how many pods stand in the way.
struct Place {
    pods: usize,
    node: Clean,
    text: String,
}

/// Where what is asked for would fit after a relayout.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// In words, those with the fewest pods in the way first.
    pub told: Box<[Clean]>,
    /// Names of the nodes among them that nobody is on.
    pub idle: Box<[Clean]>,
}

/// Places where what is asked for would fit after a relayout.
pub fn places(ground: &Ground, nodes: &[GpuNodeRow], cluster: &str, asked: &Asked) -> Places {
    let mut found: Vec<Place> = nodes
        .iter()
        .filter(|node| node.key.cluster.as_str() == cluster)
        .filter_map(|node| {
            let row = node.node.as_deref()?;
            let pods = ground.holding.get(&node.key).map_or(0, Vec::len);
            place(node, row, pods, asked)
        })
        .collect();
    found.sort_by(|a, b| (a.pods, &a.text).cmp(&(b.pods, &b.text)));
    found.truncate(TOLD);
    let idle = found.iter().filter(|p| p.pods == 0);
    Places {
        idle: idle.map(|p| p.node.clone()).collect(),
        told: found.iter().map(|p| Clean::new(&p.text)).collect(),
    }
}

fn place(node: &GpuNodeRow, row: &NodeRow, pods: usize, asked: &Asked) -> Option<Place> {
    let can = row.labels.get("nvidia.com/mig.capable") == Some("true");
    if !can || row.unschedulable || row.ready != Some(true) {
        return None;
    }
    let count = usize::try_from(asked.count).ok()?;
    let what = match Profile::read(&asked.resource) {
        Some(profile) => sliced(node, board(row)?, profile, count, pods)?,
        None if &*asked.resource == "nvidia.com/gpu" => whole(node, count)?,
        None => return None,
    };
    let way = match pods {
        0 => "nobody holds it".to_owned(),
        1 => "1 pod on the node has to go first".to_owned(),
        n => format!("{n} pods on the node have to go first"),
    };
    let text = format!("{}: {what}; {way}", node.key.name);
    Some(Place {
        pods,
        node: node.key.name.clone(),
        text,
    })
}

/// Room for slices: beside what is held on some GPU, or on a GPU of which nobody holds anything.
fn sliced(
    node: &GpuNodeRow,
    board: Board,
    profile: Profile,
    count: usize,
    pods: usize,
) -> Option<String> {
    if !board.has(profile) {
        return None;
    }
    let known = !node.gpus.is_empty() && node.loose.is_empty();
    if !known {
        // which GPU is held is not known: only a node that nobody is on can be counted on
        let fits = board.most(profile);
        return (pods == 0 && fits >= count)
            .then(|| format!("a GPU of it can be cut into {fits} × {profile}"));
    }
    let mut best: Option<(usize, usize, &GpuOn)> = None;
    for gpu in &node.gpus {
        let room = room(gpu, board, profile);
        let held = gpu.holds.iter().filter(|h| !h.is_empty()).count();
        if room >= count && best.is_none_or(|(least, _, _)| held < least) {
            best = Some((held, room, gpu));
        }
    }
    let (held, room, gpu) = best?;
    let beside = match held {
        0 => String::new(),
        1 => " beside the slice that is held".to_owned(),
        n => format!(" beside the {n} slices that are held"),
    };
    let index = &gpu.row.index;
    Some(format!(
        "GPU {index} has room for {room} × {profile}{beside}"
    ))
}

/// How many of a profile fit on a GPU beside what is held of it.
fn room(gpu: &GpuOn, board: Board, profile: Profile) -> usize {
    let parts = gpu.row.slices.iter().zip(&gpu.holds);
    let held: Option<Vec<Profile>> = parts
        .filter(|(_, holds)| !holds.is_empty())
        .map(|(slice, _)| slice.mig())
        .collect();
    // a whole GPU that is held has no room
    let Some(mut layout) = held else { return 0 };
    let begun = layout.len();
    while layout.len() < begun + 8 {
        layout.push(profile);
        if !board.holds(&layout) {
            layout.pop();
            break;
        }
    }
    layout.len() - begun
}

/// GPUs that are cut and of which nobody holds a slice.
fn whole(node: &GpuNodeRow, count: usize) -> Option<String> {
    let idle = node
        .gpus
        .iter()
        .filter(|gpu| gpu.row.is_mig() && !gpu.is_held());
    let idle = idle.count();
    let known = node.loose.is_empty();
    (known && idle >= count).then(|| format!("{idle} GPUs are cut into slices that nobody holds"))
}

/// How what is free of a resource lies on the nodes of a cluster: `3 free: 2 on gpu-m01, 1 on gpu-m02`.
pub fn lies(nodes: &[GpuNodeRow], cluster: &str, asked: &Asked) -> Option<String> {
    let mut free: Vec<(u32, &str)> = nodes
        .iter()
        .filter(|node| node.key.cluster.as_str() == cluster)
        .filter_map(|node| {
            let pool = node.pools.iter().find(|p| p.resource == asked.resource)?;
            (pool.free() > 0).then(|| (pool.free(), node.key.name.as_str()))
        })
        .collect();
    free.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let sum: u32 = free.iter().map(|(n, _)| n).sum();
    let told: Vec<String> = free
        .iter()
        .take(TOLD)
        .map(|(n, node)| format!("{n} on {node}"))
        .collect();
    let more = free.len().saturating_sub(TOLD);
    let more = if more > 0 {
        format!(" and {more} more nodes")
    } else {
        String::new()
    };
    (sum > 0).then(|| {
        format!(
            "{sum} {} free: {}{more}",
            short(&asked.resource),
            told.join(", ")
        )
    })
}
