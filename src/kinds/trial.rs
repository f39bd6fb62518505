//! Trials of Katib. Pure. Fields: `pkg/apis/controller/trials/v1beta1/trial_types.go` of Katib 0.18.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::conditions::{Conditions, present, safe, sentence};
use super::experiment::{Assigned, Observation, Target, assigned, objective};
use super::lenient::{Entries, Flag, Int, List, Obj, When};
use super::meta::Meta;
use super::node::units;
use super::template::Template;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, TrialPhase, TrialRow};

/// The feed `trials`.
#[derive(Debug, Clone, Copy)]
pub struct Trials;

/// The label that names the experiment of a trial, of its job and of its pods.
pub const OF_EXPERIMENT: &str = "katib.kubeflow.org/experiment";
/// The label that names the trial of a pod.
pub const OF_TRIAL: &str = "katib.kubeflow.org/trial";
/// Holds a trial until its metrics are deleted.
const CLEANS: &str = "clean-metrics-in-db";
/// Most replica groups of a job that are read.
const MOST: usize = 64;

/// What is read of a trial.
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
    objective: Obj<Target>,
    parameter_assignments: List<Obj<Assigned>>,
    #[serde(rename = "runSpec")]
    run: Obj<Run>,
    retain_run: Flag,
    primary_container_name: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Run {
    kind: Clean,
    spec: Obj<RunSpec>,
}

/// A batch Job has one template, a training job one for each kind of replica.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RunSpec {
    parallelism: Int,
    template: Obj<Template>,
    pytorch_replica_specs: Replicas,
    tf_replica_specs: Replicas,
    mpi_replica_specs: Replicas,
    xgb_replica_specs: Replicas,
}

type Replicas = Entries<Clean, Obj<Replica>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Replica {
    replicas: Int,
    template: Obj<Template>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    conditions: Conditions,
    start_time: When,
    completion_time: When,
    observation: Obj<Observation>,
}

impl Kind for Trials {
    type Slim = Slim;
    type Row = TrialRow;
    const SPEC: KindSpec = KindSpec {
        feed: "trials",
        group: "kubeflow.org",
        version: "v1beta1",
        plural: "trials",
        kind: "Trial",
        namespaced: true,
        page: 500,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> TrialRow {
        let meta = slim.metadata;
        let (spec, status) = (slim.spec.or_empty(), slim.status.or_empty());
        let (phase, reason, message) = phase(&status.conditions);
        let run = spec.run.or_empty();
        TrialRow {
            key: meta.slim.key(cluster),
            uid: Clean::new(&meta.slim.uid),
            experiment: Clean::new(meta.all.get(OF_EXPERIMENT).unwrap_or_default()),
            phase,
            reason,
            message,
            parameters: assigned(spec.parameter_assignments),
            metrics: status.observation.or_empty().metrics(),
            objective: objective(spec.objective.or_empty()),
            job: run.kind,
            container: spec.primary_container_name,
            devices: devices(run.spec.or_empty()),
            retained: spec.retain_run.0,
            held: meta.finalizers.0.iter().any(|f| &**f == CLEANS),
            created: meta.created.0,
            started: status.start_time.0,
            finished: status.completion_time.0,
            deleting: meta.deleting.0,
            labels: meta.all,
        }
    }
}

/// Where it is, as its present condition says.
fn phase(conditions: &Conditions) -> (TrialPhase, Clean, Clean) {
    let Some(last) = present(conditions) else {
        return Default::default();
    };
    let phase = match &*last.r#type {
        "Created" | "Pending" => TrialPhase::Pending,
        "Running" => TrialPhase::Running,
        "Succeeded" => TrialPhase::Succeeded,
        "Killed" => TrialPhase::Killed,
        "Failed" => TrialPhase::Failed,
        "MetricsUnavailable" => TrialPhase::MetricsUnavailable,
        "EarlyStopped" => TrialPhase::EarlyStopped,
        _ => TrialPhase::Unknown,
    };
    (phase, last.reason.clone(), safe(sentence(&last.message)))
}

