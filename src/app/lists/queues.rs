//! The list of queues: what each has, what is in use of it, and who waits. Pure.

use std::cmp::Ordering;

use super::columns::{age, cluster, name, namespace};
use crate::app::inspect::subject;
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::screen::{Ctx, Screen};
use crate::domain::{Amount, Clean, Halt, QueueRow, Subject};
use crate::store::short;
use crate::theme::{Mark, Role};

/// `ClusterQueue`s and `LocalQueue`s.
#[derive(Debug)]
pub struct Queues;

type Col = Column<QueueRow>;

static COLUMNS: &[Col] = &[
    Col::new(
        "state",
        "STATE",
        10,
        |q, _| state(q),
        |a, b| rank(a).cmp(&rank(b)),
    ),
    name(12).grow(2),
    cluster().drop(9),
    Col::new(
        "kind",
        "KIND",
        7,
        |q, _| Cell::dim(kind(q)),
        |a, b| a.local.cmp(&b.local),
    )
    .drop(5),
    namespace().drop(4),
    Col::new(
        "within",
        "WITHIN",
        9,
        |q, _| Cell::clean(&q.within),
        |a, b| a.within.cmp(&b.within),
    )
    .grow(1)
    .drop(6),
    Col::new(
        "waits",
        "WAIT",
        4,
        |q, _| number(q.pending, Role::Warn),
        by_name,
    )
    .by(|q, _| q.pending.map(f64::from))
    .count(|q, _| q.pending.map(i64::from))
    .right(),
    Col::new(
        "admitted",
        "RUN",
        4,
        |q, _| number(q.admitted, Role::Text),
        by_name,
    )
    .by(|q, _| q.admitted.map(f64::from))
    .count(|q, _| q.admitted.map(i64::from))
    .drop(3)
    .right(),
    Col::new(
        "uses",
        "RESERVED",
        16,
        |q, _| uses(q),
        |a, b| fullest(b).total_cmp(&fullest(a)),
    )
    .by(|q, _| Some(fullest(q)))
    .grow(2),
    Col::new(
        "borrows",
        "BORROWS",
        8,
        |q, _| borrows(q),
        |a, b| borrowed(b).cmp(&borrowed(a)),
    )
    .drop(2),
    age().drop(7),
    Col::new(
        "why",
        "WHY",
        18,
        |q, _| why(q),
        |a, b| a.message.cmp(&b.message),
    )
    .grow(3)
    .drop(1),
];

fn by_name(a: &QueueRow, b: &QueueRow) -> Ordering {
    a.key.name.cmp(&b.key.name)
}

fn number(count: Option<u32>, role: Role) -> Cell {
    match count {
        None => Cell::unknown(),
        Some(0) => Cell::dim("0"),
        Some(n) => Cell::Text(n.to_string().into(), role),
    }
}

fn kind(queue: &QueueRow) -> &'static str {
    if queue.local { "local" } else { "cluster" }
}

fn state(queue: &QueueRow) -> Cell {
    match (queue.halt, queue.active) {
        (Halt::Hold, _) => Cell::State(Mark::Waiting, "Held"),
        (Halt::Drain, _) => Cell::State(Mark::Waiting, "Draining"),
        (Halt::None, Some(false)) => Cell::State(Mark::Failed, "Inactive"),
        (Halt::None, None) => Cell::State(Mark::Unknown, "Unknown"),
        (Halt::None, Some(true)) if is_full(queue) => Cell::State(Mark::Pending, "Full"),
        (Halt::None, Some(true)) => Cell::State(Mark::Ok, "Active"),
    }
}

fn rank(queue: &QueueRow) -> u8 {
    match (queue.halt, queue.active) {
        (Halt::None, Some(false)) => 0,
        (Halt::Drain, _) => 1,
        (Halt::Hold, _) => 2,
        (Halt::None, None) => 5,
        (Halt::None, Some(true)) if is_full(queue) => 3,
        (Halt::None, Some(true)) => 4,
    }
}

/// Somebody waits, and all that it has of a resource is reserved.
fn is_full(queue: &QueueRow) -> bool {
    queue.pending.is_some_and(|n| n > 0) && fullest(queue) >= 1.0
}

/// How much of its own is reserved, of the resource that is nearest to its end.
#[expect(clippy::cast_precision_loss, reason = "amounts of accelerators")]
fn fullest(queue: &QueueRow) -> f64 {
    let each = queue.resources().into_iter().map(|name| {
        let sum = queue.sum(name);
        match sum.nominal.filter(|n| !n.is_none()) {
            Some(own) => sum.used.0 as f64 / own.0 as f64,
            None => 0.0,
        }
    });
    each.fold(0.0, f64::max)
}

fn borrowed(queue: &QueueRow) -> Amount {
    let all = queue.shares.iter().map(|s| s.borrowed);
    all.max().unwrap_or_default()
}

