//! What holds an experiment up, in one sentence with its evidence. Pure; the list, the page and the findings tell it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{suggestion, tail, trials};
use crate::app::screen::Ctx;
use crate::domain::{
    Clean, ExperimentRow, Key, PodRow, SourceRow, SourceState, Span, TrialPhase, TrialRow,
};
use crate::kinds::trial::OF_EXPERIMENT;
use crate::store::{Table, World};

/// Seconds in which controllers are given the time to do what they do.
const PATIENCE: i64 = 120;
/// Seconds after which a deletion is said to hang.
const HANGS: i64 = 60;
/// Seconds without any progress after which that is said, where no trial has ended yet to compare with.
const LONG: i64 = 6 * 3_600;
/// So many times the longest trial so far without any trial ending is no progress.
const TIMES: i64 = 3;

/// What holds an experiment up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Nothing goes on; else some of it does.
    pub stuck: bool,
    /// One sentence with its evidence.
    pub text: String,
}

impl Trouble {
    fn stuck(text: String) -> Self {
        Self { stuck: true, text }
    }
    fn slowed(text: String) -> Self {
        Self { stuck: false, text }
    }
}

/// What holds an experiment up; none when nothing is known to.
#[must_use]
pub fn trouble(experiment: &ExperimentRow, ctx: &Ctx<'_>) -> Option<Trouble> {
    if let Some(since) = experiment.deleting {
        return ending(experiment, since, ctx);
    }
    if experiment.phase.ended() {
        return None;
    }
    suggested(experiment, ctx)
        .or_else(|| held(experiment, ctx))
        .or_else(|| pending(experiment, ctx))
        .or_else(|| unmeasured(experiment))
        .or_else(|| idle(experiment, ctx))
}

fn span(since: Timestamp, ctx: &Ctx<'_>) -> Span {
    Span::between(since, ctx.now)
}

/// It is being deleted, and its trials hold it.
fn ending(experiment: &ExperimentRow, since: Timestamp, ctx: &Ctx<'_>) -> Option<Trouble> {
    let waited = span(since, ctx);
    if waited.0 < HANGS {
        return None;
    }
    let held = trials(&experiment.key, ctx.world).filter(|t| t.held);
    Some(Trouble::stuck(match held.count() {
        0 => format!("being deleted for {waited}: a finalizer holds it"),
        n => format!(
            "being deleted for {waited}: {} for their metrics to be deleted; does katib-db-manager answer?",
            waits(n)
        ),
    }))
}

fn waits(n: usize) -> String {
    match n {
        1 => "1 trial waits".to_owned(),
        n => format!("{n} trials wait"),
    }
}

/// What gives the parameters does not.
fn suggested(experiment: &ExperimentRow, ctx: &Ctx<'_>) -> Option<Trouble> {
    let row = suggestion(&experiment.key, ctx.world)?;
    let since = row.created.or(experiment.created)?;
    if span(since, ctx).0 < PATIENCE {
        return None;
    }
    let why = if row.trouble.is_empty() {
        String::new()
    } else {
        format!(": {}", row.trouble)
    };
    let text = match (row.failed, row.ready) {
        (true, _) => format!("the suggestion has failed{why}"),
        (_, Some(false)) => format!("the suggestion is not ready{why}"),
        _ => return None,
    };
    let text = match (row.asked, row.given) {
        (Some(asked), Some(given)) if asked > given => {
            format!("{text} ({given} of {asked} sets of parameters given)")
        }
        _ => text,
    };
    Some(if experiment.trials.active() == 0 {
        Trouble::stuck(text)
    } else {
        Trouble::slowed(text)
    })
}

