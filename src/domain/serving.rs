//! Inference services and their revisions, as rows. Pure.

use jiff::Timestamp;

use super::{Clean, Key, Labels};

/// How a service is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum ServingMode {
    /// Knative revisions (`Knative`, before `KServe` 0.16 `Serverless`).
    Knative,
    /// Deployments (`Standard`, before 0.16 `RawDeployment`).
    Standard,
    /// `ModelMesh`.
    ModelMesh,
    /// An `LLMInferenceService`.
    Llm,
    /// Not told yet, or a word that is not known.
    #[default]
    Unknown,
}

impl ServingMode {
    /// The badge.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Knative => "knative",
            Self::Standard => "standard",
            Self::ModelMesh => "modelmesh",
            Self::Llm => "llm",
            Self::Unknown => "?",
        }
    }
}

/// A part of the traffic as the cluster really routes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Name of the revision; of another object of the route group for an `LLMInferenceService`.
    pub revision: Clean,
    /// Percent of the requests, 0 to 100.
    pub percent: u32,
    /// Its tag: `prev`, `latest`; may be empty.
    pub tag: Clean,
}

/// What the model server says of its model (`status.modelStatus`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelState {
    /// `UpToDate`, `InProgress`, `BlockedByFailedLoad`, `InvalidSpec`; empty when not told.
    pub transition: Clean,
    /// State of the model that serves: `Loaded`, `Loading`, `FailedToLoad` …
    pub active: Clean,
    /// State of the model that is to serve.
    pub target: Clean,
    /// Why the last load failed: reason and message, one sentence; empty when none failed.
    pub failure: Clean,
    /// When it failed.
    pub failed_at: Option<Timestamp>,
}

/// A canary of Standard mode (`status.canaryStatuses`): sized by its percent, but not routed by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardCanary {
    /// Its name.
    pub name: Clean,
    /// Ready.
    pub ready: bool,
    /// The percent as written; traffic is not split by it.
    pub percent: u32,
}

/// A component beside the predictor: it is rolled out, and split between revisions, on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// `transformer` or `explainer`.
    pub component: &'static str,
    /// Percent of its traffic that the spec gives to its newest revision.
    pub canary: Option<u32>,
    /// Its traffic as the cluster routes it.
    pub traffic: Box<[Share]>,
    /// Its newest revision that is ready.
    pub ready_revision: Clean,
    /// Its revision that was fully rolled out last.
    pub rolled_out: Clean,
}

impl Beside {
    /// Two revisions of it serve, or are to.
    #[must_use]
    pub fn has_canary(&self) -> bool {
        !self.rolled_out.is_empty()
            && !self.ready_revision.is_empty()
            && self.rolled_out != self.ready_revision
    }
}

/// The Deployment of a component of an inference service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadRow {
    /// Where it lives.
    pub key: Key,
    /// The inference service it belongs to.
    pub service: Clean,
    /// `predictor`, `transformer`, `explainer`; empty when not told.
    pub component: Clean,
    /// Replicas that are ready.
    pub ready: u32,
    /// Replicas wanted.
    pub wanted: Option<u32>,
}

/// One inference service in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRow {
    /// Where it lives.
    pub key: Key,
    /// Its place among all services: an `InferenceService` and an `LLMInferenceService` may have the same name.
    pub place: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// Its labels.
    pub labels: Labels,
    /// How it is deployed, as its status says; else as its annotation says.
    pub mode: ServingMode,
    /// Condition `Ready`; none while it is unknown.
    pub ready: Option<bool>,
    /// Why it is not ready: the condition that is false, its reason and message; empty when ready.
    pub trouble: Clean,
    /// What its model does.
    pub model: ModelState,
    /// Where the model of the spec comes from (`storageUri`, or the model's `uri`).
    pub uri: Clean,
    /// Format of the model: `sklearn`, `onnx`, `huggingface` …
    pub format: Clean,
    /// Runtime that serves it.
    pub runtime: Clean,
    /// Percent of the traffic that the spec gives to the newest revision; none when it says nothing.
    pub canary: Option<u32>,
    /// Traffic as the cluster routes it; empty where it does not tell.
    pub traffic: Box<[Share]>,
    /// Newest revision that was made.
    pub created_revision: Clean,
    /// Newest revision that is ready.
    pub ready_revision: Clean,
    /// Revision that was fully rolled out last: what a canary is measured against and a rollback goes to.
    pub rolled_out: Clean,
    /// The one rolled out before it.
    pub previous: Clean,
    /// Canaries of Standard mode.
    pub canaries: Box<[StandardCanary]>,
    /// Its transformer and its explainer, each with revisions and traffic of its own.
    pub beside: Box<[Beside]>,
    /// Least replicas, as written.
    pub min_replicas: Option<u32>,
    /// Most replicas, as written; 0 for no limit.
    pub max_replicas: Option<u32>,
    /// Replicas that are ready, where the object tells (an `LLMInferenceService`).
    pub ready_replicas: Option<u32>,
    /// Stopped by its annotation.
    pub stopped: bool,
    /// `disable-auto-update` is set: edits are accepted and not carried out while it is ready.
    pub frozen: bool,
    /// The controller has not seen the newest edit yet.
    pub behind: bool,
    /// Where it answers.
    pub url: Clean,
    /// When it was created.
    pub created: Option<Timestamp>,
}

impl ServiceRow {
    /// The place of a service: its key, and another one for an `LLMInferenceService`. No object has a slash in its name.
    #[must_use]
    pub fn place_of(key: &Key, llm: bool) -> Key {
        if llm {
            Key::new(
                key.cluster.clone(),
                &key.namespace,
                &format!("llm/{}", key.name),
            )
        } else {
            key.clone()
        }
    }

    /// A canary takes, or is to take, a part of the traffic: the newest ready revision is not the one rolled out.
    #[must_use]
    pub fn has_canary(&self) -> bool {
        !self.rolled_out.is_empty()
            && !self.ready_revision.is_empty()
            && self.rolled_out != self.ready_revision
    }

    /// Rolled back, and pinned by it: the percent is still 0, so that the next model gets no traffic either.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.canary == Some(0)
    }
}

/// One Knative revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionRow {
    /// Where it lives.
    pub key: Key,
    /// Kubernetes uid.
    pub uid: Clean,
    /// Its labels.
    pub labels: Labels,
    /// The inference service it belongs to; empty when none.
    pub service: Clean,
    /// Condition `Ready`.
    pub ready: Option<bool>,
    /// Condition `Active`: false with reason `NoTraffic` is scaled to zero, not broken.
    pub active: Option<bool>,
    /// Why it is not ready; empty when it is.
    pub trouble: Clean,
    /// Replicas there are.
    pub replicas: Option<u32>,
    /// Replicas wanted.
    pub desired: Option<u32>,
    /// Where its model comes from.
    pub uri: Clean,
    /// When it was created.
    pub created: Option<Timestamp>,
}
