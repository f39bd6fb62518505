//! Rows of a source that is asked and not watched: what of them is new, how the source is, and what is to be sent next.
//! Pure.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use crate::domain::{Key, Row, SourceId, SourceState};
use crate::fault::Fault;
use crate::feed::kube::{Pending, Report, Source};
use crate::store::{Batch, News};

/// What was told, and what is to be told.
pub(crate) struct Told<R> {
    id: SourceId,
    last: HashMap<Key, Arc<R>>,
    pending: Pending<R>,
    pub(crate) report: Report,
    was_live: bool,
}

impl<R: Row> Told<R> {
    /// Nothing was told yet; `endpoint` stands until it is known where the server is.
    pub(crate) fn new(source: &Source, endpoint: &str) -> Self {
        let alive = source.link.options.alive;
        let id = source.id.clone();
        Self {
            report: Report::new(id.clone(), endpoint.to_owned(), alive, Timestamp::now()),
            id,
            last: HashMap::new(),
            pending: Pending::default(),
            was_live: false,
        }
    }

    /// All rows as they are now.
    pub(crate) fn rows(&mut self, rows: Vec<R>) {
        let mut here = HashSet::with_capacity(rows.len());
        for row in rows {
            let key = row.key().clone();
            if self.last.get(&key).is_none_or(|old| **old != row) {
                let row = Arc::new(row);
                self.last.insert(key.clone(), row.clone());
                self.pending.put(row);
            }
            here.insert(key);
        }
        let gone: Vec<Key> = self
            .last
            .extract_if(|key, _| !here.contains(key))
            .map(|(key, _)| key)
            .collect();
        for key in gone {
            self.pending.drop_row(key);
        }
        self.report.set_rows(self.last.len());
    }

    /// It answers.
    pub(crate) fn well(&mut self, state: SourceState, now: Timestamp) {
        self.was_live |= state == SourceState::Live;
        self.report.set_well(state, now);
    }

    /// It does not, or not wholly.
    pub(crate) fn ill(&mut self, state: SourceState, fault: Fault, now: Timestamp) {
        self.report.set_state(state, now);
        self.report.set_fault(Fault {
            source: self.id.key().to_string(),
            ..fault
        });
    }

    /// The state of a source whose server does not answer.
    pub(crate) fn ill_state(&self) -> SourceState {
        // what was told stays, also when it was never all of it
        if self.was_live || !self.last.is_empty() {
            SourceState::Stale
        } else {
            SourceState::Down
        }
    }

    /// Something is to be sent.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        !self.pending.is_empty() || self.report.is_due(now)
    }

    /// What is sent next: rows before the state that speaks of them.
    pub(crate) fn take(&mut self, now: Instant) -> Option<News> {
        if !self.pending.is_empty() {
            return Some(News::Rows(Box::new(Batch {
                source: self.id.clone(),
                changes: self.pending.take(),
            })));
        }
        let due = self.report.is_due(now);
        due.then(|| News::Source(Box::new(self.report.take(now))))
    }
}
