//! Kinds that need little: config maps, services, leases.

use serde_json::Value;

use super::{BUILT_IN, Column, Resource, age, age_column, column, text};

const CONFIG_COLUMNS: &[Column] = &[column("Data", "string"), age_column()];

pub(super) static CONFIG_MAPS: Resource = Resource {
    plural: "configmaps",
    singular: "configmap",
    kind: "ConfigMap",
    short: &["cm"],
    columns: CONFIG_COLUMNS,
    cells: |object, now| {
        let of = |key: &str| object[key].as_object().map_or(0, serde_json::Map::len);
        vec![
            Value::from((of("data") + of("binaryData")).to_string()),
            age(object, now),
        ]
    },
    ..BUILT_IN
};

const SERVICE_COLUMNS: &[Column] = &[
    column("Type", "string"),
    column("Cluster-IP", "string"),
    age_column(),
];

pub(super) static SERVICES: Resource = Resource {
    plural: "services",
    singular: "service",
    kind: "Service",
    short: &["svc"],
    categories: &["all"],
    status: true,
    returns_deleted: true,
    columns: SERVICE_COLUMNS,
    cells: |object, now| {
        vec![
            Value::from(text(object, "/spec/type")),
            Value::from(text(object, "/spec/clusterIP")),
            age(object, now),
        ]
    },
    fields: |object| {
        vec![
            ("spec.clusterIP", text(object, "/spec/clusterIP").to_owned()),
            ("spec.type", text(object, "/spec/type").to_owned()),
        ]
    },
    field_names: &["spec.clusterIP", "spec.type"],
    ..BUILT_IN
};

const LEASE_COLUMNS: &[Column] = &[column("Holder", "string"), age_column()];

pub(super) static LEASES: Resource = Resource {
    group: "coordination.k8s.io",
    plural: "leases",
    singular: "lease",
    kind: "Lease",
    unconditional: false,
    columns: LEASE_COLUMNS,
    cells: |object, now| {
        vec![
            Value::from(text(object, "/spec/holderIdentity")),
            age(object, now),
        ]
    },
    ..BUILT_IN
};
