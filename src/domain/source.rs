//! Where rows come from, and whether they can be believed. Pure.

use jiff::Timestamp;

use super::{ClusterId, Key};
use crate::fault::{Fault, FaultKind};

/// One stream of rows: a kind of a cluster, possibly limited to a namespace or an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId {
    /// The cluster.
    pub cluster: ClusterId,
    /// The feed, e.g. `workflows`, `pods`, `api` for the connection itself.
    pub feed: &'static str,
    /// Empty for the whole kind; else a namespace, or `namespace/name` of one object.
    pub scope: String,
}

impl SourceId {
    /// The key that tables use.
    #[must_use]
    pub fn key(&self) -> Key {
        let name = if self.scope.is_empty() {
            self.feed.to_owned()
        } else {
            format!("{} {}", self.feed, self.scope)
        };
        Key::new(self.cluster.clone(), "", &name)
    }
}

/// Whether a source can be believed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceState {
    /// Asked, no answer yet.
    Connecting,
    /// The first pages are here, more follow.
    Partial,
    /// Complete, and changes arrive as they happen.
    Live,
    /// Was live; not now. Rows are kept.
    Stale,
    /// The server refuses (403).
    Denied,
    /// The kind is not installed (404).
    Absent,
    /// Never answered so far; tried again by itself.
    Down,
}

impl SourceState {
    /// The word as shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Partial => "partial",
            Self::Live => "live",
            Self::Stale => "stale",
            Self::Denied => "denied",
            Self::Absent => "absent",
            Self::Down => "down",
        }
    }

    /// Rows of it are the truth now.
    #[must_use]
    pub fn is_live(self) -> bool {
        self == Self::Live
    }
}

/// One line of the sources screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Which.
    pub id: SourceId,
    /// Whether it can be believed.
    pub state: SourceState,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// When it last gave a sign of life (rows, a bookmark, a closed and reopened watch).
    pub seen: Option<Timestamp>,
    /// Where it is, and why there: a URL, the context, the namespaces fallen back to.
    pub endpoint: String,
    /// Rows received in the present list.
    pub rows: u64,
    /// Last failure in a row, if the last try failed.
    pub fault: Option<Fault>,
    /// When it is tried again, while it is not live.
    pub retry: Option<Timestamp>,
}

impl SourceRow {
    /// The key that tables use.
    #[must_use]
    pub fn key(&self) -> Key {
        self.id.key()
    }

    /// It answers, and says what it cannot tell: nothing more is on its way, as it is while a list is read or a server asks
    /// for patience.
    #[must_use]
    pub fn is_in_part(&self) -> bool {
        let told = |fault: &Fault| fault.kind != FaultKind::Busy;
        self.state == SourceState::Partial && self.fault.as_ref().is_some_and(told)
    }
}

/// What midwatch itself costs a cluster's API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClusterLoad {
    /// Requests sent in the last 60 seconds.
    pub requests: u32,
    /// Bytes of bodies received in the last 60 seconds.
    pub bytes: u64,
    /// Requests since start.
    pub requests_total: u64,
    /// Bytes since start.
    pub bytes_total: u64,
}
