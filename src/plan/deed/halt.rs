//! Why nothing was written. Pure data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::changes::Change;
use crate::domain::Clean;

/// An action that ended before anything was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Halt {
    /// At which guard.
    pub kind: HaltKind,
    /// What was found, one or two sentences.
    pub what: Clean,
    /// What to do next; empty when there is nothing to do.
    pub hint: Clean,
    /// What changed since the operator looked.
    pub changes: Vec<Change>,
    /// Who changed it, newest first.
    pub by: Vec<By>,
}

impl Halt {
    /// Stopped at this guard.
    #[must_use]
    pub fn new(kind: HaltKind, what: &str) -> Self {
        Self {
            kind,
            what: Clean::new(what),
            hint: Clean::default(),
            changes: Vec::new(),
            by: Vec::new(),
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: &str) -> Self {
        self.hint = Clean::new(hint);
        self
    }
}

/// The guard that stopped an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HaltKind {
    /// The action does nothing on this object.
    Refused,
    /// A trap: it would do harm.
    Blocked,
    /// A right is missing.
    Denied,
    /// It is not the cluster any more that the plan was made on.
    Switched,
    /// The object is not what the operator saw.
    Changed,
    /// The object is not there, or another one has its name.
    Gone,
    /// What the operator saw is too old.
    Stale,
    /// The context is read-only.
    ReadOnly,
    /// It was not confirmed as it has to be.
    Unconfirmed,
    /// The journal cannot be written.
    Journal,
    /// The server would not take it (in a dry run), or did not take it.
    Server,
    /// The server could not be asked.
    Unreachable,
    /// The operator took it back.
    Cancelled,
}

impl HaltKind {
    /// One or two words for lists.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Blocked => "blocked",
            Self::Denied => "denied",
            Self::Switched => "another cluster",
            Self::Changed => "changed in between",
            Self::Gone => "gone",
            Self::Stale => "stale",
            Self::ReadOnly => "read-only",
            Self::Unconfirmed => "not confirmed",
            Self::Journal => "no journal",
            Self::Server => "not taken",
            Self::Unreachable => "unreachable",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Who wrote to an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct By {
    /// The field manager, or the operator where an Event of midwatch tells.
    pub who: Clean,
    /// When.
    pub at: Option<Timestamp>,
    /// What it did, where that is known: `Update`, `run.retry`.
    pub what: Clean,
}
