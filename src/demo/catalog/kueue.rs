//! Kinds of Kueue (source: kueue v0.19, config/components/crd), quotas, and what of Kubeflow keeps them.

use serde_json::Value;

use super::{BUILT_IN, CUSTOM, Column, Resource, age, age_column, column, text};

const GROUP: &str = "kueue.x-k8s.io";
const KUBEFLOW: &str = "kubeflow.org";

const QUEUE_COLUMNS: &[Column] = &[
    column("Within", "string"),
    column("Pending Workloads", "integer"),
    column("Admitted Workloads", "integer"),
    age_column(),
];

fn queue(object: &Value, now: jiff::Timestamp) -> Vec<Value> {
    let local = text(object, "/spec/clusterQueue");
    let within = if local.is_empty() {
        text(object, "/spec/cohortName")
    } else {
        local
    };
    vec![
        Value::from(within),
        object["status"]["pendingWorkloads"].clone(),
        object["status"]["admittedWorkloads"].clone(),
        age(object, now),
    ]
}

pub(super) static CLUSTER_QUEUES: Resource = Resource {
    group: GROUP,
    version: "v1beta2",
    plural: "clusterqueues",
    singular: "clusterqueue",
    kind: "ClusterQueue",
    short: &["cq"],
    namespaced: false,
    status: true,
    columns: QUEUE_COLUMNS,
    cells: queue,
    ..CUSTOM
};

pub(super) static LOCAL_QUEUES: Resource = Resource {
    group: GROUP,
    version: "v1beta2",
    plural: "localqueues",
    singular: "localqueue",
    kind: "LocalQueue",
    short: &["lq"],
    status: true,
    columns: QUEUE_COLUMNS,
    cells: queue,
    ..CUSTOM
};

const WORKLOAD_COLUMNS: &[Column] = &[
    column("Queue", "string"),
    column("Reserved in", "string"),
    column("Admitted", "string"),
    age_column(),
];

pub(super) static WORKLOADS: Resource = Resource {
    group: GROUP,
    version: "v1beta2",
    plural: "workloads",
    singular: "workload",
    kind: "Workload",
    short: &["wl", "kueueworkload"],
    status: true,
    columns: WORKLOAD_COLUMNS,
    cells: |object, now| {
        let all = object["status"]["conditions"].as_array();
        let mut all = all.into_iter().flatten();
        let admitted = all.find(|c| c["type"] == "Admitted");
        vec![
            Value::from(text(object, "/spec/queueName")),
            Value::from(text(object, "/status/admission/clusterQueue")),
            admitted.map_or(Value::from(""), |c| c["status"].clone()),
            age(object, now),
        ]
    },
    ..CUSTOM
};

pub(super) static RESOURCE_QUOTAS: Resource = Resource {
    plural: "resourcequotas",
    singular: "resourcequota",
    kind: "ResourceQuota",
    short: &["quota"],
    status: true,
    returns_deleted: true,
    ..BUILT_IN
};

pub(super) static PROFILES: Resource = Resource {
    group: KUBEFLOW,
    plural: "profiles",
    singular: "profile",
    kind: "Profile",
    namespaced: false,
    status: true,
    ..CUSTOM
};

pub(super) static NOTEBOOKS: Resource = Resource {
    group: KUBEFLOW,
    plural: "notebooks",
    singular: "notebook",
    kind: "Notebook",
    categories: &["all"],
    status: true,
    ..CUSTOM
};
