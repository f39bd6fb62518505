//! Accelerators joined: node, GPU, slice, pod, and who the pod works for. Pure.
//!
//! | file | owns |
//! |---|---|
//! | `ground` | what nodes, GPUs and pods tell together, looked up once |
//! | `node` | the tree of one node |
//! | `holders` | who holds what, and whether it works |
//! | `waiting` | pods that wait for an accelerator: why, and who has what they want |
//! | `unmade` | work that waits before it has pods: for its queue, for a quota |
//! | `waiter` | what it is that waits: a pod, a job, the owner of refused pods |
//! | `said` | what the scheduler's message means |
//! | `relayout` | where a pod would fit if a GPU were cut differently |
//! | `ran_on` | the GPU that a step ran on, and its errors meanwhile |
//! | `joined` | keeps the tables up to date |
//!
//! Kubernetes does not tell which slice a pod holds; only an exporter's labels do. Where there are none a pod holds
//! "1 of 7", and no slice is claimed to be its.

mod ground;
mod holders;
mod joined;
mod node;
mod ran_on;
mod relayout;
mod said;
mod unmade;
mod waiter;
mod waiting;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{Busy, Clean, GpuRow, Holder, HolderKind, Key, Labels, NodeRow, PodRow, Row};

pub(super) use joined::Joined;
pub use ran_on::{GpuWord, RanOn, ran_on, slices_of};
pub use waiter::Waiter;

/// Some of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `nvidia.com/gpu`, `nvidia.com/mig-1g.10gb`
    pub resource: Clean,
    /// How many.
    pub count: u32,
}

impl Asked {
    /// What a pod asks for, of accelerators.
    #[must_use]
    pub fn of(pod: &PodRow) -> Vec<Self> {
        Self::read(&pod.gpus)
    }

    /// The same as rows write it: `2 nvidia.com/gpu, 1 nvidia.com/mig-1g.10gb`.
    #[must_use]
    pub fn read(written: &str) -> Vec<Self> {
        let each = written.split(", ").filter_map(|part| {
            let (count, resource) = part.split_once(' ')?;
            let count = count.parse().ok()?;
            let resource = Clean::new(resource);
            Some(Self { resource, count })
        });
        each.collect()
    }
}

/// The resource without its vendor, as people say it: `mig-1g.10gb`, `gpu`.
#[must_use]
pub fn short(resource: &str) -> &str {
    resource.rsplit('/').next().unwrap_or(resource)
}

/// A pod that holds something, and who it works for.
#[derive(Debug, Clone, PartialEq)]
pub struct Hold {
    /// The pod; its row is not known where pods may not be read.
    pub pod: Key,
    /// Its row.
    pub row: Option<Arc<PodRow>>,
    /// Who it works for.
    pub holder: Holder,
}

/// A resource of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Its name.
    pub resource: Clean,
    /// Units that the hardware has.
    pub capacity: u32,
    /// Units that can be given out.
    pub allocatable: u32,
    /// Units that pods on the node hold.
    pub held: u32,
}

impl Pool {
    /// Units that nobody holds.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.allocatable.saturating_sub(self.held)
    }
}

/// A GPU of a node, with who holds each part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct GpuOn {
    /// What is told of it.
    pub row: Arc<GpuRow>,
    /// Holders of each of its slices, in their order.
    pub holds: Box<[Box<[Hold]>]>,
}

impl GpuOn {
    /// Somebody holds a part of it.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.holds.iter().any(|h| !h.is_empty())
    }
}

/// A node with accelerators.
#[derive(Debug, Clone, PartialEq)]
pub struct GpuNodeRow {
    /// The node.
    pub key: Key,
    /// Its row; not known where nodes may not be read.
    pub node: Option<Arc<NodeRow>>,
    /// Its resources.
    pub pools: Box<[Pool]>,
    /// Its GPUs, as far as an exporter tells of them.
    pub gpus: Box<[GpuOn]>,
    /// Pods on it that hold accelerators, of which no exporter says which.
    pub loose: Box<[Hold]>,
}

impl Row for GpuNodeRow {
    fn key(&self) -> &Key {
        &self.key
    }
    fn created(&self) -> Option<Timestamp> {
        self.node.as_ref().and_then(|n| n.created)
    }
    fn labels(&self) -> &Labels {
        self.node.as_ref().map_or(Labels::NONE, |n| &n.labels)
    }
}

impl GpuNodeRow {
    /// What it is: its product, else the model that its GPUs tell.
    #[must_use]
    pub fn product(&self) -> Clean {
        let named = self.node.as_ref().map(|n| n.product.clone());
        let told = || self.gpus.first().map(|g| g.row.model.clone());
        named
            .filter(|name| !name.is_empty())
            .or_else(told)
            .unwrap_or_default()
    }

    /// How busy is what is held: slices count by their part. None while nothing held is measured; the number says how
    /// many of those held are.
    #[must_use]
    pub fn busy(&self) -> (Option<f64>, usize, usize) {
        let (mut sum, mut weight, mut known, mut all) = (0.0, 0.0, 0, self.loose.len());
        for gpu in &self.gpus {
            for (slice, holds) in gpu.row.slices.iter().zip(&gpu.holds) {
                if holds.is_empty() {
                    continue;
                }
                all += 1;
                let part = slice.mig().map_or(1.0, |p| p.part(&gpu.row.model));
                if let Some(busy) = slice.busy {
                    known += 1;
                    sum += busy.ratio * part;
                    weight += part;
                }
            }
        }
        ((weight > 0.0).then(|| sum / weight), known, all)
    }
}

