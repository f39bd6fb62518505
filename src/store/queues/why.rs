//! Why a workload waits, in one sentence with its evidence. Pure.

use std::sync::Arc;

use super::said::{Shortage, shortage};
use crate::domain::{Clean, ClusterId, Halt, Key, QueueRow, QueuedPhase, QueuedRow, SourceState};
use crate::store::{Asked, Table, World, short};

/// Most holders told.
const TOLD: usize = 3;

/// The `ClusterQueue` that a workload is let in by: the one that has, else the one behind its queue.
#[must_use]
pub fn cluster_queue_of<'a>(workload: &QueuedRow, world: &'a World) -> Option<&'a Arc<QueueRow>> {
    let table = world.table::<QueueRow>()?;
    let key = if workload.cluster_queue.is_empty() {
        table.get(&workload.local_queue())?.cluster_queue()
    } else {
        Key {
            cluster: workload.key.cluster.clone(),
            namespace: Clean::default(),
            name: workload.cluster_queue.clone(),
        }
    };
    table.get(&key)
}

/// The workload that took the place of another.
#[must_use]
pub fn preemptor<'a>(workload: &QueuedRow, world: &'a World) -> Option<&'a Arc<QueuedRow>> {
    let by = &workload.preempted.as_ref()?.by;
    let mut all = world.table::<QueuedRow>()?.iter();
    all.find(|w| !by.is_empty() && w.uid == *by && w.key.cluster == workload.key.cluster)
}

/// Why it has no place to run, as a sentence; none of one that runs or has ended.
#[must_use]
pub fn queue_why(workload: &QueuedRow, world: &World) -> Option<String> {
    match workload.phase {
        QueuedPhase::Admitted | QueuedPhase::Finished => None,
        QueuedPhase::Held => Some(
            "it is on hold: spec.active is false, so Kueue does not queue it until it is released"
                .to_owned(),
        ),
        QueuedPhase::Checked => Some(match &*workload.checks {
            "" => "it has quota, and waits to be admitted".to_owned(),
            checks => format!("it has quota, and waits for a check: {checks}"),
        }),
        _ => Some(shut(workload, world).unwrap_or_else(|| short_of(workload, world))),
    }
}

/// Its queue takes nothing.
fn shut(workload: &QueuedRow, world: &World) -> Option<String> {
    if workload.queue.is_empty() {
        return Some("it names no queue".to_owned());
    }
    let table = world.table::<QueueRow>();
    let local = table.and_then(|t| t.get(&workload.local_queue()));
    let Some(local) = local else {
        let missing = knows_all(world, "local-queues", &workload.key.cluster);
        return missing.then(|| {
            let (queue, namespace) = (&workload.queue, &workload.key.namespace);
            format!("there is no LocalQueue {queue} in {namespace}")
        });
    };
    if local.halt != Halt::None {
        return Some(stopped("its LocalQueue", local));
    }
    let cluster = table.and_then(|t| t.get(&local.cluster_queue()));
    let Some(cluster) = cluster else {
        let missing = knows_all(world, "cluster-queues", &workload.key.cluster);
        return missing.then(|| {
            let (queue, within) = (&workload.queue, &local.within);
            format!("its LocalQueue {queue} names ClusterQueue {within}, which does not exist")
        });
    };
    if cluster.halt != Halt::None {
        return Some(stopped("ClusterQueue", cluster));
    }
    (cluster.active == Some(false)).then(|| {
        let (name, reason, message) = (&cluster.key.name, &cluster.reason, &cluster.message);
        format!("ClusterQueue {name} is not active: {reason}: {message}")
    })
}

fn stopped(word: &str, queue: &QueueRow) -> String {
    let how = match queue.halt {
        Halt::Drain => "lets nothing in and evicts what runs",
        _ => "lets nothing new in",
    };
    let (name, halt) = (&queue.key.name, queue.halt.word());
    format!("{word} {name} is stopped ({halt}): it {how}")
}

/// All rows of a feed of a cluster were read, so what is not there is not there.
fn knows_all(world: &World, feed: &str, cluster: &ClusterId) -> bool {
    let mut sources = world.feed(feed);
    sources
        .any(|s| s.id.cluster == *cluster && s.id.scope.is_empty() && s.state == SourceState::Live)
}

/// Its queue has too little left.
fn short_of(workload: &QueuedRow, world: &World) -> String {
    let lead = match preemptor(workload, world) {
        _ if workload.preempted.is_none() => String::new(),
        Some(other) => format!("it made room for {}, and waits again: ", named(other)),
        None => "it made room for another workload, and waits again: ".to_owned(),
    };
    let queue = cluster_queue_of(workload, world);
    let why = match (shortage(&workload.message), queue) {
        (Some(lack), Some(queue)) => lacks(&lack, queue, workload),
        (Some(lack), None) => missing(&lack),
        (None, _) if !workload.message.is_empty() => format!("Kueue says: {}", workload.message),
        (None, _) => "Kueue has not said why it waits".to_owned(),
    };
    format!("{lead}{why}")
}

