//! What holds for every edit of an experiment. Pure.

use super::experiment::Experiment;
use crate::domain::Clean;
use crate::plan::argo::guards::stands;
use crate::plan::form::Plan;
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::spec::ActionSpec;

/// A plan for an experiment that goes on.
pub(in crate::plan) fn begin<'a>(
    given: &Given<'a>,
    spec: &'static ActionSpec,
) -> Result<(Plan, Experiment<'a>), Refused> {
    stands(given.object)?;
    let experiment = Experiment::of(given.object);
    if experiment.ended() {
        let refused = match experiment.not_restartable() {
            None => Refused::new("The experiment has ended: its budget is spent")
                .instead("experiment.restart gives it a greater one"),
            Some(why) => Refused::new(&format!(
                "The experiment has ended, and Katib's webhook refuses to edit it: {why}"
            ))
            .instead("Make a new experiment; the best trial's parameters can be copied"),
        };
        return Err(refused);
    }
    Ok((Plan::new(given, spec, ""), experiment))
}

/// Refuses an edit in the last batch: the webhook takes none while the budget is not above the trials that were made.
pub(in crate::plan) fn has_budget(experiment: &Experiment<'_>) -> Result<(), Refused> {
    match experiment.max() {
        Some(max) if max <= experiment.made() => Err(Refused::new(&format!(
            "All {max} trials of its budget are made: in its last batch Katib's webhook refuses every edit that leaves maxTrialCount at {max}"
        ))
        .instead("experiment.set-budget with more trials first")),
        _ => Ok(()),
    }
}

/// Refuses more at a time than there may be at all.
pub(in crate::plan) fn fits(parallel: i64, experiment: &Experiment<'_>) -> Result<(), Refused> {
    match experiment.max() {
        Some(max) if parallel > max => Err(Refused::new(&format!(
            "{parallel} at a time are more than the {max} that there may be at all"
        ))
        .instead("experiment.set-budget raises that")),
        _ => Ok(()),
    }
}

/// A count that an operator gave: a whole number from `least`.
pub(in crate::plan) fn count((parameter, least): (&str, i64), text: &str) -> Result<i64, Refused> {
    let number: Option<i64> = text.trim().parse().ok();
    let number = number.filter(|n| (least..=super::MOST).contains(n));
    number.ok_or_else(|| {
        Refused::new(&format!(
            "{parameter} is a whole number from {least}, not {}: Katib's webhook refuses {} and less",
            Clean::new(text),
            least - 1
        ))
    })
}
