//! The list of workloads in queues: what waits, for what, and why. Pure.

use std::cmp::Ordering;

use super::cells::since;
use super::columns::{age, cluster, namespace};
use super::gpu_cells::amounts;
use crate::app::inspect::{opened, subject};
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::screen::{Ctx, Screen};
use crate::domain::{Clean, PlaceRow, QueueRow, QueuedPhase, QueuedRow, Row, Span, Subject, clock};
use crate::store::{
    Asked, Table, World, cluster_queue_of, evidence_of, place, place_words, preemptor, queue_why,
    quota_holders,
};
use crate::theme::{Mark, Role};

/// Jobs as their queues see them.
#[derive(Debug)]
pub struct Workloads;

type Col = Column<QueuedRow>;

static COLUMNS: &[Col] = &[
    Col::new(
        "state",
        "STATE",
        10,
        |w, _| Cell::State(mark(w.phase), w.phase.word()),
        |a, b| a.phase.cmp(&b.phase),
    ),
    Col::new(
        "name",
        "JOB",
        14,
        |w, _| Cell::Clean(w.job().clone(), Role::Strong),
        |a, b| a.job().cmp(b.job()),
    )
    .grow(2),
    Col::new(
        "kind",
        "KIND",
        10,
        |w, _| Cell::Clean(w.owner_kind.clone(), Role::Dim),
        |a, b| a.owner_kind.cmp(&b.owner_kind),
    )
    .drop(8),
    cluster().drop(10),
    namespace().drop(4),
    Col::new(
        "queue",
        "QUEUE",
        9,
        |w, _| Cell::clean(&w.queue),
        |a, b| a.queue.cmp(&b.queue),
    )
    .grow(1)
    .drop(3),
    Col::new(
        "wants",
        "WANTS",
        12,
        |w, _| Cell::text(amounts(&Asked::read(&w.devices))),
        |a, b| a.devices.cmp(&b.devices),
    )
    .drop(2),
    Col::new(
        "priority",
        "PRIO",
        5,
        |w, _| Cell::text(w.priority.to_string()),
        |a, b| b.priority.cmp(&a.priority),
    )
    .count(|w, _| Some(w.priority))
    .drop(7)
    .right(),
    Col::new(
        "place",
        "PLACE",
        5,
        |w, ctx| match place(w, ctx.world) {
            Some(place) => Cell::text((place.in_cluster_queue + 1).to_string()),
            None if w.phase.waits() => Cell::unknown(),
            None => Cell::text(""),
        },
        |a, b| a.created.cmp(&b.created),
    )
    .count(|w, ctx| place(w, ctx.world).map(|p| i64::from(p.in_cluster_queue) + 1))
    .drop(5)
    .right(),
    Col::new(
        "since",
        "SINCE",
        5,
        |w, ctx| match stands(w) {
            Some(then) => Cell::text(Span::between(then, ctx.now).short()),
            None => Cell::unknown(),
        },
        |a, b| stands(a).cmp(&stands(b)),
    )
    .seconds(|w, ctx| since(stands(w), ctx.now))
    .drop(1)
    .right(),
    Col::new(
        "evictions",
        "EVICTED",
        7,
        |w, _| match w.evictions {
            0 => Cell::text(""),
            n => Cell::Text(format!("{n}x").into(), Role::Warn),
        },
        |a, b| b.evictions.cmp(&a.evictions),
    )
    .count(|w, _| Some(i64::from(w.evictions)))
    .drop(6)
    .right(),
    age().drop(9),
    Col::new("why", "WHY", 20, why, |a, b| a.message.cmp(&b.message)).grow(5),
    Col::new(
        "workload",
        "WORKLOAD",
        14,
        |w, _| Cell::clean(&w.key.name),
        |a, b| a.key.name.cmp(&b.key.name),
    )
    .drop(11)
    .extra(),
];

fn mark(phase: QueuedPhase) -> Mark {
    match phase {
        QueuedPhase::Waiting | QueuedPhase::Held | QueuedPhase::Evicted => Mark::Waiting,
        QueuedPhase::Checked => Mark::Pending,
        QueuedPhase::Admitted => Mark::Running,
        QueuedPhase::Finished => Mark::Ok,
        QueuedPhase::Unknown => Mark::Unknown,
    }
}

/// Since when it is where it is; a workload waits from its beginning unless it was put out.
fn stands(workload: &QueuedRow) -> Option<jiff::Timestamp> {
    match workload.phase {
        QueuedPhase::Waiting | QueuedPhase::Unknown => workload.created,
        _ => workload.since,
    }
}

fn why(workload: &QueuedRow, ctx: &Ctx<'_>) -> Cell {
    match queue_why(workload, ctx.world) {
        Some(text) => Cell::Text(text.into(), Role::Text),
        None => match &*workload.flavors {
            "" => Cell::text(""),
            flavors => Cell::dim(format!("flavor {flavors}")),
        },
    }
}

/// Those that wait first, then what was put on hold, then what runs.
fn rank(workload: &QueuedRow) -> u8 {
    match workload.phase {
        QueuedPhase::Waiting | QueuedPhase::Evicted => 0,
        QueuedPhase::Checked => 1,
        QueuedPhase::Unknown => 2,
        QueuedPhase::Held => 3,
        QueuedPhase::Admitted => 4,
        QueuedPhase::Finished => 5,
    }
}

