//! The GPU that a step ran on, and what the driver reported of it while it ran. Pure.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{Evidence, GpuRow, Key, Slice, Xid, XidWeight};
use crate::store::{Table, World};

/// An error is put down to a step when it came so many seconds before its beginning or after its end: errors are looked
/// for once a minute.
const AROUND: i64 = 90;

/// What is asked: a pod, where it ran, and when.
#[derive(Debug, Clone, Copy)]
pub struct RanOn<'a> {
    /// The pod.
    pub pod: &'a Key,
    /// Its node; may be empty.
    pub node: &'a str,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended; none while it runs.
    pub finished: Option<Timestamp>,
}

/// One thing that is told of its GPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuWord {
    /// What, and where it was read.
    pub evidence: Evidence,
    /// An error while it ran that stops a program.
    pub bad: bool,
}

/// What GPUs tell of a pod, those that it holds first. Empty where no exporter tells of its node.
#[must_use]
pub fn ran_on(world: &World, asked: &RanOn<'_>) -> Vec<GpuWord> {
    let all = world.table::<GpuRow>().into_iter().flat_map(Table::iter);
    let mut gpus: Vec<&GpuRow> = all
        .map(|row| &**row)
        .filter(|row| row.key.cluster == asked.pod.cluster)
        .collect();
    gpus.sort_by(|a, b| a.key.cmp(&b.key));
    let mut words = Vec::new();
    for gpu in &gpus {
        if let Some(slice) = gpu.slices.iter().find(|s| holds(s, asked.pod)) {
            words.push(word(held(gpu, slice), gpu, false));
        }
    }
    let known = !words.is_empty();
    for gpu in &gpus {
        let own = gpu.slices.iter().any(|s| holds(s, asked.pod));
        let near = !asked.node.is_empty() && &*gpu.node == asked.node;
        if (own || !known && near)
            && let Some(text) = erred(gpu, asked, own)
        {
            let bad = gpu
                .xid
                .is_some_and(|x| Xid::of(x.code).weight != XidWeight::Info);
            words.push(word(text, gpu, bad));
        }
    }
    words
}

/// The slices that an exporter says a pod holds: each by its GPU, and its place there.
#[must_use]
pub fn slices_of(world: &World, pod: &Key) -> Vec<(Arc<GpuRow>, usize)> {
    let mut found = Vec::new();
    for gpu in world.table::<GpuRow>().into_iter().flat_map(Table::iter) {
        if gpu.key.cluster == pod.cluster {
            let parts = gpu.slices.iter().enumerate();
            let own = parts.filter(|(_, slice)| holds(slice, pod));
            found.extend(own.map(|(at, _)| (gpu.clone(), at)));
        }
    }
    found.sort_by(|(a, x), (b, y)| a.key.cmp(&b.key).then(x.cmp(y)));
    found
}

fn holds(slice: &Slice, pod: &Key) -> bool {
    let mut held = slice.held.iter();
    held.any(|h| h.namespace == pod.namespace && h.pod == pod.name)
}

fn held(gpu: &GpuRow, slice: &Slice) -> String {
    let index = &gpu.index;
    match slice.instance {
        Some(id) => format!(
            "GPU {index} of {}, slice {id} ({})",
            gpu.node, slice.profile
        ),
        None => format!("GPU {index} of {}", gpu.node),
    }
}

/// The error of a GPU, where it came while the pod ran.
fn erred(gpu: &GpuRow, asked: &RanOn<'_>, own: bool) -> Option<String> {
    let last = gpu.xid?;
    let (at, started) = (last.at?, asked.started?);
    let second = at.as_second();
    let from = started.as_second() - AROUND;
    let to = asked.finished.map(|f| f.as_second() + AROUND);
    if second < from || to.is_some_and(|to| second > to) {
        return None;
    }
    let known = Xid::of(last.code);
    let whose = if own {
        String::new()
    } else {
        "; which GPU of the node the step had is no longer told".to_owned()
    };
    Some(format!(
        "GPU {} of {} reported XID {} while it ran, at {}: {}{whose}",
        gpu.index,
        gpu.node,
        last.code,
        at.strftime("%H:%M:%SZ"),
        known.meaning
    ))
}

fn word(fact: String, gpu: &GpuRow, bad: bool) -> GpuWord {
    let from = format!("DCGM of {} GPU {}", gpu.node, gpu.index);
    GpuWord {
        evidence: Evidence {
            fact: fact.into(),
            from: from.into(),
        },
        bad,
    }
}
