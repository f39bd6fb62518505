//! Where a run of a runbook and each of its steps stand. Pure data.

use jiff::Timestamp;

use crate::domain::Clean;
use crate::plan::{How, Mark};

/// Where one step stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stand {
    /// In a word.
    pub standing: Standing,
    /// What came of it, or what it is at; may be empty.
    pub what: Clean,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Id of the action that it carried out; empty for none.
    pub action: String,
}

/// Where a step stands, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// It comes later.
    #[default]
    Ahead,
    /// It is being done.
    Now,
    /// Done.
    Passed,
    /// Not for this case, or passed over by a person.
    Skipped,
    /// It ended the run.
    Failed,
}

impl Standing {
    /// One word for the screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Now => "now",
            Self::Passed => "done",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// This is written before it goes on to that.
    Writing(Box<Mark>, Box<State>),
    /// A step is next.
    Start,
    /// What the step needs is not known yet, since then.
    Facts(Timestamp),
    /// A person is asked.
    Person(Question),
    /// Prometheus is asked.
    Query(String),
    /// An action waits for a person to look at its plan; why it was not done, when it was tried.
    Ready(Clean),
    /// The action is planned, decided on and carried out.
    Acting,
    /// It is looked up what came of an action that may have been begun.
    Look,
    /// Something has to come to hold.
    Until {
        /// Since when it is waited for.
        since: Timestamp,
        /// Until when.
        end: Timestamp,
    },
    /// Something outside keeps it from going on: what, and where it goes on from when it is tried again.
    Halted(Clean, Box<State>),
    /// It has ended, and why.
    Ended(How, Clean),
}

impl State {
    /// Written before it goes on.
    #[must_use]
    pub(super) fn write(mark: Mark, then: Self) -> Self {
        Self::Writing(Box::new(mark), Box::new(then))
    }
}

/// What a person is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub text: Clean,
    /// What led to it: the values that were tested; may be empty.
    pub because: Clean,
    /// What is answered.
    pub kind: Kind,
}

/// What a person answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Whether it goes on; no ends the run.
    GoOn,
    /// Whether the step is for this case; no passes it over.
    Applies,
    /// One of these, or any text when there are none.
    Choice(Vec<String>),
    /// That it was done by hand; with a word about it, if any.
    Note,
}