/// One part of a GPU for a list: the GPU itself, or a slice.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceRow {
    /// `node/gpu`, or `node/gpu/instance`.
    pub key: Key,
    /// The GPU.
    pub gpu: Arc<GpuRow>,
    /// Which of its slices.
    pub at: usize,
    /// Who holds it.
    pub holds: Box<[Hold]>,
}

impl Row for SliceRow {
    fn key(&self) -> &Key {
        &self.key
    }
}

/// Somebody who holds accelerators.
#[derive(Debug, Clone, PartialEq)]
pub struct HolderRow {
    /// Its name stands behind its sort, so that a run and a service of one name are two.
    pub key: Key,
    /// Who.
    pub holder: Holder,
    /// Its pods, by name.
    pub pods: Box<[Key]>,
    /// What they hold together.
    pub asked: Box<[Asked]>,
    /// The same in whole GPUs: a slice is the part that it is.
    pub gpus: f64,
    /// The nodes.
    pub nodes: Box<[Clean]>,
    /// How busy it is now, of what is measured.
    pub busy: Option<Busy>,
    /// How busy it was in the last hour.
    pub hour: Option<Busy>,
    /// Of how much of what it holds that is known, in whole GPUs.
    pub measured: f64,
    /// All that it holds has done nothing since then, or longer.
    pub idle_since: Option<Timestamp>,
    /// Whole GPUs, and since when each pod was made: what GPU hours are counted from.
    pub spans: Box<[(f64, Timestamp)]>,
    /// Memory of GPUs in use, in MiB.
    pub memory: Option<f64>,
}

impl Row for HolderRow {
    fn key(&self) -> &Key {
        &self.key
    }
    fn created(&self) -> Option<Timestamp> {
        self.spans.iter().map(|(_, since)| *since).min()
    }
}

impl HolderRow {
    /// Hours of whole GPUs that its pods have held up to a time.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // seconds
    pub fn hours(&self, now: Timestamp) -> f64 {
        let hours =
            |since: &Timestamp| (now.as_second() - since.as_second()).max(0) as f64 / 3_600.0;
        self.spans
            .iter()
            .map(|(gpus, since)| gpus * hours(since))
            .sum()
    }

    /// Whole GPUs that it held in the last hour and did not use; none while that is not measured.
    #[must_use]
    pub fn wasted(&self) -> Option<f64> {
        let busy = self.hour.or(self.busy)?;
        Some(self.gpus * (1.0 - busy.ratio).max(0.0))
    }

    /// It has done next to nothing for an hour.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let hour = self.hour.is_some_and(|b| b.ratio < 0.05);
        hour && self.busy.is_none_or(|b| b.ratio < 0.1)
    }

    /// The object that it is, where it can be opened; else its first pod.
    #[must_use]
    pub fn is_pod(&self) -> bool {
        self.holder.kind == HolderKind::Pod
    }
}

/// Why a pod waits, in one word, for lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lacks {
    /// No node has the resource at all.
    Resource,
    /// All of it is held.
    Room,
    /// There is enough, and not on one node.
    Pieces,
    /// What is free is on nodes that take no pods.
    Cordon,
    /// Taints or selectors keep it away from what is free.
    Placement,
    /// A quota.
    Quota,
    /// A queue has not let it in.
    Queue,
    /// The rest of its group is not there.
    Gang,
    /// A volume.
    Volume,
    /// Nothing is said yet.
    Unknown,
}

impl Lacks {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Resource => "no such slice",
            Self::Room => "no room",
            Self::Pieces => "in pieces",
            Self::Cordon => "cordoned",
            Self::Placement => "placement",
            Self::Quota => "quota",
            Self::Queue => "queue",
            Self::Gang => "gang",
            Self::Volume => "volume",
            Self::Unknown => "not known",
        }
    }
}

/// A pod, or work without one yet, that waits for accelerators.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingRow {
    /// The pod, the workload, or the owner of pods that were refused.
    pub key: Key,
    /// Its row.
    pub waiter: Waiter,
    /// Who it works for.
    pub holder: Holder,
    /// What it wants.
    pub asked: Box<[Asked]>,
    /// Why it waits.
    pub lacks: Lacks,
    /// The same, as a sentence.
    pub why: Clean,
    /// What that was read from, each with where.
    pub evidence: Box<[Clean]>,
    /// Who has what it wants, most first.
    pub held_by: Box<[Clean]>,
    /// Where it would fit if a GPU were cut differently.
    pub relayout: Box<[Clean]>,
    /// The nodes among these that nobody holds anything of: they can be cut at once.
    pub idle_nodes: Box<[Clean]>,
}

impl Row for WaitingRow {
    fn key(&self) -> &Key {
        &self.key
    }
    fn created(&self) -> Option<Timestamp> {
        self.waiter.since()
    }
    fn labels(&self) -> &Labels {
        self.waiter.labels()
    }
}
