//! The list of revisions: what each of them serves. Pure.

use std::cmp::Ordering;

use super::cells::newest;
use super::columns::{age, cluster, name, namespace};
use crate::app::inspect::subject;
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::screen::{Ctx, Screen};
use crate::app::serving::ServiceScreen;
use crate::domain::{Key, RevisionRow, Row, ServiceRow, Subject};
use crate::store::{Table, World};
use crate::theme::{Mark, Role};

/// Knative revisions.
#[derive(Debug)]
pub struct Revisions;

static COLUMNS: &[Column<RevisionRow>] = &[
    Column::<RevisionRow>::new(
        "state",
        "STATE",
        11,
        |r, _| {
            let (mark, word) = state(r);
            Cell::State(mark, word)
        },
        |a, b| rank(a).cmp(&rank(b)),
    ),
    name(20).grow(3),
    cluster().drop(8),
    namespace().drop(4),
    Column::<RevisionRow>::new(
        "service",
        "SERVICE",
        12,
        |r, _| Cell::clean(&r.service),
        |a, b| a.service.cmp(&b.service),
    )
    .grow(1)
    .drop(6),
    Column::<RevisionRow>::new(
        "traffic",
        "TRAFFIC",
        7,
        |r, ctx| match part(r, ctx) {
            Some(percent) => Cell::text(format!("{percent} %")),
            None => Cell::unknown(),
        },
        |a, b| a.key.name.cmp(&b.key.name),
    )
    .by(|r, ctx| part(r, ctx).map(f64::from))
    .count(|r, ctx| part(r, ctx).map(i64::from))
    .drop(2)
    .right(),
    Column::<RevisionRow>::new(
        "replicas",
        "REPLICAS",
        8,
        |r, _| replicas(r),
        |a, b| b.replicas.cmp(&a.replicas),
    )
    .count(|r, _| r.replicas.map(i64::from))
    .drop(3)
    .right(),
    age().drop(1),
    Column::<RevisionRow>::new(
        "model",
        "MODEL",
        16,
        |r, _| Cell::clean(&r.uri),
        |a, b| a.uri.cmp(&b.uri),
    )
    .grow(2)
    .drop(5),
];

/// Mark and word of a revision.
#[must_use]
pub fn state(revision: &RevisionRow) -> (Mark, &'static str) {
    match (revision.ready, revision.active) {
        (Some(false), _) => (Mark::Failed, "Not ready"),
        (_, Some(false)) => (Mark::Omitted, "Idle"),
        (None, _) => (Mark::Pending, "Unknown"),
        (Some(true), Some(true)) => (Mark::Running, "Active"),
        (Some(true), None) => (Mark::Ok, "Ready"),
    }
}

fn rank(revision: &RevisionRow) -> u8 {
    match state(revision).1 {
        "Not ready" => 0,
        "Unknown" => 1,
        "Idle" => 3,
        _ => 2,
    }
}

/// Percent of the traffic that is routed to it; none where its service does not tell.
#[must_use]
pub fn part(revision: &RevisionRow, ctx: &Ctx<'_>) -> Option<u32> {
    let table = ctx.world.table::<ServiceRow>()?;
    let service = table.get(&revision.about()?)?;
    if service.traffic.is_empty() {
        return None;
    }
    let mut shares = service.traffic.iter();
    let mine = shares.find(|s| s.revision == revision.key.name);
    Some(mine.map_or(0, |s| s.percent))
}

/// Replicas there are of those wanted.
#[must_use]
pub fn replicas(revision: &RevisionRow) -> Cell {
    match (revision.replicas, revision.desired) {
        (Some(there), Some(wanted)) => {
            let role = if there < wanted {
                Role::Warn
            } else {
                Role::Text
            };
            Cell::Text(format!("{there}/{wanted}").into(), role)
        }
        (Some(there), None) => Cell::text(there.to_string()),
        (None, _) => Cell::unknown(),
    }
}

impl Listing for Revisions {
    type Row = RevisionRow;
    const ID: &'static str = "revisions";
    const TITLE: &'static str = "Revisions";
    const FEEDS: &'static [&'static str] = &["revisions"];
    const BESIDE: &'static [&'static str] = &["services"];
    const ORDER: &'static str = "state, age";
    const STATES: &'static [&'static str] = &["Not ready", "Unknown", "Active", "Ready", "Idle"];
    const NOTHING: &'static str = "No revisions. Every source is live, so there are none.";

    fn columns() -> &'static [Column<RevisionRow>] {
        COLUMNS
    }

    fn rank(revision: &RevisionRow) -> u8 {
        rank(revision)
    }

    fn beside(world: &World) -> u64 {
        world.table::<ServiceRow>().map_or(0, Table::version)
    }

    fn order(a: &RevisionRow, b: &RevisionRow) -> Ordering {
        newest(a.created, b.created)
    }

    fn facts(revision: &RevisionRow, _ctx: &Ctx<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        if !revision.trouble.is_empty() {
            facts.push(Fact::with("why", revision.trouble.to_string(), Role::Bad));
        }
        if !revision.uri.is_empty() {
            facts.push(Fact::new("model", revision.uri.to_string()));
        }
        facts
    }

    const OPENS: bool = true;

    fn open(revision: &RevisionRow) -> Option<Box<dyn Screen>> {
        let service: Key = revision.about()?;
        Some(Box::new(ServiceScreen::new("services", service)))
    }

    fn subject(revision: &RevisionRow) -> Option<Subject> {
        Some(subject("revisions", &revision.key, &revision.uid))
    }
}
