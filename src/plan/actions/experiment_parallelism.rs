//! `experiment.set-parallelism`, `experiment.pause`, `experiment.unpause`: how many trials run at a time. Pure.
//!
//! There is no pause in Katib: 0 at a time is refused, and nothing stops an experiment but its end. Pausing lowers it to
//! 1 and keeps the number from before in an annotation.

use serde_json::{Value, json};

use super::EXPERIMENTS;
use crate::kinds::experiment::PAUSED_FROM;
use crate::plan::beside::Read;
use crate::plan::form::{Check, Expect, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::katib::{self, Experiment, guards, lowered};
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct SetParallelism;
/// See the module.
pub(super) struct Pause;
/// See the module.
pub(super) struct Unpause;

const RIGHTS: &[Right] = &[
    Right::to("patch", katib::GROUP, "experiments"),
    Right::to("list", katib::GROUP, "trials"),
];

const SET: ActionSpec = ActionSpec {
    name: "experiment.set-parallelism",
    title: "Set how many trials run at a time",
    targets: EXPERIMENTS,
    parameters: &[ParameterSpec {
        name: "trials",
        kind: ParameterKind::Text,
        default: "",
        help: "Trials at a time, from 1. Lowered below those that run, Katib deletes the newest trials, also ended ones.",
    }],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "experiment.set-parallelism with the earlier number; trials that were deleted do not come back",
    verify: "The spec has the number, and not more trials run",
};

const PAUSE: ActionSpec = ActionSpec {
    name: "experiment.pause",
    title: "Let one trial at a time go on, and keep the number from before",
    targets: EXPERIMENTS,
    parameters: &[],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "experiment.unpause: the number from before; trials that were deleted do not come back",
    verify: SET.verify,
};

const UNPAUSE: ActionSpec = ActionSpec {
    name: "experiment.unpause",
    title: "Let as many trials run as before the pause",
    targets: EXPERIMENTS,
    parameters: &[],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "experiment.pause",
    verify: "The spec has the number from before the pause",
};

impl Action for SetParallelism {
    fn spec(&self) -> &'static ActionSpec {
        &SET
    }

    fn reads(&self, given: &Given<'_>) -> Vec<Read> {
        vec![lowered::read(given.object)]
    }

    fn example(&self, given: &Given<'_>) -> Vec<(String, String)> {
        let now = Experiment::of(given.object).parallel();
        let other = if now > 1 { now - 1 } else { 2 };
        vec![("trials".to_owned(), other.to_string())]
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, experiment) = guards::begin(given, &SET)?;
        let to = guards::count(("trials", 1), given.params.text("trials"))?;
        let was = experiment.parallel();
        if to == was {
            return Err(Refused::new(&format!("{was} trials run at a time already")));
        }
        guards::has_budget(&experiment)?;
        guards::fits(to, &experiment)?;
        plan.does = format!(
            "Sets the trials at a time of {} from {was} to {to}",
            plan.target.words()
        )
        .into();
        let mut change = json!({"spec": {"parallelTrialCount": to}});
        if experiment.paused_from().is_some() {
            change["metadata"] = json!({"annotations": {PAUSED_FROM: null}});
            plan.fact(
                "pause",
                "It was paused; with this number of its own it is so no longer",
            );
        }
        plan.patch(change, "The controller makes more trials, or deletes some");
        moved(&mut plan, given, (was, to));
        plan.undone_by(
            Inverse {
                action: "experiment.set-parallelism",
                text: "sets the earlier number; trials that were deleted do not come back as they were",
            },
            vec![("trials", was.to_string())],
        );
        Ok(plan)
    }
}

impl Action for Pause {
    fn spec(&self) -> &'static ActionSpec {
        &PAUSE
    }

    fn reads(&self, given: &Given<'_>) -> Vec<Read> {
        vec![lowered::read(given.object)]
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, experiment) = guards::begin(given, &PAUSE)?;
        let was = experiment.parallel();
        if was <= 1 {
            let paused = experiment.paused_from().is_some();
            return Err(Refused::new(if paused {
                "The experiment is paused already"
            } else {
                "One trial at a time runs already, and Katib knows no less: 0 is refused by its webhook"
            })
            .instead(if paused {
                "experiment.unpause raises it to what it was"
            } else {
                "experiment.delete ends it"
            }));
        }
        guards::has_budget(&experiment)?;
        plan.does = format!(
            "Lowers the trials at a time of {} from {was} to 1, and keeps {was} for later",
            plan.target.words()
        )
        .into();
        plan.warn("Katib has no pause: 0 at a time is refused, so one trial at a time goes on and holds its place");
        plan.patch(
            json!({"metadata": {"annotations": {PAUSED_FROM: was.to_string()}}, "spec": {"parallelTrialCount": 1}}),
            "The controller deletes what runs beyond that",
        );
        moved(&mut plan, given, (was, 1));
        plan.inverse = Some(Inverse {
            action: "experiment.unpause",
            text: "sets the number from before; trials that were deleted do not come back as they were",
        });
        Ok(plan)
    }
}

impl Action for Unpause {
    fn spec(&self) -> &'static ActionSpec {
        &UNPAUSE
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, experiment) = guards::begin(given, &UNPAUSE)?;
        let Some(to) = experiment.paused_from() else {
            return Err(Refused::new(
                "The experiment is not paused: nothing keeps a number from before",
            )
            .instead("experiment.set-parallelism sets one"));
        };
        let was = experiment.parallel();
        if to <= was {
            return Err(Refused::new(&format!(
                "{was} trials run at a time, and before the pause it was {to}: somebody has raised it since"
            ))
            .instead("experiment.set-parallelism sets another number"));
        }
        guards::has_budget(&experiment)?;
        guards::fits(to, &experiment)?;
        plan.does = format!(
            "Raises the trials at a time of {} from {was} to {to}, as before the pause",
            plan.target.words()
        )
        .into();
        plan.patch(
            json!({"metadata": {"annotations": {PAUSED_FROM: null}}, "spec": {"parallelTrialCount": to}}),
            "The controller makes more trials",
        );
        moved(&mut plan, given, (was, to));
        plan.undone_by(
            Inverse {
                action: "experiment.pause",
                text: "lowers it to 1 again",
            },
            Vec::new(),
        );
        Ok(plan)
    }
}

/// What comes of another number, and what shows it.
fn moved(plan: &mut Plan, given: &Given<'_>, (was, to): (i64, i64)) {
    let experiment = Experiment::of(given.object);
    let mut checks = vec![Check::value("/spec/parallelTrialCount", to.into())];
    if to > was {
        let left = experiment
            .max()
            .map(|max| max.saturating_sub(experiment.made()));
        let more = (to - experiment.active())
            .min(left.unwrap_or(i64::MAX))
            .max(0);
        plan.fact(
            "starts",
            &format!("{more} more trials start as soon as there is room for their pods"),
        );
    } else {
        lowered::tell(plan, given, to);
        if experiment.count("trialsRunning") > to {
            let few = (0..=to).map(Value::from).collect();
            checks.push(Check {
                pointer: "/status/trialsRunning".to_owned(),
                expect: Expect::OneOf(few),
            });
        }
    }
    plan.done_when(SET.verify, checks);
    plan.verify.patience = katib::SETTLING;
}
