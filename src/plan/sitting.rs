//! One run of a runbook, as the journal keeps it: its marks, and what they say together. Pure data.
//!
//! The marks of one run have the same id. A step is marked before it begins and after it has ended, so that whoever comes
//! later knows the one step that may be half done. An action that a runbook carries out has an intent of its own, which
//! names the run and the step ([`super::Intent::runbook`]): what became of it is never told twice.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::deed::Operator;
use super::given::Cluster;
use super::record::{Record, Stage};
use crate::domain::Clean;

/// One thing that happened in a run of a runbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mark", rename_all = "kebab-case")]
pub enum Mark {
    /// It began.
    Begun(Box<Begun>),
    /// A step began or ended.
    Step(Box<Stepped>),
    /// Someone goes on with it after it was left.
    GoesOn(Signed),
    /// Someone else took its target over: nothing is written from here any more.
    TakenOver(Lost),
    /// It has ended.
    Ended(Closed),
}

/// The beginning of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Begun {
    /// Id of the runbook.
    pub runbook: String,
    /// What it does.
    pub title: Clean,
    /// What it is done to.
    pub about: About,
    /// Its steps as they were written: a runbook that was changed since is not gone on with.
    pub steps: Vec<Clean>,
    /// The incident it belongs to; may be empty.
    pub incident: Clean,
    /// Where.
    pub cluster: Cluster,
    /// Who.
    #[serde(flatten)]
    pub signed: Signed,
}

/// What a runbook is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// Feed of its kind.
    pub feed: String,
    /// Namespace; empty for objects without one.
    pub namespace: Clean,
    /// Name.
    pub name: Clean,
    /// Its uid as it was seen; empty when not known.
    pub uid: Clean,
}

impl About {
    /// `NAMESPACE/NAME`, or the name alone.
    #[must_use]
    pub fn words(&self) -> String {
        if self.namespace.is_empty() {
            self.name.to_string()
        } else {
            format!("{}/{}", self.namespace, self.name)
        }
    }
}

/// Who did it, and with which console. Filled in by whoever writes the journal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signed {
    /// Who.
    pub operator: Operator,
    /// The console: version of midwatch, `console` or `command`, and its process.
    pub by: Clean,
    /// Why the target was taken over from someone who was on it; empty when it was not.
    #[serde(default, skip_serializing_if = "nothing")]
    pub took: Clean,
    /// Who was on it then; empty when it was not taken over.
    #[serde(default, skip_serializing_if = "nothing")]
    pub from: Clean,
}

fn nothing(text: &Clean) -> bool {
    text.is_empty()
}

impl Signed {
    /// The person in one or two words: `carol on bastion-1`.
    #[must_use]
    pub fn words(&self) -> String {
        let Operator {
            os_user,
            host,
            cluster_user,
            ..
        } = &self.operator;
        let who = if os_user.is_empty() {
            cluster_user
        } else {
            os_user
        };
        if host.is_empty() {
            who.to_string()
        } else {
            format!("{who} on {host}")
        }
    }
}

/// What happened to one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stepped {
    /// Which, from 0.
    pub step: usize,
    /// What happened.
    pub did: Did,
    /// In a sentence: the values that were tested, the answer that was given. Secrets are cut out.
    pub what: Clean,
    /// The name that later steps know its value by; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// That value.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// Id of the action that it carried out; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// Who.
    #[serde(flatten)]
    pub signed: Signed,
}

/// What happened to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// It begins.
    Began,
    /// It has ended as it should, or a person decided to go on all the same.
    Passed,
    /// It was not for this case, or a person passed it over.
    Skipped,
    /// It ended the run.
    Failed,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Closed {
    /// In a word.
    pub how: How,
    /// Why, one sentence; may be empty.
    pub what: Clean,
    /// Who.
    #[serde(flatten)]
    pub signed: Signed,
}

/// The target of a run was taken over by someone else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lost {
    /// By whom and why, one sentence.
    pub what: Clean,
    /// Who found out, before the next write.
    #[serde(flatten)]
    pub signed: Signed,
}

/// How a run of a runbook ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// All of its steps were done.
    Done,
    /// A step said that it ends here.
    Stopped,
    /// A person ended it.
    Left,
}

impl How {
    /// One word for lists.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Left => "left",
        }
    }
}

impl Mark {
    /// The same, signed.
    #[must_use]
    pub fn signed(mut self, signed: Signed, cluster: &Cluster) -> Self {
        match &mut self {
            Self::Begun(begun) => {
                begun.cluster = cluster.clone();
                begun.signed = signed;
            }
            Self::Step(stepped) => stepped.signed = signed,
            Self::GoesOn(old) => *old = signed,
            Self::TakenOver(lost) => lost.signed = signed,
            Self::Ended(closed) => closed.signed = signed,
        }
        self
    }

    /// An action leaves soon.
    #[must_use]
    pub fn begins(&self) -> bool {
        matches!(self, Self::Step(stepped) if stepped.did == Did::Began)
    }
}

/// One run of a runbook, told from its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitting {
    /// Its id.
    pub id: String,
    /// When it began.
    pub at: Timestamp,
    /// What was begun.
    pub begun: Begun,
    /// What happened to its steps, in order, with the time.
    pub stepped: Vec<(Timestamp, Stepped)>,
    /// Who went on with it after it was left, in order, with the time.
    pub turns: Vec<(Timestamp, Signed)>,
    /// Each time that someone else took its target over, as far as it was found out here.
    pub lost: Vec<(Timestamp, Lost)>,
    /// Who was at it last.
    pub last: Signed,
    /// When something was written of it last.
    pub seen: Timestamp,
    /// How it ended; none while it has not.
    pub ended: Option<Closed>,
}

impl Sitting {
    /// The runs of runbooks that these records tell of, oldest first.
    #[must_use]
    pub fn fold<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut place: BTreeMap<String, usize> = BTreeMap::new();
        for record in records {
            let Stage::Runbook(mark) = &record.stage else {
                continue;
            };
            if let Mark::Begun(begun) = mark {
                place.insert(record.id.clone(), all.len());
                all.push(Self::begin(record, begun));
            } else if let Some(sitting) = place.get(&record.id).and_then(|at| all.get_mut(*at)) {
                sitting.take(record.at, mark);
            }
        }
        all
    }

    fn begin(record: &Record, begun: &Begun) -> Self {
        Self {
            id: record.id.clone(),
            at: record.at,
            last: begun.signed.clone(),
            begun: begun.clone(),
            stepped: Vec::new(),
            turns: Vec::new(),
            lost: Vec::new(),
            seen: record.at,
            ended: None,
        }
    }

    fn take(&mut self, at: Timestamp, mark: &Mark) {
        self.seen = at;
        match mark {
            Mark::Begun(_) => {}
            Mark::Step(stepped) => {
                self.last = stepped.signed.clone();
                self.stepped.push((at, (**stepped).clone()));
            }
            Mark::GoesOn(signed) => {
                self.last = signed.clone();
                self.turns.push((at, signed.clone()));
            }
            Mark::TakenOver(lost) => self.lost.push((at, lost.clone())),
            Mark::Ended(closed) => self.ended = Some(closed.clone()),
        }
    }

    /// The step that is to be done next, or is half done.
    #[must_use]
    pub fn step(&self) -> usize {
        let over = |s: &&(Timestamp, Stepped)| s.1.did != Did::Began;
        let last = self.stepped.iter().rev().find(over);
        last.map_or(0, |(_, s)| s.step + 1)
    }

    /// The process that is at it, as its console wrote it down; none where that cannot be told.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.last.by.rsplit_once("pid ")?.1.trim().parse().ok()
    }
}
