//! What was done in a drill, as the API server saw it, and when it was over. Pure.

use jiff::{SignedDuration, Timestamp};

use super::Drill;

/// Writes kept; more are counted as the last.
const KEPT: usize = 200;

/// One write by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrote {
    /// When.
    pub at: Timestamp,
    /// `patch inferenceservices ml-fraud/fraud-scorer`.
    pub what: String,
    /// It belongs to a way out.
    pub right: bool,
}

/// How a drill goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// When it began.
    pub began: Timestamp,
    /// When it was over, if it is.
    pub solved: Option<Timestamp>,
    /// Writes by persons, in their order.
    pub writes: Vec<Wrote>,
}

impl Tally {
    /// Nothing done yet.
    pub(in crate::demo) fn new(began: Timestamp) -> Self {
        Self {
            began,
            solved: None,
            writes: Vec::new(),
        }
    }

    /// A person wrote something.
    pub(in crate::demo) fn wrote(&mut self, drill: &Drill, write: &Write<'_>, at: Timestamp) {
        if NEUTRAL.contains(&write.plural) || self.writes.len() >= KEPT {
            return;
        }
        self.writes.push(Wrote {
            at,
            what: format!("{} {} {}", write.verb, write.plural, write.name),
            right: drill.allows(write.plural, write.name),
        });
    }

    /// From the begin to the end.
    #[must_use]
    pub fn took(&self) -> Option<SignedDuration> {
        self.solved.map(|end| end.duration_since(self.began))
    }

    /// Writes that belong to no way out.
    pub fn wrong(&self) -> impl Iterator<Item = &Wrote> {
        self.writes.iter().filter(|w| !w.right)
    }
}

/// What says who is on it, and keeps a pager quiet, changes nothing.
const NEUTRAL: [&str; 3] = ["leases", "silences", "events"];

/// A write as it arrives.
#[derive(Debug)]
pub(in crate::demo) struct Write<'a> {
    pub(in crate::demo) verb: &'a str,
    /// Plural of the kind.
    pub(in crate::demo) plural: &'a str,
    /// `namespace/name`.
    pub(in crate::demo) name: &'a str,
}
