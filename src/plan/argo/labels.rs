//! Keys of labels and annotations that the controller and the server act on. Pure.
//! Source: `workflow/common/common.go`.

/// Copy of `status.phase`.
pub const PHASE: &str = "workflows.argoproj.io/phase";
/// The controller is done with the workflow.
pub const COMPLETED: &str = "workflows.argoproj.io/completed";
/// `Pending`, `Archived` or `Persisted`.
pub const ARCHIVING: &str = "workflows.argoproj.io/workflow-archiving-status";
/// The workflow that this one is a copy of.
pub const RESUBMITTED: &str = "workflows.argoproj.io/resubmitted-from-workflow";
/// The cron workflow that started it.
pub const CRON: &str = "workflows.argoproj.io/cron-workflow";
/// The template that it was made from.
pub const TEMPLATE: &str = "workflows.argoproj.io/workflow-template";
/// The cluster-wide template that it was made from.
pub const CLUSTER_TEMPLATE: &str = "workflows.argoproj.io/cluster-workflow-template";
/// Which controller owns it.
pub const INSTANCE: &str = "workflows.argoproj.io/controller-instanceid";
/// On `ConfigMaps`: what they are to the controller, `Cache` or `Parameter`.
pub const CONFIG_MAP_TYPE: &str = "workflows.argoproj.io/configmap-type";
/// Who made it.
pub const CREATOR: [&str; 3] = [
    "workflows.argoproj.io/creator",
    "workflows.argoproj.io/creator-email",
    "workflows.argoproj.io/creator-preferred-username",
];
/// Annotation: how pods are named, `v1` or `v2`.
pub const POD_NAMES: &str = "workflows.argoproj.io/pod-name-format";
/// On pods: the workflow they belong to.
pub const WORKFLOW: &str = "workflows.argoproj.io/workflow";
/// Of Kubeflow Pipelines: the run that a workflow is.
pub const KFP_RUN: &str = "pipeline/runid";
/// Of Kubeflow Pipelines: the final state is in its database.
pub const KFP_FINAL: &str = "pipeline/persistedFinalState";