/// What is missing, where no queue is known to compare with.
fn missing(lack: &Shortage) -> String {
    let (name, flavor) = (short(&lack.resource), &lack.flavor);
    match lack.more {
        Some(more) => format!("{more} more {name} of flavor {flavor} are needed than are free"),
        None => format!("it asks for more {name} of flavor {flavor} than its queue can ever have"),
    }
}

fn lacks(lack: &Shortage, queue: &QueueRow, workload: &QueuedRow) -> String {
    let name = short(&lack.resource);
    let of = &queue.key.name;
    let asked = Asked::read(&workload.devices);
    let asked = asked.iter().find(|a| a.resource == lack.resource);
    let Some(more) = lack.more else {
        let asks = asked.map_or_else(String::new, |a| format!(" {}", a.count));
        let most = lack
            .most
            .map_or_else(String::new, |n| format!(", which is {n}"));
        return format!(
            "it asks for{asks} {name}, more than ClusterQueue {of} can ever have{most}"
        );
    };
    format!(
        "{more} more {name} are needed than are free in ClusterQueue {of}: {}",
        sums(queue, &lack.resource)
    )
}

/// `10 of 8 gpu are reserved, 2 of them borrowed from cohort research`
fn sums(queue: &QueueRow, resource: &str) -> String {
    let sum = queue.sum(resource);
    let own = sum.nominal.map_or_else(String::new, |n| format!(" of {n}"));
    let borrowed = if sum.borrowed.is_none() {
        String::new()
    } else {
        format!(", {} borrowed from cohort {}", sum.borrowed, queue.within)
    };
    format!(
        "{}{own} {} are reserved{borrowed}",
        sum.used,
        short(resource)
    )
}

/// What the sentence was read from, each with where.
#[must_use]
pub fn evidence_of(workload: &QueuedRow, world: &World) -> Vec<String> {
    let mut all = Vec::new();
    if !workload.message.is_empty() {
        let (reason, message) = (&workload.reason, &workload.message);
        all.push(format!("Kueue says: {reason}: {message}"));
    }
    if let Some(gone) = &workload.preempted {
        all.push(format!("Kueue says: {}: {}", gone.reason, gone.message));
    }
    if workload.evictions > 0 {
        all.push(format!(
            "it was put out {} times so far",
            workload.evictions
        ));
    }
    if let Some(queue) = cluster_queue_of(workload, world) {
        for asked in Asked::read(&workload.devices) {
            let told = sums(queue, &asked.resource);
            all.push(format!("ClusterQueue {}: {told}", queue.key.name));
        }
    }
    all
}

/// `Job sweep (ml-nlp)`
fn named(workload: &QueuedRow) -> String {
    let kind = match &*workload.owner_kind {
        "" => "workload",
        kind => kind,
    };
    format!("{kind} {} ({})", workload.job(), workload.key.namespace)
}

/// Who holds what a workload waits for, the most first: admitted workloads of its `ClusterQueue`, and of others in its
/// cohort that borrow.
#[must_use]
pub fn quota_holders(workload: &QueuedRow, world: &World) -> Vec<Clean> {
    let (Some(queue), Some(all)) = (
        cluster_queue_of(workload, world),
        world.table::<QueuedRow>(),
    ) else {
        return Vec::new();
    };
    let wanted = Asked::read(&workload.devices);
    let mut held: Vec<(u32, String)> = Vec::new();
    for other in all.iter().filter(|w| w.key.cluster == workload.key.cluster) {
        if !holds_quota(other) || !shares(other, queue, world) {
            continue;
        }
        for asked in Asked::read(&other.devices) {
            if wanted.iter().any(|w| w.resource == asked.resource) {
                let text = format!(
                    "{} {} by {}",
                    asked.count,
                    short(&asked.resource),
                    named(other)
                );
                held.push((asked.count, text));
            }
        }
    }
    held.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let told = held.into_iter().take(TOLD);
    told.map(|(_, text)| Clean::new(&text)).collect()
}

fn holds_quota(workload: &QueuedRow) -> bool {
    matches!(workload.phase, QueuedPhase::Admitted | QueuedPhase::Checked)
}

/// It takes from the same quota: of the same queue, or of one of the same cohort that borrows.
fn shares(other: &QueuedRow, queue: &QueueRow, world: &World) -> bool {
    if other.cluster_queue == queue.key.name {
        return true;
    }
    let table = world.table::<QueueRow>();
    let key = Key {
        name: other.cluster_queue.clone(),
        ..queue.key.clone()
    };
    let theirs = table.and_then(|t: &Table<QueueRow>| t.get(&key));
    theirs.is_some_and(|theirs| {
        let borrows = theirs.shares.iter().any(|s| !s.borrowed.is_none());
        borrows && !queue.within.is_empty() && theirs.within == queue.within
    })
}
