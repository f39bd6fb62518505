//! The list of pipeline runs. Pure.

use std::cmp::Ordering;

use super::cells::{aged, mark, newest, role, since};
use super::columns::{cluster, name, namespace};
use crate::app::inspect::subject;
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::logs::{LogScreen, Target};
use crate::app::run::RunScreen;
use crate::app::screen::{Ctx, Screen};
use crate::domain::{Clean, NodeStorage, Phase, Progress, RunRow, Subject, Tally, clock, took};
use crate::theme::Role;

/// Pipeline runs of all engines.
#[derive(Debug)]
pub struct Runs;

static COLUMNS: &[Column<RunRow>] = &[
    Column::<RunRow>::new(
        "state",
        "STATE",
        11,
        |r, _| state(r),
        |a, b| urgency(a).cmp(&urgency(b)),
    ),
    name(18).grow(3),
    Column::<RunRow>::new(
        "engine",
        "ENGINE",
        6,
        |r, _| Cell::dim(r.engine.word()),
        |a, b| a.engine.cmp(&b.engine),
    )
    .drop(4),
    cluster().drop(6),
    namespace().drop(3),
    Column::<RunRow>::new(
        "progress",
        "PROGRESS",
        15,
        |r, _| {
            r.steps_done()
                .map_or_else(Cell::unknown, |p| Cell::Bar(p, bar_role(r)))
        },
        |a, b| ratio(b).total_cmp(&ratio(a)),
    )
    .count(|r, _| r.steps_done().map(percent))
    .drop(2),
    Column::<RunRow>::new(
        "age",
        "AGE",
        4,
        |r, ctx| aged(r.started.or(r.created), ctx.now),
        |a, b| newest(a.started.or(a.created), b.started.or(b.created)),
    )
    .seconds(|r, ctx| since(r.started.or(r.created), ctx.now))
    .drop(1)
    .right(),
    Column::<RunRow>::new(
        "took",
        "TOOK",
        8,
        |r, ctx| {
            took(r.started, r.finished, ctx.now)
                .map_or_else(Cell::unknown, |s| Cell::text(s.to_string()))
        },
        |a, b| length(b).cmp(&length(a)),
    )
    .seconds(|r, ctx| took(r.started, r.finished, ctx.now).map(|s| s.0))
    .drop(5)
    .right(),
    Column::<RunRow>::new(
        "last-word",
        "LAST WORD",
        16,
        |r, _| last_word(r),
        |a, b| a.last_word.cmp(&b.last_word),
    )
    .grow(4),
    Column::<RunRow>::new(
        "by",
        "BY",
        16,
        |r, _| Cell::clean(&r.origin),
        |a, b| a.origin.cmp(&b.origin),
    )
    .grow(1)
    .drop(7)
    .extra(),
];

/// Where a run stands for a person: one whose only open steps wait to start does not run.
fn standing(run: &RunRow) -> Phase {
    let tally = &run.tally;
    let idle = tally.running + tally.waiting == 0 && tally.pending > 0;
    if run.phase == Phase::Running && idle {
        Phase::Pending
    } else {
        run.phase
    }
}

fn state(run: &RunRow) -> Cell {
    let phase = standing(run);
    Cell::State(mark(phase), phase.word())
}

/// Failed and in error are equally urgent; what cannot start comes before what runs.
fn urgency(run: &RunRow) -> u8 {
    match standing(run) {
        Phase::Failed | Phase::Error => 0,
        Phase::Waiting => 1,
        Phase::Pending if run.phase == Phase::Running => 2,
        Phase::Running => 3,
        Phase::Pending => 4,
        Phase::Unknown => 5,
        Phase::Succeeded | Phase::Skipped | Phase::Omitted => 6,
    }
}

/// Red is kept for the word that says what failed; the bar only tells how far it came.
fn bar_role(run: &RunRow) -> Role {
    if standing(run).is_final() {
        Role::Dim
    } else {
        role(standing(run))
    }
}

/// Whole per cent, rounded down: only what is done is 100.
fn percent(progress: Progress) -> i64 {
    i64::from(progress.done) * 100 / i64::from(progress.total.max(1))
}