fn borrows(queue: &QueueRow) -> Cell {
    let all = queue.resources().into_iter().filter_map(|name| {
        let sum = queue.sum(name);
        (!sum.borrowed.is_none()).then(|| format!("{} {}", sum.borrowed, short(name)))
    });
    let text = all.collect::<Vec<_>>().join(", ");
    Cell::Text(text.into(), Role::Warn)
}

/// `10 of 8 gpu`
fn one(queue: &QueueRow, name: &Clean) -> String {
    let sum = queue.sum(name);
    let own = sum.nominal.map_or_else(String::new, |n| format!(" of {n}"));
    format!("{}{own} {}", sum.used, short(name))
}

fn uses(queue: &QueueRow) -> Cell {
    let all = queue.resources().into_iter().map(|name| one(queue, name));
    let text = all.collect::<Vec<_>>().join(", ");
    if text.is_empty() {
        return Cell::unknown();
    }
    let role = if is_full(queue) {
        Role::Warn
    } else {
        Role::Text
    };
    Cell::Text(text.into(), role)
}

fn why(queue: &QueueRow) -> Cell {
    match (queue.halt, queue.active) {
        (Halt::Hold, _) => Cell::Text("lets nothing new in; what runs goes on".into(), Role::Warn),
        (Halt::Drain, _) => Cell::Text("lets nothing in, and evicts what runs".into(), Role::Warn),
        (Halt::None, Some(false)) => Cell::Clean(queue.message.clone(), Role::Bad),
        _ => Cell::text(""),
    }
}

impl Listing for Queues {
    type Row = QueueRow;
    const ID: &'static str = "queues";
    const TITLE: &'static str = "Queues";
    const FEEDS: &'static [&'static str] = &["cluster-queues", "local-queues"];
    const ORDER: &'static str = "state, name";
    const STATES: &'static [&'static str] =
        &["Inactive", "Draining", "Held", "Full", "Active", "Unknown"];
    const NOTHING: &'static str = "No queues. Every source is live, so there are none.";

    fn columns() -> &'static [Col] {
        COLUMNS
    }

    fn rank(queue: &QueueRow) -> u8 {
        rank(queue)
    }

    fn order(a: &QueueRow, b: &QueueRow) -> Ordering {
        a.local.cmp(&b.local).then_with(|| a.key.cmp(&b.key))
    }

    fn summary(rows: &mut dyn Iterator<Item = &QueueRow>) -> String {
        let (mut waiting, mut stopped) = (0, 0);
        for row in rows {
            // a local queue's workloads are those of its cluster queue once more
            waiting += row.pending.filter(|_| !row.local).unwrap_or(0);
            stopped += usize::from(row.halt != Halt::None);
        }
        match stopped {
            0 => format!("{waiting} workloads wait"),
            n => format!("{waiting} workloads wait · {n} stopped"),
        }
    }

    fn facts(queue: &QueueRow, _ctx: &Ctx<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        if queue.halt != Halt::None {
            let text = format!("stopPolicy {}", queue.halt.word());
            facts.push(Fact::with("stopped", text, Role::Warn));
        }
        if queue.active == Some(false) {
            let text = format!("{}: {}", queue.reason, queue.message);
            facts.push(Fact::with("inactive", text, Role::Bad));
        }
        for share in &queue.shares {
            facts.push(Fact::new("has", shared(share, queue)));
        }
        let within = match (queue.local, queue.within.is_empty()) {
            (true, _) => format!("ClusterQueue {}", queue.within),
            (false, true) => "no cohort: it neither lends nor borrows".to_owned(),
            (false, false) => format!("cohort {}, {}", queue.within, queue.strategy),
        };
        facts.push(Fact::new("within", within));
        facts
    }

    const OPENS: bool = true;

    fn open(queue: &QueueRow) -> Option<Box<dyn Screen>> {
        Self::subject(queue).map(crate::app::inspect::opened)
    }

    fn subject(queue: &QueueRow) -> Option<Subject> {
        let feed = if queue.local {
            "local-queues"
        } else {
            "cluster-queues"
        };
        Some(subject(feed, &queue.key, &queue.uid))
    }
}

/// `nvidia.com/gpu of flavor a100: 10 of 8 reserved, 2 borrowed of at most 8`
fn shared(share: &crate::domain::QueueShare, queue: &QueueRow) -> String {
    let own = share
        .nominal
        .map_or_else(String::new, |n| format!(" of {n}"));
    let text = format!(
        "{} of flavor {}: {}{own} reserved",
        share.resource, share.flavor, share.used
    );
    if !share.borrowed.is_none() {
        let most = share
            .may_borrow
            .map_or_else(String::new, |n| format!(" of at most {n}"));
        let (borrowed, cohort) = (&share.borrowed, &queue.within);
        return format!("{text}, {borrowed} borrowed{most} from cohort {cohort}");
    }
    text
}
