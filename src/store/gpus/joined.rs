//! Keeps the tables of nodes with accelerators, slices, holders and waiting pods up to date. Pure.
//!
//! Called whenever rows arrive; costs a few look-ups while nothing changed, and nothing is made before a screen has
//! asked for GPUs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ground::Ground;
use super::{GpuNodeRow, HolderRow, SliceRow, WaitingRow, holders, node, waiting};
use crate::domain::{
    ClusterId, EventRow, GpuRow, JobRow, NodeRow, PodRow, QueueRow, QueuedRow, QuotaRow, Row,
    SourceId,
};
use crate::store::{Batch, Change, Table, World};

/// The feed whose presence says that somebody wants to know.
const ASKED_BY: &str = "gpus";

/// What the tables were made of.
#[derive(Debug, Default)]
pub struct Joined {
    seen: [u64; 8],
    /// Clusters that rows were told for, by feed.
    told: BTreeSet<SourceId>,
}

impl Joined {
    /// Brings the tables up to date.
    pub fn bring_up(&mut self, world: &mut World) {
        fn version<R: Row>(world: &World) -> u64 {
            world.table::<R>().map_or(0, Table::version)
        }
        let now = [
            version::<NodeRow>(world),
            version::<PodRow>(world),
            version::<GpuRow>(world),
            version::<QueueRow>(world),
            version::<QueuedRow>(world),
            version::<QuotaRow>(world),
            version::<EventRow>(world),
            version::<JobRow>(world),
        ];
        if now == self.seen || world.feed(ASKED_BY).next().is_none() {
            return;
        }
        self.seen = now;
        let ground = Ground::new(world);
        let nodes = node::rows(&ground);
        let slices = node::slices(&nodes);
        let held = holders::rows(&ground);
        let waiting = waiting::rows(&ground, &nodes, world);
        let mut told = BTreeSet::new();
        // each grows old with the source that it comes from most
        self.tell::<GpuNodeRow>(world, "nodes", nodes, &mut told);
        self.tell::<SliceRow>(world, "gpus", slices, &mut told);
        self.tell::<HolderRow>(world, "pods", held, &mut told);
        self.tell::<WaitingRow>(world, "pods", waiting, &mut told);
        self.told = told;
    }

    fn tell<R: Row>(
        &self,
        world: &mut World,
        feed: &'static str,
        rows: Vec<R>,
        told: &mut BTreeSet<SourceId>,
    ) {
        let mut batches: BTreeMap<SourceId, Vec<Change<R>>> = BTreeMap::new();
        for source in self.told.iter().filter(|s| s.feed == feed) {
            batches.insert(source.clone(), vec![Change::Restart]);
        }
        for row in rows {
            let source = source(&row.key().cluster, feed);
            let changes = batches
                .entry(source)
                .or_insert_with(|| vec![Change::Restart]);
            changes.push(Change::Put(Arc::new(row)));
        }
        for (source, mut changes) in batches {
            changes.push(Change::Swap);
            told.insert(source.clone());
            world.table_mut().apply(Batch { source, changes });
        }
    }
}

fn source(cluster: &ClusterId, feed: &'static str) -> SourceId {
    SourceId {
        cluster: cluster.clone(),
        feed,
        scope: String::new(),
    }
}