/// Accelerators of all replicas, as `1 nvidia.com/mig-1g.10gb`.
fn devices(run: RunSpec) -> Clean {
    let mut all: BTreeMap<Clean, u32> = BTreeMap::new();
    let mut add = |template: Obj<Template>, replicas: u32| {
        for (name, amount) in template.or_empty().accelerators() {
            let sum = all.entry(name.clone()).or_default();
            *sum = sum.saturating_add(units(amount).saturating_mul(replicas));
        }
    };
    add(run.template, run.parallelism.maybe_count().unwrap_or(1));
    let groups = [
        run.pytorch_replica_specs,
        run.tf_replica_specs,
        run.mpi_replica_specs,
        run.xgb_replica_specs,
    ];
    for (_, replica) in groups.into_iter().flat_map(|g| g.0).take(MOST) {
        let replica = replica.or_empty();
        add(
            replica.template,
            replica.replicas.maybe_count().unwrap_or(1),
        );
    }
    let words: Vec<String> = all
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    Clean::from(words.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn row(json: Value) -> TrialRow {
        Trials::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
    }

    fn object(conditions: &Value) -> Value {
        let pod = json!({"spec": {"containers": [{"resources": {"limits": {"cpu": "4", "nvidia.com/mig-1g.10gb": "1"}}}]}});
        json!({
            "metadata": {"name": "sweep-x", "namespace": "ml", "labels": {OF_EXPERIMENT: "sweep"}, "finalizers": [CLEANS]},
            "spec": {"objective": {"type": "minimize", "objectiveMetricName": "loss"},
                "parameterAssignments": [{"name": "lr", "value": "0.2"}, {"name": "api_url", "value": "https://me:hunter2@host"}],
                "runSpec": {"kind": "Job", "spec": {"template": pod}}},
            "status": {"conditions": conditions, "startTime": "2026-11-21T00:00:00Z",
                "observation": {"metrics": [{"name": "loss", "min": "0.1", "max": "3", "latest": "0.2"}]}}
        })
    }

    #[test]
    fn a_trial_knows_its_experiment_its_figure_and_what_it_holds() {
        let row = row(object(
            &json!([{"type": "Created", "status": "True"}, {"type": "Running", "status": "True"}]),
        ));
        assert_eq!(row.phase, TrialPhase::Running);
        assert_eq!((&*row.experiment, &*row.job), ("sweep", "Job"));
        assert_eq!(row.figure(), Some(0.1));
        assert_eq!(&*row.devices, "1 nvidia.com/mig-1g.10gb");
        assert!(row.held);
        assert_eq!(row.owner().unwrap().name, Clean::new("sweep"));
        assert!(!row.parameters[1].value.contains("hunter2"));
    }

    #[test]
    fn all_replicas_of_a_training_job_count() {
        let mut job = object(&Value::Null);
        let pod = job["spec"]["runSpec"]["spec"]["template"].take();
        job["spec"]["runSpec"] = json!({"kind": "PyTorchJob", "spec": {"pytorchReplicaSpecs": {
            "Master": {"replicas": 1, "template": pod}, "Worker": {"replicas": 3, "template": pod}}}});
        assert_eq!(&*row(job).devices, "4 nvidia.com/mig-1g.10gb");
    }

    #[test]
    fn a_trial_without_a_metric_is_neither_a_success_nor_a_number() {
        let mut lost = object(&json!([{"type": "Running", "status": "False"},
            {"type": "MetricsUnavailable", "status": "True", "reason": "MetricsUnavailable", "message": "Metrics are not available"}]));
        lost["status"]["observation"] =
            json!({"metrics": [{"name": "loss", "min": "unavailable", "latest": "unavailable"}]});
        let row = row(lost);
        assert_eq!(
            (row.phase, row.figure()),
            (TrialPhase::MetricsUnavailable, None)
        );
        assert_eq!(&*row.message, "Metrics are not available");
    }

    #[test]
    fn what_is_not_told_is_not_known() {
        let row = row(json!({"metadata": {"name": "t"}, "spec": {"runSpec": [1]}, "status": "x"}));
        assert_eq!(
            (row.phase, row.devices.is_empty()),
            (TrialPhase::Unknown, true)
        );
        assert_eq!(row.owner(), None);
    }
}
