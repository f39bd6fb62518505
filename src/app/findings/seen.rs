//! What a person has seen: findings that were acknowledged, until they get worse or are gone. Pure; the shell keeps them
//! in a file, so that they stay seen after a restart.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{Clean, ClusterId, FindingRow, Key};

/// One acknowledgement, as a file keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// The cluster.
    pub cluster: String,
    /// Namespace of what it is about; empty when it has none.
    pub namespace: String,
    /// The rule, and what it is about.
    pub name: String,
    /// How much it asked for then, 0 the most.
    pub need: u8,
    /// How bad it was then.
    pub grade: u64,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Who said so; empty in files of older versions.
    pub by: String,
}

impl Seen {
    fn new(row: &FindingRow, (by, now): (&str, Timestamp)) -> Self {
        Self {
            cluster: row.key.cluster.to_string(),
            namespace: row.key.namespace.to_string(),
            name: row.key.name.to_string(),
            need: row.need as u8,
            grade: row.grade,
            at: now.as_second(),
            by: by.to_owned(),
        }
    }

    /// The finding that was seen.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(ClusterId::new(&self.cluster), &self.namespace, &self.name)
    }

    /// It asks for no more than it did then, and did not begin anew.
    fn covers(&self, row: &FindingRow) -> bool {
        let anew = row.since.is_some_and(|since| since.as_second() > self.at);
        !anew && row.need as u8 >= self.need && row.grade <= self.grade
    }
}

/// What is to be changed in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// Seen now.
    pub put: Vec<Seen>,
    /// Not seen any more.
    pub drop: Vec<Seen>,
}

impl Kept {
    /// Nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.drop.is_empty()
    }
}

/// All that was seen.
#[derive(Debug, Clone, Default)]
pub struct Acks {
    all: BTreeMap<Key, Seen>,
    /// Who is at this console.
    by: String,
}

impl Acks {
    /// What was seen in earlier sessions.
    #[must_use]
    pub fn new(seen: Vec<Seen>) -> Self {
        Self {
            all: seen.into_iter().map(|s| (s.key(), s)).collect(),
            by: String::new(),
        }
    }

    /// What is said to be seen from now on is signed with this name.
    #[must_use]
    pub fn signed(self, by: &str) -> Self {
        Self {
            by: by.to_owned(),
            ..self
        }
    }

    /// Says of findings that they are seen; when all of them were already, that they are not.
    pub fn turn(&mut self, rows: &[&FindingRow], now: Timestamp) -> Kept {
        let mut kept = Kept::default();
        if rows.iter().all(|row| row.seen.is_some()) {
            kept.drop = rows
                .iter()
                .filter_map(|r| self.all.remove(&r.key))
                .collect();
            return kept;
        }
        for row in rows.iter().filter(|row| row.seen.is_none()) {
            let seen = Seen::new(row, (&self.by, now));
            self.all.insert(row.key.clone(), seen.clone());
            kept.put.push(seen);
        }
        kept
    }

    /// Marks what was seen among what is found; what got worse, or is `gone`, is seen no longer.
    pub fn mark(&mut self, found: &mut [FindingRow], gone: bool) -> Kept {
        let mut kept = Kept::default();
        if self.all.is_empty() {
            return kept;
        }
        for row in found.iter_mut() {
            let Some(seen) = self.all.get(&row.key) else {
                continue;
            };
            if seen.covers(row) {
                row.seen = Timestamp::from_second(seen.at).ok();
                row.seen_by = Clean::new(&seen.by);
            } else {
                kept.drop.extend(self.all.remove(&row.key));
            }
        }
        if gone {
            let there: BTreeSet<&Key> = found.iter().map(|row| &row.key).collect();
            let left = |key: &Key| !there.contains(key);
            let lost: Vec<Key> = self.all.keys().filter(|k| left(k)).cloned().collect();
            kept.drop
                .extend(lost.iter().filter_map(|k| self.all.remove(k)));
        }
        kept
    }
}
