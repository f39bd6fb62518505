//! `JobSet`. Pure. Fields: `api/jobset/v1alpha2/jobset_types.go` of `JobSet` 0.12.

use serde::Deserialize;

use super::train_job::JobsStatus;
use super::{MOST, Told, bare, devices, first_held, held, tell};
use crate::domain::{Clean, ClusterId, JobKind, JobPhase, JobRow, Role};
use crate::kinds::lenient::{Flag, Int, List, Obj};
use crate::kinds::meta::Meta;
use crate::kinds::template::Template;
use crate::kinds::{Kind, KindSpec, SlimMeta};

/// The feed `jobsets`.
#[derive(Debug, Clone, Copy)]
pub struct JobSets;

/// What is read of it.
#[derive(Debug, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    spec: Obj<Spec>,
    #[serde(default)]
    status: Obj<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    suspend: Flag,
    replicated_jobs: List<Obj<Replicated>>,
    failure_policy: Obj<Policy>,
    managed_by: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Policy {
    max_restarts: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Replicated {
    name: Clean,
    replicas: Int,
    template: Obj<JobTemplate>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct JobTemplate {
    spec: Obj<JobSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct JobSpec {
    parallelism: Int,
    template: Obj<Template>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_field_names, reason = "as the API names them")]
struct Status {
    conditions: Told,
    restarts: Int,
    replicated_jobs_status: List<Obj<JobsStatus>>,
}

impl Kind for JobSets {
    type Slim = Slim;
    type Row = JobRow;
    const SPEC: KindSpec = KindSpec {
        feed: JobKind::JobSet.feed(),
        group: "jobset.x-k8s.io",
        version: "v1alpha2",
        plural: "jobsets",
        kind: JobKind::JobSet.word(),
        namespaced: true,
        page: 250,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> JobRow {
        let (spec, status) = (slim.spec.or_empty(), slim.status.or_empty());
        let mut row = bare(JobKind::JobSet, cluster, slim.metadata);
        row.conditions = status.conditions.rows();
        row.suspended = spec.suspend.0;
        row.managed_by = spec.managed_by;
        row.restarts = Some(status.restarts.count());
        row.retries = spec.failure_policy.or_empty().max_restarts.maybe_count();
        row.started = row.created;
        row.roles = roles(spec.replicated_jobs, &status.replicated_jobs_status);
        let order = [
            ("Failed", JobPhase::Failed),
            ("Completed", JobPhase::Succeeded),
            ("RestartingJobSet", JobPhase::Restarting),
            ("Suspended", JobPhase::Suspended),
        ];
        let told = first_held(&row.conditions, &order);
        tell(&mut row, told);
        let ended = held(&row.conditions, "Failed").or(held(&row.conditions, "Completed"));
        row.finished = ended.and_then(|c| c.since);
        if row.phase.ended() {
            return row;
        }
        row.phase = match (row.suspended, row.active()) {
            (true, _) => JobPhase::Suspended,
            _ if row.phase == JobPhase::Restarting => JobPhase::Restarting,
            (false, Some(0)) => JobPhase::Pending,
            (false, Some(_)) => JobPhase::Running,
            (false, None) => JobPhase::Unknown,
        };
        row
    }
}

fn roles(all: List<Obj<Replicated>>, told: &[Obj<JobsStatus>]) -> Box<[Role]> {
    let all = all.0.into_iter().filter_map(|r| r.0).take(MOST);
    let rows = all.map(|replicated| {
        let mut told = told.iter().filter_map(Obj::get);
        let told = told.find(|s| s.name == replicated.name);
        let job = replicated.template.or_empty().spec.or_empty();
        let template = job.template.or_empty();
        Role {
            name: replicated.name,
            wanted: Some(replicated.replicas.maybe_count().unwrap_or(1)),
            each: job.parallelism.maybe_count().unwrap_or(1),
            active: told.map(|s| s.active.count()),
            succeeded: told.map(|s| s.succeeded.count()),
            failed: told.map(|s| s.failed.count()),
            restarts: template.restarts(),
            devices: devices(template.accelerators()),
        }
    });
    rows.collect()
}
