//! The list of notebooks: which hold accelerators, and when somebody worked in them last. Pure.

use std::cmp::Ordering;

use super::cells::since;
use super::columns::{age, cluster, name, namespace};
use super::gpu_cells::amounts;
use crate::app::inspect::{opened, subject};
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::screen::{Ctx, Screen};
use crate::domain::{NotebookRow, Span, Subject, clock};
use crate::store::Asked;
use crate::theme::{Mark, Role};

/// Notebooks of all namespaces.
#[derive(Debug)]
pub struct Notebooks;

type Col = Column<NotebookRow>;

static COLUMNS: &[Col] = &[
    Col::new(
        "state",
        "STATE",
        10,
        |n, _| state(n),
        |a, b| rank(a).cmp(&rank(b)),
    ),
    name(14).grow(2),
    cluster().drop(5),
    namespace(),
    Col::new(
        "holds",
        "HOLDS",
        15,
        |n, _| {
            let text = amounts(&Asked::read(&n.devices));
            if n.is_stopped {
                Cell::dim(text)
            } else {
                Cell::text(text)
            }
        },
        |a, b| a.devices.cmp(&b.devices),
    )
    .grow(1)
    .drop(2),
    Col::new(
        "idle",
        "LAST WORK",
        9,
        |n, ctx| match n.activity {
            Some(at) => Cell::text(Span::between(at, ctx.now).short()),
            None => Cell::unknown(),
        },
        // what lies idle longest first
        |a, b| a.activity.cmp(&b.activity),
    )
    .seconds(|n, ctx| since(n.activity, ctx.now))
    .drop(1)
    .right(),
    age().drop(3),
];

fn rank(notebook: &NotebookRow) -> u8 {
    match (notebook.is_stopped, notebook.ready) {
        (true, _) => 3,
        (false, Some(true)) if notebook.devices.is_empty() => 2,
        (false, Some(true)) => 0,
        (false, _) => 1,
    }
}

fn state(notebook: &NotebookRow) -> Cell {
    match (notebook.is_stopped, notebook.ready) {
        (true, _) => Cell::State(Mark::Omitted, "Stopped"),
        (false, Some(true)) => Cell::State(Mark::Running, "Running"),
        (false, Some(false)) => Cell::State(Mark::Waiting, "Not ready"),
        (false, None) => Cell::State(Mark::Unknown, "Unknown"),
    }
}

impl Listing for Notebooks {
    type Row = NotebookRow;
    const ID: &'static str = "notebooks";
    const TITLE: &'static str = "Notebooks";
    const FEEDS: &'static [&'static str] = &["notebooks"];
    const ORDER: &'static str = "holds accelerators, idle longest";
    const STATES: &'static [&'static str] = &["Running", "Not ready", "Stopped", "Unknown"];
    const NOTHING: &'static str = "No notebooks. Every source is live, so there are none.";
    const OPENS: bool = true;

    fn columns() -> &'static [Col] {
        COLUMNS
    }

    fn rank(notebook: &NotebookRow) -> u8 {
        rank(notebook)
    }

    fn order(a: &NotebookRow, b: &NotebookRow) -> Ordering {
        a.activity.cmp(&b.activity).then_with(|| a.key.cmp(&b.key))
    }

    fn summary(rows: &mut dyn Iterator<Item = &NotebookRow>) -> String {
        let (mut running, mut holding) = (0, 0);
        for row in rows.filter(|r| !r.is_stopped) {
            running += 1;
            holding += usize::from(!row.devices.is_empty());
        }
        format!("{running} not stopped · {holding} hold accelerators")
    }

    fn facts(notebook: &NotebookRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        if let Some(at) = notebook.stopped {
            facts.push(Fact::new("stopped", clock(at, ctx.now)));
        }
        facts.push(match notebook.activity {
            Some(at) => {
                let ago = Span::between(at, ctx.now);
                Fact::new("last work", format!("{}, {ago} ago", clock(at, ctx.now)))
            }
            None => Fact::with(
                "last work",
                "- nothing looks whether somebody works in it",
                Role::Dim,
            ),
        });
        let holds = amounts(&Asked::read(&notebook.devices));
        if !holds.is_empty() {
            facts.push(Fact::new("asks", holds));
        }
        facts
    }

    fn open(notebook: &NotebookRow) -> Option<Box<dyn Screen>> {
        Self::subject(notebook).map(opened)
    }

    fn subject(notebook: &NotebookRow) -> Option<Subject> {
        Some(subject("notebooks", &notebook.key, &notebook.uid))
    }
}
