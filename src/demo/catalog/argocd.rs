//! Kinds of Argo CD (source: argo-cd, manifests/crds).

use serde_json::Value;

use super::{CUSTOM, Column, Resource, column, text};

const GROUP: &str = "argoproj.io";
const VERSION: &str = "v1alpha1";

const APPLICATION_COLUMNS: &[Column] = &[
    column("Sync Status", "string"),
    column("Health Status", "string"),
    Column {
        name: "Revision",
        kind: "string",
        priority: 10,
    },
    Column {
        name: "Project",
        kind: "string",
        priority: 10,
    },
];

pub(super) static APPLICATIONS: Resource = Resource {
    group: GROUP,
    version: VERSION,
    plural: "applications",
    singular: "application",
    kind: "Application",
    short: &["app", "apps"],
    columns: APPLICATION_COLUMNS,
    cells: |object, _| {
        let of = |pointer| Value::from(text(object, pointer));
        vec![
            of("/status/sync/status"),
            of("/status/health/status"),
            of("/status/sync/revision"),
            of("/spec/project"),
        ]
    },
    ..CUSTOM
};

pub(super) static APPLICATION_SETS: Resource = Resource {
    group: GROUP,
    version: VERSION,
    plural: "applicationsets",
    singular: "applicationset",
    kind: "ApplicationSet",
    short: &["appset", "appsets"],
    status: true,
    ..CUSTOM
};

pub(super) static APP_PROJECTS: Resource = Resource {
    group: GROUP,
    version: VERSION,
    plural: "appprojects",
    singular: "appproject",
    kind: "AppProject",
    short: &["appproj", "appprojs"],
    ..CUSTOM
};
