//! `job.delete`: a training job goes, with its pods and their logs. Pure.

use serde_json::json;

use super::JOBS;
use crate::domain::{Clean, JobKind};
use crate::plan::form::{Check, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Risk};
use crate::plan::training::{self, Job, guards};

/// See the module.
pub(super) struct Delete;

const SPEC: ActionSpec = ActionSpec {
    name: "job.delete",
    title: "Delete a training job with its pods and logs",
    targets: JOBS,
    parameters: &[],
    risk: Risk::LosesWork,
    rights: super::DELETE_JOBS,
    inverse: "cannot be taken back; made again it starts from its last own checkpoint",
    verify: "The job is no longer there",
};

impl Action for Delete {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, job) = guards::begin(given, &SPEC)?;
        guards::whole(&job)?;
        plan.does = format!("Deletes {} with its pods", plan.target.words()).into();
        if job.ended() {
            plan.warn("The logs of its pods go with it");
        } else {
            plan.warn(
                "It has not ended: its pods are killed, what they did since their last own checkpoint is lost, and their logs with them",
            );
        }
        hangs(&mut plan, &job);
        guards::above(&mut plan, &job, "it takes this for a failure");
        if job.row.owner.as_ref().is_some_and(|o| &*o.kind == "Trial") {
            plan.fact(
                "instead",
                "trial.delete runs the trial again with the same parameters",
            );
        }
        if job.in_queue() {
            plan.fact(
                "queue",
                "Its Workload goes with it, and what it held of the quota is free",
            );
        }
        plan.fact(
            "again",
            "Nothing keeps its spec: copy it first where the job is to be made again",
        );
        plan.delete_target(
            &json!({"propagationPolicy": "Background"}),
            "The garbage collector of the cluster deletes what it owns after it",
        );
        plan.fact("undo", "Cannot be taken back");
        plan.done_when(SPEC.verify, vec![Check::absent("")]);
        plan.verify.patience = training::SETTLING;
        Ok(plan)
    }
}

/// What its end waits for.
fn hangs(plan: &mut Plan, job: &Job<'_>) {
    let held: Vec<&str> = json::texts(job.object, &["metadata", "finalizers"]).collect();
    match job.kind() {
        JobKind::RayJob if !held.is_empty() => plan.warn(
            "KubeRay first stops the job through the dashboard of its head: where the head is gone, the job hangs in Terminating",
        ),
        JobKind::RayService => plan.warn("Requests to it fail from now on"),
        _ if !held.is_empty() => {
            let text = format!("It is gone only when {} is done", Clean::new(&held.join(", ")));
            plan.fact("finalizers", &text);
        }
        _ => {}
    }
}
