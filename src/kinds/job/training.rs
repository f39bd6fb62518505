//! Jobs of the training operator v1 and of the MPI operator: one status for all of them. Pure. Fields:
//! `pkg/apis/kubeflow.org/v1/common_types.go` of the training operator 1.9, `pkg/apis/kubeflow/v2beta1/types.go` of the MPI
//! operator 0.8.

use serde::Deserialize;

use super::{MOST, Told, bare, devices, held, tell};
use crate::domain::{Clean, ClusterId, JobCondition, JobKind, JobPhase, JobRow, Role};
use crate::kinds::lenient::{Entries, Flag, Int, Obj, When};
use crate::kinds::meta::Meta;
use crate::kinds::template::Template;
use crate::kinds::{Kind, KindSpec, SlimMeta};

/// What is read of any of them.
#[derive(Debug, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    spec: Obj<Spec>,
    #[serde(default)]
    status: Obj<Status>,
}

type Replicas = Entries<Clean, Obj<Replica>>;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    run_policy: Obj<Policy>,
    elastic_policy: Obj<Elastic>,
    pytorch_replica_specs: Replicas,
    tf_replica_specs: Replicas,
    mpi_replica_specs: Replicas,
    jax_replica_specs: Replicas,
    xgb_replica_specs: Replicas,
    paddle_replica_specs: Replicas,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Policy {
    suspend: Flag,
    backoff_limit: Int,
    active_deadline_seconds: Int,
    managed_by: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Elastic {
    min_replicas: Int,
    max_replicas: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Replica {
    replicas: Int,
    restart_policy: Clean,
    template: Obj<Template>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    conditions: Told,
    replica_statuses: Entries<Clean, Obj<Counts>>,
    start_time: When,
    completion_time: When,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
struct Counts {
    active: Int,
    succeeded: Int,
    failed: Int,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident, $kind:ident, $version:literal, $plural:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Kind for $name {
            type Slim = Slim;
            type Row = JobRow;
            const SPEC: KindSpec = KindSpec {
                feed: JobKind::$kind.feed(),
                group: "kubeflow.org",
                version: $version,
                plural: $plural,
                kind: JobKind::$kind.word(),
                namespaced: true,
                page: 250,
            };

            fn meta(slim: &Slim) -> &SlimMeta {
                &slim.metadata.slim
            }

            fn row(cluster: &ClusterId, slim: Slim) -> JobRow {
                row(JobKind::$kind, cluster, slim)
            }
        }
    )* };
}

kinds! {
    /// The feed `pytorchjobs`.
    PyTorchJobs, PyTorch, "v1", "pytorchjobs";
    /// The feed `tfjobs`.
    TfJobs, Tf, "v1", "tfjobs";
    /// The feed `mpijobs`: of the MPI operator.
    MpiJobs, Mpi, "v2beta1", "mpijobs";
    /// The feed `mpijobs-v1`: of the training operator, which claims the same resource in another version.
    OlderMpiJobs, OlderMpi, "v1", "mpijobs";
    /// The feed `jaxjobs`.
    JaxJobs, Jax, "v1", "jaxjobs";
    /// The feed `xgboostjobs`.
    XgboostJobs, Xgboost, "v1", "xgboostjobs";
    /// The feed `paddlejobs`.
    PaddleJobs, Paddle, "v1", "paddlejobs";
}

fn row(kind: JobKind, cluster: &ClusterId, slim: Slim) -> JobRow {
    let (spec, status) = (slim.spec.or_empty(), slim.status.or_empty());
    let policy = spec.run_policy.or_empty();
    let elastic = spec.elastic_policy.0;
    let mut row = bare(kind, cluster, slim.metadata);
    row.conditions = status.conditions.rows();
    row.suspended = policy.suspend.0;
    row.retries = policy.backoff_limit.maybe_count();
    row.deadline = policy.active_deadline_seconds.maybe_count();
    row.managed_by = policy.managed_by;
    row.elastic = elastic.and_then(|e| {
        let least = e.min_replicas.maybe_count()?;
        Some((least, e.max_replicas.maybe_count()?))
    });
    (row.started, row.finished) = (status.start_time.0, status.completion_time.0);
    let told = phase(&row.conditions);
    tell(&mut row, told);
    if row.suspended && !row.phase.ended() {
        row.phase = JobPhase::Suspended;
    } else if row.conditions.is_empty() {
        row.phase = JobPhase::Unknown;
    }
    let sets = [
        spec.pytorch_replica_specs,
        spec.tf_replica_specs,
        spec.mpi_replica_specs,
        spec.jax_replica_specs,
        spec.xgb_replica_specs,
        spec.paddle_replica_specs,
    ];
    let all = sets.into_iter().flat_map(|set| set.0).take(MOST);
    let counts = &status.replica_statuses.0;
    row.roles = all
        .filter_map(|(name, replica)| {
            let told = counts.iter().find(|(role, _)| *role == name);
            let told = told.and_then(|(_, counts)| counts.get().copied());
            Some(role(&name, replica.0?, told))
        })
        .collect();
    row
}

/// Of the conditions that hold the last one is the present one; `Created` stays for good.
fn phase(conditions: &[JobCondition]) -> Option<(JobPhase, Clean, Clean)> {
    let word = |c: &JobCondition| match &*c.kind {
        "Running" => Some(JobPhase::Running),
        "Restarting" => Some(JobPhase::Restarting),
        "Suspended" => Some(JobPhase::Suspended),
        "Succeeded" => Some(JobPhase::Succeeded),
        "Failed" => Some(JobPhase::Failed),
        _ => None,
    };
    let mut told = conditions.iter().filter(|c| c.holds == Some(true));
    let last = told.rfind(|c| word(c).is_some());
    let (phase, c) = match last {
        Some(c) => (word(c).unwrap_or_default(), c),
        None => (JobPhase::Pending, held(conditions, "Created")?),
    };
    Some((phase, c.reason.clone(), c.message.clone()))
}

fn role(name: &Clean, replica: Replica, told: Option<Counts>) -> Role {
    let template = replica.template.or_empty();
    Role {
        name: Clean::new(&name.to_lowercase()),
        // as the webhook fills in
        wanted: Some(replica.replicas.maybe_count().unwrap_or(1)),
        each: 1,
        active: told.map(|c| c.active.count()),
        succeeded: told.map(|c| c.succeeded.count()),
        failed: told.map(|c| c.failed.count()),
        restarts: replica.restart_policy,
        devices: devices(template.accelerators()),
    }
}
