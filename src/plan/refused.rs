//! Why there is no plan, and what works instead. Pure.

use crate::domain::Clean;

/// An action that is not possible on this object. Texts are safe to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refused {
    /// Why not, one sentence.
    pub why: Clean,
    /// What works instead, one sentence; empty when nothing does.
    pub instead: Clean,
}

impl Refused {
    /// Refused for this reason.
    #[must_use]
    pub fn new(why: &str) -> Self {
        Self {
            why: Clean::new(why),
            instead: Clean::default(),
        }
    }

    /// Adds what works instead.
    #[must_use]
    pub fn instead(mut self, instead: &str) -> Self {
        self.instead = Clean::new(instead);
        self
    }
}
