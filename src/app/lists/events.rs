//! The list of events: what clusters noted about their objects. Pure.

use std::cmp::Ordering;

use super::cells::{aged, newest};
use crate::app::inspect;
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::screen::{Ctx, Screen};
use crate::domain::{Clean, EventRow, Subject, clock};
use crate::kinds::SPECS;
use crate::theme::{Mark, Role};

/// Events of all namespaces.
#[derive(Debug)]
pub struct Events;

static COLUMNS: &[Column<EventRow>] = &[
    Column::<EventRow>::new(
        "age",
        "LAST",
        5,
        |e, ctx| aged(e.last, ctx.now),
        |a, b| newest(a.last, b.last),
    )
    .right(),
    Column::<EventRow>::new(
        "type",
        "TYPE",
        9,
        |e, _| {
            if e.warning {
                Cell::State(Mark::Burning, "Warning")
            } else {
                Cell::State(Mark::Plain, "Normal")
            }
        },
        |a, b| b.warning.cmp(&a.warning),
    )
    .drop(2),
    Column::<EventRow>::new(
        "reason",
        "REASON",
        18,
        |e, _| {
            Cell::Clean(
                e.reason.clone(),
                if e.warning { Role::Bad } else { Role::Text },
            )
        },
        |a, b| a.reason.cmp(&b.reason),
    ),
    Column::<EventRow>::new(
        "count",
        "COUNT",
        5,
        |e, _| Cell::text(e.count.to_string()),
        |a, b| b.count.cmp(&a.count),
    )
    .drop(3)
    .right(),
    Column::<EventRow>::new(
        "object",
        "OBJECT",
        20,
        |e, _| Cell::text(object(e)),
        |a, b| object(a).cmp(&object(b)),
    )
    .grow(2)
    .drop(1),
    Column::<EventRow>::new(
        "namespace",
        "NAMESPACE",
        9,
        |e, _| Cell::clean(&e.key.namespace),
        |a, b| a.key.namespace.cmp(&b.key.namespace),
    )
    .grow(1)
    .drop(5),
    Column::<EventRow>::new(
        "from",
        "FROM",
        12,
        |e, _| Cell::clean(&e.from),
        |a, b| a.from.cmp(&b.from),
    )
    .grow(1)
    .drop(4),
    Column::<EventRow>::new(
        "message",
        "MESSAGE",
        16,
        |e, _| Cell::clean(&e.message),
        |a, b| a.message.cmp(&b.message),
    )
    .grow(6),
];

fn object(event: &EventRow) -> String {
    format!("{}/{}", event.kind.to_lowercase(), event.object.name)
}

impl Listing for Events {
    type Row = EventRow;
    const ID: &'static str = "events";
    const TITLE: &'static str = "Events";
    const FEEDS: &'static [&'static str] = &["events"];
    const ORDER: &'static str = "newest first";
    const NOTHING: &'static str =
        "No events. Every source is live, so there are none; a cluster keeps them for an hour.";

    fn columns() -> &'static [Column<EventRow>] {
        COLUMNS
    }

    fn order(a: &EventRow, b: &EventRow) -> Ordering {
        newest(a.last, b.last)
    }

    fn summary(rows: &mut dyn Iterator<Item = &EventRow>) -> String {
        match rows.filter(|e| e.warning).count() {
            0 => String::new(),
            n => format!("{n} warning{}", if n == 1 { "" } else { "s" }),
        }
    }

    fn facts(event: &EventRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        let role = if event.warning { Role::Bad } else { Role::Text };
        let mut facts = vec![
            Fact::with("says", event.message.to_string(), role),
            Fact::new("about", format!("{} in {}", object(event), event.object)),
        ];
        let at = |t| clock(t, ctx.now);
        let time = match (event.first, event.last) {
            (Some(first), Some(last)) if event.count > 1 => {
                format!(
                    "{}, and {} times until {}",
                    at(first),
                    event.count - 1,
                    at(last)
                )
            }
            (_, Some(last)) => at(last),
            _ => "not known".to_owned(),
        };
        facts.push(Fact::new("when", time));
        if !event.from.is_empty() {
            facts.push(Fact::new("from", event.from.to_string()));
        }
        facts
    }

    const OPENS: bool = true;

    fn open(event: &EventRow) -> Option<Box<dyn Screen>> {
        Self::subject(event).map(inspect::opened)
    }

    /// What it is about: that is what a person wants to look at next.
    fn subject(event: &EventRow) -> Option<Subject> {
        let spec = SPECS.iter().find(|s| s.kind == &*event.kind)?;
        Some(Subject {
            feed: spec.feed,
            word: inspect::word(spec.feed),
            key: event.object.clone(),
            uid: Clean::default(),
        })
    }
}
