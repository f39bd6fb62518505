//! `job.suspend`: a training job is held back; its pods go. Pure.

use serde_json::{Value, json};

use super::JOBS;
use crate::domain::JobKind;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Risk};
use crate::plan::training::{self, Job, guards};

/// See the module.
pub(super) struct Suspend;

const SPEC: ActionSpec = ActionSpec {
    name: "job.suspend",
    title: "Suspend a training job: its pods are deleted",
    targets: JOBS,
    parameters: &[],
    risk: Risk::LosesWork,
    rights: super::PATCH_JOBS,
    inverse: "job.resume: starts its pods again, from their last own checkpoint",
    verify: "Its controller says that it is suspended",
};

impl Action for Suspend {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, job) = guards::begin(given, &SPEC)?;
        guards::whole(&job)?;
        if job.ended() {
            return Err(Refused::new(
                "The job has ended, so there is nothing to suspend",
            ));
        }
        if job.row.suspended {
            return Err(
                Refused::new("The job is suspended already").instead("job.resume lets it go on")
            );
        }
        not_queued(&job)?;
        plan.does = format!("Suspends {}: its pods are deleted", plan.target.words()).into();
        lost(&mut plan, &job);
        guards::above(
            &mut plan,
            &job,
            "it is counted as running all the while, and waits for it",
        );
        guards::deadline(&mut plan, &job);
        plan.patch(
            written(&job, true),
            "The controller deletes the pods of a suspended job",
        );
        plan.inverse = Some(Inverse {
            action: "job.resume",
            text: "starts its pods again, from their last own checkpoint",
        });
        plan.done_when(SPEC.verify, shows(&job));
        plan.verify.patience = training::SETTLING;
        Ok(plan)
    }
}

/// The change that suspends a job, or lets it go.
pub(super) fn written(job: &Job<'_>, suspend: bool) -> Value {
    let mut change = json!({});
    json::set(&mut change, job.place(), suspend.into());
    change
}

fn not_queued(job: &Job<'_>) -> Result<(), Refused> {
    if !job.in_queue() {
        return Ok(());
    }
    let queue = match &*job.row.queue {
        "" => "Kueue holds it".to_owned(),
        queue => format!("It is in queue {queue} of Kueue"),
    };
    Err(Refused::new(&format!(
        "{queue}: suspended by hand it is evicted, queued again, and started again as soon as there is quota"
    ))
    .instead("Hold its Workload, which keeps it out: workload.hold"))
}

/// What goes with its pods.
fn lost(plan: &mut Plan, job: &Job<'_>) {
    match job.kind() {
        JobKind::RayJob => {
            ray(plan, job);
            plan.warn(
                "Its cluster and its submitter are deleted: resumed, the job starts from the beginning",
            );
        }
        JobKind::RayCluster => plan.warn(
            "All pods of the cluster are deleted, the head too: what runs on it fails, and what is in its object store is lost",
        ),
        JobKind::RayService => {
            plan.warn("Everything that it owns is deleted: requests fail until it is resumed");
            plan.fact(
                "version",
                "KubeRay before 1.7 does not know this: there the service goes on",
            );
        }
        _ => plan.warn(
            "Its pods are deleted: what they did since their last own checkpoint is lost, and their logs with them",
        ),
    }
    if job.kind() == JobKind::Train {
        plan.fact(
            "immutable",
            "While it is suspended its runtimePatches can be edited; image, arguments and nodes cannot: for these it has to be made anew",
        );
    }
}

/// What `KubeRay` does not forgive.
fn ray(plan: &mut Plan, job: &Job<'_>) {
    let never = "The API server takes it, and KubeRay then calls the spec invalid and never leaves that state: taking it back does not help";
    if job.row.shuts_down == Some(false) {
        plan.block(&format!(
            "A RayJob whose shutdownAfterJobFinishes is false must not be suspended. {never}"
        ));
    }
    let selector = json::at(job.object, &["spec", "clusterSelector"]);
    if selector
        .and_then(Value::as_object)
        .is_some_and(|s| !s.is_empty())
    {
        plan.block(&format!(
            "A RayJob that uses a cluster by clusterSelector must not be suspended. {never}"
        ));
    }
}

/// What shows that it is held back.
fn shows(job: &Job<'_>) -> Vec<Check> {
    let condition = |kind: &str| {
        Check::has(
            "/status/conditions",
            json!({"type": kind, "status": "True"}),
        )
    };
    let told = match job.kind() {
        JobKind::RayJob => Check::is("/status/jobDeploymentStatus", &["Suspended"]),
        JobKind::RayCluster => condition("RayClusterSuspended"),
        _ => condition("Suspended"),
    };
    vec![Check::flag(&job.pointer(), true), told]
}
