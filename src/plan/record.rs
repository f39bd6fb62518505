//! The lines of the journal, and what they say together. Pure data; written, chained and read by `act::journal`.
//!
//! One action is several records with the same id: its intent before anything leaves, one before and one after each
//! request, and its verdict. All are in one file that is only added to, each with the hash of the one before it, so that
//! the journal (what is in doubt after a crash) and the audit (what was done, by whom, why) are the same lines.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::deed::{Answered, By, Change, Operator, Undo, Verdict};
use super::form::{Target, Verify};
use super::given::Cluster;
use super::sitting::Mark;
use super::stand::Stand;
use crate::domain::Clean;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Version of this form: 1.
    pub v: u32,
    /// Counts from 1, over all files.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Which action; all records of one have the same.
    pub id: String,
    /// What is recorded.
    #[serde(flatten)]
    pub stage: Stage,
    /// Hash of the record before this one; empty for the first of all.
    pub prev: String,
    /// Hash of this record: SHA-256 of its line without this field, hexadecimal.
    pub hash: String,
}

/// What is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "kebab-case")]
pub enum Stage {
    /// What is about to be done.
    Intent(Box<Intent>),
    /// A request leaves now.
    Sending {
        /// Which, from 0.
        step: usize,
    },
    /// Its answer, or that there is none.
    Answer(Answered),
    /// What came of the action.
    Verdict(Ended),
    /// What looking at the cluster told later about an action in doubt.
    Resolved(Ended),
    /// Something happened in a run of a runbook, whose id it has.
    Runbook(Mark),
    /// The journal itself was not as an orderly end leaves it; it goes on from here. Its id is `journal`.
    Mended(Mended),
}

/// What was found at the end of the journal, and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mended {
    /// What was found, one sentence.
    pub what: Clean,
    /// Records are missing or changed; else it is what a crash leaves.
    pub serious: bool,
    /// File beside the journal that keeps what was cut off; empty when nothing was.
    pub kept: String,
    /// SHA-256 of that file, hexadecimal.
    pub digest: String,
}

/// Everything about an action before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// Who.
    pub operator: Operator,
    /// Where.
    pub cluster: Cluster,
    /// Name of the action.
    pub action: String,
    /// To what, as it was read: uid and resource version.
    pub target: Target,
    /// What was given; secrets are cut out.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// Why; may be empty.
    pub reason: Clean,
    /// The incident; may be empty.
    pub incident: Clean,
    /// The run of a runbook and its step, from 0, that it is a part of: `ID/STEP`; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub runbook: String,
    /// What it does, in one sentence.
    pub does: Clean,
    /// The requests, in order.
    pub requests: Vec<Request>,
    /// SHA-256 of the target as it was read, hexadecimal.
    pub before: String,
    /// What would change, as the server said in a dry run; secrets are cut out.
    pub changes: Vec<Change>,
    /// What shows that it is done.
    pub verify: Verify,
    /// What takes it back.
    pub undo: Option<Undo>,
    /// The request that sets it back when a controller could not carry it out; it counts on after the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Request>,
    /// The console that did it: version of midwatch, and `console` or `command`.
    pub by: Clean,
}

/// One request, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Path.
    pub path: String,
    /// Type of the body.
    pub content_type: String,
    /// The body where it is small, secrets cut out; else null.
    pub body: Value,
    /// SHA-256 of the body as it is sent, hexadecimal.
    pub digest: String,
    /// What it stands on, where the server knows neither versions nor dry runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stand: Option<Stand>,
}

/// How an action ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// In one word.
    pub verdict: Verdict,
    /// In one or two sentences.
    pub what: Clean,
    /// SHA-256 of the target as it was seen last, hexadecimal; empty when it was not seen.
    pub after: String,
    /// What changed, before to after; secrets are cut out.
    pub changes: Vec<Change>,
    /// Who else wrote, when others did.
    pub by: Vec<By>,
    /// From the first request to the verdict, in milliseconds.
    pub millis: u64,
}

/// One action, told from its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// When it began.
    pub at: Timestamp,
    /// What was about to be done.
    pub intent: Intent,
    /// Requests that left, as far as is known.
    pub sent: usize,
    /// Their answers.
    pub answers: Vec<Answered>,
    /// How it ended; none while it is in doubt.
    pub ended: Option<Ended>,
    /// `ended` comes from looking later.
    pub resolved: bool,
}

/// Where an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Written down, nothing left yet as far as is known.
    Begun,
    /// A request left, and there is no answer.
    Doubt,
    /// All requests were answered, and nobody looked what came of it.
    Unchecked,
    /// It has ended.
    Ended(Verdict),
}

impl Entry {
    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match &self.ended {
            Some(ended) => Standing::Ended(ended.verdict),
            None if self.sent == 0 => Standing::Begun,
            None if self.answers.len() < self.sent => Standing::Doubt,
            None => Standing::Unchecked,
        }
    }

    /// What became of it is not known: it has not ended, or ended unknown and nobody has looked since.
    #[must_use]
    pub fn in_doubt(&self) -> bool {
        match self.standing() {
            Standing::Ended(verdict) => verdict == Verdict::Unknown && !self.resolved,
            Standing::Begun | Standing::Doubt | Standing::Unchecked => true,
        }
    }

    /// The actions that these records tell of, oldest first. Records without an intent (cut off by a rotation that
    /// was removed) are left out.
    #[must_use]
    pub fn fold<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<Self> {
        let mut folding = Folding::default();
        records.for_each(|record| folding.add(record, |_| true));
        folding.entries()
    }

    fn begin(record: &Record) -> Option<Self> {
        let Stage::Intent(intent) = &record.stage else {
            return None;
        };
        Some(Self {
            id: record.id.clone(),
            at: record.at,
            intent: (**intent).clone(),
            sent: 0,
            answers: Vec::new(),
            ended: None,
            resolved: false,
        })
    }

    fn take(&mut self, stage: &Stage) {
        match stage {
            Stage::Intent(_) | Stage::Mended(_) | Stage::Runbook(_) => {}
            Stage::Sending { step } => {
                self.sent = self.sent.max(step + 1);
                // asked again: what was said before does not count any more
                self.answers.retain(|a| a.step != *step);
            }
            Stage::Answer(answered) => self.answers.push(answered.clone()),
            Stage::Verdict(ended) => self.ended = Some(ended.clone()),
            Stage::Resolved(ended) => {
                self.ended = Some(ended.clone());
                self.resolved = true;
            }
        }
    }
}

/// Actions from records that come one by one.
#[derive(Debug, Default)]
pub struct Folding {
    entries: Vec<Entry>,
    place: BTreeMap<String, usize>,
}

impl Folding {
    /// Another record. An action is left out, with all its records, when it is not wanted.
    pub fn add(&mut self, record: &Record, wanted: impl Fn(&Entry) -> bool) {
        if let Some(entry) = Entry::begin(record) {
            if wanted(&entry) {
                self.place.insert(entry.id.clone(), self.entries.len());
                self.entries.push(entry);
            }
        } else if let Some(at) = self.place.get(&record.id)
            && let Some(entry) = self.entries.get_mut(*at)
        {
            entry.take(&record.stage);
        }
    }

    /// The actions, in the order they began.
    #[must_use]
    pub fn entries(self) -> Vec<Entry> {
        self.entries
    }
}
