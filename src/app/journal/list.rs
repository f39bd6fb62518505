//! The list of actions, newest first. Pure.

use std::cmp::Ordering;

use super::{ActionPage, ActionRow};
use crate::app::column::{Cell, Column, Fact};
use crate::app::command::Place;
use crate::app::list::Listing;
use crate::app::lists::{aged, newest, since};
use crate::app::screen::{Ctx, Screen};
use crate::domain::{Clean, Subject, clock};
use crate::theme::Role;

/// Actions of all clusters, done from this machine.
#[derive(Debug)]
pub struct Actions;

static COLUMNS: &[Column<ActionRow>] = &[
    Column::<ActionRow>::new(
        "state",
        "STATE",
        13,
        |r, _| {
            let (mark, word) = r.state();
            Cell::State(mark, word)
        },
        |a, b| a.state().1.cmp(b.state().1),
    ),
    Column::<ActionRow>::new(
        "age",
        "AGE",
        5,
        |r, ctx| aged(Some(r.entry.at), ctx.now),
        |a, b| newest(Some(a.entry.at), Some(b.entry.at)),
    )
    .seconds(|r, ctx| since(Some(r.entry.at), ctx.now))
    .right(),
    Column::<ActionRow>::new(
        "action",
        "ACTION",
        14,
        |r, _| Cell::Clean(Clean::new(&r.entry.intent.action), Role::Strong),
        |a, b| a.entry.intent.action.cmp(&b.entry.intent.action),
    ),
    Column::<ActionRow>::new(
        "name",
        "TARGET",
        20,
        |r, _| Cell::Clean(Clean::new(&r.entry.intent.target.name), Role::Text),
        |a, b| a.key.name.cmp(&b.key.name),
    )
    .grow(3),
    Column::<ActionRow>::new(
        "namespace",
        "NAMESPACE",
        10,
        |r, _| Cell::clean(&r.key.namespace),
        |a, b| a.key.namespace.cmp(&b.key.namespace),
    )
    .grow(1)
    .drop(5),
    // not `cluster`, which is left out while one cluster is open: the journal tells of others, too
    Column::<ActionRow>::new(
        "context",
        "CONTEXT",
        10,
        |r, _| Cell::text(r.key.cluster.as_str().to_owned()),
        |a, b| a.key.cluster.cmp(&b.key.cluster),
    )
    .grow(1)
    .drop(2),
    Column::<ActionRow>::new(
        "operator",
        "OPERATOR",
        10,
        |r, _| Cell::dim(r.entry.intent.operator.name().to_owned()),
        |a, b| {
            let name = |r: &ActionRow| r.entry.intent.operator.name().to_owned();
            name(a).cmp(&name(b))
        },
    )
    .grow(1)
    .drop(3),
    Column::<ActionRow>::new(
        "reason",
        "REASON",
        14,
        |r, _| Cell::clean(&r.entry.intent.reason),
        |a, b| a.entry.intent.reason.cmp(&b.entry.intent.reason),
    )
    .grow(3)
    .drop(4),
    Column::<ActionRow>::new(
        "incident",
        "INCIDENT",
        10,
        |r, _| Cell::clean(&r.entry.intent.incident),
        |a, b| a.entry.intent.incident.cmp(&b.entry.intent.incident),
    )
    .extra(),
    Column::<ActionRow>::new(
        "id",
        "ID",
        16,
        |r, _| Cell::Clean(Clean::new(&r.entry.id), Role::Dim),
        |a, b| a.entry.id.cmp(&b.entry.id),
    )
    .extra(),
];

impl Listing for Actions {
    type Row = ActionRow;
    const ID: &'static str = super::SCREEN;
    const TITLE: &'static str = "Journal";
    const FEEDS: &'static [&'static str] = &[];
    const ORDER: &'static str = "newest first";
    const PLACES: &'static [Place] = &[Place::Journal, Place::List, Place::Object];
    const STATES: &'static [&'static str] = &[
        "Under way",
        "Begun",
        "In doubt",
        "Not checked",
        "Done",
        "Accepted",
        "Not written",
        "Partly",
        "Unknown",
    ];
    const NOTHING: &'static str =
        "Nothing was done from this machine yet. What you do is kept here.";

    fn nothing(ctx: &Ctx<'_>) -> &'static str {
        if ctx.world.table::<ActionRow>().is_none() {
            "The journal has not been read. When it cannot be, the messages tell why."
        } else {
            Self::NOTHING
        }
    }

    fn columns() -> &'static [Column<ActionRow>] {
        COLUMNS
    }

    fn order(a: &ActionRow, b: &ActionRow) -> Ordering {
        newest(Some(a.entry.at), Some(b.entry.at))
    }

    fn summary(rows: &mut dyn Iterator<Item = &ActionRow>) -> String {
        let (mut open, mut busy) = (0, 0);
        for row in rows {
            let waits = row.entry.standing().is_open();
            busy += usize::from(waits && row.under_way);
            open += usize::from(waits && !row.under_way);
        }
        let parts = [(busy, "under way"), (open, "in doubt")];
        let said = parts.iter().filter(|(n, _)| *n > 0);
        let said: Vec<String> = said.map(|(n, word)| format!("{n} {word}")).collect();
        said.join(", ")
    }

    fn facts(row: &ActionRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        let (entry, intent) = (&row.entry, &row.entry.intent);
        let standing = entry.standing();
        let what = match &entry.ended {
            Some(ended) => ended.what.to_string(),
            None if row.under_way => "It is carried out now.".to_owned(),
            None => standing.means().to_owned(),
        };
        let mut facts = vec![Fact::with(
            "came of it",
            format!("{}. {what}", standing.words()),
            super::row::role(standing.tone()),
        )];
        facts.push(Fact::new("did", intent.does.to_string()));
        facts.push(Fact::new("target", entry.target()));
        facts.push(Fact::new("when", clock(entry.at, ctx.now)));
        facts.push(Fact::new("who", intent.operator.words()));
        if !intent.reason.is_empty() {
            facts.push(Fact::new("why", intent.reason.to_string()));
        }
        if let Some(undo) = &intent.undo {
            facts.push(Fact::new("undo", format!("{}: {}", undo.action, undo.text)));
        }
        facts
    }

    const OPENS: bool = true;

    fn open(row: &ActionRow) -> Option<Box<dyn Screen>> {
        Some(Box::new(ActionPage::new(row)))
    }

    /// What it was done to, where that can be looked at.
    fn subject(row: &ActionRow) -> Option<Subject> {
        Some(row.target()).filter(|s| row.here && !s.feed.is_empty())
    }
}
