//! `job.resume`: a suspended training job goes on. One that Kueue holds does not: Kueue would suspend it again. Pure.

use serde_json::json;

use super::JOBS;
use super::job_suspend::written;
use crate::domain::JobKind;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Risk};
use crate::plan::training::{self, Job, guards};

/// See the module.
pub(super) struct Resume;

const SPEC: ActionSpec = ActionSpec {
    name: "job.resume",
    title: "Let a suspended training job go on",
    targets: JOBS,
    parameters: &[],
    risk: Risk::Reversible,
    rights: super::PATCH_JOBS,
    inverse: "job.suspend: deletes its pods again",
    verify: "Its controller says that it is no longer suspended",
};

impl Action for Resume {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, job) = guards::begin(given, &SPEC)?;
        guards::whole(&job)?;
        if job.ended() {
            return Err(Refused::new(
                "The job has ended, so there is nothing to resume",
            ));
        }
        if !job.row.suspended {
            return Err(Refused::new("The job is not suspended"));
        }
        not_queued(&job)?;
        plan.does = format!("Lets {} go on", plan.target.words()).into();
        let devices = job.row.devices();
        if !devices.is_empty() {
            plan.fact(
                "asks for",
                &format!("It asks for {devices}: while they are not free its pods wait"),
            );
        }
        plan.fact("begins", begins(job.kind()));
        guards::deadline(&mut plan, &job);
        plan.patch(
            written(&job, false),
            "The controller makes the pods of a job that is not suspended",
        );
        plan.inverse = Some(Inverse {
            action: "job.suspend",
            text: "deletes its pods again, and what they did since their last own checkpoint",
        });
        plan.done_when(SPEC.verify, shows(&job));
        plan.verify.patience = training::SETTLING;
        Ok(plan)
    }
}

fn not_queued(job: &Job<'_>) -> Result<(), Refused> {
    if !job.in_queue() {
        return Ok(());
    }
    let queue = match &*job.row.queue {
        "" => "Kueue holds it".to_owned(),
        queue => format!("It waits in queue {queue} of Kueue"),
    };
    Err(Refused::new(&format!(
        "{queue}: let go by hand it is suspended again at once (Not admitted by cluster queue)"
    ))
    .instead(
        "Look why its Workload waits. Quota: make room or raise it. Held: workload.release. Queue stopped: set its stopPolicy to None",
    ))
}

fn begins(kind: JobKind) -> &'static str {
    match kind {
        JobKind::RayJob => "It starts from the beginning, on a new cluster",
        JobKind::RayCluster => "The cluster starts empty: what ran on it does not come back",
        JobKind::RayService => "It loads its models anew before it answers",
        _ => "It goes on from its last own checkpoint; without one it starts from the beginning",
    }
}

/// What shows that it is let go.
fn shows(job: &Job<'_>) -> Vec<Check> {
    let condition = |kind: &str| {
        Check::has(
            "/status/conditions",
            json!({"type": kind, "status": "False"}),
        )
    };
    let mut checks = vec![Check::flag(&job.pointer(), false)];
    let held = |kind: &str| job.row.conditions.iter().any(|c| &*c.kind == kind);
    match job.kind() {
        JobKind::RayJob => checks.push(Check::is(
            "/status/jobDeploymentStatus",
            &[
                "Initializing",
                "Waiting",
                "Running",
                "Retrying",
                "Complete",
                "Failed",
            ],
        )),
        JobKind::RayCluster if held("RayClusterSuspended") => {
            checks.push(condition("RayClusterSuspended"));
        }
        // a job that no controller has seen yet has no condition that could change
        _ if held("Suspended") => checks.push(condition("Suspended")),
        _ => {}
    }
    checks
}
