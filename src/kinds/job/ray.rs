//! `RayJob`, `RayCluster`, `RayService` of `KubeRay`. Pure. Fields: `ray-operator/apis/ray/v1/*_types.go` of `KubeRay` 1.7.

use serde::Deserialize;

use super::{MOST, Told, bare, devices, first_held, held, tell};
use crate::domain::{Clean, ClusterId, JobKind, JobPhase, JobRow, Role};
use crate::kinds::conditions::{safe, sentence};
use crate::kinds::lenient::{Flag, Int, List, Obj, When};
use crate::kinds::meta::Meta;
use crate::kinds::template::Template;
use crate::kinds::{Kind, KindSpec, SlimMeta};

/// The feed `rayjobs`.
#[derive(Debug, Clone, Copy)]
pub struct RayJobs;

/// The feed `rayclusters`.
#[derive(Debug, Clone, Copy)]
pub struct RayClusters;

/// The feed `rayservices`.
#[derive(Debug, Clone, Copy)]
pub struct RayServices;

/// What is read of any of them.
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
#[expect(clippy::struct_field_names, reason = "as the API names them")]
struct Spec {
    suspend: Flag,
    shutdown_after_job_finishes: Flag,
    backoff_limit: Int,
    active_deadline_seconds: Int,
    managed_by: Clean,
    head_group_spec: Obj<Group>,
    worker_group_specs: List<Obj<Group>>,
    enable_in_tree_autoscaling: Flag,
    ray_cluster_spec: Obj<Groups>,
    ray_cluster_config: Obj<Groups>,
}

/// The spec of a cluster.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Groups {
    head_group_spec: Obj<Group>,
    worker_group_specs: List<Obj<Group>>,
    enable_in_tree_autoscaling: Flag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_field_names, reason = "as the API names them")]
struct Group {
    group_name: Clean,
    replicas: Int,
    min_replicas: Int,
    max_replicas: Int,
    template: Obj<Template>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_field_names, reason = "as the API names them")]
