//! The list of pods, and of work that has none yet, that wait for an accelerator, and why. Pure.

use std::cmp::Ordering;

use super::columns::{age, cluster, name, namespace};
use super::gpu_cells::amounts;
use crate::app::inspect::{opened, subject};
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::screen::{Ctx, Screen};
use crate::domain::Subject;
use crate::store::{Lacks, WaitingRow};
use crate::theme::{Mark, Role};

/// Pods that wait for accelerators.
#[derive(Debug)]
pub struct Waiting;

static COLUMNS: &[Column<WaitingRow>] = &[
    Column::<WaitingRow>::new(
        "state",
        "LACKS",
        13,
        |w, _| Cell::State(mark(w.lacks), w.lacks.word()),
        |a, b| a.lacks.cmp(&b.lacks),
    ),
    name(14).grow(2),
    cluster().drop(6),
    namespace().drop(3),
    Column::<WaitingRow>::new(
        "wants",
        "WANTS",
        15,
        |w, _| Cell::text(amounts(&w.asked)),
        |a, b| amounts(&a.asked).cmp(&amounts(&b.asked)),
    )
    .drop(2),
    age(),
    Column::<WaitingRow>::new(
        "why",
        "WHY",
        20,
        |w, _| Cell::Clean(w.why.clone(), Role::Text),
        |a, b| a.why.cmp(&b.why),
    )
    .grow(5),
];

fn mark(lacks: Lacks) -> Mark {
    match lacks {
        Lacks::Unknown => Mark::Unknown,
        Lacks::Resource => Mark::Failed,
        _ => Mark::Waiting,
    }
}

impl Listing for Waiting {
    type Row = WaitingRow;
    const ID: &'static str = "waiting";
    const TITLE: &'static str = "Waiting for accelerators";
    const FEEDS: &'static [&'static str] = &["pods", "nodes"];
    const BESIDE: &'static [&'static str] = &[
        "gpus",
        "workloads",
        "cluster-queues",
        "local-queues",
        "quotas",
        "events",
    ];
    const OPTIONAL: &'static [&'static str] = &["workloads", "cluster-queues", "local-queues"];
    const ORDER: &'static str = "longest first";
    const NOTHING: &'static str =
        "Nothing waits for an accelerator. Every source is live, so that is so.";
    const OPENS: bool = true;

    fn columns() -> &'static [Column<WaitingRow>] {
        COLUMNS
    }

    fn order(a: &WaitingRow, b: &WaitingRow) -> Ordering {
        a.waiter
            .since()
            .cmp(&b.waiter.since())
            .then_with(|| a.key.cmp(&b.key))
    }

    fn summary(rows: &mut dyn Iterator<Item = &WaitingRow>) -> String {
        let mut counts: std::collections::BTreeMap<Lacks, usize> =
            std::collections::BTreeMap::new();
        for row in rows {
            *counts.entry(row.lacks).or_default() += 1;
        }
        let said = counts
            .iter()
            .map(|(lacks, n)| format!("{n} {}", lacks.word()));
        said.collect::<Vec<_>>().join(" · ")
    }

    fn facts(row: &WaitingRow, _ctx: &Ctx<'_>) -> Vec<Fact> {
        let mut facts = vec![Fact::with("why", row.why.to_string(), Role::Warn)];
        for (index, text) in row.held_by.iter().enumerate() {
            let label = if index == 0 { "held" } else { "" };
            facts.push(Fact::new(label, text.to_string()));
        }
        for (index, text) in row.relayout.iter().enumerate() {
            let label = if index == 0 { "relayout" } else { "" };
            facts.push(Fact::with(label, text.to_string(), Role::Good));
        }
        for (index, text) in row.evidence.iter().enumerate() {
            let label = if index == 0 { "read in" } else { "" };
            facts.push(Fact::with(label, text.to_string(), Role::Dim));
        }
        facts
    }

    fn open(row: &WaitingRow) -> Option<Box<dyn Screen>> {
        Self::subject(row).map(opened)
    }

    fn subject(row: &WaitingRow) -> Option<Subject> {
        let (feed, uid) = row.waiter.object()?;
        Some(subject(feed, &row.key, uid))
    }
}
