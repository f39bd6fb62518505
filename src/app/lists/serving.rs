//! The list of inference services: what burns first, and what is really served. Pure.

use std::cmp::Ordering;

use super::cells::{aged, newest};
use super::columns::{cluster, name, namespace};
use super::models::alias_of;
use super::serving_facts;
use crate::app::inspect::subject;
use crate::app::list::{Cell, Column, Fact, Listing, Ranking};
use crate::app::screen::{Ctx, Screen};
use crate::app::serving::ServiceScreen;
use crate::app::serving::burn::{self, fresh, worst};
use crate::app::serving::standing::{Standing, asked, canary, replicas, traffic};
use crate::app::serving::words::{left_short, number, spark, volume};
use crate::app::serving::written;
use crate::domain::{BurnRow, Burning, RevisionRow, ServiceRow, ServingMode, Subject, WorkloadRow};
use crate::store::{Table, World};
use crate::theme::Role;

/// Inference services of all kinds.
#[derive(Debug)]
pub struct Services;

/// Cells of the line of bars.
const BARS: u16 = 10;

static COLUMNS: &[Column<ServiceRow>] = &[
    Column::<ServiceRow>::new(
        "state",
        "STATE",
        13,
        |s, ctx| {
            let standing = Standing::of(s, ctx);
            Cell::State(standing.mark(), standing.word())
        },
        by_name,
    )
    .by(|s, ctx| Some(-f64::from(Standing::of(s, ctx) as u8))),
    name(12).grow(3),
    cluster().drop(9),
    namespace().drop(7),
    Column::<ServiceRow>::new(
        "mode",
        "MODE",
        9,
        |s, _| Cell::dim(s.mode.word()),
        |a, b| a.mode.cmp(&b.mode),
    )
    .drop(11),
    Column::<ServiceRow>::new("traffic", "TRAFFIC", 18, |s, _| routed(s), by_name)
        .grow(2)
        .drop(4),
    Column::<ServiceRow>::new("alias", "ALIAS → SERVING", 24, alias_of, by_name)
        .grow(1)
        .drop(6),
    Column::<ServiceRow>::new("canary", "CANARY", 6, canary_age, by_name)
        .by(|s, ctx| {
            let since = canary(s, ctx)?.created?;
            Some(crate::app::serving::seconds(since))
        })
        .drop(8)
        .right(),
    Column::<ServiceRow>::new("replicas", "REPLICAS", 8, serving, by_name)
        .by(|s, ctx| replicas(s, ctx).map(|(n, _)| f64::from(n)))
        .count(|s, ctx| replicas(s, ctx).map(|(n, _)| i64::from(n)))
        .drop(10)
        .right(),
    Column::<ServiceRow>::new("cold-starts", "COLD/h", 6, cold, by_name)
        .by(|s, ctx| burn::cold_starts(&s.key, ctx))
        .count(|s, ctx| burn::cold_starts(&s.key, ctx).map(whole))
        .drop(12)
        .right(),
    Column::<ServiceRow>::new("burn", "BURN 1h/5m", 13, burning, by_name)
        .by(hottest)
        .count(|s, ctx| hottest(s, ctx).map(whole))
        .drop(1)
        .right(),
    Column::<ServiceRow>::new("left", "LEFT", 5, budget, by_name)
        .by(|s, ctx| worst(&s.key, ctx)?.left.map(|l| -l))
        .count(|s, ctx| worst(&s.key, ctx)?.left.map(|l| whole(l * 100.0)))
        .drop(3)
        .right(),
    Column::<ServiceRow>::new("gone-in", "GONE IN", 8, gone_in, by_name)
        .by(|s, ctx| gone_seconds(s, ctx).map(|s| -s))
        .seconds(|s, ctx| gone_seconds(s, ctx).map(whole))
        .drop(2)
        .right(),
    Column::<ServiceRow>::new("rps", "RPS", 5, asked_of, by_name)
        .by(|s, ctx| burn::volume(&s.key, ctx))
        .count(|s, ctx| burn::volume(&s.key, ctx).map(whole))
        .drop(5)
        .right(),
    Column::<ServiceRow>::new("trend", "LAST HOUR", BARS, trend, by_name)
        .by(hottest)
        .drop(6),
    Column::<ServiceRow>::new(
        "model",
        "MODEL",
        20,
        |s, _| Cell::clean(&s.uri),
        |a, b| a.uri.cmp(&b.uri),
    )
    .grow(2)
    .drop(12)
    .extra(),
    Column::<ServiceRow>::new(
        "age",
        "AGE",
        4,
        |s, ctx| aged(s.created, ctx.now),
        |a, b| newest(a.created, b.created),
    )
    .drop(13)
    .right()
    .extra(),
];

