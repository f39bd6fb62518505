//! What happens on the way, and what came of it. Pure data.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::spec::ActionSpec;
use super::changes::Change;
use super::halt::{By, Halt, HaltKind};
use crate::domain::Clean;

/// Something that happened while an action is carried out, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The guards were asked again, and let it pass.
    Checked,
    /// What is about to be done is on disk, under this id.
    Journaled(String),
    /// A request leaves; its number from 0.
    Sent {
        /// Which step of the plan.
        step: usize,
        /// When.
        at: Timestamp,
    },
    /// An answer is there.
    Answered(Answered),
    /// What was deleted is not gone yet; the next request waits for it.
    Leaving {
        /// How many objects may still be there.
        left: usize,
    },
    /// Some pods may not go yet, or end still; they are asked for again.
    Waiting {
        /// How many are not taken yet.
        left: usize,
        /// How many are taken and not gone yet.
        ending: usize,
        /// Of one of them, what the server said.
        words: Clean,
    },
    /// A pod that was asked to go is gone.
    Gone {
        /// Which.
        name: Clean,
        /// How many are left.
        left: usize,
    },
    /// A controller could not carry it out, so it is set back.
    RollingBack {
        /// What that means.
        words: Clean,
    },
    /// The target was looked at.
    Seen {
        /// What it shows: `Running, 3/9`.
        words: Clean,
        /// How many of the plan's checks hold.
        hold: usize,
        /// Of how many.
        of: usize,
        /// Since the last answer.
        after: Duration,
    },
}

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answered {
    /// Which step of the plan, from 0.
    pub step: usize,
    /// HTTP status; 0 when there was no answer.
    pub status: u16,
    /// What the server said, or why there is no answer.
    pub words: Clean,
    /// Resource version of what the server stored; empty when it does not tell.
    pub resource_version: String,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its id in the journal; empty when it did not get there.
    pub id: String,
    /// In one word.
    pub verdict: Verdict,
    /// In one or two sentences.
    pub what: Clean,
    /// What to do next; empty when there is nothing to do.
    pub hint: Clean,
    /// The answers, in order.
    pub answers: Vec<Answered>,
    /// What changed: before and after of the target, or what was found changed by others.
    pub changes: Vec<Change>,
    /// Who changed it, when others did.
    pub by: Vec<By>,
    /// What takes it back.
    pub undo: Option<Undo>,
    /// The last records could not be written; why. Empty when all are on disk.
    pub unrecorded: Clean,
    /// From the first request to the verdict.
    pub took: Duration,
}

/// What came of an action, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The cluster shows what was expected.
    Done,
    /// The server took it; what is expected was not seen yet.
    Accepted,
    /// Nothing was written.
    NotWritten(HaltKind),
    /// Some requests were taken, then one was not.
    Partly,
    /// A request left and no answer came; looking did not tell.
    Unknown,
}

impl Verdict {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Accepted => "accepted",
            Self::NotWritten(halt) => halt.words(),
            Self::Partly => "partly done",
            Self::Unknown => "unknown",
        }
    }
}

impl From<Halt> for Outcome {
    fn from(halt: Halt) -> Self {
        Self {
            id: String::new(),
            verdict: Verdict::NotWritten(halt.kind),
            what: halt.what,
            hint: halt.hint,
            answers: Vec::new(),
            changes: halt.changes,
            by: halt.by,
            undo: None,
            unrecorded: Clean::default(),
            took: Duration::ZERO,
        }
    }
}

/// The action that takes one back, on the same target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undo {
    /// Name of the action.
    pub action: String,
    /// What it does, and what it does not bring back.
    pub text: Clean,
    /// What it is given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Clean>,
}

impl Undo {
    /// In words: `service.set-canary percent=10: gives the canary its part of the traffic again`.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{}: {}", self.call(), self.text)
    }

    /// The action and what it is given: `service.set-canary percent=10`.
    #[must_use]
    pub fn call(&self) -> String {
        let given = self.parameters.iter();
        let given: Vec<String> = given
            .map(|(k, v)| format!(" {}={v}", Clean::new(k)))
            .collect();
        format!("{}{}", Clean::new(&self.action), given.concat())
    }

    /// The parameters among those of an action, for a form.
    #[must_use]
    pub fn given(&self, spec: &ActionSpec) -> Vec<(&'static str, String)> {
        let value = |name: &str| self.parameters.get(name).map(ToString::to_string);
        let known = spec.parameters.iter();
        known
            .filter_map(|p| Some((p.name, value(p.name)?)))
            .collect()
    }
}
