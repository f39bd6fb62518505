//! The list of experiments: what is stuck first, and how far each has come. Pure.

use std::cmp::Ordering;

use super::cells::newest;
use super::columns::{age, cluster, name, namespace};
use crate::app::inspect::subject;
use crate::app::list::{Cell, Column, Fact, Listing, Ranking};
use crate::app::screen::{Ctx, Screen};
use crate::app::trials::standing::{self, Standing, tail, trouble};
use crate::app::trials::{ExperimentScreen, facts, words};
use crate::domain::{ExperimentRow, PodRow, Progress, Row, Subject, SuggestionRow, TrialRow};
use crate::store::{Table, World};
use crate::theme::Role;

/// Experiments of all namespaces.
#[derive(Debug)]
pub struct Experiments;

type Col = Column<ExperimentRow>;

/// A number that is blank while it is 0.
const fn count(
    id: &'static str,
    title: &'static str,
    cell: fn(&ExperimentRow, &Ctx<'_>) -> Cell,
    of: fn(&ExperimentRow, &Ctx<'_>) -> Option<i64>,
    by: fn(&ExperimentRow, &Ctx<'_>) -> Option<f64>,
) -> Col {
    Col::new(id, title, 4, cell, by_name)
        .by(by)
        .count(of)
        .right()
}

macro_rules! counted {
    ($id:literal, $title:literal, $role:expr, $($of:tt)+) => {
        count(
            $id,
            $title,
            |e, _| number(e.trials.$($of)+, $role),
            |e, _| Some(i64::from(e.trials.$($of)+)),
            |e, _| Some(f64::from(e.trials.$($of)+)),
        )
    };
}

static COLUMNS: &[Col] = &[
    Col::new(
        "state",
        "STATE",
        14,
        |e, ctx| {
            let standing = Standing::of(e, ctx);
            Cell::State(standing.mark(), standing.word())
        },
        by_name,
    )
    .by(|e, ctx| Some(-f64::from(Standing::of(e, ctx) as u8))),
    name(12).grow(2),
    cluster().drop(14),
    namespace().drop(9),
    Col::new(
        "algorithm",
        "ALGORITHM",
        10,
        |e, _| Cell::Clean(e.algorithm.clone(), Role::Dim),
        |a, b| a.algorithm.cmp(&b.algorithm),
    )
    .drop(12),
    Col::new(
        "objective",
        "OBJECTIVE",
        12,
        |e, _| Cell::text(words::objective(&e.objective)),
        |a, b| a.objective.metric.cmp(&b.objective.metric),
    )
    .grow(1)
    .drop(8),
    Col::new("best", "BEST", 8, best, by_name)
        .by(|e, _| e.best_figure())
        .drop(1)
        .right(),
    Col::new(
        "best-trial",
        "IN",
        8,
        |e, _| match &e.best {
            Some(best) => Cell::dim(tail(&best.trial, &e.key.name).to_owned()),
            None => Cell::unknown(),
        },
        by_name,
    )
    .drop(11),
    Col::new(
        "goal",
        "GOAL",
        7,
        |e, _| match words::goal(e) {
            Some((text, role)) => Cell::Text(text.into(), role),
            None => Cell::unknown(),
        },
        by_name,
    )
    .by(|e, _| Some(f64::from(u8::from(e.objective.reached(e.best_figure()?)?))))
    .drop(7)
    .right(),
    Col::new("trials", "TRIALS", 13, spent, by_name)
        .by(|e, _| Some(f64::from(e.trials.total)))
        .count(|e, _| Some(i64::from(e.trials.total)))
        .drop(2),
    counted!("running", "RUN", Role::Busy, running).drop(3),
    counted!("pending", "PEND", Role::Warn, pending).drop(6),
    counted!("succeeded", "OK", Role::Good, succeeded).drop(5),
    counted!("failed", "FAIL", Role::Bad, broken()).drop(4),
    counted!("stopped", "STOP", Role::Dim, early_stopped).drop(10),
    counted!("no-metric", "NO-M", Role::Bad, metrics_unavailable).drop(4),
    Col::new("parallel", "AT ONCE", 7, parallel, by_name)
        .by(|e, _| Some(f64::from(e.parallel)))
        .count(|e, _| Some(i64::from(e.parallel)))
        .drop(9)
        .right(),
    age().drop(3),
    Col::new("why", "WHY", 24, why, by_name).grow(4),
    Col::new(
        "resume",
        "RESUME",
        11,
        |e, _| Cell::dim(e.resume.word()),
        by_name,
    )
    .drop(13)
    .extra(),
];

fn by_name(a: &ExperimentRow, b: &ExperimentRow) -> Ordering {
    a.key.name.cmp(&b.key.name)
}

fn number(count: u32, role: Role) -> Cell {
    match count {
        0 => Cell::text(""),
        n => Cell::Text(n.to_string().into(), role),
    }
}

fn best(experiment: &ExperimentRow, _: &Ctx<'_>) -> Cell {
    let metrics = experiment.best.as_ref().map_or(&[][..], |b| &b.metrics);
    match words::own_figure(metrics, &experiment.objective) {
        Some(text) if experiment.best_figure().is_some() => Cell::Text(text.into(), Role::Strong),
        Some(text) => Cell::Text(text.into(), Role::Warn),
        None => Cell::unknown(),
    }
}

/// Trials made of those that may be made.
fn spent(experiment: &ExperimentRow, _: &Ctx<'_>) -> Cell {
    match experiment.max {
        Some(total) => {
            let done = experiment.trials.total;
            Cell::Bar(Progress { done, total }, Role::Busy)
        }
        None => Cell::text(experiment.trials.total.to_string()),
    }
}

/// Trials at a time; of a paused one also how many there were before.
fn parallel(experiment: &ExperimentRow, _: &Ctx<'_>) -> Cell {
    match experiment.paused_from {
        Some(before) if before > experiment.parallel => Cell::Text(
            format!("{} ({before})", experiment.parallel).into(),
            Role::Warn,
        ),
        _ => Cell::text(experiment.parallel.to_string()),
    }
}

fn why(experiment: &ExperimentRow, ctx: &Ctx<'_>) -> Cell {
    if let Some(trouble) = trouble(experiment, ctx) {
        let role = if trouble.stuck { Role::Bad } else { Role::Warn };
        return Cell::Text(trouble.text.into(), role);
    }
    match Standing::of(experiment, ctx) {
        Standing::Failed => Cell::Clean(experiment.message.clone(), Role::Bad),
        _ if experiment.phase.ended()
            && &*experiment.reason == "ExperimentSuggestionEndReached" =>
        {
            Cell::dim("there is nothing left to try")
        }
        _ => Cell::text(""),
    }
}

impl Listing for Experiments {
    type Row = ExperimentRow;
    const ID: &'static str = "experiments";
    const TITLE: &'static str = "Experiments";
    const FEEDS: &'static [&'static str] = &["experiments"];
    const BESIDE: &'static [&'static str] = &["trials", "suggestions", "pods"];
    const ORDER: &'static str = "state, newest";
    const STATES: &'static [&'static str] = Standing::WORDS;
    const NOTHING: &'static str = "No experiments. Every source is live, so there are none.";

    fn columns() -> &'static [Column<ExperimentRow>] {
        COLUMNS
    }

    fn ranking<'a>(ctx: &Ctx<'a>) -> Ranking<'a, ExperimentRow> {
        let ctx = *ctx;
        Box::new(move |experiment| u64::from(Standing::of(experiment, &ctx) as u8))
    }

    fn beside(world: &World) -> u64 {
        fn version<R: Row>(world: &World) -> u64 {
            world.table::<R>().map_or(0, Table::version)
        }
        version::<TrialRow>(world) + version::<SuggestionRow>(world) + version::<PodRow>(world)
    }

    fn order(a: &ExperimentRow, b: &ExperimentRow) -> Ordering {
        newest(a.created, b.created)
    }

    fn caveat(ctx: &Ctx<'_>) -> Option<String> {
        standing::caveat(ctx)
    }

    fn summary(rows: &mut dyn Iterator<Item = &ExperimentRow>) -> String {
        let (mut open, mut running, mut failed) = (0, 0, 0);
        for row in rows {
            open += usize::from(!row.phase.ended());
            running += row.trials.running;
            failed += row.trials.lost();
        }
        let mut said = vec![format!("{open} not ended")];
        if running > 0 {
            said.push(format!("{running} trials running"));
        }
        if failed > 0 {
            said.push(format!("{failed} failed"));
        }
        said.join(" · ")
    }

    fn facts(experiment: &ExperimentRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        facts::experiment(experiment, ctx)
    }

    const OPENS: bool = true;

    fn open(experiment: &ExperimentRow) -> Option<Box<dyn Screen>> {
        Some(Box::new(ExperimentScreen::new(experiment.key.clone())))
    }

    fn subject(experiment: &ExperimentRow) -> Option<Subject> {
        Some(subject("experiments", &experiment.key, &experiment.uid))
    }
}
