//! What a cluster noted about an object. Pure.

use jiff::Timestamp;

use super::{Clean, Key, Row};

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Where the event itself lives.
    pub key: Key,
    /// `type` is `Warning`.
    pub warning: bool,
    /// `reason`, e.g. `FailedScheduling`.
    pub reason: Clean,
    /// Kind of the object that it is about.
    pub kind: Clean,
    /// That object; its namespace is empty for kinds without.
    pub object: Key,
    /// What happened.
    pub message: Clean,
    /// How often.
    pub count: u32,
    /// When it happened first.
    pub first: Option<Timestamp>,
    /// When it happened last.
    pub last: Option<Timestamp>,
    /// Who says so.
    pub from: Clean,
}

impl EventRow {
    /// Is about this object.
    #[must_use]
    pub fn is_about(&self, kind: &str, object: &Key) -> bool {
        &*self.kind == kind && self.object == *object
    }
}

impl Row for EventRow {
    fn key(&self) -> &Key {
        &self.key
    }

    fn created(&self) -> Option<Timestamp> {
        self.last
    }
}
