//! Kinds of Knative Serving (source: knative v1.23, config/core/300-resources).

use serde_json::Value;

use super::serving::{condition, reason};
use super::{CUSTOM, Column, Resource, column, text};

const GROUP: &str = "serving.knative.dev";

const SERVICE_COLUMNS: &[Column] = &[
    column("URL", "string"),
    column("LatestCreated", "string"),
    column("LatestReady", "string"),
    column("Ready", "string"),
    column("Reason", "string"),
];

pub(super) static SERVICES: Resource = Resource {
    group: GROUP,
    plural: "services",
    singular: "service",
    kind: "Service",
    short: &["kservice", "ksvc"],
    categories: &["all", "knative", "serving"],
    status: true,
    columns: SERVICE_COLUMNS,
    cells: |object, _| {
        let of = |pointer| Value::from(text(object, pointer));
        vec![
            of("/status/url"),
            of("/status/latestCreatedRevisionName"),
            of("/status/latestReadyRevisionName"),
            Value::from(condition(object, "Ready")),
            Value::from(reason(object, "Ready")),
        ]
    },
    ..CUSTOM
};

const READY: &[Column] = &[column("Ready", "string"), column("Reason", "string")];

fn ready(object: &Value, _: jiff::Timestamp) -> Vec<Value> {
    vec![
        Value::from(condition(object, "Ready")),
        Value::from(reason(object, "Ready")),
    ]
}

pub(super) static CONFIGURATIONS: Resource = Resource {
    group: GROUP,
    plural: "configurations",
    singular: "configuration",
    kind: "Configuration",
    short: &["config", "cfg"],
    categories: &["all", "knative", "serving"],
    status: true,
    columns: READY,
    cells: ready,
    ..CUSTOM
};

pub(super) static ROUTES: Resource = Resource {
    group: GROUP,
    plural: "routes",
    singular: "route",
    kind: "Route",
    short: &["rt"],
    categories: &["all", "knative", "serving"],
    status: true,
    columns: READY,
    cells: ready,
    ..CUSTOM
};

const REVISION_COLUMNS: &[Column] = &[
    column("Config Name", "string"),
    column("Generation", "string"),
    column("Ready", "string"),
    column("Reason", "string"),
    column("Actual Replicas", "integer"),
    column("Desired Replicas", "integer"),
];

pub(super) static REVISIONS: Resource = Resource {
    group: GROUP,
    plural: "revisions",
    singular: "revision",
    kind: "Revision",
    short: &["rev"],
    categories: &["all", "knative", "serving"],
    status: true,
    columns: REVISION_COLUMNS,
    cells: |object, _| {
        let label = |key: &str| {
            Value::from(text(
                object,
                &format!("/metadata/labels/serving.knative.dev~1{key}"),
            ))
        };
        vec![
            label("configuration"),
            label("configurationGeneration"),
            Value::from(condition(object, "Ready")),
            Value::from(reason(object, "Ready")),
            object["status"]["actualReplicas"].clone(),
            object["status"]["desiredReplicas"].clone(),
        ]
    },
    ..CUSTOM
};