/// A trial that is being deleted and does not go keeps its place.
fn held(experiment: &ExperimentRow, ctx: &Ctx<'_>) -> Option<Trouble> {
    let old = |t: &&Arc<TrialRow>| t.deleting.is_some_and(|d| span(d, ctx).0 >= HANGS);
    let all: Vec<_> = trials(&experiment.key, ctx.world).filter(old).collect();
    let oldest = all.iter().min_by_key(|t| t.deleting)?;
    let waited = span(oldest.deleting?, ctx);
    let why = if oldest.held {
        "its metrics cannot be deleted; does katib-db-manager answer?"
    } else {
        "a finalizer holds it"
    };
    let more = match all.len() {
        1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    let text = format!(
        "{}{more} terminating for {waited}: {why}",
        tail(&oldest.key.name, &experiment.key.name)
    );
    Some(if experiment.trials.running == 0 {
        Trouble::stuck(text)
    } else {
        Trouble::slowed(text)
    })
}

/// Trials that wait for a place.
fn pending(experiment: &ExperimentRow, ctx: &Ctx<'_>) -> Option<Trouble> {
    let (running, waiting) = (experiment.trials.running, experiment.trials.pending);
    // the controller calls a trial running as soon as its job is there: its pods tell
    let pods = waiting_pods(&experiment.key, ctx.world);
    let stalled = u32::try_from(pods.values().map(Vec::len).sum::<usize>()).unwrap_or(u32::MAX);
    let oldest = pods.values().flatten().filter_map(|p| p.created).min();
    if let Some((why, mine)) = pods.iter().max_by_key(|(_, p)| p.len())
        && oldest.is_some_and(|o| span(o, ctx).0 >= PATIENCE)
    {
        let active = experiment.trials.active().max(stalled);
        let which = if mine.len() == stalled as usize {
            ""
        } else {
            "most: "
        };
        let text = format!("{stalled} of {active} trials have no node: {which}{why}");
        return Some(if stalled >= active {
            Trouble::stuck(text)
        } else {
            Trouble::slowed(text)
        });
    }
    let old = |t: &Arc<TrialRow>| {
        t.phase == TrialPhase::Pending && t.created.is_some_and(|c| span(c, ctx).0 >= PATIENCE)
    };
    let late = trials(&experiment.key, ctx.world)
        .filter(|t| old(t))
        .count();
    if running > 0 || waiting == 0 || late == 0 {
        return None;
    }
    Some(Trouble::stuck(format!(
        "{late} of {waiting} trials pending, none runs: no pod of them is there yet"
    )))
}

/// Pods of an experiment that no node takes, by what the scheduler says.
fn waiting_pods<'a>(
    experiment: &Key,
    world: &'a World,
) -> BTreeMap<&'a Clean, Vec<&'a Arc<PodRow>>> {
    let mine = |pod: &&Arc<PodRow>| {
        !pod.unscheduled.is_empty()
            && pod.key.namespace == experiment.namespace
            && pod.key.cluster == experiment.cluster
            && pod.labels.get(OF_EXPERIMENT) == Some(&*experiment.name)
    };
    let mut all: BTreeMap<&Clean, Vec<&Arc<PodRow>>> = BTreeMap::new();
    let table = world.table::<PodRow>().into_iter();
    for pod in table.flat_map(Table::iter).filter(mine) {
        all.entry(&pod.unscheduled).or_default().push(pod);
    }
    all
}

/// Trials end, and tell nothing.
fn unmeasured(experiment: &ExperimentRow) -> Option<Trouble> {
    let (lost, ended) = (
        experiment.trials.metrics_unavailable,
        experiment.trials.ended(),
    );
    if lost == 0 || lost.saturating_mul(2) < ended {
        return None;
    }
    let until = match experiment.max_failed {
        Some(max) => format!("; {} of {max} that may fail", experiment.trials.lost()),
        None => String::new(),
    };
    let text = format!(
        "{lost} of {ended} trials told no {}{until}",
        if experiment.objective.metric.is_empty() {
            "metric"
        } else {
            &experiment.objective.metric
        }
    );
    Some(Trouble::slowed(text))
}

/// Nothing has ended for longer than trials take, or none is there.
fn idle(experiment: &ExperimentRow, ctx: &Ctx<'_>) -> Option<Trouble> {
    let (mut last, mut longest) = (experiment.started.or(experiment.created)?, 0);
    for trial in trials(&experiment.key, ctx.world) {
        for at in [trial.created, trial.finished].into_iter().flatten() {
            last = last.max(at);
        }
        if let (Some(from), Some(to)) = (trial.started, trial.finished) {
            longest = longest.max(Span::between(from, to).0);
        }
    }
    let quiet = span(last, ctx);
    let budget = experiment
        .max
        .is_none_or(|max| experiment.trials.total < max);
    if experiment.trials.active() == 0 && budget && quiet.0 >= PATIENCE {
        let row = suggestion(&experiment.key, ctx.world);
        let given = row.and_then(|r| Some((r.given?, r.asked?)));
        let told = given.map_or_else(String::new, |(given, asked)| {
            format!("; the suggestion gave {given} of {asked} sets of parameters")
        });
        return Some(Trouble::stuck(format!(
            "no trial runs, none was made for {quiet}{told}"
        )));
    }
    let limit = if longest > 0 {
        longest.saturating_mul(TIMES).max(PATIENCE)
    } else {
        LONG
    };
    if quiet.0 < limit {
        return None;
    }
    let told = match longest {
        0 => String::new(),
        n => format!("; the longest so far took {}", Span(n)),
    };
    Some(Trouble::stuck(format!(
        "no trial has ended for {quiet}{told}"
    )))
}

/// What is to be known before "not stuck" is believed.
#[must_use]
pub fn caveat(ctx: &Ctx<'_>) -> Option<String> {
    for feed in ["trials", "suggestions", "pods"] {
        let troubled = |s: &&SourceRow| {
            !matches!(
                s.state,
                SourceState::Live | SourceState::Partial | SourceState::Connecting
            )
        };
        if let Some(worst) = ctx.world.feed(feed).find(troubled) {
            return Some(format!(
                "stuck or not is not fully known: {feed} {}",
                worst.state.word()
            ));
        }
    }
    None
}
