//! The kinds that can be watched. A new kind adds one line to [`kinds`].

use futures::future::BoxFuture;

use super::logs;
use super::older;
use super::source::{Part, Source};
use super::watch;
use crate::feed::{alertmanager, gpus, places, prometheus, smi};
use crate::kinds::{
    BatchJobs, Caches, ClusterQueues, CronWorkflows, Events, Experiments, InferenceServices,
    JaxJobs, JobSets, Kind, KindSpec, Labelled, LlmInferenceServices, LocalQueues, MpiJobs,
    Namespaces, Nodes, Notebooks, OlderClusterQueues, OlderLlmInferenceServices, OlderLocalQueues,
    OlderMpiJobs, OlderQueuedWorkloads, PaddleJobs, Pods, Profiles, PyTorchJobs, QueuedWorkloads,
    Quotas, RayClusters, RayJobs, RayServices, Revisions, Runs, ServiceWorkloads, Suggestions,
    TfJobs, TrainJobs, Trials, WorkflowTemplates, Workflows, XgboostJobs,
};
use crate::store::Scope;

/// One kind that can be watched.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Static facts of the kind.
    pub spec: KindSpec,
    pub(crate) start: fn(Source) -> BoxFuture<'static, ()>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({})", self.spec.feed)
    }
}

/// The entry of a kind.
#[must_use]
pub fn entry<K: Kind>() -> Entry {
    Entry {
        spec: K::SPEC,
        start: |source| Box::pin(watch::run::<K>(source)),
    }
}

/// The entry of a kind of which only the objects with a label are read.
const fn labelled<K: Labelled>() -> Entry {
    Entry {
        spec: K::SPEC,
        start: |source| Box::pin(watch::run::<K>(only(source, K::LABEL))),
    }
}

/// The part of a source that carries a label.
fn only(source: Source, label: &str) -> Source {
    let namespace = match &source.part {
        Part::Want(Scope::Namespace(namespace)) => namespace.clone(),
        _ => String::new(),
    };
    let scope = Scope::Labelled {
        namespace,
        selector: label.to_owned(),
    };
    Source {
        part: Part::Want(scope),
        ..source
    }
}

/// All kinds of midwatch.
#[must_use]
pub fn kinds() -> Vec<Entry> {
    vec![
        entry::<Workflows>(),
        entry::<Runs>(),
        entry::<Pods>(),
        entry::<Nodes>(),
        entry::<Namespaces>(),
        entry::<CronWorkflows>(),
        entry::<WorkflowTemplates>(),
        entry::<Events>(),
        entry::<InferenceServices>(),
        older::entry::<LlmInferenceServices, OlderLlmInferenceServices>(),
        entry::<Revisions>(),
        entry::<Experiments>(),
        entry::<Trials>(),
        entry::<Suggestions>(),
        older::entry::<ClusterQueues, OlderClusterQueues>(),
        older::entry::<LocalQueues, OlderLocalQueues>(),
        older::entry::<QueuedWorkloads, OlderQueuedWorkloads>(),
        entry::<Quotas>(),
        entry::<Profiles>(),
        entry::<Notebooks>(),
        entry::<PyTorchJobs>(),
        entry::<TfJobs>(),
        entry::<MpiJobs>(),
        entry::<OlderMpiJobs>(),
        entry::<JaxJobs>(),
        entry::<XgboostJobs>(),
        entry::<PaddleJobs>(),
        entry::<TrainJobs>(),
        entry::<JobSets>(),
        entry::<RayJobs>(),
        entry::<RayClusters>(),
        entry::<RayServices>(),
        entry::<BatchJobs>(),
        labelled::<ServiceWorkloads>(),
        labelled::<Caches>(),
        crate::feed::mlflow::models(),
        crate::feed::mlflow::versions(),
        super::manifest::entry(),
        Entry {
            spec: logs::SPEC,
            start: |source| Box::pin(logs::run(source)),
        },
        Entry {
            spec: prometheus::BURN_SPEC,
            start: |source| Box::pin(prometheus::burn(source)),
        },
        Entry {
            spec: gpus::SPEC,
            start: |source| Box::pin(gpus::run(source)),
        },
        Entry {
            spec: places::SPEC,
            start: |source| Box::pin(places::run(source)),
        },
        Entry {
            spec: smi::SPEC,
            start: |source| Box::pin(smi::run(source)),
        },
        Entry {
            spec: prometheus::CANARY_SPEC,
            start: |source| Box::pin(prometheus::canary(source)),
        },
        Entry {
            spec: alertmanager::ALERTS_SPEC,
            start: |source| Box::pin(alertmanager::alerts(source)),
        },
        Entry {
            spec: alertmanager::SILENCES_SPEC,
            start: |source| Box::pin(alertmanager::silences(source)),
        },
    ]
}