struct Status {
    conditions: Told,
    job_status: Clean,
    job_deployment_status: Clean,
    reason: Clean,
    message: Clean,
    ray_cluster_name: Clean,
    failed: Int,
    start_time: When,
    end_time: When,
    state: Clean,
    ready_worker_replicas: Int,
    ray_cluster_status: Obj<ClusterStatus>,
    active_service_status: Obj<Served>,
    pending_service_status: Obj<Served>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ClusterStatus {
    ready_worker_replicas: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Served {
    ray_cluster_name: Clean,
}

const fn spec(kind: JobKind, plural: &'static str) -> KindSpec {
    KindSpec {
        feed: kind.feed(),
        group: "ray.io",
        version: "v1",
        plural,
        kind: kind.word(),
        namespaced: true,
        page: 250,
    }
}

macro_rules! kinds {
    ($($name:ident, $kind:ident, $plural:literal, $row:ident;)*) => { $(
        impl Kind for $name {
            type Slim = Slim;
            type Row = JobRow;
            const SPEC: KindSpec = spec(JobKind::$kind, $plural);

            fn meta(slim: &Slim) -> &SlimMeta {
                &slim.metadata.slim
            }

            fn row(cluster: &ClusterId, slim: Slim) -> JobRow {
                let (spec, status) = (slim.spec.or_empty(), slim.status.or_empty());
                let mut row = bare(JobKind::$kind, cluster, slim.metadata);
                row.suspended = spec.suspend.0;
                row.managed_by = spec.managed_by.clone();
                $row(&mut row, spec, status);
                row
            }
        }
    )* };
}

kinds! {
    RayJobs, RayJob, "rayjobs", job;
    RayClusters, RayCluster, "rayclusters", cluster;
    RayServices, RayService, "rayservices", service;
}

fn job(row: &mut JobRow, spec: Spec, status: Status) {
    row.phase = match &*status.job_deployment_status {
        "" if row.suspended => JobPhase::Suspended,
        "" | "Initializing" | "Waiting" => JobPhase::Pending,
        "Running" if &*status.job_status == "PENDING" => JobPhase::Pending,
        "Running" => JobPhase::Running,
        "Retrying" => JobPhase::Restarting,
        "Suspending" | "Suspended" => JobPhase::Suspended,
        "Failed" | "ValidationFailed" => JobPhase::Failed,
        "Complete" => match &*status.job_status {
            "STOPPED" => JobPhase::Stopped,
            "FAILED" => JobPhase::Failed,
            _ => JobPhase::Succeeded,
        },
        _ => JobPhase::Unknown,
    };
    row.reason = if status.reason.is_empty() {
        status.job_deployment_status
    } else {
        status.reason
    };
    row.message = safe(sentence(&status.message));
    row.engine = status.job_status;
    row.clusters = named([status.ray_cluster_name]);
    row.restarts = Some(status.failed.count());
    row.retries = spec.backoff_limit.maybe_count();
    row.deadline = spec.active_deadline_seconds.maybe_count();
    row.shuts_down = Some(spec.shutdown_after_job_finishes.0);
    (row.started, row.finished) = (status.start_time.0, status.end_time.0);
    let ready = status.ray_cluster_status.get();
    let ready = ready.and_then(|s| s.ready_worker_replicas.maybe_count());
    grouped(row, &spec.ray_cluster_spec.or_empty(), None, ready);
}

fn cluster(row: &mut JobRow, spec: Spec, status: Status) {
    row.conditions = status.conditions.rows();
    let order = [
        ("RayClusterSuspended", JobPhase::Suspended),
        ("RayClusterSuspending", JobPhase::Suspended),
        ("ReplicaFailure", JobPhase::Failed),
        ("HeadPodReady", JobPhase::Running),
    ];
    let told = first_held(&row.conditions, &order);
    tell(row, told);
    if row.phase == JobPhase::Unknown {
        row.phase = match &*status.state {
            "ready" => JobPhase::Running,
            "failed" => JobPhase::Failed,
            "suspended" => JobPhase::Suspended,
            _ if row.suspended => JobPhase::Suspended,
            _ => JobPhase::Pending,
        };
    }
    row.started = held(&row.conditions, "RayClusterProvisioned").and_then(|c| c.since);
    let head = held(&row.conditions, "HeadPodReady").is_some();
    let ready = status.ready_worker_replicas.maybe_count();
    let groups = Groups {
        head_group_spec: spec.head_group_spec,
        worker_group_specs: spec.worker_group_specs,
        enable_in_tree_autoscaling: spec.enable_in_tree_autoscaling,
    };
    grouped(row, &groups, Some(u32::from(head)), ready);
}

fn service(row: &mut JobRow, spec: Spec, status: Status) {
    row.conditions = status.conditions.rows();
    let order = [
        ("Suspended", JobPhase::Suspended),
        ("Suspending", JobPhase::Suspended),
        ("RollbackInProgress", JobPhase::Restarting),
        ("Ready", JobPhase::Running),
    ];
    let told = first_held(&row.conditions, &order);
    tell(row, told);
    if row.phase == JobPhase::Unknown {
        row.phase = if row.suspended {
            JobPhase::Suspended
        } else {
            JobPhase::Pending
        };
        let waits = row.conditions.iter().find(|c| &*c.kind == "Ready");
        let waits = waits.map(|c| (c.reason.clone(), c.message.clone()));
        (row.reason, row.message) = waits.unwrap_or_default();
    }
    row.started = held(&row.conditions, "Ready").and_then(|c| c.since);
    let of = |served: Obj<Served>| served.or_empty().ray_cluster_name;
    row.clusters = named([
        of(status.active_service_status),
        of(status.pending_service_status),
    ]);
    grouped(row, &spec.ray_cluster_config.or_empty(), None, None);
}

fn named<const N: usize>(all: [Clean; N]) -> Box<[Clean]> {
    all.into_iter().filter(|name| !name.is_empty()).collect()
}

/// The head and the groups of workers. How many workers are ready is told of all groups together.
fn grouped(row: &mut JobRow, groups: &Groups, head: Option<u32>, ready: Option<u32>) {
    let Some(first) = groups.head_group_spec.get() else {
        return;
    };
    let template = |group: &Group| {
        let template = group.template.get().into_iter();
        devices(template.flat_map(Template::accelerators))
    };
    let mut roles = vec![Role {
        name: Clean::new("head"),
        wanted: Some(1),
        each: 1,
        active: head,
        devices: template(first),
        ..Role::default()
    }];
    let workers = groups.worker_group_specs.iter().filter_map(Obj::get);
    let workers: Vec<&Group> = workers.take(MOST).collect();
    let only = workers.len() == 1;
    roles.extend(workers.iter().map(|group| Role {
        name: group.group_name.clone(),
        wanted: group.replicas.maybe_count(),
        each: 1,
        active: ready.filter(|_| only),
        devices: template(group),
        ..Role::default()
    }));
    if groups.enable_in_tree_autoscaling.0 {
        let sum = |of: fn(&Group) -> Int| -> Option<u32> {
            let each: Option<Vec<u32>> = workers.iter().map(|g| of(g).maybe_count()).collect();
            Some(each?.into_iter().fold(0, u32::saturating_add))
        };
        let least = sum(|g| g.min_replicas);
        row.elastic = least.zip(sum(|g| g.max_replicas));
    }
    row.roles = roles.into_boxed_slice();
}
