//! Kinds of training jobs (source: training-operator v1.9 manifests/base/crds, jobset v0.12 config/components/crd, trainer v2.1
//! manifests/base/crds, kuberay v1.5 ray-operator/config/crd, k8s.io/api batch/v1).

use serde_json::{Value, json};

use super::{BUILT_IN, CUSTOM, Column, Resource, age, age_column, column, text};

const COLUMNS: &[Column] = &[column("State", "string"), age_column()];

pub(super) static PYTORCH_JOBS: Resource = Resource {
    group: "kubeflow.org",
    version: "v1",
    plural: "pytorchjobs",
    singular: "pytorchjob",
    kind: "PyTorchJob",
    categories: &["all"],
    status: true,
    columns: COLUMNS,
    cells: |object, now| vec![Value::from(held(object)), age(object, now)],
    ..CUSTOM
};

const SET_COLUMNS: &[Column] = &[
    column("TerminalState", "string"),
    column("Restarts", "string"),
    column("Suspended", "string"),
    age_column(),
];

pub(super) static JOB_SETS: Resource = Resource {
    group: "jobset.x-k8s.io",
    version: "v1alpha2",
    plural: "jobsets",
    singular: "jobset",
    kind: "JobSet",
    status: true,
    columns: SET_COLUMNS,
    cells: |object, now| {
        vec![
            Value::from(text(object, "/status/terminalState")),
            Value::from(object["status"]["restarts"].to_string()),
            Value::from((object["spec"]["suspend"] == true).to_string()),
            age(object, now),
        ]
    },
    ..CUSTOM
};

pub(super) static TRAIN_JOBS: Resource = Resource {
    group: "trainer.kubeflow.org",
    version: "v1alpha1",
    plural: "trainjobs",
    singular: "trainjob",
    kind: "TrainJob",
    status: true,
    columns: COLUMNS,
    cells: |object, now| vec![Value::from(held(object)), age(object, now)],
    ..CUSTOM
};

const RAY: &str = "ray.io";

const RAY_COLUMNS: &[Column] = &[
    column("Job Status", "string"),
    column("Deployment Status", "string"),
    column("Ray Cluster Name", "string"),
    age_column(),
];

pub(super) static RAY_JOBS: Resource = Resource {
    group: RAY,
    version: "v1",
    plural: "rayjobs",
    singular: "rayjob",
    kind: "RayJob",
    categories: &["all"],
    status: true,
    columns: RAY_COLUMNS,
    cells: |object, now| {
        let told = ["jobStatus", "jobDeploymentStatus", "rayClusterName"];
        let mut cells: Vec<Value> = told.map(|key| object["status"][key].clone()).into();
        cells.push(age(object, now));
        cells
    },
    ..CUSTOM
};

const CLUSTER_COLUMNS: &[Column] = &[
    column("Desired Workers", "integer"),
    column("Available Workers", "integer"),
    column("Status", "string"),
    age_column(),
];

pub(super) static RAY_CLUSTERS: Resource = Resource {
    group: RAY,
    version: "v1",
    plural: "rayclusters",
    singular: "raycluster",
    kind: "RayCluster",
    categories: &["all"],
    status: true,
    columns: CLUSTER_COLUMNS,
    cells: |object, now| {
        let told = ["desiredWorkerReplicas", "availableWorkerReplicas", "state"];
        let mut cells: Vec<Value> = told.map(|key| object["status"][key].clone()).into();
        cells.push(age(object, now));
        cells
    },
    ..CUSTOM
};

const JOB_COLUMNS: &[Column] = &[
    column("Status", "string"),
    column("Completions", "string"),
    age_column(),
];

pub(super) static JOBS: Resource = Resource {
    group: "batch",
    plural: "jobs",
    singular: "job",
    kind: "Job",
    categories: &["all"],
    status: true,
    generation: true,
    columns: JOB_COLUMNS,
    cells: |object, now| {
        let done = object["status"]["succeeded"].as_u64().unwrap_or_default();
        let all = object["spec"]["completions"].as_u64().unwrap_or(1);
        vec![
            Value::from(held(object)),
            Value::from(format!("{done}/{all}")),
            age(object, now),
        ]
    },
    defaults: |object| {
        let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else {
            return;
        };
        for (key, value) in [
            ("parallelism", json!(1)),
            ("completions", json!(1)),
            ("backoffLimit", json!(6)),
            ("suspend", json!(false)),
        ] {
            spec.entry(key).or_insert(value);
        }
    },
    ..BUILT_IN
};

/// The last condition that holds.
fn held(object: &Value) -> &str {
    let all = object["status"]["conditions"].as_array();
    let mut all = all.into_iter().flatten();
    let last = all.rfind(|c| c["status"] == "True");
    last.map_or("", |c| text(c, "/type"))
}
