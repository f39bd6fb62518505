//! The objectives of a service, the worst first, and what its row says of them. Pure.

use std::cmp::Ordering;
use std::sync::Arc;

use super::words::{Rate, counted, factor, left, number, times, window};
use crate::app::screen::Ctx;
use crate::domain::{
    BurnRow, Burning, Clean, Key, Measure, SourceRow, SourceState, Span, WindowBurn, WrittenRow,
};
use crate::store::Table;

/// Windows that the list shows: about an hour, about five minutes. Sets differ by a little.
const HOUR: (u32, u32) = (3_000, 4_500);
const MINUTES: (u32, u32) = (200, 480);

/// The objectives of a service, the worst first: what pages, what makes a ticket, what is measured and inside, and last
/// what cannot be told.
#[must_use]
pub fn objectives<'a>(service: &Key, ctx: &Ctx<'a>) -> Vec<&'a Arc<BurnRow>> {
    let world: &'a crate::store::World = ctx.world;
    let table = world.table::<BurnRow>();
    let mut rows: Vec<_> = table.into_iter().flat_map(|t| t.about(service)).collect();
    rows.sort_by(|a, b| order(a, b));
    rows
}

/// The worst of them.
#[must_use]
pub fn worst<'a>(service: &Key, ctx: &Ctx<'a>) -> Option<&'a Arc<BurnRow>> {
    let world: &'a crate::store::World = ctx.world;
    let table = world.table::<BurnRow>()?;
    table.about(service).min_by(|a, b| order(a, b))
}

/// A limit that is kept, such as few cold starts: it says nothing of how requests are answered, so it must neither hide
/// that the rest is unknown nor stand where a burn rate does.
fn is_kept_limit(row: &BurnRow) -> bool {
    row.plain.is_some() && row.state == Burning::Inside
}

fn order(a: &BurnRow, b: &BurnRow) -> Ordering {
    let class = |row: &BurnRow| match row.state {
        Burning::Page => 0,
        Burning::Ticket => 1,
        _ if is_kept_limit(row) => 5,
        Burning::Inside => 2,
        Burning::NoTraffic => 3,
        Burning::Unknown => 4,
    };
    let by = class(a).cmp(&class(b));
    by.then_with(|| heat(b).total_cmp(&heat(a)))
        .then_with(|| a.key.cmp(&b.key))
}

/// How far above its factor the worst pair burns.
#[must_use]
pub fn heat(row: &BurnRow) -> f64 {
    let pair = row.worst.filter(|p| p.factor > 0.0);
    pair.map_or(-1.0, |p| p.long_burn.min(p.short_burn) / p.factor)
}

/// How the objectives stand together; none where nothing measures the service.
#[must_use]
pub fn state(service: &Key, ctx: &Ctx<'_>) -> Option<Burning> {
    worst(service, ctx).map(|row| row.state)
}

/// How many of the objectives cannot be told.
#[must_use]
pub fn untold(service: &Key, ctx: &Ctx<'_>) -> usize {
    let all = objectives(service, ctx);
    all.iter().filter(|r| r.state == Burning::Unknown).count()
}

/// The burn over about an hour and over about five minutes.
#[must_use]
pub fn rates(row: &BurnRow) -> (Option<Rate>, Option<Rate>) {
    let of = |(from, to): (u32, u32)| {
        let mut windows = row.windows.iter();
        let found = windows.find(|w| (from..=to).contains(&w.seconds));
        found.and_then(|w| Rate::of(w, row.target))
    };
    (of(HOUR), of(MINUTES))
}

/// `31× / 38×`; a question mark behind it where another objective cannot be told; a dash where nothing is known.
#[must_use]
pub fn rates_in_words(row: &BurnRow, untold: usize) -> String {
    if let Some(plain) = &row.plain {
        let value = plain
            .value
            .map(|value| (number(value), number(plain.limit)));
        return value.map_or_else(
            || "-".to_owned(),
            |(value, limit)| format!("{value} (max {limit})"),
        );
    }
    let text = |rate: Option<Rate>| rate.map_or_else(|| "-".to_owned(), Rate::text);
    let (hour, minutes) = rates(row);
    if hour.is_none() && minutes.is_none() {
        return "-".to_owned();
    }
    let more = if untold > 0 && row.state != Burning::Unknown {
        " ?"
    } else {
        ""
    };
    format!("{} / {}{more}", text(hour), text(minutes))
}

/// When the budget is gone: `3 h 10 m`, `spent`; none where that cannot be told.
#[must_use]
pub fn gone(row: &BurnRow) -> Option<String> {
    if row.left.is_some_and(|l| l <= 0.0) {
        return Some("spent".to_owned());
    }
    let seconds = i64::try_from(row.gone_in?).unwrap_or(i64::MAX);
    // hours matter while there are few of them
    let days = seconds / 86_400;
    Some(if days >= 10 {
        format!("{days} d")
    } else {
        Span(seconds).to_string()
    })
}

