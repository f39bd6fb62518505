//! What an operator is told when something fails: what was tried, what came back, what to do next.
//! Pure. Every room may use it.

mod document;
mod nearest;

use jiff::Timestamp;

pub use document::{Document, Entry, LARGEST, Place, entries, quoted, showable, sort_of};
pub use nearest::{meant, nearest};

/// Failures sorted by what the operator can do about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// The server understood and refused (401 after a refresh, 403).
    Denied,
    /// No answer: refused, reset, no route, name not found, TLS not agreed.
    Unreachable,
    /// The version asked for is no longer kept (410); a new list follows.
    Expired,
    /// Someone else changed the object first (409).
    Conflict,
    /// The object or the whole kind is not there (404).
    Gone,
    /// The answer could not be understood.
    Malformed,
    /// No answer within the time allowed.
    Timeout,
    /// The server asked us to slow down (429) or is not well (5xx).
    Busy,
    /// A file or setting of the operator's is wrong.
    Config,
}

impl FaultKind {
    /// One word for lists.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Unreachable => "unreachable",
            Self::Expired => "expired",
            Self::Conflict => "conflict",
            Self::Gone => "absent",
            Self::Malformed => "malformed",
            Self::Timeout => "timeout",
            Self::Busy => "busy",
            Self::Config => "config",
        }
    }
}

/// One failure as shown to a person. Texts are sanitised before they get here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it came from, e.g. `prod-eu/workflows`.
    pub source: String,
    /// What the operator can do about it.
    pub kind: FaultKind,
    /// What was tried and what came back, one sentence.
    pub what: String,
    /// What to do next, one sentence; empty when there is nothing to do but wait.
    pub hint: String,
    /// When it was first seen in a row.
    pub since: Timestamp,
    /// How often it was seen in a row.
    pub count: u32,
}

impl Fault {
    /// A fault seen for the first time.
    #[must_use]
    pub fn new(
        source: impl Into<String>,
        kind: FaultKind,
        what: impl Into<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            source: source.into(),
            kind,
            what: what.into(),
            hint: String::new(),
            since: now,
            count: 1,
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// What is wrong, and what to do about it where that is known: whole sentences but for the period of the last one.
    #[must_use]
    pub fn told(&self) -> String {
        let what = self.what.trim_end_matches('.');
        match self.hint.trim_end_matches('.') {
            "" => what.to_owned(),
            hint => format!("{what}. {hint}"),
        }
    }

    /// The same fault again: keeps `since`, counts up. Another fault replaces this one.
    #[must_use]
    pub fn again(self, newer: Self) -> Self {
        if self.kind == newer.kind && self.what == newer.what {
            Self {
                count: self.count.saturating_add(1),
                ..self
            }
        } else {
            newer
        }
    }
}

/// Ends a sentence, unless it is a question.
#[must_use]
pub fn ended(text: &str) -> String {
    if text.ends_with(['.', '?', '!', '…']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

/// A mistake in a file of the operator's: only the entry it stands in is skipped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct Mistake {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, one sentence.
    pub what: String,
    /// What to write instead; empty when there is nothing to say.
    pub hint: String,
}

impl Mistake {
    /// A mistake at a byte of a text.
    #[must_use]
    pub fn at(text: &str, byte: usize, what: impl Into<String>, hint: impl Into<String>) -> Self {
        let before = text.get(..byte.min(text.len())).unwrap_or(text);
        let last = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: last.chars().count() + 1,
            what: what.into(),
            hint: hint.into(),
        }
    }
}
