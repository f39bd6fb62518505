//! The canary and the stable side of a service, side by side. Pure.

use std::sync::Arc;

use super::standing::{canary, comparison, short};
use super::words::{counted, latency, percent, quantile, spark, verdict, volume, window};
use crate::app::describe::page::{Cell, Page};
use crate::app::screen::Ctx;
use crate::domain::{Arm, CanaryRow, ServiceRow, SourceState, Verdict, age, clock};
use crate::theme::Role;

/// Cells of the lines of bars.
const BARS: usize = 16;

/// Writes the comparison; nothing where there is no canary.
pub fn write(page: &mut Page, service: &ServiceRow, ctx: &Ctx<'_>) {
    if !service.has_canary() {
        return;
    }
    page.heading("Canary against stable");
    let row = comparison(service, ctx);
    match row {
        Some(row) => judged(page, row, ctx),
        None => {
            let (word, role) = verdict(Verdict::NotEnoughData);
            let text = format!("{word}: {}", missing(service, ctx));
            page.fact("verdict", text, role);
        }
    }
    let since = canary(service, ctx).and_then(|r| r.created);
    let since = since.map_or_else(String::new, |t| {
        format!(", since {} ({})", clock(t, ctx.now), age(Some(t), ctx.now))
    });
    let of = |revision: &str| {
        let mut shares = service.traffic.iter();
        let percent = shares.find(|s| &*s.revision == revision).map(|s| s.percent);
        let part = percent.map_or_else(String::new, |p| format!(", {p} % of the traffic"));
        format!("{}{part}", short(revision, &service.key.name))
    };
    let newest = format!("{}{since}", of(&service.ready_revision));
    page.fact("canary", newest, Role::Text);
    page.fact("stable", of(&service.rolled_out), Role::Text);
    if let Some(row) = row {
        let titles = ["", "CANARY", "STABLE", "ERRORS OF THE CANARY"];
        page.table(&titles, &rows(row));
    }
}

/// Why there are no figures.
fn missing(service: &ServiceRow, ctx: &Ctx<'_>) -> String {
    let scope = format!("{}/{}", service.key.namespace, service.key.name);
    let mine = |s: &&crate::domain::SourceRow| {
        s.id.cluster == service.key.cluster && (s.id.scope == scope || s.id.scope.is_empty())
    };
    match ctx.world.feed("canary").find(mine) {
        None => "the figures are being asked for".to_owned(),
        Some(s) if s.state.is_live() => "no figures of its revisions have come".to_owned(),
        Some(s) if s.state == SourceState::Absent => {
            "no Prometheus was found that could tell".to_owned()
        }
        Some(s) => {
            let why = s.fault.as_ref();
            let why = why.map_or_else(String::new, |f| format!(": {}", f.told()));
            format!("prometheus is {}{why}", s.state.word())
        }
    }
}

fn judged(page: &mut Page, row: &Arc<CanaryRow>, ctx: &Ctx<'_>) {
    let (word, role) = verdict(row.verdict);
    let table = ctx.world.table::<CanaryRow>();
    let source = table.and_then(|t| t.source_of(&row.key));
    let old = !source.is_some_and(|s| ctx.world.believed(s));
    let told = format!("{word}, over the last {}", window(row.window));
    let old = if old {
        format!(
            ", as of {}: the source is not live",
            clock(row.measured, ctx.now)
        )
    } else {
        String::new()
    };
    page.fact("verdict", format!("{told}{old}"), role);
    for (at, reason) in row.reasons.iter().enumerate() {
        page.fact(if at == 0 { "because" } else { "" }, reason, Role::Text);
    }
}

fn cell(text: impl Into<String>, role: Role) -> Cell {
    (text.into(), role)
}

fn rows(row: &CanaryRow) -> Vec<Vec<Cell>> {
    let (canary, stable) = (&row.canary, &row.stable);
    let trend = spark(&canary.trend, BARS);
    let mut rows = vec![vec![
        cell("errors", Role::Dim),
        side(
            canary.errors.map(counted),
            worse(canary, stable, |a| a.errors),
        ),
        side(stable.errors.map(counted), Role::Text),
        cell(trend, Role::Text),
    ]];
    rows.push(vec![
        cell("too slow", Role::Dim),
        side(canary.slow.map(counted), worse(canary, stable, |a| a.slow)),
        side(stable.slow.map(counted), Role::Text),
    ]);
    for q in [0.5, 0.95, 0.99] {
        let of = |arm: &Arm| {
            let mut all = arm.quantiles.iter();
            all.find(|found| (found.q - q).abs() < 0.000_1)
                .map(quantile)
        };
        rows.push(vec![
            cell(format!("p{:.0}", q * 100.0), Role::Dim),
            side(of(canary), Role::Text),
            side(of(stable), Role::Text),
        ]);
    }
    let rate = |arm: &Arm| arm.volume.map(|v| format!("{} /s", volume(v)));
    rows.push(vec![
        cell("requests", Role::Dim),
        side(rate(canary), Role::Text),
        side(rate(stable), Role::Text),
    ]);
    let starts = |arm: &Arm| arm.cold_starts.map(|n| format!("{n:.0} in 1 h"));
    rows.push(vec![
        cell("cold starts", Role::Dim),
        side(starts(canary), Role::Text),
        side(starts(stable), Role::Text),
    ]);
    rows
}

fn side(text: Option<String>, role: Role) -> Cell {
    match text {
        Some(text) => (text, role),
        None => cell("-", Role::Dim),
    }
}

/// A share that is more than twice that of the stable side catches the eye; whether it means something, the verdict
/// says.
fn worse(canary: &Arm, stable: &Arm, of: impl Fn(&Arm) -> Option<crate::domain::Counted>) -> Role {
    let ratio = |arm: &Arm| of(arm).and_then(crate::domain::Counted::ratio);
    match (ratio(canary), ratio(stable)) {
        (Some(c), Some(s)) if c > 0.0 && c > 2.0 * s => Role::Warn,
        _ => Role::Text,
    }
}

/// The comparison in one line, as evidence.
pub fn told(row: &CanaryRow) -> String {
    let ratio = |arm: &Arm| {
        let ratio = arm.errors.and_then(crate::domain::Counted::ratio);
        ratio.map_or_else(|| "?".to_owned(), percent)
    };
    let p95 = |arm: &Arm| {
        let mut all = arm.quantiles.iter();
        let found = all.find(|q| (q.q - 0.95).abs() < 0.000_1);
        found.map_or_else(|| "?".to_owned(), |q| latency(q.seconds))
    };
    format!(
        "{}: errors {} against {}, p95 {} against {}, last {}",
        verdict(row.verdict).0,
        ratio(&row.canary),
        ratio(&row.stable),
        p95(&row.canary),
        p95(&row.stable),
        window(row.window)
    )
}
