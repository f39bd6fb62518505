//! Who holds what, and whether it works. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::ground::{Claimant, Ground};
use super::{Asked, HolderRow};
use crate::domain::{Busy, BusyBy, Clean, Holder, HolderKind, Key};

/// Everybody who holds accelerators.
pub fn rows(ground: &Ground) -> Vec<HolderRow> {
    let mut all: BTreeMap<(HolderKind, Key), Vec<(&Key, &Claimant)>> = BTreeMap::new();
    for (node, claimants) in &ground.holding {
        for claimant in claimants {
            let who = (claimant.holder.kind, key(&claimant.holder));
            all.entry(who).or_default().push((node, claimant));
        }
    }
    let rows = all.into_values();
    rows.filter_map(|claims| row(ground, &claims)).collect()
}

/// The key of a holder in its table.
pub fn key(holder: &Holder) -> Key {
    // jobs of two kinds may have one name
    let job = holder.feed.filter(|_| holder.kind == HolderKind::Job);
    let name = format!("{}/{}", job.unwrap_or(holder.kind.word()), holder.key.name);
    Key {
        name: Clean::new(&name),
        ..holder.key.clone()
    }
}

fn row(ground: &Ground, claims: &[(&Key, &Claimant)]) -> Option<HolderRow> {
    let (_, first) = claims.first()?;
    let mut asked: BTreeMap<Clean, u32> = BTreeMap::new();
    let mut spans = Vec::new();
    let mut gpus = 0.0;
    let mut told = Told::default();
    for (node, claimant) in claims {
        let mut own = 0.0;
        for part in &claimant.asked {
            *asked.entry(part.resource.clone()).or_default() += part.count;
            own += f64::from(part.count) * ground.part(node, &part.resource);
        }
        gpus += own;
        spans.extend(claimant.pod.created.map(|since| (own, since)));
        told.take(ground, claimant);
    }
    let units: u32 = asked.values().sum();
    let nodes: BTreeSet<Clean> = claims.iter().map(|(node, _)| node.name.clone()).collect();
    Some(HolderRow {
        key: key(&first.holder),
        holder: first.holder.clone(),
        pods: claims.iter().map(|(_, c)| c.pod.key.clone()).collect(),
        asked: asked
            .into_iter()
            .map(|(resource, count)| Asked { resource, count })
            .collect(),
        gpus,
        nodes: nodes.into_iter().collect(),
        busy: told.now.busy(),
        hour: told.hour.busy(),
        measured: told.now.weight,
        idle_since: told.idle(units),
        spans: spans.into(),
        memory: told.memory,
    })
}

/// What exporters tell of all that somebody holds.
#[derive(Default)]
struct Told {
    now: Mean,
    hour: Mean,
    slices: u32,
    idle: u32,
    idle_since: Option<Timestamp>,
    memory: Option<f64>,
}

impl Told {
    fn take(&mut self, ground: &Ground, claimant: &Claimant) {
        for (gpu, at) in ground.told.get(&claimant.pod.key).into_iter().flatten() {
            let Some(slice) = gpu.slices.get(*at) else {
                continue;
            };
            let part = slice.mig().map_or(1.0, |p| p.part(&gpu.model));
            self.slices += 1;
            self.now.take(slice.busy, part);
            self.hour.take(slice.hour, part);
            // what was idle before this pod came was not its idleness
            let since = slice
                .idle_since
                .max(slice.idle_since.and(claimant.pod.created));
            self.idle += u32::from(since.is_some());
            self.idle_since = self.idle_since.max(since);
            if let Some(used) = slice.memory_used {
                self.memory = Some(self.memory.unwrap_or(0.0) + used);
            }
        }
    }

    /// Since when all of it does nothing; none while a part of it is not known.
    fn idle(&self, units: u32) -> Option<Timestamp> {
        let all = self.idle == self.slices && self.slices >= units.max(1);
        self.idle_since.filter(|_| all)
    }
}

/// A mean by weights, of what is known.
#[derive(Default)]
struct Mean {
    sum: f64,
    weight: f64,
    by: Option<BusyBy>,
}

impl Mean {
    fn take(&mut self, busy: Option<Busy>, part: f64) {
        let Some(busy) = busy else { return };
        self.sum += busy.ratio * part;
        self.weight += part;
        self.by = self.by.max(Some(busy.by));
    }

    fn busy(&self) -> Option<Busy> {
        let by = self.by.filter(|_| self.weight > 0.0)?;
        let ratio = self.sum / self.weight;
        Some(Busy { ratio, by })
    }
}
