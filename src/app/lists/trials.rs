//! The list of trials: of all experiments, and of one that is opened. Pure.

use std::cmp::Ordering;

use super::cells::newest;
use super::columns::{age, cluster, name, namespace};
use crate::app::inspect::subject;
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::logs::{LogScreen, Target};
use crate::app::screen::{Ctx, Screen};
use crate::app::trials::{TrialScreen, facts, words};
use crate::domain::{Direction, Span, Subject, TrialPhase, TrialRow, took};
use crate::theme::Role;

/// Trials of all experiments.
#[derive(Debug)]
pub struct Trials;

type Col = Column<TrialRow>;

/// Parameters that have a column of their own.
const OWN: usize = 4;

macro_rules! parameter {
    ($at:literal, $id:literal, $title:literal) => {
        Col::new(
            $id,
            $title,
            11,
            |t, _| parameter(t, $at),
            |a, b| by_parameter(a, b, $at),
        )
        .by(|t, _| t.parameters.get($at)?.value.parse().ok())
        .grow(1)
    };
}

static COLUMNS: &[Col] = &[
    Col::new(
        "state",
        "STATE",
        13,
        |t, _| {
            let (mark, word) = words::phase(t);
            Cell::State(mark, word)
        },
        |a, b| rank(a).cmp(&rank(b)),
    ),
    Col::new("value", "VALUE", 9, value, best_first)
        .by(|t, _| signed(t))
        .right(),
    name(14).grow(2),
    cluster().drop(11),
    namespace().drop(10),
    Col::new(
        "experiment",
        "EXPERIMENT",
        12,
        |t, _| Cell::clean(&t.experiment),
        |a, b| a.experiment.cmp(&b.experiment),
    )
    .grow(1)
    .drop(9),
    parameter!(0, "parameter-1", "PARAMETER 1").drop(2),
    parameter!(1, "parameter-2", "PARAMETER 2").drop(4),
    parameter!(2, "parameter-3", "PARAMETER 3").drop(6),
    parameter!(3, "parameter-4", "PARAMETER 4").drop(7),
    Col::new(
        "parameters",
        "PARAMETERS",
        20,
        |t, _| Cell::text(words::parameters(&t.parameters)),
        |a, b| a.key.cmp(&b.key),
    )
    .grow(3)
    .drop(12)
    .extra(),
    Col::new(
        "devices",
        "HOLDS",
        14,
        |t, _| {
            if t.devices.is_empty() || t.phase.ended() {
                return Cell::text("");
            }
            Cell::text(words::devices(&t.devices))
        },
        |a, b| b.devices.cmp(&a.devices),
    )
    .drop(8),
    Col::new(
        "took",
        "TOOK",
        8,
        |t, ctx| match took(t.started, t.finished, ctx.now) {
            Some(span) => Cell::dim(span.to_string()),
            None => Cell::unknown(),
        },
        |a, b| a.key.cmp(&b.key),
    )
    .by(|t, ctx| {
        let Span(seconds) = took(t.started, t.finished, ctx.now)?;
        Some(f64::from(u32::try_from(seconds).unwrap_or(u32::MAX)))
    })
    .seconds(|t, ctx| took(t.started, t.finished, ctx.now).map(|s| s.0))
    .drop(3)
    .right(),
    age().drop(5),
    Col::new("why", "WHY", 10, why, |a, b| a.message.cmp(&b.message))
        .grow(3)
        .drop(1),
];

fn rank(trial: &TrialRow) -> u8 {
    match trial.phase {
        _ if trial.deleting.is_some() => 0,
        TrialPhase::Failed => 1,
        TrialPhase::MetricsUnavailable => 2,
        TrialPhase::Killed => 3,
        TrialPhase::Pending => 4,
        TrialPhase::Unknown => 5,
        TrialPhase::Running => 6,
        TrialPhase::EarlyStopped => 7,
        TrialPhase::Succeeded => 8,
    }
}

/// The figure, so that the greater is the better.
fn signed(trial: &TrialRow) -> Option<f64> {
    let figure = trial.figure()?;
    Some(match trial.objective.direction {
        Direction::Minimize => -figure,
        _ => figure,
    })
}