fn by_name(a: &ServiceRow, b: &ServiceRow) -> Ordering {
    a.key.name.cmp(&b.key.name)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float too large for i64 saturates"
)]
fn whole(figure: f64) -> i64 {
    figure.floor() as i64
}

/// The real traffic, and what was asked for where that is not the same.
fn routed(service: &ServiceRow) -> Cell {
    let text = traffic(service);
    match asked(service) {
        _ if service.stopped => Cell::text(""),
        _ if text.is_empty() => Cell::unknown(),
        Some(asked) => Cell::Text(format!("spec {asked} %: {text}").into(), Role::Warn),
        None => Cell::text(text),
    }
}

fn canary_age(service: &ServiceRow, ctx: &Ctx<'_>) -> Cell {
    if !service.has_canary() {
        return Cell::text("");
    }
    aged(canary(service, ctx).and_then(|r| r.created), ctx.now)
}

/// Replicas there are of those wanted; the bounds as they are written where nothing is told.
fn serving(service: &ServiceRow, ctx: &Ctx<'_>) -> Cell {
    if service.stopped {
        return Cell::dim("0");
    }
    match replicas(service, ctx) {
        Some((there, Some(wanted))) => {
            let role = if there < wanted {
                Role::Warn
            } else {
                Role::Text
            };
            Cell::Text(format!("{there}/{wanted}").into(), role)
        }
        Some((there, None)) => Cell::text(there.to_string()),
        None => Cell::unknown(),
    }
}

/// The objective that counts most, unless the service is stopped: then nothing burns.
fn shown<'a>(service: &ServiceRow, ctx: &Ctx<'a>) -> Option<&'a BurnRow> {
    let row = worst(&service.key, ctx).map(|row| &**row);
    row.filter(|_| !service.stopped)
}

/// A figure of an objective; grey once its source is old.
fn figure(row: &BurnRow, ctx: &Ctx<'_>, text: String, role: Role) -> Cell {
    let role = if fresh(row, ctx) { role } else { Role::Dim };
    Cell::Text(text.into(), role)
}

fn alarm(row: &BurnRow) -> Role {
    match row.state {
        Burning::Page => Role::Bad,
        Burning::Ticket => Role::Warn,
        _ => Role::Text,
    }
}

fn burning(service: &ServiceRow, ctx: &Ctx<'_>) -> Cell {
    let Some(row) = shown(service, ctx) else {
        return Cell::unknown();
    };
    let text = burn::rates_in_words(row, burn::untold(&service.key, ctx));
    let kept = row.plain.is_some() && row.state == Burning::Inside;
    if text == "-" || kept {
        Cell::unknown()
    } else {
        figure(row, ctx, text, alarm(row))
    }
}

fn budget(service: &ServiceRow, ctx: &Ctx<'_>) -> Cell {
    let row = shown(service, ctx);
    match row.and_then(|row| Some((row, row.left?))) {
        Some((row, share)) => {
            let role = if share <= 0.0 { Role::Bad } else { alarm(row) };
            figure(row, ctx, left_short(share), role)
        }
        None => Cell::unknown(),
    }
}

fn gone_in(service: &ServiceRow, ctx: &Ctx<'_>) -> Cell {
    let row = shown(service, ctx);
    match row.and_then(|row| Some((row, burn::gone(row)?))) {
        Some((row, text)) => figure(row, ctx, text, alarm(row)),
        None => Cell::unknown(),
    }
}

fn gone_seconds(service: &ServiceRow, ctx: &Ctx<'_>) -> Option<f64> {
    let row = shown(service, ctx)?;
    if row.left.is_some_and(|l| l <= 0.0) {
        return Some(0.0);
    }
    let seconds = u32::try_from(row.gone_in?).unwrap_or(u32::MAX);
    Some(f64::from(seconds))
}

fn asked_of(service: &ServiceRow, ctx: &Ctx<'_>) -> Cell {
    let row = shown(service, ctx);
    let rate = burn::volume(&service.key, ctx);
    match row.zip(rate) {
        Some((row, rate)) => figure(row, ctx, volume(rate), Role::Text),
        None => Cell::unknown(),
    }
}

