//! Experiments that failed, or that want to go on and cannot. Pure.
//!
//! A trial that fails is part of a search: what the experiment makes of it is told.

use super::{Find, believed, seconds};
use crate::app::inspect::subject;
use crate::app::screen::Ctx;
use crate::app::trials::standing::{Standing, trouble};
use crate::domain::{ExperimentRow, FindingRow, Need};

/// A failure is told for so many seconds; the list of experiments keeps it.
const TOLD: u64 = 24 * 3_600;

pub(super) fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    believed::<ExperimentRow>(ctx)
        .filter_map(|experiment| one(experiment, ctx))
        .collect()
}

fn one(experiment: &ExperimentRow, ctx: &Ctx<'_>) -> Option<FindingRow> {
    let held = trouble(experiment, ctx);
    let (rule, need, says) = match Standing::of(experiment, ctx) {
        Standing::Failed if seconds(experiment.finished, ctx.now) <= TOLD => {
            ("failed-experiment", Need::Failed, failed(experiment))
        }
        Standing::Stuck => ("stuck-experiment", Need::Failed, held?.text),
        Standing::Slowed => ("slowed-experiment", Need::Slow, held?.text),
        _ => return None,
    };
    let trials = experiment.trials;
    let tally = format!(
        "{} at work, {} ended, {} of them without a result",
        trials.active(),
        trials.ended(),
        trials.lost()
    );
    let age = seconds(experiment.started, ctx.now);
    let find = Find::new(rule, need, &experiment.key)
        .says(&says)
        .because("trials", &tally)
        .because("looks for", &experiment.objective.metric)
        .within(u64::from(u32::MAX).saturating_sub(age))
        .since(experiment.finished)
        .subject(subject("experiments", &experiment.key, &experiment.uid));
    Some(find.done())
}

fn failed(experiment: &ExperimentRow) -> String {
    if experiment.message.is_empty() {
        format!("failed: {}", experiment.reason)
    } else {
        format!("failed: {}", experiment.message)
    }
}
