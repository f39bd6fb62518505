//! `Job` of Kubernetes. Pure. Fields: `batch/v1/types.go` of Kubernetes 1.33.

use serde::Deserialize;

use super::{Told, bare, devices, first_held, tell};
use crate::domain::{Clean, ClusterId, JobKind, JobPhase, JobRow, Role};
use crate::kinds::lenient::{Flag, Int, Obj, When};
use crate::kinds::meta::Meta;
use crate::kinds::template::Template;
use crate::kinds::{Kind, KindSpec, SlimMeta};

/// The feed `jobs`.
#[derive(Debug, Clone, Copy)]
pub struct BatchJobs;

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
    parallelism: Int,
    completions: Int,
    backoff_limit: Int,
    active_deadline_seconds: Int,
    managed_by: Clean,
    template: Obj<Template>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    conditions: Told,
    start_time: When,
    completion_time: When,
    active: Int,
    ready: Int,
    succeeded: Int,
    failed: Int,
}

impl Kind for BatchJobs {
    type Slim = Slim;
    type Row = JobRow;
    const SPEC: KindSpec = KindSpec {
        feed: JobKind::Batch.feed(),
        group: "batch",
        version: "v1",
        plural: "jobs",
        kind: JobKind::Batch.word(),
        namespaced: true,
        page: 500,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> JobRow {
        let (spec, status) = (slim.spec.or_empty(), slim.status.or_empty());
        let mut row = bare(JobKind::Batch, cluster, slim.metadata);
        row.roles = Box::new([pods(&spec, &status)]);
        row.conditions = status.conditions.rows();
        row.suspended = spec.suspend.0;
        // as the API server fills in
        row.retries = Some(spec.backoff_limit.maybe_count().unwrap_or(6));
        row.restarts = Some(status.failed.count());
        row.deadline = spec.active_deadline_seconds.maybe_count();
        row.managed_by = spec.managed_by;
        row.started = status.start_time.0;
        row.finished = status.completion_time.0;
        let order = [
            ("Failed", JobPhase::Failed),
            ("FailureTarget", JobPhase::Failed),
            ("Complete", JobPhase::Succeeded),
            ("SuccessCriteriaMet", JobPhase::Succeeded),
            ("Suspended", JobPhase::Suspended),
        ];
        let told = first_held(&row.conditions, &order);
        tell(&mut row, told);
        if row.phase == JobPhase::Failed && row.finished.is_none() {
            let last = row.conditions.iter().filter(|c| c.holds == Some(true));
            row.finished = last.filter_map(|c| c.since).max();
        }
        if !row.phase.ended() {
            row.phase = match (row.suspended, status.active.count(), status.ready.0) {
                (true, ..) => JobPhase::Suspended,
                (_, 0, _) | (_, _, Some(0)) => JobPhase::Pending,
                _ => JobPhase::Running,
            };
        }
        row
    }
}

/// All its pods are of one role.
fn pods(spec: &Spec, status: &Status) -> Role {
    let template = spec.template.get();
    let at_once = spec.parallelism.maybe_count().unwrap_or(1);
    let wanted = spec.completions.maybe_count();
    Role {
        name: Clean::new("pod"),
        wanted: Some(wanted.map_or(at_once, |all| all.min(at_once))),
        each: 1,
        active: Some(status.active.count()),
        succeeded: Some(status.succeeded.count()),
        failed: Some(status.failed.count()),
        restarts: template.map(Template::restarts).unwrap_or_default(),
        devices: devices(template.into_iter().flat_map(Template::accelerators)),
    }
}
