//! `trial.delete`: a trial goes, and another of the same name and the same parameters takes its place. Pure.

use serde_json::{Value, json};

use super::TRIALS;
use crate::domain::Clean;
use crate::kinds::trial::OF_EXPERIMENT;
use crate::plan::beside::Read;
use crate::plan::forecast::Sight;
use crate::plan::form::{Check, Plan};
use crate::plan::given::Given;
use crate::plan::katib::{self, Experiment};
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Right, Risk};
use crate::plan::{json, wire};

/// See the module.
pub(super) struct Delete;

const SPEC: ActionSpec = ActionSpec {
    name: "trial.delete",
    title: "Delete a trial: Katib runs it again",
    targets: TRIALS,
    parameters: &[],
    risk: Risk::LosesWork,
    rights: &[Right::to("delete", katib::GROUP, "trials")],
    inverse: "cannot be taken back; what it measured is deleted from the database with it",
    verify: "The trial is no longer there; another one may have its name",
};

fn experiment_of(trial: &Value) -> Option<Read> {
    let name = json::label(trial, OF_EXPERIMENT);
    let namespace = json::text(trial, &["metadata", "namespace"]);
    let place = (namespace, "experiments", name);
    (!name.is_empty()).then(|| Read {
        path: wire::path(katib::GROUP, katib::VERSION, place),
        what: format!("experiment {}", Clean::new(name)),
    })
}

impl Action for Delete {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn reads(&self, given: &Given<'_>) -> Vec<Read> {
        experiment_of(given.object).into_iter().collect()
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let trial = given.object;
        let going = json::text(trial, &["metadata", "deletionTimestamp"]);
        if !going.is_empty() {
            return Err(Refused::new(&format!(
                "The trial is being deleted since {}: it is gone when katib-db-manager has deleted its metrics",
                Clean::new(going)
            ))
            .instead("Look whether the Deployment katib-db-manager is ready"));
        }
        let mut plan = Plan::new(given, &SPEC, "");
        plan.does = format!("Deletes {} with its job", plan.target.words()).into();
        again(&mut plan, given);
        let (state, _) = Experiment::of(trial).condition();
        match state {
            "" | "Created" | "Pending" | "Running" => plan.warn(
                "The trial has not ended: its pods are killed with it, and what they have done is lost",
            ),
            "Failed" | "Killed" | "MetricsUnavailable" => {}
            _ => plan.warn("The trial has ended with a result, which is lost"),
        }
        let held = json::texts(trial, &["metadata", "finalizers"])
            .next()
            .is_some();
        if held {
            plan.warn(
                "It is gone only when katib-db-manager has deleted its metrics: if that does not answer, the trial hangs in Terminating and keeps its place",
            );
        }
        plan.delete_target(
            &json!({"propagationPolicy": "Background"}),
            "The garbage collector of the cluster deletes its job and pods after it",
        );
        plan.done_when(SPEC.verify, vec![Check::absent("")]);
        plan.verify.patience = katib::SETTLING;
        Ok(plan)
    }
}

/// Whether another one takes its place.
fn again(plan: &mut Plan, given: &Given<'_>) {
    let name = plan.target.name.clone();
    let seen = experiment_of(given.object).map(|read| given.beside.at(&read.path));
    let Some(Sight::Found(experiment)) = seen else {
        plan.warn(
            "Another trial with the same name and the same parameters takes its place, unless its experiment has ended: that was not seen",
        );
        return;
    };
    let experiment = Experiment::of(experiment);
    let going = json::text(experiment.object, &["metadata", "deletionTimestamp"]);
    if experiment.ended() || !going.is_empty() {
        plan.warn("Its experiment has ended: no other takes its place, and its result is gone");
    } else {
        plan.warn(
            "Katib makes another trial with the same name and the same parameters at once: its place is not given up, and the work is done again",
        );
    }
    let path = ["status", "currentOptimalTrial", "bestTrialName"];
    if json::text(experiment.object, &path) == name {
        plan.block(
            "It is the best trial so far: its result would be lost. Note its parameters first, and delete it with kubectl if that is really meant",
        );
    }
}
