//! The list of the versions of a model. Pure; shown by the opened model.

use std::cmp::Ordering;

use super::cells::{aged, newest, since};
use super::models::{Known, known};
use crate::app::gates::{Champion, gates, worst};
use crate::app::list::{Cell, Column, Listing};
use crate::app::screen::Ctx;
use crate::domain::{Figure, GateVerdict, Made, Metric, ModelGate, ModelRow, ModelRun, VersionRow};
use crate::settings::GateRule;
use crate::store::TruthRow;
use crate::theme::{Mark, Role};

/// Versions of a model.
#[derive(Debug)]
pub struct Versions;

static COLUMNS: &[Column<VersionRow>] = &[
    Column::<VersionRow>::new(
        "state",
        "STATE",
        9,
        |v, _| state(v),
        |a, b| rank(a).cmp(&rank(b)),
    )
    .drop(6),
    Column::<VersionRow>::new(
        "version",
        "VERSION",
        7,
        |v, _| Cell::Text(format!("v{}", v.number).into(), Role::Strong),
        |a, b| b.number.cmp(&a.number),
    )
    .count(|v, _| i64::try_from(v.number).ok()),
    Column::<VersionRow>::new(
        "aliases",
        "ALIASES",
        12,
        |v, _| aliases(v),
        |a, b| {
            b.aliases
                .len()
                .cmp(&a.aliases.len())
                .then_with(|| a.aliases.cmp(&b.aliases))
        },
    )
    .grow(1),
    Column::<VersionRow>::new("serving", "SERVING", 12, serving, |a, b| {
        b.number.cmp(&a.number)
    })
    .grow(1)
    .drop(4),
    Column::<VersionRow>::new("gates", "GATES", 14, gates_cell, |a, b| {
        b.number.cmp(&a.number)
    })
    .grow(1),
    Column::<VersionRow>::new("metrics", "METRICS", 20, metrics, |a, b| {
        b.number.cmp(&a.number)
    })
    .grow(3)
    .drop(3),
    Column::<VersionRow>::new(
        "pipeline",
        "PIPELINE RUN",
        14,
        |v, _| v.pipeline().map_or_else(Cell::unknown, Cell::clean),
        |a, b| a.pipeline().cmp(&b.pipeline()),
    )
    .grow(1)
    .drop(5)
    .extra(),
    Column::<VersionRow>::new(
        "age",
        "AGE",
        5,
        |v, ctx| aged(v.created, ctx.now),
        |a, b| newest(a.created, b.created),
    )
    .seconds(|v, ctx| since(v.created, ctx.now))
    .drop(2)
    .right(),
    Column::<VersionRow>::new(
        "by",
        "BY",
        8,
        |v, _| Cell::clean(&v.user),
        |a, b| a.user.cmp(&b.user),
    )
    .extra(),
    Column::<VersionRow>::new(
        "stage",
        "STAGE",
        10,
        |v, _| Cell::clean(&v.stage),
        |a, b| a.stage.cmp(&b.stage),
    )
    .extra(),
];

fn rank(version: &VersionRow) -> u8 {
    match &*version.status {
        "FAILED_REGISTRATION" => 0,
        "PENDING_REGISTRATION" => 1,
        "READY" => 3,
        _ => 2,
    }
}

fn state(version: &VersionRow) -> Cell {
    match rank(version) {
        0 => Cell::State(Mark::Failed, "Failed"),
        1 => Cell::State(Mark::Pending, "Pending"),
        3 => Cell::State(Mark::Ok, "Ready"),
        _ => Cell::State(Mark::Unknown, "Unknown"),
    }
}

fn aliases(version: &VersionRow) -> Cell {
    let all: Vec<&str> = version.aliases.iter().map(|a| &**a).collect();
    if all.is_empty() {
        Cell::text("")
    } else {
        Cell::Text(all.join(" · ").into(), Role::Strong)
    }
}

/// The model of a version, as the list of models knows it.
#[must_use]
pub fn truth<'a>(version: &VersionRow, ctx: &Ctx<'a>) -> Option<&'a TruthRow> {
    let key = version.model_key();
    ctx.world.table::<TruthRow>()?.get(&key).map(|row| &**row)
}

fn serving(version: &VersionRow, ctx: &Ctx<'_>) -> Cell {
    if known(&version.key.cluster, ctx) == Known::No {
        return Cell::Text("?".into(), Role::Warn);
    }
    let by = truth(version, ctx)
        .into_iter()
        .flat_map(|t| t.of(version.number));
    let said: Vec<String> = by
        .map(|s| match s.percent {
            Some(percent) => format!("{} {percent} %", s.service.name),
            None => s.service.name.to_string(),
        })
        .collect();
    if said.is_empty() {
        Cell::text("")
    } else {
        Cell::text(said.join(" · "))
    }
}

