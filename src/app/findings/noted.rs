//! What is written down of findings: when they came, got worse, were seen and went. Pure; the shell keeps it, a report is
//! made from it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{Clean, FindingRow, Key};

/// What happened to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It was found when the console opened.
    There,
    /// It was found.
    Found,
    /// It got worse.
    Worse,
    /// A person said that they have seen it.
    Seen,
    /// It is not found any more.
    Gone,
}

/// One line of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// When.
    pub at: Timestamp,
    /// The cluster.
    pub cluster: Clean,
    /// Namespace of what it is about; empty when it has none.
    pub namespace: Clean,
    /// The rule, and what it is about.
    pub name: Clean,
    /// What it is about, as shown.
    pub what: Clean,
    /// What it asked for.
    pub state: Clean,
    /// What was found, one sentence.
    pub sentence: Clean,
    /// What happened.
    pub how: How,
}

impl Noted {
    fn new(row: &FindingRow, how: How, at: Timestamp) -> Self {
        Self {
            at,
            cluster: Clean::new(row.key.cluster.as_str()),
            namespace: row.key.namespace.clone(),
            name: row.key.name.clone(),
            what: row.what.clone(),
            state: Clean::new(row.need.word()),
            sentence: row.sentence.clone(),
            how,
        }
    }
}

/// What is found now, to tell what changed.
#[derive(Debug, Default)]
pub(super) struct Notes(BTreeMap<Key, FindingRow>);

impl Notes {
    /// What changed since the last look. What is missing is gone only where everything is known (`whole`).
    pub(super) fn take(
        &mut self,
        found: &[FindingRow],
        (whole, begins): (bool, bool),
        at: Timestamp,
    ) -> Vec<Noted> {
        let mut noted = Vec::new();
        let first = if begins { How::There } else { How::Found };
        let mut now = BTreeMap::new();
        for row in found {
            let how = match self.0.remove(&row.key) {
                None => Some(first),
                Some(old) if row.need < old.need || row.grade > old.grade => Some(How::Worse),
                Some(old) if row.seen.is_some() && old.seen.is_none() => Some(How::Seen),
                Some(_) => None,
            };
            noted.extend(how.map(|how| Noted::new(row, how, at)));
            now.insert(row.key.clone(), row.clone());
        }
        let left = std::mem::replace(&mut self.0, now);
        if whole {
            noted.extend(left.values().map(|row| Noted::new(row, How::Gone, at)));
        } else {
            self.0.extend(left);
        }
        noted
    }
}
