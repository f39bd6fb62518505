//! Kinds of backend objects: what their JSON looks like (slim), and how it becomes rows. Pure.
//!
//! A new kind is a new file with an implementation of [`Kind`], and a line in the registry of the feed.

pub mod argo;
pub mod cache;
pub mod conditions;
pub mod cron_workflow;
pub mod dcgm;
pub mod event;
pub mod experiment;
pub mod exposition;
pub mod inference_service;
pub mod job;
pub mod kueue;
pub mod lenient;
pub mod llm_inference_service;
pub mod manifest;
pub mod meta;
pub mod mlflow;
pub mod namespace;
pub mod node;
pub mod notebook;
pub mod pod;
pub mod queue;
pub mod queue_place;
pub mod queued;
pub mod quota;
pub mod revision;
pub mod run;
pub mod service_workload;
pub mod slo_document;
pub mod smi;
pub mod suggestion;
mod template;
pub mod trial;
pub mod workflow;
pub mod workflow_template;

use serde::de::DeserializeOwned;

pub use cache::Caches;
pub use cron_workflow::CronWorkflows;
pub use event::Events;
pub use experiment::Experiments;
pub use inference_service::InferenceServices;
pub use job::batch::BatchJobs;
pub use job::job_set::JobSets;
pub use job::ray::{RayClusters, RayJobs, RayServices};
pub use job::train_job::TrainJobs;
pub use job::training::{
    JaxJobs, MpiJobs, OlderMpiJobs, PaddleJobs, PyTorchJobs, TfJobs, XgboostJobs,
};
pub use llm_inference_service::{LlmInferenceServices, OlderLlmInferenceServices};
pub use manifest::ManifestOf;
pub use namespace::Namespaces;
pub use node::Nodes;
pub use notebook::Notebooks;
pub use pod::Pods;
pub use queue::{ClusterQueues, LocalQueues, OlderClusterQueues, OlderLocalQueues};
pub use queued::{OlderQueuedWorkloads, QueuedWorkloads};
pub use quota::{Profiles, Quotas};
pub use revision::Revisions;
pub use run::Runs;
pub use service_workload::ServiceWorkloads;
pub use slo_document::{OpenSloDocuments, PyrraDocuments, SlothDocuments};
pub use suggestion::Suggestions;
pub use trial::Trials;
pub use workflow::Workflows;
pub use workflow_template::WorkflowTemplates;

use crate::domain::{Clean, ClusterId, Key, Row};

/// Static facts about a kind as the API server serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindSpec {
    /// Name of the feed, unique among all kinds: `workflows`, `pods`, `run` (one workflow with its steps).
    pub feed: &'static str,
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Version to read.
    pub version: &'static str,
    /// Plural, as in URLs.
    pub plural: &'static str,
    /// Kind, as in manifests.
    pub kind: &'static str,
    /// Lives in namespaces.
    pub namespaced: bool,
    /// Objects a page of the first list, chosen so that a page stays around 4 MB.
    pub page: u32,
}

/// What of `metadata` every row needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SlimMeta {
    /// `metadata.name`
    pub name: String,
    /// `metadata.namespace`
    pub namespace: String,
    /// `metadata.uid`
    pub uid: String,
    /// `metadata.resourceVersion`
    pub resource_version: String,
}

impl SlimMeta {
    /// The key of the row.
    #[must_use]
    pub fn key(&self, cluster: &ClusterId) -> Key {
        Key {
            cluster: cluster.clone(),
            namespace: Clean::new(&self.namespace),
            name: Clean::new(&self.name),
        }
    }
}

/// A kind of object of the Kubernetes API.
pub trait Kind: 'static {
    /// The slim shape: only what rows need; all else is skipped while decoding.
    type Slim: DeserializeOwned + Send + 'static;
    /// What it becomes.
    type Row: Row;
    /// Static facts.
    const SPEC: KindSpec;

    /// The identity of a decoded object.
    fn meta(slim: &Self::Slim) -> &SlimMeta;

    /// The row. Must not fail: what cannot be read is left unknown and said in the row.
    fn row(cluster: &ClusterId, slim: Self::Slim) -> Self::Row;
}

/// A kind of which only the objects with a label are read.
pub trait Labelled: Kind {
    /// The label, as a selector: `key` for any value, or `key=value`.
    const LABEL: &'static str;
}

/// All kinds, as the API serves them. `runs` and `run` are both workflows.
pub static SPECS: &[KindSpec] = &[
    Workflows::SPEC,
    Runs::SPEC,
    Pods::SPEC,
    Nodes::SPEC,
    Namespaces::SPEC,
    CronWorkflows::SPEC,
    WorkflowTemplates::SPEC,
    Events::SPEC,
    InferenceServices::SPEC,
    LlmInferenceServices::SPEC,
    Revisions::SPEC,
    Experiments::SPEC,
    Trials::SPEC,
    Suggestions::SPEC,
    ClusterQueues::SPEC,
    LocalQueues::SPEC,
    QueuedWorkloads::SPEC,
    Quotas::SPEC,
    Profiles::SPEC,
    Notebooks::SPEC,
    PyTorchJobs::SPEC,
    TfJobs::SPEC,
    MpiJobs::SPEC,
    OlderMpiJobs::SPEC,
    JaxJobs::SPEC,
    XgboostJobs::SPEC,
    PaddleJobs::SPEC,
    TrainJobs::SPEC,
    JobSets::SPEC,
    RayJobs::SPEC,
    RayClusters::SPEC,
    RayServices::SPEC,
    BatchJobs::SPEC,
    SlothDocuments::SPEC,
    PyrraDocuments::SPEC,
];

/// The feed of a kind as manifests name it, for links from one object to another.
#[must_use]
pub fn spec_of(group: &str, kind: &str) -> Option<&'static KindSpec> {
    let is = |spec: &&KindSpec| spec.group == group && spec.kind == kind;
    SPECS.iter().find(is)
}

/// The kind of a feed.
#[must_use]
pub fn spec(feed: &str) -> Option<&'static KindSpec> {
    SPECS.iter().find(|spec| spec.feed == feed)
}
