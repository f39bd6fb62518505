//! What passes between the feed and the loop: news one way, wants the other. Pure.

use super::RowsBatch;
use crate::domain::{ClusterId, ClusterLoad, LogEnd, LogLine, LogScope, SourceId, SourceRow};

/// One message of the feed.
#[derive(Debug)]
pub enum News {
    /// Rows of a source changed.
    Rows(Box<dyn RowsBatch>),
    /// A source changed its state, or gave a sign of life worth showing.
    Source(Box<SourceRow>),
    /// A source is no longer watched; its rows are to be forgotten.
    Forget(SourceId),
    /// What midwatch costs an API server, at most once in ten seconds and only when it changed.
    Load(ClusterId, ClusterLoad),
    /// A container printed something, or its log came to an end.
    Log(Box<LogBatch>),
    /// A cluster was reached, or its identity became known.
    Cluster(ClusterInfo),
}

/// Lines of one container.
#[derive(Debug)]
pub struct LogBatch {
    /// The source they come from.
    pub source: SourceId,
    /// Which log.
    pub scope: LogScope,
    /// Forget the lines of this log that were told before: it is read anew.
    pub restart: bool,
    /// New lines, oldest first.
    pub lines: Vec<LogLine>,
    /// Lines that came and could not be kept before these.
    pub lost: u64,
    /// No more lines come.
    pub end: Option<LogEnd>,
}

/// A cluster in the header and on the sources screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterInfo {
    /// Its name: the context.
    pub id: ClusterId,
    /// URL of its API server.
    pub server: String,
    /// `gitVersion` of the server, empty while unknown.
    pub version: String,
    /// User of the context, as the kubeconfig names it.
    pub user: String,
    /// Namespace of the context.
    pub namespace: String,
}

/// Which part of a kind is needed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// All of it; where listing the cluster is denied, the namespaces that may be read.
    All,
    /// The objects of one namespace.
    Namespace(String),
    /// One object.
    Object {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// The objects of one namespace that carry a label.
    Labelled {
        /// The namespace.
        namespace: String,
        /// The selector, `key=value`.
        selector: String,
    },
    /// One object of any kind as it is written (feed `manifest`).
    Manifest {
        /// Feed of its kind ([`crate::kinds::spec`]).
        kind: &'static str,
        /// Its namespace; empty for kinds without.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// The events of one object (feed `events`).
    Events {
        /// Namespace of the object; empty for kinds without.
        namespace: String,
        /// `involvedObject.kind`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The log of one container (feed `logs`).
    Log(LogScope),
}

/// Something that a screen needs watched.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Want {
    /// Where.
    pub cluster: ClusterId,
    /// Name of the feed ([`crate::kinds::KindSpec::feed`]).
    pub feed: &'static str,
    /// How much of it.
    pub scope: Scope,
}
