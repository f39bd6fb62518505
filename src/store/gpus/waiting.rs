//! Pods that wait for an accelerator: why, in one sentence with its evidence, and who has what they want. Pure.

use std::collections::BTreeMap;

use super::ground::{Claimant, Ground};
use super::said::{Beside, Clause, beside, clauses};
use super::unmade::{self, Queued};
use super::{Asked, GpuNodeRow, Lacks, Waiter, WaitingRow, relayout, short};
use crate::domain::{Clean, HolderKind};
use crate::store::World;

/// Most holders told.
const TOLD: usize = 3;

/// All pods that wait, and all work that waits without having any.
pub fn rows(ground: &Ground, nodes: &[GpuNodeRow], world: &World) -> Vec<WaitingRow> {
    let queued = Queued::new(world);
    // pods of one sweep want the same: it is worked out once
    let mut known: BTreeMap<(String, String, u32), Wanted> = BTreeMap::new();
    let mut rows = Vec::new();
    for claimant in &ground.waiting {
        let Some(scarce) = scarcest(claimant, nodes) else {
            continue;
        };
        let cluster = claimant.pod.key.cluster.as_str();
        let key = (
            cluster.to_owned(),
            scarce.resource.to_string(),
            scarce.count,
        );
        let wanted = known
            .entry(key)
            .or_insert_with(|| Wanted::new(ground, nodes, cluster, scarce));
        rows.push(row(claimant, (scarce, &queued), wanted));
    }
    rows.extend(queued.rows(ground));
    rows.extend(unmade::refused(ground, world));
    rows
}

/// Of all that a pod asks for, what is hardest to get.
fn scarcest<'a>(claimant: &'a Claimant, nodes: &[GpuNodeRow]) -> Option<&'a Asked> {
    claimant.asked.iter().min_by_key(|asked| {
        let pools = nodes.iter().flat_map(|n| n.pools.iter());
        let free = pools.filter(|p| p.resource == asked.resource);
        free.map(super::Pool::free).sum::<u32>()
    })
}

/// How it stands with a resource in a cluster.
struct Wanted {
    /// Units that can be given out, held, and nodes that have it.
    there: u32,
    held: u32,
    nodes: u32,
    /// Most that are free on one node that takes pods, and the node.
    most: (u32, String),
    /// Free on nodes that take none, and one of them.
    shut: (u32, String),
    lies: Option<String>,
    held_by: Box<[Clean]>,
    relayout: relayout::Places,
    /// What there is instead.
    others: String,
}

impl Wanted {
    fn new(ground: &Ground, nodes: &[GpuNodeRow], cluster: &str, asked: &Asked) -> Self {
        let mut wanted = Self {
            there: 0,
            held: 0,
            nodes: 0,
            most: (0, String::new()),
            shut: (0, String::new()),
            lies: relayout::lies(nodes, cluster, asked),
            held_by: holders(ground, cluster, asked),
            relayout: relayout::places(ground, nodes, cluster, asked),
            others: others(nodes, cluster),
        };
        for node in nodes.iter().filter(|n| n.key.cluster.as_str() == cluster) {
            let Some(pool) = node.pools.iter().find(|p| p.resource == asked.resource) else {
                continue;
            };
            wanted.there += pool.allocatable;
            wanted.held += pool.held;
            wanted.nodes += u32::from(pool.capacity > 0);
            let open = node
                .node
                .as_ref()
                .is_some_and(|n| !n.unschedulable && n.ready == Some(true));
            let place = if open {
                &mut wanted.most
            } else {
                &mut wanted.shut
            };
            if pool.free() > place.0 {
                *place = (pool.free(), node.key.name.to_string());
            }
        }
        wanted
    }
}

