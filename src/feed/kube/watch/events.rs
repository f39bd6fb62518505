//! What a stream brings: lists and changes, turned into rows that wait to be sent. Pure but for the clock.

use std::collections::HashMap;

use jiff::Timestamp;
use kube::runtime::watcher::Event;

use super::{CHUNK, Feeder};
use crate::domain::{Key, SourceState};
use crate::fault::FaultKind;
use crate::feed::kube::slim::Slim;
use crate::feed::kube::trouble::Trouble;
use crate::kinds::Kind;

/// Objects that cannot be read are remembered up to this number.
const BAD: usize = 1_000;

impl<K: Kind> Feeder<K> {
    pub(super) fn take_events(&mut self) {
        let mut events = std::mem::take(&mut self.events);
        // that a list begins is known before the server answers
        let heard = events.iter().any(|e| !matches!(e, Event::Init));
        for event in events.drain(..) {
            match event {
                Event::Init => {
                    self.pending.restart();
                    self.listing = Some(HashMap::new());
                    self.bad.clear();
                }
                Event::InitApply(object) => self.listed(object),
                Event::InitDone => {
                    self.last = self.listing.take().unwrap_or_default();
                    self.pending.swap();
                    self.observe();
                }
                Event::Apply(object) => self.applied(object),
                Event::Delete(object) => {
                    self.bad.remove(&object.key);
                    self.last.remove(&object.key);
                    self.pending.drop_row(object.key);
                }
            }
        }
        events.shrink_to(CHUNK);
        self.events = events;
        // the rows that were there stay until a new list is whole
        let listed = self.listing.as_ref().map_or(0, HashMap::len);
        self.report.set_rows(self.last.len().max(listed));
        if heard {
            self.report.set_seen(Some(Timestamp::now()));
        }
    }

    fn listed(&mut self, object: Slim<K>) {
        let state = self.report.state();
        if matches!(state, SourceState::Connecting | SourceState::Down) {
            self.report.set_well(SourceState::Partial, Timestamp::now());
        }
        match object.row {
            Ok(row) => {
                // the table holds this very row: share it
                let row = self
                    .last
                    .get(&object.key)
                    .filter(|l| **l == row)
                    .cloned()
                    .unwrap_or(row);
                if let Some(listing) = &mut self.listing {
                    listing.insert(object.key, row.clone());
                }
                self.pending.put(row);
            }
            Err(why) => self.unreadable(object.key, why),
        }
    }

    fn applied(&mut self, object: Slim<K>) {
        let known_bad = self.bad.remove(&object.key).is_some();
        match object.row {
            Ok(row) => {
                if self.last.get(&object.key) != Some(&row) {
                    self.last.insert(object.key, row.clone());
                    self.pending.put(row);
                }
            }
            Err(why) => {
                // its old row would look like the truth
                self.last.remove(&object.key);
                self.pending.drop_row(object.key.clone());
                self.unreadable(object.key, why);
            }
        }
        if known_bad || !self.bad.is_empty() {
            self.observe();
        }
    }

    fn unreadable(&mut self, key: Key, why: String) {
        if self.bad.len() < BAD {
            self.bad.insert(key, why);
        }
    }

    pub(super) fn say_bad(&mut self, now: Timestamp) {
        let Some((key, why)) = self.bad.iter().min_by_key(|(key, _)| *key) else {
            return;
        };
        let count = self.bad.len();
        let more = if count >= BAD { " or more" } else { "" };
        let what = format!(
            "{count}{more} {} cannot be read; the first is {key}: {why}",
            K::SPEC.plural
        );
        let trouble = Trouble::new(FaultKind::Malformed, what)
            .hint("They are missing from the list; look at them with kubectl.");
        self.report
            .set_fault(trouble.fault(&self.source.name(), now));
    }
}
