//! Jobs that their queue does not let in, by `ClusterQueue`. Pure.
//!
//! What somebody has put on hold is left out: that is what they wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Find, believed, seconds};
use crate::app::inspect::subject;
use crate::app::screen::Ctx;
use crate::domain::{Clean, FindingRow, Key, Need, QueuedPhase, QueuedRow};
use crate::store::{cluster_queue_of, queue_why, quota_holders};

/// A queue may be worked off in a while: seconds after which waiting is told.
const PATIENCE: u64 = 900;

pub(super) fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    let mut queues: BTreeMap<Key, Vec<&Arc<QueuedRow>>> = BTreeMap::new();
    for workload in believed::<QueuedRow>(ctx) {
        let waits = matches!(
            workload.phase,
            QueuedPhase::Waiting | QueuedPhase::Evicted | QueuedPhase::Checked
        );
        if waits && seconds(workload.created, ctx.now) >= PATIENCE {
            let queue = cluster_queue_of(workload, ctx.world).map(|q| q.key.clone());
            let queue = queue.unwrap_or_else(|| workload.local_queue());
            queues.entry(queue).or_default().push(workload);
        }
    }
    let found = queues.into_iter();
    found
        .filter_map(|(queue, waiting)| finding(&queue, waiting, ctx))
        .collect()
}

fn finding(queue: &Key, mut waiting: Vec<&Arc<QueuedRow>>, ctx: &Ctx<'_>) -> Option<FindingRow> {
    waiting.sort_by(|a, b| a.created.cmp(&b.created).then_with(|| a.key.cmp(&b.key)));
    let first = *waiting.first()?;
    let what = match waiting.len() {
        1 => first.job().to_string(),
        many => format!("{many} jobs"),
    };
    let waits = if waiting.len() == 1 { "waits" } else { "wait" };
    let longest = match waiting.len() {
        1 => String::new(),
        _ => format!("{} ({})", first.job(), first.key.namespace),
    };
    let held: Vec<String> = quota_holders(first, ctx.world)
        .iter()
        .map(Clean::to_string)
        .collect();
    let why = queue_why(first, ctx.world)?;
    let age = seconds(first.created, ctx.now);
    let mut find = Find::new("queued-jobs", Need::Waiting, queue)
        .what(&what)
        .says(&format!("{waits} in queue {}: {why}", queue.name))
        .because("longest", &longest)
        .because("held", &held.join(", "))
        .because("kueue", &first.message)
        .within(u64::from(u32::MAX).saturating_sub(age))
        .since(first.created);
    if waiting.len() == 1 {
        find = find.subject(subject("workloads", &first.key, &first.uid));
    }
    Some(find.done())
}