fn cold(service: &ServiceRow, ctx: &Ctx<'_>) -> Cell {
    let row = shown(service, ctx);
    match row.zip(burn::cold_starts(&service.key, ctx)) {
        Some((row, starts)) => figure(row, ctx, number(starts), Role::Text),
        None => Cell::unknown(),
    }
}

fn trend(service: &ServiceRow, ctx: &Ctx<'_>) -> Cell {
    match shown(service, ctx) {
        Some(row) => figure(row, ctx, spark(&row.trend, usize::from(BARS)), alarm(row)),
        None => Cell::text(""),
    }
}

fn hottest(service: &ServiceRow, ctx: &Ctx<'_>) -> Option<f64> {
    let (hour, minutes) = burn::rates(shown(service, ctx)?);
    hour.or(minutes)
        .map(crate::app::serving::words::Rate::value)
}

/// The state first; of services that burn the one that burns most.
fn urgency(service: &ServiceRow, ctx: &Ctx<'_>) -> u64 {
    let standing = Standing::of(service, ctx);
    let burns = matches!(standing, Standing::Burning | Standing::SlowBurn);
    let heat = worst(&service.key, ctx).filter(|_| burns);
    let heat = heat.map_or(0.0, |row| burn::heat(row).clamp(0.0, 1_000_000.0));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let cool = u64::from(u32::MAX) - (heat * 1_000.0) as u64;
    (u64::from(standing as u8) << 32) | cool
}

impl Listing for Services {
    type Row = ServiceRow;
    const ID: &'static str = "serving";
    const TITLE: &'static str = "Services";
    const FEEDS: &'static [&'static str] = &["services", "llm-services"];
    const BESIDE: &'static [&'static str] = &["revisions", "burn", "models", "service-workloads"];
    const OPTIONAL: &'static [&'static str] = &["llm-services", "models"];
    const ORDER: &'static str = "state, burn";
    const STATES: &'static [&'static str] = &[
        "Burning",
        "Failed load",
        "Not ready",
        "Slow burn",
        "Unknown",
        "No data",
        "Pinned",
        "Canary",
        "Loading",
        "Ready",
        "Stopped",
    ];
    const NOTHING: &'static str = "No inference services. Every source is live, so there are none.";

    fn columns() -> &'static [Column<ServiceRow>] {
        COLUMNS
    }

    fn ranking<'a>(ctx: &Ctx<'a>) -> Ranking<'a, ServiceRow> {
        let ctx = *ctx;
        Box::new(move |service| urgency(service, &ctx))
    }

    fn beside(world: &World) -> u64 {
        burn::version(world)
            + world.table::<RevisionRow>().map_or(0, Table::version)
            + world.table::<WorkloadRow>().map_or(0, Table::version)
    }

    fn order(a: &ServiceRow, b: &ServiceRow) -> Ordering {
        by_name(a, b)
    }

    fn caveat(ctx: &Ctx<'_>) -> Option<String> {
        burn::caveat(ctx).or_else(|| written::caveat(ctx))
    }

    fn summary(rows: &mut dyn Iterator<Item = &ServiceRow>) -> String {
        let (mut failing, mut canaries, mut stopped) = (0, 0, 0);
        for row in rows {
            stopped += usize::from(row.stopped);
            failing += usize::from(row.ready == Some(false) && !row.stopped);
            canaries += usize::from(row.has_canary() && !row.is_pinned() && !row.stopped);
        }
        let parts = [
            (failing, "not ready"),
            (canaries, "with a canary"),
            (stopped, "stopped"),
        ];
        let said = parts.iter().filter(|(n, _)| *n > 0);
        let said: Vec<String> = said.map(|(n, word)| format!("{n} {word}")).collect();
        said.join(" · ")
    }

    fn facts(service: &ServiceRow, ctx: &Ctx<'_>) -> Vec<Fact> {
        serving_facts::of(service, ctx)
    }

    const OPENS: bool = true;

    fn open(service: &ServiceRow) -> Option<Box<dyn Screen>> {
        Some(Box::new(ServiceScreen::new(
            feed(service),
            service.key.clone(),
        )))
    }

    fn subject(service: &ServiceRow) -> Option<Subject> {
        Some(subject(feed(service), &service.key, &service.uid))
    }
}

/// The feed that a service comes from.
#[must_use]
pub fn feed(service: &ServiceRow) -> &'static str {
    match service.mode {
        ServingMode::Llm => "llm-services",
        _ => "services",
    }
}
