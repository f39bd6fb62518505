//! What a person points at: one object of a cluster. Pure.

use super::{Clean, Key};

/// One object, as a command names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Feed of its kind (`kinds::spec` tells its group, version and plural).
    pub feed: &'static str,
    /// What it is called: `run`, `pod`, `node`.
    pub word: &'static str,
    /// Where it lives.
    pub key: Key,
    /// Its uid; empty when not known.
    pub uid: Clean,
}