/// The champion of a version's model: the version that the leading alias points at.
#[must_use]
pub fn champion<'a>(version: &VersionRow, ctx: &Ctx<'a>) -> Option<Champion<'a>> {
    let number = truth(version, ctx)?.lead()?.alias.version;
    let key = VersionRow::key_of(&version.model_key(), number);
    let row = ctx.world.table::<VersionRow>().and_then(|t| t.get(&key));
    Some(Champion {
        number,
        row: row.map(|row| &**row),
    })
}

/// The gates of a version.
#[must_use]
pub fn gates_of(version: &VersionRow, ctx: &Ctx<'_>) -> Vec<ModelGate> {
    let model: Option<&ModelRow> = truth(version, ctx).map(|t| &*t.model);
    gates(version, model, champion(version, ctx), ctx.settings)
}

fn gates_cell(version: &VersionRow, ctx: &Ctx<'_>) -> Cell {
    let gates = gates_of(version, ctx);
    let names = |verdict: GateVerdict| {
        let mine = gates.iter().filter(move |g| g.verdict == verdict);
        mine.map(|g| g.name.to_string()).collect::<Vec<_>>()
    };
    match worst(&gates) {
        None => Cell::text(""),
        Some(GateVerdict::Failed) => Cell::Text(
            format!("✗ {}", first_of(&names(GateVerdict::Failed))).into(),
            Role::Bad,
        ),
        Some(GateVerdict::Unknown) => {
            let text = match version.made {
                Made::Unread => "? not read yet".to_owned(),
                _ => format!("? {}", first_of(&names(GateVerdict::Unknown))),
            };
            Cell::Text(text.into(), Role::Warn)
        }
        Some(GateVerdict::Passed) => {
            Cell::Text(format!("✓ all {}", gates.len()).into(), Role::Good)
        }
    }
}

/// `regression + 1`
fn first_of(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, rest @ ..] => format!("{one} + {}", rest.len()),
    }
}

/// Metrics of a run, those that a gate is about first.
#[must_use]
pub fn ranked<'r>(run: &'r ModelRun, ctx: &Ctx<'_>) -> Vec<&'r Metric> {
    let gated: Vec<String> = ctx
        .settings
        .gates
        .values()
        .filter_map(|text| Some(GateRule::parse(text).ok()?.metric))
        .collect();
    let mut all: Vec<&Metric> = run.metrics.iter().collect();
    all.sort_by_key(|m| !gated.iter().any(|g| **g == *m.name));
    all
}

/// How a metric differs from the champion's: `+0.01`; nothing where either is not known.
#[must_use]
pub fn difference(metric: &Metric, theirs: Option<&ModelRun>) -> Option<String> {
    let theirs = theirs?.metric(&metric.name)?.known()?;
    let more = metric.value.known()? - theirs;
    let sign = if more > 0.0 { "+" } else { "" };
    Some(format!("{sign}{}", Figure(more)))
}

fn metrics(version: &VersionRow, ctx: &Ctx<'_>) -> Cell {
    let run = match &version.made {
        Made::By(run) => run,
        Made::Unread => return Cell::dim("not read yet"),
        Made::Gone => return Cell::dim("its run is gone"),
        Made::ByNoRun => return Cell::unknown(),
        Made::Unreadable(why) => return Cell::Clean(why.clone(), Role::Warn),
    };
    let champion = champion(version, ctx).filter(|c| c.number != version.number);
    let theirs = champion.and_then(|c| c.row).and_then(|row| row.made.run());
    let told = ranked(run, ctx).into_iter().take(4).map(|metric| {
        let more = difference(metric, theirs).map_or_else(String::new, |d| format!(" ({d})"));
        format!("{} {}{more}", metric.name, metric.value)
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        Cell::unknown()
    } else {
        Cell::text(told.join("  "))
    }
}

impl Listing for Versions {
    type Row = VersionRow;
    const ID: &'static str = "versions";
    const TITLE: &'static str = "Versions";
    const FEEDS: &'static [&'static str] = &["versions"];
    const ORDER: &'static str = "aliases, newest";
    const STATES: &'static [&'static str] = &["Failed", "Pending", "Unknown", "Ready"];
    const NOTHING: &'static str = "No versions. The registry answers, so there are none.";

    fn columns() -> &'static [Column<VersionRow>] {
        COLUMNS
    }

    /// Those that an alias points at first: they are what one decides between.
    fn rank(version: &VersionRow) -> u8 {
        u8::from(version.aliases.is_empty())
    }

    fn order(a: &VersionRow, b: &VersionRow) -> Ordering {
        a.model.cmp(&b.model).then(b.number.cmp(&a.number))
    }

    fn summary(rows: &mut dyn Iterator<Item = &VersionRow>) -> String {
        match rows.filter(|v| v.made == Made::Unread).count() {
            0 => String::new(),
            1 => "1 run not read".to_owned(),
            n => format!("{n} runs not read"),
        }
    }
}
