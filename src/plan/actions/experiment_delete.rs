//! `experiment.delete`: an experiment goes, with its trials, their jobs and all results. Pure.

use serde_json::json;

use super::EXPERIMENTS;
use crate::domain::Clean;
use crate::plan::argo::guards::stands;
use crate::plan::form::{Check, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::katib::{self, Experiment};
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// See the module.
pub(super) struct Delete;

const SPEC: ActionSpec = ActionSpec {
    name: "experiment.delete",
    title: "Delete an experiment with its trials and results",
    targets: EXPERIMENTS,
    parameters: &[],
    risk: Risk::LosesWork,
    rights: &[Right::to("delete", katib::GROUP, "experiments")],
    inverse: "cannot be taken back; its results are gone from the cluster",
    verify: "The experiment is no longer there",
};

impl Action for Delete {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        stands(given.object)?;
        let experiment = Experiment::of(given.object);
        let mut plan = Plan::new(given, &SPEC, "");
        plan.does = format!(
            "Deletes {} with its {} trials, their jobs and its suggestion",
            plan.target.words(),
            experiment.made()
        )
        .into();
        let running = experiment.active();
        if running > 0 {
            plan.warn(&format!(
                "{running} trials run or wait: their pods are killed with them"
            ));
        }
        plan.warn(
            "Its results vanish from the cluster: parameters and figures of all trials, and their metrics in the database",
        );
        let best = experiment.best();
        if !best.is_empty() {
            plan.fact("best", &format!("What is lost with it: {best}"));
        }
        if experiment.resume() == "FromVolume" {
            plan.warn("The volume with the state of its algorithm goes with it");
        }
        plan.fact(
            "finalizers",
            "Its trials are gone only when katib-db-manager has deleted their metrics",
        );
        let held: Vec<&str> = json::texts(given.object, &["metadata", "finalizers"]).collect();
        if !held.is_empty() {
            let text = format!(
                "It is gone only when {} is done",
                Clean::new(&held.join(", "))
            );
            plan.fact("finalizers", &text);
        }
        plan.delete_target(
            &json!({"propagationPolicy": "Background"}),
            "The garbage collector of the cluster deletes trials, jobs and suggestion after it",
        );
        plan.fact("undo", "Cannot be taken back");
        plan.done_when(SPEC.verify, vec![Check::absent("")]);
        plan.verify.patience = katib::SETTLING;
        Ok(plan)
    }
}
