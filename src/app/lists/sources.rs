//! The list of sources: where data comes from and whether it can be believed. Pure.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::Jobs;
use super::cells::{aged, since};
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::screen::Ctx;
use crate::domain::{SourceState, Span, clock};
use crate::store::Source;
use crate::theme::{Mark, Role};

/// Sources of all clusters.
#[derive(Debug)]
pub struct Sources;

static COLUMNS: &[Column<Source>] = &[
    Column::<Source>::new(
        "state",
        "STATE",
        12,
        |s, _| state(s.row.state),
        |a, b| rank(a.row.state).cmp(&rank(b.row.state)),
    ),
    Column::<Source>::new(
        "cluster",
        "CLUSTER",
        10,
        |s, _| Cell::text(s.row.id.cluster.as_str().to_owned()),
        |a, b| a.row.id.cluster.cmp(&b.row.id.cluster),
    )
    .grow(1)
    .drop(4),
    Column::<Source>::new(
        "source",
        "SOURCE",
        14,
        |s, _| Cell::Text(name(s).into(), Role::Strong),
        |a, b| name(a).cmp(&name(b)),
    )
    .grow(1),
    Column::<Source>::new(
        "since",
        "SINCE",
        6,
        |s, ctx| aged(Some(s.row.since), ctx.now),
        |a, b| b.row.since.cmp(&a.row.since),
    )
    .seconds(|s, ctx| since(Some(s.row.since), ctx.now))
    .drop(3)
    .right(),
    Column::<Source>::new(
        "seen",
        "SEEN",
        6,
        |s, ctx| seen(s, ctx.now),
        |a, b| a.row.seen.cmp(&b.row.seen),
    )
    .drop(2)
    .right(),
    Column::<Source>::new(
        "rows",
        "ROWS",
        7,
        |s, _| {
            let asked = s.row.state.is_live() || s.row.state == SourceState::Absent;
            if s.row.id.feed == "api" || s.row.rows == 0 && !asked {
                Cell::unknown()
            } else {
                Cell::text(s.row.rows.to_string())
            }
        },
        |a, b| b.row.rows.cmp(&a.row.rows),
    )
    .count(|s, _| i64::try_from(s.row.rows).ok())
    .drop(1)
    .right(),
    Column::<Source>::new(
        "endpoint",
        "ENDPOINT",
        16,
        |s, _| Cell::dim(s.row.endpoint.clone()),
        |a, b| a.row.endpoint.cmp(&b.row.endpoint),
    )
    .grow(3)
    .drop(5),
    Column::<Source>::new(
        "fault",
        "LAST ERROR",
        12,
        |s, _| {
            s.row.fault.as_ref().map_or_else(
                || Cell::text(""),
                |f| Cell::Text(f.what.clone().into(), Role::Warn),
            )
        },
        |a, b| b.row.fault.is_some().cmp(&a.row.fault.is_some()),
    )
    .grow(3),
];

fn name(source: &Source) -> String {
    match source.row.id.scope.as_str() {
        "" => source.row.id.feed.to_owned(),
        scope => format!("{} {scope}", source.row.id.feed),
    }
}

/// A live watch is seen now: a silent one is cut and shows as stale.
fn seen(source: &Source, now: Timestamp) -> Cell {
    if source.row.state.is_live() {
        Cell::dim("now")
    } else {
        aged(source.row.seen, now)
    }
}

fn rank(state: SourceState) -> u8 {
    match state {
        SourceState::Down => 0,
        SourceState::Stale => 1,
        SourceState::Denied => 2,
        SourceState::Connecting => 3,
        SourceState::Partial => 4,
        SourceState::Absent => 5,
        SourceState::Live => 6,
    }
}

fn state(state: SourceState) -> Cell {
    match state {
        SourceState::Down => Cell::State(Mark::Failed, "Down"),
        SourceState::Stale => Cell::State(Mark::Burning, "Stale"),
        SourceState::Denied => Cell::State(Mark::Waiting, "Denied"),
        SourceState::Connecting => Cell::State(Mark::Pending, "Connecting"),
        SourceState::Partial => Cell::State(Mark::Running, "Partial"),
        SourceState::Absent => Cell::State(Mark::Omitted, "Absent"),
        SourceState::Live => Cell::State(Mark::Ok, "Live"),
    }
}

impl Listing for Sources {
    type Row = Source;
    const ID: &'static str = "sources";
    const TITLE: &'static str = "Sources";
    const FEEDS: &'static [&'static str] = &[];
    // nobody installs every kind of training job
    const OPTIONAL: &'static [&'static str] = Jobs::OPTIONAL;
    const ORDER: &'static str = "state, source";
    const NOTHING: &'static str = "Nothing has been asked yet.";

    fn columns() -> &'static [Column<Source>] {
        COLUMNS
    }

    fn rank(source: &Source) -> u8 {
        rank(source.row.state)
    }

    fn order(a: &Source, b: &Source) -> Ordering {
        name(a).cmp(&name(b))
    }

    fn facts(source: &Source, ctx: &Ctx<'_>) -> Vec<Fact> {
        let row = &source.row;
        let mut facts = vec![Fact::new("endpoint", row.endpoint.clone())];
        if let Some(fault) = &row.fault {
            let times = if fault.count > 1 {
                format!(
                    " ({} times since {})",
                    fault.count,
                    clock(fault.since, ctx.now)
                )
            } else {
                String::new()
            };
            facts.push(Fact::with(
                "error",
                format!("{}{times}", fault.what),
                Role::Bad,
            ));
            if !fault.hint.is_empty() {
                facts.push(Fact::with("to do", fault.hint.clone(), Role::Strong));
            }
        }
        if let Some(at) = row.retry.filter(|_| !row.state.is_live()) {
            facts.push(Fact::new(
                "next try",
                format!("in {}; C-r asks now", Span::between(ctx.now, at)),
            ));
        }
        if let Some(load) = ctx
            .loads
            .get(&row.id.cluster)
            .filter(|_| row.id.feed == "api")
        {
            let text = format!(
                "{} requests and {} kB in the last minute; {} and {} kB since the start",
                load.requests,
                load.bytes.div_ceil(1000),
                load.requests_total,
                load.bytes_total.div_ceil(1000),
            );
            facts.push(Fact::new("load", text));
        }
        if row.state == SourceState::Absent {
            facts.push(Fact::new(
                "means",
                "this kind is not installed in the cluster",
            ));
        }
        facts
    }
}