/// Requests a second, of whichever objective counts them.
#[must_use]
pub fn volume(service: &Key, ctx: &Ctx<'_>) -> Option<f64> {
    let all = objectives(service, ctx);
    all.iter().filter_map(|r| r.volume).max_by(f64::total_cmp)
}

/// Starts from zero replicas in the last hour.
#[must_use]
pub fn cold_starts(service: &Key, ctx: &Ctx<'_>) -> Option<f64> {
    let all = objectives(service, ctx);
    let mut plain = all.iter().filter_map(|r| r.plain.as_ref());
    plain.find(|p| p.unit.starts_with("cold starts"))?.value
}

/// An objective as a sentence: how fast it burns against what fires it, what is left, what was counted.
#[must_use]
pub fn sentence(row: &BurnRow) -> String {
    let mut parts = Vec::new();
    if let Some((plain, value)) = row.plain.as_ref().and_then(|p| Some((p, p.value?))) {
        let (value, limit) = (number(value), number(plain.limit));
        return format!(
            "{}: {value} {}, the limit is {limit}",
            row.title, plain.unit
        );
    }
    match (row.state, row.worst) {
        (Burning::Unknown, _) => parts.push("cannot be told".to_owned()),
        (Burning::NoTraffic, _) => parts.push("nothing was asked of the service".to_owned()),
        (_, Some(pair)) => parts.push(format!(
            "{} over {} and {} over {} ({} above {})",
            times(pair.long_burn),
            window(pair.long),
            times(pair.short_burn),
            window(pair.short),
            if pair.pages { "pages" } else { "a ticket" },
            factor(pair.factor),
        )),
        (_, None) => {}
    }
    if let Some(share) = row.left {
        parts.push(if share > 0.0 {
            format!("{} of the budget left", left(share))
        } else {
            format!("the budget is spent ({})", left(share))
        });
    }
    if let (Some(gone), true) = (gone(row), row.left.is_none_or(|l| l > 0.0)) {
        parts.push(format!("gone in {gone}"));
    }
    parts.extend(hour(row));
    format!("{}: {}", row.title, parts.join(", "))
}

/// What was counted in about an hour.
fn hour(row: &BurnRow) -> Option<String> {
    let mut windows = row.windows.iter();
    let hour = windows.find(|w| (HOUR.0..=HOUR.1).contains(&w.seconds))?;
    measured(hour).map(|text| format!("{text} in {}", window(hour.seconds)))
}

/// What a window counted: `4.1 % (214 of 5,210)`; none where nothing was.
#[must_use]
pub fn measured(window: &WindowBurn) -> Option<String> {
    match &window.measure {
        Measure::Exact(count) => Some(counted(*count)),
        Measure::Between { least, most } => Some(format!(
            "between {} and {}",
            counted(*least),
            counted(*most)
        )),
        Measure::NoTraffic | Measure::NoData | Measure::Unmeasurable(_) => None,
    }
}

/// Why a window says nothing.
#[must_use]
pub fn unmeasured(window: &WindowBurn) -> Option<Clean> {
    match &window.measure {
        Measure::Unmeasurable(why) => Some(why.clone()),
        Measure::NoData => Some(Clean::new("no data")),
        Measure::NoTraffic => Some(Clean::new("no traffic")),
        Measure::Exact(_) | Measure::Between { .. } => None,
    }
}

/// The figures of a service are as of now.
#[must_use]
pub fn fresh(row: &BurnRow, ctx: &Ctx<'_>) -> bool {
    let table = ctx.world.table::<BurnRow>();
    let source = table.and_then(|t| t.source_of(&row.key));
    source.is_some_and(|s| ctx.world.believed(s))
}

/// What is to be known of the source of all figures before they are believed; none while it is well.
#[must_use]
pub fn caveat(ctx: &Ctx<'_>) -> Option<String> {
    let troubled = |s: &&SourceRow| !matches!(s.state, SourceState::Live | SourceState::Partial);
    let sources = ctx.world.feed("burn").filter(troubled);
    let worst = sources.min_by_key(|s| (s.state == SourceState::Connecting, s.since))?;
    let shown = ctx.world.table::<BurnRow>().is_some_and(|t| !t.is_empty());
    Some(match worst.state {
        SourceState::Absent => "no Prometheus found: no burn figures".to_owned(),
        SourceState::Connecting => "burn figures are being asked for".to_owned(),
        state if shown => {
            let since = Span::between(worst.since, ctx.now);
            format!(
                "burn figures are old: prometheus {} for {since}",
                state.word()
            )
        }
        state => format!("no burn figures: prometheus {}", state.word()),
    })
}

/// A source of figures is live: what has none is not measured.
#[must_use]
pub fn is_live(ctx: &Ctx<'_>) -> bool {
    ctx.world.feed("burn").any(|s| s.state.is_live())
}

/// Grows with every change of a figure.
#[must_use]
pub fn version(world: &crate::store::World) -> u64 {
    world.table::<BurnRow>().map_or(0, Table::version)
        + world.table::<WrittenRow>().map_or(0, Table::version)
}
