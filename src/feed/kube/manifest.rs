//! The feed `manifest`: one object of any kind as it is written, watched by its name. Does I/O.
//!
//! One feed for all kinds: which one, the scope of the want says. A new kind adds a line to [`starts`].

use futures::future::BoxFuture;

use super::older;
use super::registry::Entry;
use super::source::{Part, Source};
use super::watch;
use crate::kinds::manifest::SPEC;
use crate::kinds::{
    BatchJobs, ClusterQueues, CronWorkflows, Experiments, InferenceServices, JaxJobs, JobSets,
    Kind, LlmInferenceServices, LocalQueues, ManifestOf, MpiJobs, Namespaces, Nodes, Notebooks,
    OlderClusterQueues, OlderLlmInferenceServices, OlderLocalQueues, OlderMpiJobs,
    OlderQueuedWorkloads, PaddleJobs, Pods, Profiles, PyTorchJobs, PyrraDocuments, QueuedWorkloads,
    Quotas, RayClusters, RayJobs, RayServices, Revisions, SlothDocuments, TfJobs, TrainJobs,
    Trials, WorkflowTemplates, Workflows, XgboostJobs,
};
use crate::store::Scope;

type Start = fn(Source) -> BoxFuture<'static, ()>;

/// The feed, for the registry.
pub(crate) fn entry() -> Entry {
    Entry {
        spec: SPEC,
        start: |source| match start(&source) {
            Some(start) => start(source),
            None => {
                tracing::warn!(
                    source = source.name(),
                    "no such kind can be read as it is written"
                );
                Box::pin(std::future::ready(()))
            }
        },
    }
}

/// How the kind that is asked for is watched.
fn start(source: &Source) -> Option<Start> {
    let Part::Want(Scope::Manifest { kind, .. }) = &source.part else {
        return None;
    };
    let mut starts = starts().into_iter();
    starts
        .find(|(feed, _)| feed == kind)
        .map(|(_, start)| start)
}

fn starts() -> [(&'static str, Start); 32] {
    [
        of::<Workflows>(),
        of::<Pods>(),
        of::<Nodes>(),
        of::<Namespaces>(),
        of::<CronWorkflows>(),
        of::<WorkflowTemplates>(),
        of::<InferenceServices>(),
        either::<LlmInferenceServices, OlderLlmInferenceServices>(),
        of::<Revisions>(),
        of::<SlothDocuments>(),
        of::<PyrraDocuments>(),
        either::<ClusterQueues, OlderClusterQueues>(),
        either::<LocalQueues, OlderLocalQueues>(),
        either::<QueuedWorkloads, OlderQueuedWorkloads>(),
        of::<Quotas>(),
        of::<Profiles>(),
        of::<Notebooks>(),
        of::<Experiments>(),
        of::<Trials>(),
        of::<PyTorchJobs>(),
        of::<TfJobs>(),
        of::<MpiJobs>(),
        of::<OlderMpiJobs>(),
        of::<JaxJobs>(),
        of::<XgboostJobs>(),
        of::<PaddleJobs>(),
        of::<TrainJobs>(),
        of::<JobSets>(),
        of::<RayJobs>(),
        of::<RayClusters>(),
        of::<RayServices>(),
        of::<BatchJobs>(),
    ]
}

fn of<K: Kind>() -> (&'static str, Start) {
    (K::SPEC.feed, |source| {
        Box::pin(watch::run::<ManifestOf<K>>(source))
    })
}

/// A kind that is read in an older version where the server serves no newer one.
fn either<K: Kind, Older: Kind>() -> (&'static str, Start) {
    (K::SPEC.feed, |source| {
        Box::pin(older::run::<ManifestOf<K>, ManifestOf<Older>>(source))
    })
}
