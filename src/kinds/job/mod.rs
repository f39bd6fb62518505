//! Training jobs: what objects of all their kinds have in common. Pure; a kind is a file beside.
//!
//! | file | kinds |
//! |---|---|
//! | `training` | `PyTorchJob`, `TFJob`, `MPIJob` of both operators, `JAXJob`, `XGBoostJob`, `PaddleJob` |
//! | `train_job` | `TrainJob` of Trainer v2 |
//! | `job_set` | `JobSet` |
//! | `ray` | `RayJob`, `RayCluster`, `RayService` |
//! | `batch` | `Job` of Kubernetes |

pub mod batch;
pub mod job_set;
pub mod ray;
pub mod train_job;
pub mod training;

use serde::Deserialize;

use super::conditions::safe;
use super::lenient::{List, Obj, When};
use super::meta::Meta;
use super::node::units;
use crate::domain::{Clean, ClusterId, JobCondition, JobKind, JobPhase, JobRow};

/// The label that gives a job to a queue of Kueue.
pub const QUEUE: &str = "kueue.x-k8s.io/queue-name";

/// Most roles and conditions read of one object: what a hostile server sends beyond that is skipped.
const MOST: usize = 64;

/// Accelerators of one pod, of those that its containers ask for: `2 nvidia.com/gpu`.
fn devices<'a>(asked: impl Iterator<Item = (&'a Clean, &'a Clean)>) -> Clean {
    let mut sums: Vec<(&Clean, u32)> = Vec::new();
    for (name, amount) in asked {
        match sums.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum = sum.saturating_add(units(amount)),
            None => sums.push((name, units(amount))),
        }
    }
    let all: Vec<String> = sums.iter().map(|(name, n)| format!("{n} {name}")).collect();
    Clean::new(&all.join(", "))
}

/// One entry of `status.conditions`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Condition {
    r#type: Clean,
    status: Clean,
    reason: Clean,
    message: Clean,
    last_transition_time: When,
}

/// All of them.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
struct Told(List<Obj<Condition>>);

impl Told {
    fn rows(self) -> Box<[JobCondition]> {
        let all = self.0.0.into_iter().filter_map(|c| c.0).take(MOST);
        let rows = all.map(|c| JobCondition {
            holds: match &*c.status {
                "True" => Some(true),
                "False" => Some(false),
                _ => None,
            },
            message: safe(&c.message),
            kind: c.r#type,
            reason: c.reason,
            since: c.last_transition_time.0,
        });
        rows.collect()
    }
}

/// A condition that holds.
fn held<'a>(conditions: &'a [JobCondition], kind: &str) -> Option<&'a JobCondition> {
    let mut all = conditions.iter();
    all.find(|c| &*c.kind == kind && c.holds == Some(true))
}

/// What the conditions come to: the first of these words that holds.
fn first_held(
    conditions: &[JobCondition],
    order: &[(&str, JobPhase)],
) -> Option<(JobPhase, Clean, Clean)> {
    order.iter().find_map(|(word, phase)| {
        let c = held(conditions, word)?;
        Some((*phase, c.reason.clone(), c.message.clone()))
    })
}

/// A row of which only what every object has is known.
fn bare(kind: JobKind, cluster: &ClusterId, meta: Meta) -> JobRow {
    let key = meta.slim.key(cluster);
    JobRow {
        place: JobRow::place_of(kind, &key),
        key,
        uid: Clean::new(&meta.slim.uid),
        queue: Clean::new(meta.all.get(QUEUE).unwrap_or_default()),
        untouched: meta.generation.0.is_some_and(|n| n <= 1),
        labels: meta.all,
        kind,
        phase: JobPhase::Unknown,
        reason: Clean::default(),
        message: Clean::default(),
        roles: Box::default(),
        conditions: Box::default(),
        restarts: None,
        retries: None,
        suspended: false,
        elastic: None,
        managed_by: Clean::default(),
        deadline: None,
        engine: Clean::default(),
        clusters: Box::default(),
        shuts_down: None,
        owner: meta.owner,
        created: meta.created.0,
        started: None,
        finished: None,
        deleting: meta.deleting.0,
    }
}

/// Puts a phase with its reason into a row.
fn tell(row: &mut JobRow, told: Option<(JobPhase, Clean, Clean)>) {
    if let Some((phase, reason, message)) = told {
        (row.phase, row.reason, row.message) = (phase, reason, message);
    }
}

#[cfg(test)]
mod tests;
