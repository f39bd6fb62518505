//! One action as a row. Pure.

use std::sync::Arc;

use jiff::Timestamp;

use crate::app::inspect;
use crate::domain::{Clean, ClusterId, Key, Row, Subject};
use crate::kinds::SPECS;
use crate::plan::{Entry, Standing, Tone, Verdict};
use crate::theme::{Mark, Role};

/// One action of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionRow {
    /// Its cluster and namespace; the name is that of the target with the id behind it, since one object has many.
    pub key: Key,
    /// Everything that is known of it.
    pub entry: Arc<Entry>,
    /// This session carries it out now.
    pub under_way: bool,
    /// Its cluster is open in this session.
    pub here: bool,
}

impl ActionRow {
    /// A row.
    #[must_use]
    pub fn new(entry: Entry, under_way: bool, here: bool) -> Self {
        let target = &entry.intent.target;
        let cluster = ClusterId::new(&entry.intent.cluster.name);
        let name = format!("{} {}", target.name, entry.id);
        Self {
            key: Key::new(cluster, &target.namespace, &name),
            entry: Arc::new(entry),
            under_way,
            here,
        }
    }

    /// The object that it was done to.
    #[must_use]
    pub fn target(&self) -> Subject {
        let target = &self.entry.intent.target;
        let spec = SPECS
            .iter()
            .find(|s| s.plural == target.resource && s.group == target.group);
        let key = Key::new(self.key.cluster.clone(), &target.namespace, &target.name);
        let feed = spec.map_or("", |s| s.feed);
        inspect::subject(feed, &key, &Clean::new(&target.uid))
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> (Mark, &'static str) {
        if self.under_way && self.entry.ended.is_none() {
            return (Mark::Running, "Under way");
        }
        state(self.entry.standing())
    }
}

impl Row for ActionRow {
    fn key(&self) -> &Key {
        &self.key
    }
    fn created(&self) -> Option<Timestamp> {
        Some(self.entry.at)
    }
}

/// Mark and word of where an action stands.
#[must_use]
pub fn state(standing: Standing) -> (Mark, &'static str) {
    match standing {
        Standing::Begun => (Mark::Unknown, "Begun"),
        Standing::Doubt => (Mark::Unknown, "In doubt"),
        Standing::Unchecked => (Mark::Unknown, "Not checked"),
        Standing::Ended(Verdict::Done) => (Mark::Ok, "Done"),
        Standing::Ended(Verdict::Accepted) => (Mark::Waiting, "Accepted"),
        Standing::Ended(Verdict::NotWritten(_)) => (Mark::Failed, "Not written"),
        Standing::Ended(Verdict::Partly) => (Mark::Burning, "Partly"),
        Standing::Ended(Verdict::Unknown) => (Mark::Unknown, "Unknown"),
    }
}

/// How words are painted.
#[must_use]
pub fn role(tone: Tone) -> Role {
    match tone {
        Tone::Plain => Role::Text,
        Tone::Strong => Role::Strong,
        Tone::Dim => Role::Dim,
        Tone::Good => Role::Good,
        Tone::Busy => Role::Busy,
        Tone::Warn => Role::Warn,
        Tone::Bad => Role::Bad,
    }
}
