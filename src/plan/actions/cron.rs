//! `cron.suspend` and `cron.resume`: a schedule starts no new runs, or does again. Pure.

use serde_json::json;

use super::CRONS;
use crate::plan::argo::guards;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// `cron.suspend`.
pub(super) struct Suspend;
/// `cron.resume`.
pub(super) struct Resume;

const SUSPEND: ActionSpec = ActionSpec {
    name: "cron.suspend",
    title: "Start no new runs by a schedule",
    targets: CRONS,
    parameters: &[],
    risk: Risk::Reversible,
    rights: &[Right::to("patch", "argoproj.io", "cronworkflows")],
    inverse: "cron.resume: lets it start runs again; runs of the time between are not made up for",
    verify: "The schedule shows it",
};

const RESUME: ActionSpec = ActionSpec {
    name: "cron.resume",
    title: "Let a schedule start runs again",
    targets: CRONS,
    parameters: &[],
    risk: Risk::Reversible,
    rights: &[Right::to("patch", "argoproj.io", "cronworkflows")],
    inverse: "cron.suspend: holds it again; runs that it started meanwhile go on",
    verify: "The schedule shows it",
};

impl Action for Suspend {
    fn spec(&self) -> &'static ActionSpec {
        &SUSPEND
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let mut plan = switch(given, &SUSPEND, true)?;
        plan.does = format!(
            "Lets the schedule {} start no new runs",
            plan.target.words()
        )
        .into();
        let active = json::list(given.object, &["status", "active"]).len();
        if active > 0 {
            plan.fact("runs", &format!("Runs that it started go on ({active})"));
        }
        plan.inverse = Some(Inverse {
            action: "cron.resume",
            text: "lets it start runs again; runs of the time between are not made up for",
        });
        Ok(plan)
    }
}

impl Action for Resume {
    fn spec(&self) -> &'static ActionSpec {
        &RESUME
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let mut plan = switch(given, &RESUME, false)?;
        plan.does = format!("Lets the schedule {} start runs again", plan.target.words()).into();
        let late = json::at(given.object, &["spec", "startingDeadlineSeconds"])
            .and_then(serde_json::Value::as_i64);
        if let Some(seconds) = late.filter(|s| *s > 0) {
            plan.warn(&format!(
                "Its startingDeadlineSeconds is {seconds}: a run that was due within that time starts at once"
            ));
        }
        plan.inverse = Some(Inverse {
            action: "cron.suspend",
            text: "holds it again; runs that it started meanwhile go on",
        });
        Ok(plan)
    }
}

fn switch(given: &Given<'_>, spec: &'static ActionSpec, suspend: bool) -> Result<Plan, Refused> {
    guards::stands(given.object)?;
    if json::flag(given.object, &["spec", "suspend"]) == suspend {
        return Err(Refused::new(if suspend {
            "The schedule is suspended already"
        } else {
            "The schedule is not suspended"
        }));
    }
    let mut plan = Plan::new(given, spec, "");
    plan.patch(
        json!({"spec": {"suspend": suspend}}),
        "The controller reads it before each start",
    );
    plan.done_when(
        "The schedule shows it",
        vec![Check::flag("/spec/suspend", suspend)],
    );
    Ok(plan)
}
