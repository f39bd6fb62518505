//! What holds for every action on a job: whose it is, and what its pods lose. Pure.

use super::Job;
use crate::plan::argo::guards::stands;
use crate::plan::form::Plan;
use crate::plan::given::Given;
use crate::plan::refused::Refused;
use crate::plan::spec::ActionSpec;

/// A plan for a job that stands and that is its own.
pub fn begin<'a>(given: &Given<'a>, spec: &ActionSpec) -> Result<(Plan, Job<'a>), Refused> {
    stands(given.object)?;
    let job = Job::of(given.object)
        .ok_or_else(|| Refused::new("It is no training job of a kind that is known"))?;
    if job.row.managed_by.ends_with("/multikueue") {
        return Err(Refused::new(
            "It is left to MultiKueue: its pods are on another cluster, and what is written here is mirrored from there",
        )
        .instead("Act on it, or on its Workload, where the Workload was admitted"));
    }
    Ok((Plan::new(given, spec, ""), job))
}

/// Refuses a part of another job: the controller of the whole writes it, and writes it back.
pub fn whole(job: &Job<'_>) -> Result<(), Refused> {
    let Some(owner) = job.row.owner.as_ref().filter(|_| job.row.is_part()) else {
        return Ok(());
    };
    Err(Refused::new(&format!(
        "It is a part of {} {}, whose controller writes it back",
        owner.kind, owner.name
    ))
    .instead(&format!("Act on {} {}", owner.kind, owner.name)))
}

/// Says what waits for the job and does not know of this.
pub fn above(plan: &mut Plan, job: &Job<'_>, what: &str) {
    let Some(owner) = job.row.owner.as_ref() else {
        return;
    };
    match &*owner.kind {
        "Trial" => plan.warn(&format!(
            "It is the job of Katib's trial {}: {what}",
            owner.name
        )),
        "Workflow" => plan.warn(&format!("It is a step of run {}: {what}", owner.name)),
        _ => {}
    }
}

/// The clock of a deadline begins anew.
pub fn deadline(plan: &mut Plan, job: &Job<'_>) {
    let Some(seconds) = job.row.deadline else {
        return;
    };
    let end = match job.kind() {
        crate::domain::JobKind::Train => "then Trainer deletes its JobSet, and the logs with it",
        _ => "then it fails",
    };
    plan.fact(
        "deadline",
        &format!("Its deadline of {seconds} s begins anew when it is resumed; {end}"),
    );
}
