//! Runs that failed and were not made good, that wait for a person, or take far too long. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Find, believed, doublings, seconds};
use crate::app::inspect::subject;
use crate::app::screen::Ctx;
use crate::domain::{Clean, ClusterId, FindingRow, Need, Phase, RunRow, Span};

/// A failure is told for so many seconds; the list of runs keeps it.
const TOLD: u64 = 24 * 3_600;

/// So many times the usual length is too long.
const TIMES: u64 = 3;

/// What has the same origin is one line of runs: the newest of them says how it stands.
type Line<'a> = (&'a ClusterId, &'a Clean, &'a Clean);

pub(super) fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    let mut lines: BTreeMap<Line<'_>, Vec<&Arc<RunRow>>> = BTreeMap::new();
    let mut found = Vec::new();
    for run in believed::<RunRow>(ctx) {
        match run.phase {
            Phase::Waiting => found.push(waiting(run, ctx)),
            Phase::Running => found.extend(long(run, ctx)),
            _ => {}
        }
        let origin = if run.origin.is_empty() {
            &run.key.name
        } else {
            &run.origin
        };
        let line = (&run.key.cluster, &run.key.namespace, origin);
        lines.entry(line).or_default().push(run);
    }
    found.extend(lines.values_mut().filter_map(|line| failed(line, ctx)));
    found
}

fn began(run: &RunRow) -> Option<Timestamp> {
    run.started.or(run.created)
}

fn said(run: &RunRow) -> &Clean {
    if run.last_word.is_empty() {
        &run.message
    } else {
        &run.last_word
    }
}

/// The newest run of a line failed: what ran before it tells whether that is usual.
fn failed(line: &mut [&Arc<RunRow>], ctx: &Ctx<'_>) -> Option<FindingRow> {
    line.sort_by_key(|run| std::cmp::Reverse(began(run)));
    let ended: Vec<_> = line.iter().filter(|run| run.phase.is_final()).collect();
    let newest = ended.first()?;
    let bad = |run: &RunRow| matches!(run.phase, Phase::Failed | Phase::Error);
    let age = seconds(newest.finished, ctx.now);
    if !bad(newest) || age > TOLD {
        return None;
    }
    let row = ended.iter().take_while(|run| bad(run)).count();
    let again = line.first().filter(|run| !run.phase.is_final());
    let before = match (row, ended.get(row)) {
        (1, _) => String::new(),
        (n, None) => format!("; {n} failures in a row"),
        (n, Some(well)) => {
            let ago = well.finished.map(|at| Span::between(at, ctx.now));
            let ago = ago.map_or_else(String::new, |ago| format!(" {ago} ago"));
            format!("; {n} failures in a row, the last success{ago}")
        }
    };
    let word = said(newest);
    let word = if word.is_empty() { "failed" } else { word };
    let sentence = format!("{word}{before}");
    let running = again.map(|run| format!("{} runs now", run.key.name));
    let took = newest.started.zip(newest.finished);
    let took = took.map(|(from, to)| format!("{} after it began", Span::between(from, to)));
    Some(
        Find::new("failed-run", Need::Failed, &newest.key)
            .says(&sentence)
            .because("failed", &took.unwrap_or_default())
            .because("again", &running.unwrap_or_default())
            .because("by", &newest.origin)
            .because("steps", &newest.tally.to_string())
            .subject(subject("workflows", &newest.key, &newest.uid))
            .within(age)
            .since(newest.finished)
            .done(),
    )
}

fn waiting(run: &RunRow, ctx: &Ctx<'_>) -> FindingRow {
    let word = said(run);
    let word = if word.is_empty() {
        "waits for a person"
    } else {
        word
    };
    let age = seconds(began(run), ctx.now);
    Find::new("gate-waiting", Need::Waiting, &run.key)
        .says(word)
        .because("by", &run.origin)
        .because("steps", &run.tally.to_string())
        .subject(subject("workflows", &run.key, &run.uid))
        // what waits longest comes first
        .within(u64::from(u32::MAX).saturating_sub(age))
        .since(began(run))
        .done()
}

fn long(run: &RunRow, ctx: &Ctx<'_>) -> Option<FindingRow> {
    let usual = run.estimate.map(u64::from).filter(|s| *s > 0)?;
    let age = seconds(run.started, ctx.now);
    if age < usual * TIMES {
        return None;
    }
    let of = |seconds: u64| Span(i64::try_from(seconds).unwrap_or(i64::MAX));
    let sentence = format!(
        "runs for {}, {} times as long as usual ({})",
        of(age),
        age / usual,
        of(usual)
    );
    Some(
        Find::new("long-run", Need::Waiting, &run.key)
            .says(&sentence)
            .because("last", said(run))
            .because("steps", &run.tally.to_string())
            .subject(subject("workflows", &run.key, &run.uid))
            .within(u64::from(u32::MAX).saturating_sub(age))
            .grade(doublings(age / usual))
            .since(run.started)
            .done(),
    )
}
