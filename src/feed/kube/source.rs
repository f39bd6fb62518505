//! What a source is: which part of which kind, on which cluster, and whom it tells. Pure.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use kube::runtime::watcher;
use tokio::sync::{mpsc, watch};

use super::family::Family;
use super::link::Link;

use crate::domain::{LogScope, SourceId};
use crate::kinds::KindSpec;
use crate::store::{News, Scope};

/// What a source is and whom it tells.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) link: Arc<Link>,
    pub(crate) id: SourceId,
    pub(crate) part: Part,
    pub(crate) tx: mpsc::Sender<News>,
    /// Changes when a person asks all sources anew.
    pub(crate) kick: watch::Receiver<u64>,
    /// Sources that were started for one want, to be forgotten together.
    pub(crate) owned: Arc<Mutex<BTreeSet<SourceId>>>,
    /// Told how this source is, when it is one of several namespaces.
    pub(crate) family: Option<Arc<Family>>,
}

/// Which part of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Want(Scope),
    /// One namespace of several, where the whole cluster is denied.
    Namespace(String),
}

impl Source {
    /// Its name in faults.
    pub(crate) fn name(&self) -> String {
        let SourceId {
            cluster,
            feed,
            scope,
        } = &self.id;
        if scope.is_empty() {
            format!("{cluster}/{feed}")
        } else {
            format!("{cluster}/{feed} {scope}")
        }
    }

    pub(crate) fn namespace(&self, spec: &KindSpec) -> Option<&str> {
        let namespace = match &self.part {
            Part::Want(Scope::All) => None,
            Part::Namespace(namespace)
            | Part::Want(
                Scope::Object { namespace, .. }
                | Scope::Labelled { namespace, .. }
                | Scope::Manifest { namespace, .. }
                | Scope::Events { namespace, .. }
                | Scope::Namespace(namespace)
                | Scope::Log(LogScope { namespace, .. }),
            ) => Some(namespace.as_str()),
        };
        namespace.filter(|n| spec.namespaced && !n.is_empty())
    }

    /// The URL path of the list.
    pub(crate) fn path(&self, spec: &KindSpec) -> String {
        let group = if spec.group.is_empty() {
            format!("/api/{}", spec.version)
        } else {
            format!("/apis/{}/{}", spec.group, spec.version)
        };
        match self.namespace(spec) {
            Some(namespace) => format!("{group}/namespaces/{namespace}/{}", spec.plural),
            None => format!("{group}/{}", spec.plural),
        }
    }

    pub(crate) fn endpoint(&self, spec: &KindSpec) -> String {
        let url = format!("{}{}", self.link.target.server, self.path(spec));
        match &self.part {
            Part::Want(Scope::Object { name, .. } | Scope::Manifest { name, .. }) => {
                format!("{url}/{name}")
            }
            Part::Want(Scope::Labelled { selector, .. }) => {
                format!("{url}?labelSelector={selector}")
            }
            _ => url,
        }
    }

    pub(crate) fn config(&self, spec: &KindSpec) -> watcher::Config {
        let config = watcher::Config::default()
            .page_size(spec.page)
            .timeout(self.link.options.watch_seconds());
        match &self.part {
            Part::Want(Scope::Object { name, .. } | Scope::Manifest { name, .. }) => {
                config.fields(&format!("metadata.name={name}"))
            }
            Part::Want(Scope::Labelled { selector, .. }) => config.labels(selector),
            Part::Want(Scope::Events { kind, name, .. }) => config.fields(&format!(
                "involvedObject.kind={kind},involvedObject.name={name}"
            )),
            _ => config,
        }
    }

    /// All of a kind that lives in namespaces: where it is denied, namespaces may not be.
    pub(crate) fn is_whole(&self, spec: &KindSpec) -> bool {
        let all = match &self.part {
            Part::Want(Scope::All) => true,
            // of what carries a label, all was wanted
            Part::Want(Scope::Labelled { namespace, .. }) => {
                namespace.is_empty() && self.id.scope.is_empty()
            }
            _ => false,
        };
        all && spec.namespaced
    }
}

/// `workflows.argoproj.io`
pub(crate) fn full_name(spec: &KindSpec) -> String {
    if spec.group.is_empty() {
        spec.plural.to_owned()
    } else {
        format!("{}.{}", spec.plural, spec.group)
    }
}
