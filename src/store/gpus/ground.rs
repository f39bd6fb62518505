//! What nodes, GPUs and pods tell together, looked up once for all that is made of it. Pure.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{Asked, Hold};
use crate::domain::{
    Board, Clean, ClusterId, GpuRow, HeldBy, Holder, HolderKind, JobKind, JobRow, Key, NodeRow,
    PodRow, Profile,
};
use crate::store::{Table, World};

/// Longest chain of jobs that is followed.
const DEEPEST: usize = 4;

/// A pod with what it asks for.
#[derive(Debug, Clone)]
pub struct Claimant {
    pub pod: Arc<PodRow>,
    pub asked: Vec<Asked>,
    pub holder: Holder,
}

/// Everything the join stands on.
#[derive(Debug, Default)]
pub struct Ground {
    pub nodes: BTreeMap<Key, Arc<NodeRow>>,
    /// GPUs of each node, in the order of their index.
    pub gpus: BTreeMap<Key, Vec<Arc<GpuRow>>>,
    /// Pods that hold accelerators, by their node.
    pub holding: BTreeMap<Key, Vec<Claimant>>,
    /// Pods that wait for some.
    pub waiting: Vec<Claimant>,
    /// Slices that an exporter says a pod holds.
    pub told: HashMap<Key, Vec<(Arc<GpuRow>, usize)>>,
}

impl Ground {
    pub fn new(world: &World) -> Self {
        let mut ground = Self::default();
        for node in world.table::<NodeRow>().into_iter().flat_map(Table::iter) {
            if node.gpus.iter().any(|g| g.capacity > 0) || is_gpu_node(node) {
                ground.nodes.insert(node.key.clone(), node.clone());
            }
        }
        let jobs = world.table::<JobRow>();
        for pod in world.table::<PodRow>().into_iter().flat_map(Table::iter) {
            let holder = risen(Holder::of(pod), jobs);
            ground.take(pod, holder);
        }
        for pods in ground.holding.values_mut() {
            pods.sort_by(|a, b| a.pod.key.cmp(&b.pod.key));
        }
        for gpu in world.table::<GpuRow>().into_iter().flat_map(Table::iter) {
            ground.take_gpu(gpu);
        }
        for gpus in ground.gpus.values_mut() {
            gpus.sort_by_key(|g| (g.index.parse::<u32>().unwrap_or(u32::MAX), g.index.clone()));
        }
        ground
    }

    fn take(&mut self, pod: &Arc<PodRow>, holder: Holder) {
        if pod.gpus.is_empty() || matches!(&*pod.phase, "Succeeded" | "Failed") {
            return;
        }
        let claimant = Claimant {
            asked: Asked::of(pod),
            holder,
            pod: pod.clone(),
        };
        if pod.node.is_empty() {
            if pod.deleting.is_none() {
                self.waiting.push(claimant);
            }
            return;
        }
        let node = node_key(&pod.key.cluster, &pod.node);
        self.holding.entry(node).or_default().push(claimant);
    }

    fn take_gpu(&mut self, gpu: &Arc<GpuRow>) {
        let cluster = &gpu.key.cluster;
        for (at, slice) in gpu.slices.iter().enumerate() {
            for held in &slice.held {
                let key = pod_key(cluster, held);
                let told = self.told.entry(key).or_default();
                told.push((gpu.clone(), at));
            }
        }
        let node = node_key(cluster, &self.node_named(cluster, &gpu.node));
        self.gpus.entry(node).or_default().push(gpu.clone());
    }

    /// The node that an exporter names: by its name, else by its host name's first part.
    fn node_named(&self, cluster: &ClusterId, name: &Clean) -> Clean {
        if self.nodes.contains_key(&node_key(cluster, name)) {
            return name.clone();
        }
        let hosts = |node: &&Arc<NodeRow>| {
            node.key.cluster == *cluster
                && node.labels.get("kubernetes.io/hostname") == Some(name.as_str())
        };
        let found = self.nodes.values().find(hosts);
        found.map_or_else(|| name.clone(), |node| node.key.name.clone())
    }

    /// The pod that an exporter says holds a slice. One that asks for no accelerator holds none: it is the exporter.
    pub fn hold(&self, node: &Key, held: &HeldBy) -> Option<Hold> {
        let key = pod_key(&node.cluster, held);
        let pods = self.holding.get(node).map_or(&[][..], Vec::as_slice);
        let found = pods.binary_search_by(|c| c.pod.key.cmp(&key));
        match found.ok().and_then(|at| pods.get(at)) {
            Some(claimant) => Some(claimant.hold()),
            // where no pod of the node is known, what the exporter says is all there is
            None if pods.is_empty() && self.holding.is_empty() => Some(unknown(key)),
            None => None,
        }
    }

    /// Pods on a node that hold accelerators of which no exporter says which.
    pub fn loose(&self, node: &Key) -> Vec<Hold> {
        let pods = self.holding.get(node).into_iter().flatten();
        pods.filter(|c| !self.told.contains_key(&c.pod.key))
            .map(Claimant::hold)
            .collect()
    }

    /// Which part of a whole GPU a unit of a resource is, on a node.
    pub fn part(&self, node: &Key, resource: &str) -> f64 {
        let row = self.nodes.get(node);
        match Profile::read(resource) {
            Some(profile) => profile.part(row.map_or("", |n| &n.product)),
            None => 1.0 / f64::from(row.map_or(1, |n| replicas(n))),
        }
    }
}

/// The uppermost work that a pod belongs to, as far as the jobs between are known.
fn risen(mut holder: Holder, jobs: Option<&Table<JobRow>>) -> Holder {
    for _ in 0..DEEPEST {
        let kind = holder.feed.and_then(JobKind::of);
        let own = kind.and_then(|kind| jobs?.get(&JobRow::place_of(kind, &holder.key)));
        if !own.is_some_and(|job| holder.rise(job)) {
            break;
        }
    }
    holder
}

impl Claimant {
    fn hold(&self) -> Hold {
        Hold {
            pod: self.pod.key.clone(),
            row: Some(self.pod.clone()),
            holder: self.holder.clone(),
        }
    }
}

fn unknown(pod: Key) -> Hold {
    let holder = Holder {
        kind: HolderKind::Pod,
        key: pod.clone(),
        of: Clean::default(),
        owner: Clean::default(),
        queue: Clean::default(),
        feed: Some("pods"),
    };
    Hold {
        pod,
        row: None,
        holder,
    }
}

fn pod_key(cluster: &ClusterId, held: &HeldBy) -> Key {
    Key {
        cluster: cluster.clone(),
        namespace: held.namespace.clone(),
        name: held.pod.clone(),
    }
}

pub fn node_key(cluster: &ClusterId, name: &Clean) -> Key {
    Key {
        cluster: cluster.clone(),
        namespace: Clean::default(),
        name: name.clone(),
    }
}

/// A node with GPUs whose device plugin tells of none.
fn is_gpu_node(node: &NodeRow) -> bool {
    node.labels.get("nvidia.com/gpu.present") == Some("true") || !node.product.is_empty()
}

/// How many pods share a GPU in time.
fn replicas(node: &NodeRow) -> u32 {
    let told = node.labels.get("nvidia.com/gpu.replicas");
    told.and_then(|n| n.parse().ok()).unwrap_or(1).max(1)
}

/// The board of a node, as far as its labels tell.
pub fn board(node: &NodeRow) -> Option<Board> {
    let memory = node.labels.get("nvidia.com/gpu.memory");
    Board::of(&node.product, memory.and_then(|m| m.parse().ok()))
}
