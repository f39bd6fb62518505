//! What needs a person, as a row: the home screen is a list of these. Pure.

use jiff::Timestamp;

use super::{Clean, Key, Subject};

/// What a finding asks of a person; the dearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Need {
    /// It costs users now.
    Burning,
    /// Something is broken and stays so until someone acts.
    Failed,
    /// What is shown cannot be believed.
    Blind,
    /// Something waits for a person or for room.
    Waiting,
    /// It will cost if nothing is done.
    Slow,
}

impl Need {
    /// The word as shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Burning => "Burning",
            Self::Failed => "Failed",
            Self::Blind => "Blind",
            Self::Waiting => "Waiting",
            Self::Slow => "Slow burn",
        }
    }

    /// A person has to look now; the others can wait.
    #[must_use]
    pub fn is_now(self) -> bool {
        matches!(self, Self::Burning | Self::Failed | Self::Blind)
    }
}

/// One thing that needs a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// Cluster and namespace of what it is about; the name is that of the rule with what it is about behind it, since
    /// several rules may find something about one object.
    pub key: Key,
    /// The rule that found it: `burn`, `failed-run`, `pending-pods`.
    pub rule: &'static str,
    /// What it asks for.
    pub need: Need,
    /// Orders findings of one need, the least first: seconds until it costs, or how long ago it began.
    pub within: u64,
    /// What it is about, as shown: `fraud-scorer`, `9 pods`.
    pub what: Clean,
    /// The object it is about, where it is one.
    pub subject: Option<Subject>,
    /// One sentence.
    pub sentence: Clean,
    /// Why that is said: a label and a text each.
    pub evidence: Box<[(&'static str, Clean)]>,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
    /// How bad it is among findings of this rule about this object: a greater number is a change for the worse.
    pub grade: u64,
    /// One of several objects that it is about, where it is about no single one.
    pub example: Option<Subject>,
    /// Names of the runbooks that fit.
    pub books: Box<[Clean]>,
    /// When a person said that they have seen it, and it did not get worse since.
    pub seen: Option<Timestamp>,
    /// Who said so; empty when that was not written down.
    pub seen_by: Clean,
}

impl FindingRow {
    /// A person has to look now: it cannot wait, and nobody has seen it.
    #[must_use]
    pub fn is_now(&self) -> bool {
        self.need.is_now() && self.seen.is_none()
    }

    /// The object to look into: its own, else one of those that it is about.
    #[must_use]
    pub fn one(&self) -> Option<&Subject> {
        self.subject.as_ref().or(self.example.as_ref())
    }

    /// The dearest first.
    #[must_use]
    pub fn urgency(&self) -> u64 {
        const WITHIN: u64 = 1 << 40;
        // what was seen stands below everything that was not
        let place = self.need as u64 + if self.seen.is_some() { 8 } else { 0 };
        place * WITHIN + self.within.min(WITHIN - 1)
    }
}