fn row(claimant: &Claimant, (asked, queued): (&Asked, &Queued<'_>), wanted: &Wanted) -> WaitingRow {
    let message = &claimant.pod.unscheduled;
    let (lacks, mut why) = why(claimant, asked, wanted);
    let mut evidence = Vec::new();
    if lacks == Lacks::Queue
        && let Some((told, read)) = queued.why(claimant)
    {
        (why, evidence) = (told, read);
    }
    if !message.is_empty() {
        let said = format!("the scheduler says: {message}");
        evidence.push(Clean::new(&said));
    }
    if wanted.nodes > 0 {
        let said = format!(
            "{} of {} {} on {} nodes are held",
            wanted.held,
            wanted.there,
            short(&asked.resource),
            wanted.nodes
        );
        evidence.push(Clean::new(&said));
    } else if !wanted.others.is_empty() {
        evidence.push(Clean::new(&format!("nodes have {}", wanted.others)));
    }
    evidence.extend(wanted.lies.as_deref().map(Clean::new));
    // cutting a GPU anew helps who lacks a slice, and nobody else
    let cut = if matches!(lacks, Lacks::Resource | Lacks::Room | Lacks::Pieces) {
        wanted.relayout.clone()
    } else {
        relayout::Places::default()
    };
    WaitingRow {
        key: claimant.pod.key.clone(),
        waiter: Waiter::Pod(claimant.pod.clone()),
        holder: claimant.holder.clone(),
        asked: claimant.asked.clone().into(),
        lacks,
        why: Clean::new(&why),
        evidence: evidence.into(),
        held_by: wanted.held_by.clone(),
        relayout: cut.told,
        idle_nodes: cut.idle,
    }
}

fn why(claimant: &Claimant, asked: &Asked, wanted: &Wanted) -> (Lacks, String) {
    let message = &claimant.pod.unscheduled;
    if let Some(found) = beside(message) {
        return aside(found, claimant);
    }
    let (name, count) = (short(&asked.resource), asked.count);
    if wanted.nodes == 0 {
        return (Lacks::Resource, format!("no node has {name}"));
    }
    let (most, node) = &wanted.most;
    let (shut, where_shut) = &wanted.shut;
    if *most >= count {
        return kept_away(message, asked, (*most, node));
    }
    if *shut >= count {
        let why = format!("{shut} {name} are free on {where_shut}, which takes no pods");
        return (Lacks::Cordon, why);
    }
    let free = wanted.there.saturating_sub(wanted.held);
    if free >= count && count > 1 {
        let why = format!("{free} {name} are free and no node has {count} of them: most is {most}");
        return (Lacks::Pieces, why);
    }
    let by = wanted
        .held_by
        .first()
        .map_or_else(String::new, |by| format!(", {by}"));
    let lead = if wanted.held >= wanted.there {
        format!("no {name} is left")
    } else {
        format!("too few {name} are left")
    };
    let why = format!("{lead}: {} of {} are held{by}", wanted.held, wanted.there);
    (Lacks::Room, why)
}

/// It is no matter of nodes.
fn aside(found: Beside, claimant: &Claimant) -> (Lacks, String) {
    let queue = &claimant.holder.queue;
    match found {
        Beside::Gated if !queue.is_empty() => (
            Lacks::Queue,
            format!("the queue {queue} has not let it in yet"),
        ),
        Beside::Gated => (
            Lacks::Queue,
            "a scheduling gate holds it: a queue or a controller has not let it in".to_owned(),
        ),
        Beside::Gang => (
            Lacks::Gang,
            "the rest of its group has no place yet: all start together or none".to_owned(),
        ),
        Beside::Volume => (
            Lacks::Volume,
            "a volume claim of it is missing or not bound".to_owned(),
        ),
        Beside::Quota => (
            Lacks::Quota,
            "a quota of its namespace is used up".to_owned(),
        ),
    }
}

/// There is room, and something keeps it away from there.
fn kept_away(message: &str, asked: &Asked, (free, node): (u32, &str)) -> (Lacks, String) {
    let name = short(&asked.resource);
    let room = format!("{free} {name} are free on {node}");
    if message.is_empty() {
        return (
            Lacks::Unknown,
            format!("{room}; the scheduler has not said why it waits"),
        );
    }
    let all = clauses(message);
    let other = all
        .iter()
        .filter(|c| !c.what.ends_with(&*asked.resource) && !c.what.contains("unschedulable"))
        .max_by_key(|c| (weight(c), c.nodes));
    match other {
        Some(clause) => (
            Lacks::Placement,
            format!(
                "{room}, but {} nodes: {}",
                clause.nodes,
                plainly(clause.what)
            ),
        ),
        // the scheduler saw another state of things than is seen here
        None => (
            Lacks::Unknown,
            format!("{room} now; the scheduler has not tried again yet"),
        ),
    }
}

/// What keeps a pod from nodes with GPUs tells more than what keeps it from those without.
fn weight(clause: &Clause<'_>) -> u8 {
    let what = clause.what;
    if what.contains("affinity") || what.contains("selector") {
        3
    } else if what.contains("Insufficient") {
        2
    } else {
        1
    }
}

fn plainly(what: &str) -> String {
    if what.contains("affinity/selector") {
        "its node selector does not fit them".to_owned()
    } else if let Some(taint) = what.strip_prefix("node(s) had untolerated taint ") {
        format!("it does not tolerate the taint {taint}")
    } else if let Some(resource) = what.strip_prefix("Insufficient ") {
        format!("too little {resource}")
    } else {
        what.to_owned()
    }
}

/// Who holds a resource, most first: `12 by the run sweep-bert (ml-nlp)`.
fn holders(ground: &Ground, cluster: &str, asked: &Asked) -> Box<[Clean]> {
    let mut sums: BTreeMap<(HolderKind, &str, &str), u32> = BTreeMap::new();
    let all = ground.holding.iter();
    for (_, claimants) in all.filter(|(key, _)| key.cluster.as_str() == cluster) {
        for claimant in claimants {
            let own = claimant.asked.iter();
            let own: u32 = own
                .filter(|a| a.resource == asked.resource)
                .map(|a| a.count)
                .sum();
            if own > 0 {
                let holder = &claimant.holder;
                let name = if holder.of.is_empty() {
                    holder.key.name.as_str()
                } else {
                    holder.of.as_str()
                };
                let who = (holder.kind, holder.key.namespace.as_str(), name);
                *sums.entry(who).or_default() += own;
            }
        }
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    sums.into_iter()
        .take(TOLD)
        .map(|((kind, namespace, name), n)| {
            let word = match kind {
                HolderKind::Trial => "trials of",
                other => other.word(),
            };
            Clean::new(&format!("{n} by {word} {name} ({namespace})"))
        })
        .collect()
}

/// The resources that nodes of a cluster have, with how many.
fn others(nodes: &[GpuNodeRow], cluster: &str) -> String {
    let mut sums: BTreeMap<&str, u32> = BTreeMap::new();
    for node in nodes.iter().filter(|n| n.key.cluster.as_str() == cluster) {
        for pool in node.pools.iter().filter(|p| p.capacity > 0) {
            *sums.entry(short(&pool.resource)).or_default() += pool.allocatable;
        }
    }
    let said: Vec<String> = sums.iter().map(|(name, n)| format!("{n} {name}")).collect();
    said.join(", ")
}
