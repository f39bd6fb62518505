//! Where rows come from, as a table of its own, and what may be believed. Pure.

use std::sync::Arc;

use super::{Batch, Change, World};
use crate::domain::{ClusterId, Key, Row, SourceId, SourceRow, SourceState};

/// A source in the table of sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its key in the table.
    pub key: Key,
    /// What is known of it.
    pub row: SourceRow,
}

impl Row for Source {
    fn key(&self) -> &Key {
        &self.key
    }
    fn created(&self) -> Option<jiff::Timestamp> {
        Some(self.row.since)
    }
}

impl World {
    /// Takes in the state of a source.
    pub fn source_changed(&mut self, row: SourceRow) -> bool {
        let source = row.id.clone();
        let entry = Arc::new(Source {
            key: row.key(),
            row,
        });
        let changed = self.table_mut::<Source>().apply(Batch {
            source,
            changes: vec![Change::Put(entry)],
        });
        // some rows are joined only once somebody asked for them
        self.join();
        changed
    }

    /// The sources, in no order.
    pub fn sources(&self) -> impl Iterator<Item = &SourceRow> {
        self.table::<Source>()
            .into_iter()
            .flat_map(|t| t.iter().map(|s| &s.row))
    }

    /// One source.
    #[must_use]
    pub fn source(&self, id: &SourceId) -> Option<&SourceRow> {
        self.table::<Source>()?.get(&id.key()).map(|s| &s.row)
    }

    /// Whether rows of a source are the truth now. A source that never reported is not.
    #[must_use]
    pub fn is_live(&self, id: &SourceId) -> bool {
        self.source(id).is_some_and(|s| s.state.is_live())
    }

    /// Whether rows of a source may be shown as the present: it is live, or its list is being read.
    #[must_use]
    pub fn believed(&self, id: &SourceId) -> bool {
        self.source(id).is_some_and(|s| {
            matches!(
                s.state,
                SourceState::Live | SourceState::Partial | SourceState::Connecting
            )
        })
    }

    /// The sources of one feed.
    pub fn feed<'a>(&'a self, feed: &'a str) -> impl Iterator<Item = &'a SourceRow> {
        self.sources().filter(move |s| s.id.feed == feed)
    }

    /// The source most worth telling about: the one in trouble for the longest time, real trouble (not live any more,
    /// or never there) before refusals.
    #[must_use]
    pub fn worst_source(&self) -> Option<&SourceRow> {
        self.sources()
            .filter(|s| rank(s.state) > 0)
            .min_by_key(|s| (std::cmp::Reverse(rank(s.state)), s.since, &s.id))
    }

    /// The state of a cluster as a whole, of what is watched of it: the worst of its sources, refusals and absent
    /// kinds left aside unless nothing else is there.
    #[must_use]
    pub fn cluster_state(&self, cluster: &ClusterId) -> Option<&SourceRow> {
        self.sources()
            // one log that cannot be read says nothing of the cluster
            .filter(|s| &s.id.cluster == cluster && s.id.feed != "logs")
            .max_by_key(|s| severity(s.state))
    }
}

/// How much a state deserves a line at the bottom of the screen.
fn rank(state: SourceState) -> u8 {
    match state {
        SourceState::Stale | SourceState::Down => 2,
        SourceState::Denied => 1,
        SourceState::Connecting
        | SourceState::Partial
        | SourceState::Live
        | SourceState::Absent => 0,
    }
}

fn severity(state: SourceState) -> u8 {
    match state {
        SourceState::Absent => 0,
        SourceState::Denied => 1,
        SourceState::Live => 2,
        SourceState::Partial => 3,
        SourceState::Connecting => 4,
        SourceState::Stale => 5,
        SourceState::Down => 6,
    }
}
