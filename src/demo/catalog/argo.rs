//! Kinds of Argo Workflows. None has a status subresource
//! (source: argo-workflows, manifests/base/crds).

use serde_json::Value;

use super::{CUSTOM, Column, Resource, column, since, text};

const GROUP: &str = "argoproj.io";
const VERSION: &str = "v1alpha1";

const WORKFLOW_COLUMNS: &[Column] = &[
    column("Status", "string"),
    column("Age", "date"),
    column("Message", "string"),
];

pub(super) static WORKFLOWS: Resource = Resource {
    group: GROUP,
    version: VERSION,
    plural: "workflows",
    singular: "workflow",
    kind: "Workflow",
    short: &["wf"],
    columns: WORKFLOW_COLUMNS,
    cells: |object, now| {
        vec![
            Value::from(text(object, "/status/phase")),
            since(text(object, "/status/startedAt"), now),
            Value::from(text(object, "/status/message")),
        ]
    },
    ..CUSTOM
};

pub(super) static CRON_WORKFLOWS: Resource = Resource {
    group: GROUP,
    version: VERSION,
    plural: "cronworkflows",
    singular: "cronworkflow",
    kind: "CronWorkflow",
    short: &["cwf", "cronwf"],
    ..CUSTOM
};

pub(super) static WORKFLOW_TEMPLATES: Resource = Resource {
    group: GROUP,
    version: VERSION,
    plural: "workflowtemplates",
    singular: "workflowtemplate",
    kind: "WorkflowTemplate",
    short: &["wftmpl"],
    ..CUSTOM
};

pub(super) static CLUSTER_WORKFLOW_TEMPLATES: Resource = Resource {
    group: GROUP,
    version: VERSION,
    plural: "clusterworkflowtemplates",
    singular: "clusterworkflowtemplate",
    kind: "ClusterWorkflowTemplate",
    short: &["clusterwftmpl", "cwft"],
    namespaced: false,
    ..CUSTOM
};
