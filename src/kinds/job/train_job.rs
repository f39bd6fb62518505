//! `TrainJob` of Trainer v2. Pure. Fields: `pkg/apis/trainer/v1alpha1/trainjob_types.go` of Trainer 2.0 to 2.3. Its pods
//! are those of a `JobSet` of the same name, which tells how many there are where the `TrainJob` itself does not.

use serde::Deserialize;

use super::{MOST, Told, bare, devices, first_held, tell};
use crate::domain::{Clean, ClusterId, JobKind, JobPhase, JobRow, Role};
use crate::kinds::lenient::{Flag, Int, List, Obj};
use crate::kinds::meta::Meta;
use crate::kinds::template::Resources;
use crate::kinds::{Kind, KindSpec, SlimMeta};

/// The feed `trainjobs`.
#[derive(Debug, Clone, Copy)]
pub struct TrainJobs;

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
    trainer: Obj<Trainer>,
    active_deadline_seconds: Int,
    managed_by: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Trainer {
    num_nodes: Int,
    resources_per_node: Obj<Resources>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    conditions: Told,
    jobs_status: List<Obj<JobsStatus>>,
}

/// How many Jobs of one replicated Job are how; a `JobSet` tells the same.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct JobsStatus {
    pub(super) name: Clean,
    pub(super) succeeded: Int,
    pub(super) failed: Int,
    pub(super) active: Int,
}

impl Kind for TrainJobs {
    type Slim = Slim;
    type Row = JobRow;
    const SPEC: KindSpec = KindSpec {
        feed: JobKind::Train.feed(),
        group: "trainer.kubeflow.org",
        version: "v1alpha1",
        plural: "trainjobs",
        kind: JobKind::Train.word(),
        namespaced: true,
        page: 250,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> JobRow {
        let (spec, status) = (slim.spec.or_empty(), slim.status.or_empty());
        let mut row = bare(JobKind::Train, cluster, slim.metadata);
        row.conditions = status.conditions.rows();
        row.suspended = spec.suspend.0;
        row.deadline = spec.active_deadline_seconds.maybe_count();
        row.managed_by = spec.managed_by;
        row.roles = roles(&status.jobs_status, spec.trainer.get());
        let order = [
            ("Failed", JobPhase::Failed),
            ("Complete", JobPhase::Succeeded),
            ("Suspended", JobPhase::Suspended),
        ];
        let told = first_held(&row.conditions, &order);
        tell(&mut row, told);
        if row.phase.ended() {
            let last = row.conditions.iter().filter(|c| c.holds == Some(true));
            row.finished = last.filter_map(|c| c.since).max();
        } else if row.suspended {
            row.phase = JobPhase::Suspended;
        } else if row.active().is_some_and(|n| n > 0) {
            // it has no condition for being at work
            row.phase = JobPhase::Running;
        }
        row
    }
}

/// What it tells of its Jobs; where it tells nothing, as Trainer 2.0 does, the nodes that its spec asks for.
fn roles(told: &[Obj<JobsStatus>], trainer: Option<&Trainer>) -> Box<[Role]> {
    let nodes = trainer.and_then(|t| t.num_nodes.maybe_count());
    let told = told.iter().filter_map(Obj::get).take(MOST);
    let mut roles: Vec<Role> = told
        .map(|job| Role {
            name: job.name.clone(),
            wanted: Some(1),
            each: 1,
            active: Some(job.active.count()),
            succeeded: Some(job.succeeded.count()),
            failed: Some(job.failed.count()),
            ..Role::default()
        })
        .collect();
    if roles.is_empty() {
        roles.push(Role {
            name: Clean::new("node"),
            wanted: nodes.map(|_| 1),
            ..Role::default()
        });
    }
    if let Some(node) = roles.iter_mut().find(|r| &*r.name == "node") {
        node.each = nodes.unwrap_or(1);
        let resources = trainer.and_then(|t| t.resources_per_node.get());
        node.devices = devices(resources.into_iter().flat_map(Resources::accelerators));
    }
    roles.into_boxed_slice()
}