fn ratio(run: &RunRow) -> f64 {
    run.steps_done().map_or(-1.0, Progress::ratio)
}

/// Seconds it took; a run at work counts as longest, since nobody knows how long it will take.
fn length(run: &RunRow) -> i64 {
    match (run.started, run.finished) {
        (Some(s), Some(f)) => f.as_second() - s.as_second(),
        (Some(s), None) => i64::MAX - s.as_second(),
        (None, _) => -1,
    }
}

fn last_word(run: &RunRow) -> Cell {
    let text = said(run);
    let role = match standing(run) {
        Phase::Waiting | Phase::Pending => Role::Warn,
        Phase::Succeeded => Role::Dim,
        _ => Role::Text,
    };
    if text.is_empty() {
        Cell::text("")
    } else {
        Cell::Clean(text.clone(), role)
    }
}

fn said(run: &RunRow) -> &Clean {
    if run.last_word.is_empty() {
        &run.message
    } else {
        &run.last_word
    }
}

impl Listing for Runs {
    type Row = RunRow;
    const ID: &'static str = "runs";
    const TITLE: &'static str = "Runs";
    const FEEDS: &'static [&'static str] = &["workflows"];
    const ORDER: &'static str = "state, age";
    const STATES: &'static [&'static str] = &[
        "Failed",
        "Error",
        "Waiting",
        "Running",
        "Pending",
        "Unknown",
        "Succeeded",
        "Skipped",
        "Omitted",
    ];
    const NOTHING: &'static str = "No runs. Every source is live, so there are none.";

    fn columns() -> &'static [Column<RunRow>] {
        COLUMNS
    }

    fn rank(run: &RunRow) -> u8 {
        urgency(run)
    }

    fn order(a: &RunRow, b: &RunRow) -> Ordering {
        newest(a.started.or(a.created), b.started.or(b.created))
    }

    fn summary(rows: &mut dyn Iterator<Item = &RunRow>) -> String {
        let mut tally = Tally::default();
        rows.for_each(|row| tally.add(standing(row)));
        let parts = [
            (tally.failed, "failed"),
            (tally.waiting, "waiting"),
            (tally.pending, "pending"),
            (tally.running, "running"),
        ];
        let said: Vec<String> = parts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| format!("{n} {word}"))
            .collect();
        said.join(" · ")
    }

    fn facts(run: &RunRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        if !said(run).is_empty() {
            facts.push(Fact::with(
                "last",
                said(run).to_string(),
                role(standing(run)),
            ));
        }
        if !run.message.is_empty() && run.message != *said(run) {
            facts.push(Fact::new("says", run.message.to_string()));
        }
        if run.tally.total() > 0 {
            let open = run.tally.running + run.tally.waiting + run.tally.pending;
            let left = if run.phase.is_final() && open > 0 {
                " when the run ended"
            } else {
                ""
            };
            facts.push(Fact::new("steps", format!("{}{left}", run.tally)));
        }
        if !run.origin.is_empty() {
            facts.push(Fact::new("by", run.origin.to_string()));
        }
        if let Some(at) = run.started {
            let end = run
                .finished
                .map_or_else(String::new, |f| format!(" to {}", clock(f, ctx.now)));
            facts.push(Fact::new("from", format!("{}{end}", clock(at, ctx.now))));
        }
        if run.storage == NodeStorage::Offloaded {
            facts.push(Fact::with(
                "steps",
                "kept in the Argo server's database; not readable from here",
                Role::Warn,
            ));
        }
        facts
    }

    const OPENS: bool = true;

    fn open(row: &RunRow) -> Option<Box<dyn Screen>> {
        Some(Box::new(RunScreen::new(row.key.clone())))
    }

    const LOGS: bool = true;

    fn logs(row: &RunRow) -> Option<Box<dyn Screen>> {
        Some(LogScreen::open(Target::Run(row.key.clone())))
    }

    fn subject(run: &RunRow) -> Option<Subject> {
        Some(subject("workflows", &run.key, &run.uid))
    }
}
