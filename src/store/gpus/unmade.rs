//! Work that waits for accelerators and has no pods yet: its queue has not let it in, or a quota refused them. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ground::{Claimant, Ground};
use super::{Asked, Lacks, Waiter, WaitingRow, short};
use crate::domain::{Clean, Holder, Key, QueuedPhase, QueuedRow, QuotaRow, SourceState};
use crate::store::queues::{
    Refusal, evidence_of, queue_why, quota_holders, refusals, still_refused,
};
use crate::store::{Table, World};

/// Most holders told.
const TOLD: usize = 3;

/// Workloads that wait, by the name of what owns them.
pub struct Queued<'a> {
    by_owner: BTreeMap<Key, &'a Arc<QueuedRow>>,
    world: &'a World,
}

impl<'a> Queued<'a> {
    /// All that wait and ask for accelerators.
    pub fn new(world: &'a World) -> Self {
        let all = world.table::<QueuedRow>().into_iter().flat_map(Table::iter);
        let waits =
            all.filter(|w| w.phase.waits() && w.deleting.is_none() && !w.devices.is_empty());
        let keyed = waits.map(|w| {
            let owner = Key {
                name: w.job().clone(),
                ..w.key.clone()
            };
            (owner, w)
        });
        Self {
            by_owner: keyed.collect(),
            world,
        }
    }

    /// The workload that a pod belongs to.
    fn of(&self, claimant: &Claimant) -> Option<&Arc<QueuedRow>> {
        let by = |key: &Key| self.by_owner.get(key).copied();
        by(&claimant.holder.key).or_else(|| by(&claimant.pod.key))
    }

    /// Why a pod behind a gate waits, where its workload tells.
    pub fn why(&self, claimant: &Claimant) -> Option<(String, Vec<Clean>)> {
        let workload = self.of(claimant)?;
        let evidence = evidence_of(workload, self.world);
        let evidence = evidence.iter().map(|text| Clean::new(text)).collect();
        Some((queue_why(workload, self.world)?, evidence))
    }

    /// Those without a pod of their own that waits.
    pub fn rows(&self, ground: &Ground) -> Vec<WaitingRow> {
        let shown: BTreeSet<&Key> = ground
            .waiting
            .iter()
            .filter_map(|c| Some(&self.of(c)?.key))
            .collect();
        let left = self.by_owner.values().filter(|w| !shown.contains(&w.key));
        left.filter_map(|w| self.row(w)).collect()
    }

    fn row(&self, workload: &Arc<QueuedRow>) -> Option<WaitingRow> {
        let evidence = evidence_of(workload, self.world);
        let holders = match workload.phase {
            QueuedPhase::Held => Vec::new(),
            _ => quota_holders(workload, self.world),
        };
        Some(WaitingRow {
            key: workload.key.clone(),
            holder: Holder::job(
                Key {
                    name: workload.job().clone(),
                    ..workload.key.clone()
                },
                &workload.owner_kind,
                &workload.queue,
            ),
            asked: Asked::read(&workload.devices).into(),
            lacks: Lacks::Queue,
            why: Clean::new(&queue_why(workload, self.world)?),
            evidence: evidence.iter().map(|text| Clean::new(text)).collect(),
            held_by: holders.into(),
            relayout: Box::default(),
            idle_nodes: Box::default(),
            waiter: Waiter::Workload(workload.clone()),
        })
    }
}

/// Owners whose pods a quota refused, and would refuse now.
pub fn refused(ground: &Ground, world: &World) -> Vec<WaitingRow> {
    let quotas = world.table::<QuotaRow>();
    let rows = refusals(world).into_iter().filter_map(|refusal| {
        let lacks = match quotas.and_then(|t| t.get(&refusal.quota)) {
            Some(quota) => still_refused(&refusal, quota)?,
            // a quota that is gone refuses nothing; one that may not be read still may
            None if world.feed("quotas").any(|s| s.state == SourceState::Live) => return None,
            None => "how much of it is in use cannot be read".to_owned(),
        };
        let asked = asked(&refusal);
        (!asked.is_empty()).then(|| refused_row(ground, refusal, asked, &lacks))
    });
    rows.collect()
}

/// What one pod asks for, of accelerators.
fn asked(refusal: &Refusal) -> Vec<Asked> {
    let all = refusal.wanted.iter().filter_map(|(name, amount)| {
        let resource = name.strip_prefix("requests.")?;
        // a vendor's own resources have a name with a slash; cpu and memory have not
        resource.contains('/').then(|| Asked {
            resource: Clean::new(resource),
            count: amount.count(),
        })
    });
    all.collect()
}

fn refused_row(ground: &Ground, refusal: Refusal, asked: Vec<Asked>, lacks: &str) -> WaitingRow {
    let Refusal { event, quota, .. } = refusal;
    let why = format!(
        "quota {} of {} is used up: {lacks}",
        quota.name, quota.namespace
    );
    let times = match event.count {
        0 | 1 => String::new(),
        n => format!(", {n} times"),
    };
    let said = format!(
        "an event of {} {} says{times}: {}",
        event.kind, event.object.name, event.message
    );
    WaitingRow {
        key: event.object.clone(),
        holder: Holder::job(event.object.clone(), &event.kind, &Clean::default()),
        lacks: Lacks::Quota,
        why: Clean::new(&why),
        evidence: Box::new([Clean::new(&said)]),
        held_by: in_namespace(ground, &event.object, &asked),
        relayout: Box::default(),
        idle_nodes: Box::default(),
        asked: asked.into(),
        waiter: Waiter::Refused(event),
    }
}

/// Who holds a resource in a namespace, most first.
fn in_namespace(ground: &Ground, at: &Key, wanted: &[Asked]) -> Box<[Clean]> {
    let mut sums: BTreeMap<(&str, &str, &str), u32> = BTreeMap::new();
    let all = ground.holding.values().flatten();
    let here =
        all.filter(|c| c.pod.key.cluster == at.cluster && c.pod.key.namespace == at.namespace);
    for claimant in here {
        for own in &claimant.asked {
            if wanted.iter().any(|w| w.resource == own.resource) {
                let holder = &claimant.holder;
                let who = (
                    short(&own.resource),
                    holder.kind.word(),
                    holder.key.name.as_str(),
                );
                *sums.entry(who).or_default() += own.count;
            }
        }
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let told = sums.into_iter().take(TOLD);
    told.map(|((what, kind, name), n)| Clean::new(&format!("{n} {what} by {kind} {name}")))
        .collect()
}
