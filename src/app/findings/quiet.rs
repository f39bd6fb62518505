//! What is quiet: said only of rows of sources that are live. Pure.

use super::{FEEDS, OPTIONAL};
use crate::app::screen::Ctx;
use crate::app::serving::standing::Standing;
use crate::domain::{NodeRow, Phase, RunRow, ServiceRow, SourceState};
use crate::store::{Standing as Truth, Table, TruthRow};

/// Everything that is well, in one line; what is not known is named instead.
#[must_use]
pub fn words(ctx: &Ctx<'_>) -> String {
    let silent = silent(ctx);
    let mut parts: Vec<String> = [runs(ctx), services(ctx), nodes(ctx), models(ctx)]
        .into_iter()
        .flatten()
        .collect();
    if !silent.is_empty() {
        parts.push(format!("not known: {}", silent.join(", ")));
    }
    if parts.is_empty() {
        String::new()
    } else {
        format!("Quiet: {}", parts.join(", "))
    }
}

/// Feeds of which not every source is live.
fn silent(ctx: &Ctx<'_>) -> Vec<&'static str> {
    let silent = |feed: &&&str| !is_live(ctx, feed) && !is_absent(ctx, feed);
    FEEDS.iter().filter(silent).copied().collect()
}

fn is_live(ctx: &Ctx<'_>, feed: &str) -> bool {
    let mut mine = ctx.world.feed(feed).peekable();
    mine.peek().is_some() && mine.all(|source| source.state.is_live())
}

fn is_absent(ctx: &Ctx<'_>, feed: &str) -> bool {
    let mut mine = ctx.world.feed(feed).peekable();
    let absent = mine.peek().is_some() && mine.all(|s| s.state == SourceState::Absent);
    absent && OPTIONAL.contains(&feed)
}

fn count<R: crate::domain::Row>(ctx: &Ctx<'_>, well: impl Fn(&R) -> bool) -> (usize, usize) {
    let rows = ctx.world.table::<R>().into_iter().flat_map(Table::iter);
    rows.fold((0, 0), |(good, all), row| {
        (good + usize::from(well(row)), all + 1)
    })
}

fn of(good: usize, all: usize, word: &str) -> Option<String> {
    match (good, all) {
        (0, _) => None,
        (good, all) if good == all => Some(format!("{good} {word}")),
        (good, all) => Some(format!("{good} of {all} {word}")),
    }
}

fn runs(ctx: &Ctx<'_>) -> Option<String> {
    let well = |run: &RunRow| {
        matches!(
            run.phase,
            Phase::Succeeded | Phase::Running | Phase::Pending
        )
    };
    let (good, all) = count::<RunRow>(ctx, well);
    of(good, all, "runs").filter(|_| is_live(ctx, "workflows"))
}

fn services(ctx: &Ctx<'_>) -> Option<String> {
    if !is_live(ctx, "burn") || !is_live(ctx, "services") {
        return None;
    }
    let well = |service: &ServiceRow| {
        matches!(
            Standing::of(service, ctx),
            Standing::Ready | Standing::Canary | Standing::Pinned | Standing::Loading
        )
    };
    let (good, all) = count::<ServiceRow>(ctx, well);
    of(good, all, "services inside budget")
}

fn nodes(ctx: &Ctx<'_>) -> Option<String> {
    let well = |node: &NodeRow| {
        let whole = node.gpus.iter().all(|gpu| gpu.allocatable >= gpu.capacity);
        node.ready == Some(true) && node.trouble.is_empty() && whole
    };
    let (good, all) = count::<NodeRow>(ctx, well);
    of(good, all, "nodes").filter(|_| is_live(ctx, "nodes"))
}

fn models(ctx: &Ctx<'_>) -> Option<String> {
    if !is_live(ctx, "models") {
        return None;
    }
    let in_step = |row: &TruthRow| row.standing != Truth::Drifts;
    let (good, all) = count::<TruthRow>(ctx, in_step);
    match (good, all) {
        (_, 0) => None,
        (good, all) if good == all => Some("registry in step with serving".to_owned()),
        (good, all) => Some(format!("{good} of {all} models in step with serving")),
    }
}
