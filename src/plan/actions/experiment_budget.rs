//! `experiment.set-budget` and `experiment.restart`: how many trials there may be, and how many may fail. Pure.

use serde_json::json;

use super::EXPERIMENTS;
use crate::plan::argo::guards::stands;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::katib::{self, Experiment, guards};
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct SetBudget;
/// See the module.
pub(super) struct Restart;

const RIGHTS: &[Right] = &[Right::to("patch", katib::GROUP, "experiments")];

const fn number(name: &'static str, help: &'static str) -> ParameterSpec {
    ParameterSpec {
        name,
        kind: ParameterKind::Text,
        default: "",
        help,
    }
}

const SET: ActionSpec = ActionSpec {
    name: "experiment.set-budget",
    title: "Set how many trials there may be, and how many may fail",
    targets: EXPERIMENTS,
    parameters: &[
        number(
            "trials",
            "Most trials (maxTrialCount): more than were made already.",
        ),
        number(
            "failed",
            "Failed trials that are endured (maxFailedTrialCount); those without a metric count.",
        ),
    ],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "experiment.set-budget with the earlier numbers, while not more trials were made",
    verify: "The spec has the numbers",
};

const RESTART: ActionSpec = ActionSpec {
    name: "experiment.restart",
    title: "Begin an experiment again whose budget is spent",
    targets: EXPERIMENTS,
    parameters: &[number(
        "trials",
        "Most trials (maxTrialCount), those that were made counted.",
    )],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "cannot be taken back; it ends when its budget is spent",
    verify: "A trial more than before was made",
};

impl Action for SetBudget {
    fn spec(&self) -> &'static ActionSpec {
        &SET
    }

    fn example(&self, given: &Given<'_>) -> Vec<(String, String)> {
        let experiment = Experiment::of(given.object);
        let more = experiment.max().unwrap_or(0).max(experiment.made()) + 1;
        vec![("trials".to_owned(), more.to_string())]
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, experiment) = guards::begin(given, &SET)?;
        let read = |name, least, was: Option<i64>| match given.params.text(name) {
            "" => Ok(was),
            text => guards::count((name, least), text).map(Some),
        };
        let (max, failed) = (experiment.max(), experiment.max_failed());
        let (new_max, new_failed) = (read("trials", 1, max)?, read("failed", 0, failed)?);
        if (max, failed) == (new_max, new_failed) {
            return Err(Refused::new(
                "Nothing would change: give trials or failed, with another number than now",
            ));
        }
        bounds(&experiment, new_max, new_failed)?;
        let mut spec = json!({});
        let (mut checks, mut back, mut words) = (Vec::new(), Vec::new(), Vec::new());
        for (name, key, was, new) in [
            ("trials", "maxTrialCount", max, new_max),
            ("failed", "maxFailedTrialCount", failed, new_failed),
        ] {
            let Some(new) = new.filter(|new| Some(*new) != was) else {
                continue;
            };
            spec[key] = new.into();
            checks.push(Check::value(&format!("/spec/{key}"), new.into()));
            let before = was.map_or("no limit".to_owned(), |n| n.to_string());
            words.push(format!("{key} from {before} to {new}"));
            back.extend(was.map(|n| (name, n.to_string())));
        }
        plan.does = format!("Sets {} of {}", words.join(", "), plan.target.words()).into();
        plan.patch(
            json!({"spec": spec}),
            "The controller plans its trials by it",
        );
        told(&mut plan, &experiment, new_max);
        if back.len() == words.len() {
            plan.undone_by(
                Inverse {
                    action: "experiment.set-budget",
                    text: "sets the earlier numbers, as long as not more trials were made",
                },
                back,
            );
        }
        plan.done_when(SET.verify, checks);
        Ok(plan)
    }
}

/// Refuses what the webhook would.
fn bounds(
    experiment: &Experiment<'_>,
    max: Option<i64>,
    failed: Option<i64>,
) -> Result<(), Refused> {
    let made = experiment.made();
    let Some(max) = max else {
        return Ok(());
    };
    if max <= made {
        return Err(Refused::new(&format!(
            "{made} trials were made already, and maxTrialCount must be more than that: it cannot be lowered to end an experiment, and in the last batch nothing can be edited without raising it"
        ))
        .instead("Give more trials; experiment.delete ends it, experiment.pause slows it down"));
    }
    let parallel = experiment.parallel();
    if parallel > max {
        return Err(Refused::new(&format!(
            "{parallel} run at a time, which are more than {max}"
        ))
        .instead("experiment.set-parallelism lowers that first"));
    }
    match failed {
        Some(failed) if failed > max => Err(Refused::new(&format!(
            "{failed} failed trials are more than the {max} that there may be"
        ))),
        _ => Ok(()),
    }
}

fn told(plan: &mut Plan, experiment: &Experiment<'_>, max: Option<i64>) {
    if let Some(max) = max {
        let left = max.saturating_sub(experiment.made());
        plan.fact(
            "starts",
            &format!(
                "{left} more trials, {} at a time; each holds what its job asks for",
                experiment.parallel()
            ),
        );
    }
    let lost = experiment
        .count("trialsFailed")
        .saturating_add(experiment.count("trialMetricsUnavailable"));
    if lost > 0 {
        plan.fact(
            "failed",
            &format!("{lost} count as failed so far; those without a metric are among them"),
        );
    }
}

impl Action for Restart {
    fn spec(&self) -> &'static ActionSpec {
        &RESTART
    }

    fn example(&self, given: &Given<'_>) -> Vec<(String, String)> {
        let made = Experiment::of(given.object).made();
        vec![("trials".to_owned(), (made + 1).to_string())]
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        stands(given.object)?;
        let experiment = Experiment::of(given.object);
        if !experiment.ended() {
            return Err(Refused::new("The experiment has not ended")
                .instead("experiment.set-budget gives it more trials"));
        }
        if let Some(why) = experiment.not_restartable() {
            return Err(Refused::new(&format!(
                "The experiment cannot be begun again: {why}. Only one that ended with its budget spent, and whose resumePolicy is LongRunning or FromVolume, can"
            ))
            .instead("Make a new experiment; the best trial's parameters can be copied"));
        }
        let max = guards::count(("trials", 1), given.params.text("trials"))?;
        bounds(&experiment, Some(max), experiment.max_failed())?;
        let mut plan = Plan::new(given, &RESTART, "");
        let was = experiment
            .max()
            .map_or("no limit".to_owned(), |n| n.to_string());
        plan.does = format!(
            "Begins {} again: maxTrialCount from {was} to {max}",
            plan.target.words()
        )
        .into();
        plan.patch(
            json!({"spec": {"maxTrialCount": max}}),
            "The controller begins it again",
        );
        told(&mut plan, &experiment, Some(max));
        plan.fact(
            "algorithm",
            if experiment.resume() == "FromVolume" {
                "Its service is made anew and reads its state from the volume that was kept"
            } else {
                "Its service runs on since the end, with all it has learnt"
            },
        );
        plan.done_when(
            RESTART.verify,
            vec![
                Check::value("/spec/maxTrialCount", max.into()),
                Check::changed("/status/trials", given.object),
            ],
        );
        plan.verify.patience = katib::SETTLING;
        Ok(plan)
    }
}