impl Listing for Workloads {
    type Row = QueuedRow;
    const ID: &'static str = "workloads";
    const TITLE: &'static str = "Workloads in queues";
    const FEEDS: &'static [&'static str] = &["workloads"];
    const BESIDE: &'static [&'static str] =
        &["cluster-queues", "local-queues", crate::store::PLACES];
    const ORDER: &'static str = "waiting longest first";
    const STATES: &'static [&'static str] = &[
        "Waiting", "Evicted", "Checked", "Held", "Admitted", "Finished", "Unknown",
    ];
    const NOTHING: &'static str = "No workloads. Every source is live, so nothing is queued.";
    const OPENS: bool = true;

    fn columns() -> &'static [Col] {
        COLUMNS
    }

    fn rank(workload: &QueuedRow) -> u8 {
        rank(workload)
    }

    fn beside(world: &World) -> u64 {
        let queues = world.table::<QueueRow>().map_or(0, Table::version);
        queues + world.table::<PlaceRow>().map_or(0, Table::version)
    }

    fn order(a: &QueuedRow, b: &QueuedRow) -> Ordering {
        let started = |w: &QueuedRow| w.created();
        started(a).cmp(&started(b)).then_with(|| a.key.cmp(&b.key))
    }

    fn summary(rows: &mut dyn Iterator<Item = &QueuedRow>) -> String {
        let mut counts = std::collections::BTreeMap::<QueuedPhase, usize>::new();
        for row in rows {
            *counts.entry(row.phase).or_default() += 1;
        }
        let said = counts.iter().map(|(phase, n)| {
            let word = phase.word().to_lowercase();
            format!("{n} {word}")
        });
        said.collect::<Vec<_>>().join(" · ")
    }

    fn facts(workload: &QueuedRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        if let Some(text) = queue_why(workload, ctx.world) {
            facts.push(Fact::with("why", text, Role::Warn));
        }
        if workload.phase.waits() && workload.phase != QueuedPhase::Held {
            let held = quota_holders(workload, ctx.world);
            facts.extend(labelled(
                "held",
                held.iter().map(Clean::to_string),
                Role::Text,
            ));
        }
        match place_words(workload, ctx.world) {
            Some(Ok(text)) => facts.push(Fact::new("place", text)),
            Some(Err(why)) => facts.push(Fact::with("place", format!("- {why}"), Role::Dim)),
            None => {}
        }
        facts.extend(put_out(workload, ctx));
        facts.push(Fact::new("queue", path(workload, ctx)));
        facts.push(Fact::new("asks", asks(workload)));
        if let Some(since) = workload.since {
            let text = format!("{} since {}", workload.phase.word(), clock(since, ctx.now));
            facts.push(Fact::new("state", text));
        }
        let read = evidence_of(workload, ctx.world).into_iter();
        facts.extend(labelled("read in", read, Role::Dim));
        facts
    }

    fn open(workload: &QueuedRow) -> Option<Box<dyn Screen>> {
        Self::subject(workload).map(opened)
    }

    fn subject(workload: &QueuedRow) -> Option<Subject> {
        Some(subject("workloads", &workload.key, &workload.uid))
    }
}

fn labelled(
    label: &'static str,
    texts: impl Iterator<Item = String>,
    role: Role,
) -> impl Iterator<Item = Fact> {
    texts.enumerate().map(move |(at, text)| {
        let label = if at == 0 { label } else { "" };
        Fact::with(label, text, role)
    })
}

/// For whom it was put out.
fn put_out(workload: &QueuedRow, ctx: &Ctx<'_>) -> Option<Fact> {
    let gone = workload.preempted.as_ref()?;
    let by = match preemptor(workload, ctx.world) {
        Some(other) => format!("{} ({})", other.job(), other.key.namespace),
        None => format!("a workload that is not seen here (uid {})", gone.by),
    };
    let when = gone
        .at
        .map_or_else(String::new, |at| format!(", {}", clock(at, ctx.now)));
    let text = format!("for {by}: {}{when}", gone.reason);
    Some(Fact::with("put out", text, Role::Warn))
}

/// `fraud → ClusterQueue fraud (cohort research), which borrows`
fn path(workload: &QueuedRow, ctx: &Ctx<'_>) -> String {
    let Some(queue) = cluster_queue_of(workload, ctx.world) else {
        return workload.queue.to_string();
    };
    let cohort = match &*queue.within {
        "" => String::new(),
        within => format!(" of cohort {within}"),
    };
    let borrows = queue.shares.iter().any(|s| !s.borrowed.is_none());
    let borrows = if borrows { ", which borrows now" } else { "" };
    format!(
        "{} in ClusterQueue {}{cohort}{borrows}",
        workload.queue, queue.key.name
    )
}

fn asks(workload: &QueuedRow) -> String {
    let devices = match amounts(&Asked::read(&workload.devices)) {
        text if text.is_empty() => "no accelerator".to_owned(),
        text => text,
    };
    let pods = match workload.pods {
        1 => "1 pod".to_owned(),
        n => format!("{n} pods"),
    };
    let class = match &*workload.priority_class {
        "" => String::new(),
        class => format!(" ({class})"),
    };
    format!(
        "{devices} for {pods}, priority {}{class}",
        workload.priority
    )
}