fn best_first(a: &TrialRow, b: &TrialRow) -> Ordering {
    let (a, b) = (signed(a), signed(b));
    match (a, b) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

fn value(trial: &TrialRow, _: &Ctx<'_>) -> Cell {
    match words::own_figure(&trial.metrics, &trial.objective) {
        Some(text) if trial.figure().is_some() => Cell::Text(text.into(), Role::Strong),
        Some(text) => Cell::Text(text.into(), Role::Warn),
        None => Cell::unknown(),
    }
}

/// A parameter with its name: every experiment has its own.
fn parameter(trial: &TrialRow, at: usize) -> Cell {
    match trial.parameters.get(at) {
        Some(own) => Cell::text(format!("{}={}", own.key, words::short(&own.value))),
        None => Cell::text(""),
    }
}

fn by_parameter(a: &TrialRow, b: &TrialRow, at: usize) -> Ordering {
    let value = |t: &TrialRow| t.parameters.get(at).map(|p| p.value.clone());
    value(a).cmp(&value(b))
}

fn why(trial: &TrialRow, ctx: &Ctx<'_>) -> Cell {
    match facts::why(trial, ctx) {
        Some((text, role)) => Cell::Text(text.into(), role),
        None if trial.parameters.len() > OWN => Cell::dim(words::parameters(
            trial.parameters.get(OWN..).unwrap_or_default(),
        )),
        None => Cell::text(""),
    }
}

impl Listing for Trials {
    type Row = TrialRow;
    const ID: &'static str = "trials";
    const TITLE: &'static str = "Trials";
    const FEEDS: &'static [&'static str] = &["trials"];
    const BESIDE: &'static [&'static str] = &["pods"];
    const ORDER: &'static str = "value, state";
    const STATES: &'static [&'static str] = &[
        "Failed",
        "No metric",
        "Killed",
        "Pending",
        "Unknown",
        "Running",
        "Stopped",
        "Succeeded",
        "Terminating",
    ];
    const NOTHING: &'static str = "No trials. Every source is live, so there are none.";

    fn columns() -> &'static [Column<TrialRow>] {
        COLUMNS
    }

    fn order(a: &TrialRow, b: &TrialRow) -> Ordering {
        let group = a.key.cluster.cmp(&b.key.cluster);
        group
            .then_with(|| a.key.namespace.cmp(&b.key.namespace))
            .then_with(|| a.experiment.cmp(&b.experiment))
            .then_with(|| best_first(a, b))
            .then_with(|| rank(a).cmp(&rank(b)))
            .then_with(|| newest(a.created, b.created))
    }

    fn summary(rows: &mut dyn Iterator<Item = &TrialRow>) -> String {
        let (mut running, mut failed, mut lost) = (0, 0, 0);
        for row in rows {
            running += usize::from(row.phase == TrialPhase::Running);
            failed += usize::from(matches!(row.phase, TrialPhase::Failed | TrialPhase::Killed));
            lost += usize::from(row.phase == TrialPhase::MetricsUnavailable);
        }
        let parts = [
            (running, "running"),
            (failed, "failed"),
            (lost, "without a metric"),
        ];
        let said = parts.iter().filter(|(n, _)| *n > 0);
        let said: Vec<String> = said.map(|(n, word)| format!("{n} {word}")).collect();
        said.join(" · ")
    }

    fn facts(trial: &TrialRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        facts::trial(trial, ctx)
    }

    const OPENS: bool = true;

    fn open(trial: &TrialRow) -> Option<Box<dyn Screen>> {
        Some(Box::new(TrialScreen::new(trial.key.clone())))
    }

    const LOGS: bool = true;

    fn logs(trial: &TrialRow) -> Option<Box<dyn Screen>> {
        // the pod of a job has a name that ends by chance: the trial's screen knows it
        Some(LogScreen::open(Target::Trial(trial.key.clone())))
    }

    fn subject(trial: &TrialRow) -> Option<Subject> {
        Some(subject("trials", &trial.key, &trial.uid))
    }
}
