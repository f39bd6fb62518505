//! Deployments and their replica sets.

use serde_json::{Value, json};

use super::{BUILT_IN, Column, Resource, age, age_column, column};

const GROUP: &str = "apps";

const DEPLOYMENT_COLUMNS: &[Column] = &[
    column("Ready", "string"),
    column("Up-to-date", "string"),
    column("Available", "string"),
    age_column(),
];

pub(super) static DEPLOYMENTS: Resource = Resource {
    group: GROUP,
    plural: "deployments",
    singular: "deployment",
    kind: "Deployment",
    short: &["deploy"],
    categories: &["all"],
    status: true,
    generation: true,
    columns: DEPLOYMENT_COLUMNS,
    cells: |object, now| {
        let of = |key: &str| object["status"][key].as_u64().unwrap_or_default();
        let wanted = object["spec"]["replicas"].as_u64().unwrap_or_default();
        vec![
            Value::from(format!("{}/{wanted}", of("readyReplicas"))),
            Value::from(of("updatedReplicas").to_string()),
            Value::from(of("availableReplicas").to_string()),
            age(object, now),
        ]
    },
    ..BUILT_IN
};

const REPLICA_SET_COLUMNS: &[Column] = &[
    column("Desired", "integer"),
    column("Current", "integer"),
    column("Ready", "integer"),
    age_column(),
];

pub(super) static REPLICA_SETS: Resource = Resource {
    group: GROUP,
    plural: "replicasets",
    singular: "replicaset",
    kind: "ReplicaSet",
    short: &["rs"],
    categories: &["all"],
    status: true,
    generation: true,
    columns: REPLICA_SET_COLUMNS,
    cells: |object, now| {
        let number = |value: &Value| json!(value.as_u64().unwrap_or_default());
        vec![
            number(&object["spec"]["replicas"]),
            number(&object["status"]["replicas"]),
            number(&object["status"]["readyReplicas"]),
            age(object, now),
        ]
    },
    ..BUILT_IN
};
