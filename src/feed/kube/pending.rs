//! Changes that wait for room in the channel: the newest state per key. Pure.
//!
//! However many events arrive while the loop is busy, what waits is bounded by the number of objects.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::{Key, Row};
use crate::store::Change;

/// Most changes in one batch, so that applying it takes the loop less than a frame.
const BATCH: usize = 2_000;

/// Changes of one source that were not sent yet.
#[derive(Debug)]
pub(crate) struct Pending<R> {
    restart: bool,
    changes: HashMap<Key, Option<Arc<R>>>,
    swap: bool,
}

impl<R> Default for Pending<R> {
    fn default() -> Self {
        Self {
            restart: false,
            changes: HashMap::new(),
            swap: false,
        }
    }
}

impl<R: Row> Pending<R> {
    /// A list begins. What was not sent yet is superseded by it.
    pub(crate) fn restart(&mut self) {
        self.changes.clear();
        self.restart = true;
        self.swap = false;
    }

    /// A row is new or changed. After [`Self::swap`] it counts as part of the list, which leads to the same table.
    pub(crate) fn put(&mut self, row: Arc<R>) {
        self.changes.insert(row.key().clone(), Some(row));
    }

    /// A row is gone.
    pub(crate) fn drop_row(&mut self, key: Key) {
        self.changes.insert(key, None);
    }

    /// The list is complete.
    pub(crate) fn swap(&mut self) {
        self.swap = true;
    }

    /// Nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        !self.restart && !self.swap && self.changes.is_empty()
    }

    /// The end of a list waits: it is sent without delay.
    pub(crate) fn is_urgent(&self) -> bool {
        self.swap
    }

    /// The next changes to send, in an order that a table can apply.
    pub(crate) fn take(&mut self) -> Vec<Change<R>> {
        let mut out = Vec::with_capacity(self.changes.len().min(BATCH) + 2);
        if std::mem::take(&mut self.restart) {
            out.push(Change::Restart);
        }
        out.extend(
            self.changes
                .extract_if(|_, _| true)
                .take(BATCH)
                .map(|(key, row)| row.map_or(Change::Drop(key), Change::Put)),
        );
        if self.changes.is_empty() {
            if std::mem::take(&mut self.swap) {
                out.push(Change::Swap);
            }
            if self.changes.capacity() > BATCH * 2 {
                self.changes = HashMap::new();
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Clean, ClusterId, NamespaceRow, SourceId};
    use crate::store::{Batch, Table};

    fn row(name: &str, phase: &str) -> NamespaceRow {
        NamespaceRow {
            key: Key::new(ClusterId::new("c"), "", name),
            phase: Clean::new(phase),
            created: None,
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Put(u8, u8),
        Gone(u8),
        /// A list that breaks off after so many rows.
        Broken(usize),
        /// A whole list.
        Listed,
        /// The loop takes so many batches.
        Taken(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            6 => (0..12_u8, 0..4_u8).prop_map(|(k, v)| Step::Put(k, v)),
            3 => (0..12_u8).prop_map(Step::Gone),
            1 => (0..8_usize).prop_map(Step::Broken),
            1 => Just(Step::Listed),
            2 => (0..3_usize).prop_map(Step::Taken),
        ];
        proptest::collection::vec(step, 0..120)
    }

    proptest! {
        /// Whatever is listed, watched, broken off and started again while the loop is slow: in the end the table
        /// shows what the server has.
        #[test]
        fn the_table_ends_as_the_server_is(steps in steps()) {
            let source = SourceId { cluster: ClusterId::new("c"), feed: "namespaces", scope: String::new() };
            let mut server = BTreeMap::new();
            let mut pending = Pending::default();
            let mut table = Table::default();
            let mut send = |pending: &mut Pending<NamespaceRow>| {
                let changes = pending.take();
                table.apply(Batch { source: source.clone(), changes });
            };
            for step in steps {
                match step {
                    Step::Put(k, v) => {
                        let r = row(&k.to_string(), &v.to_string());
                        server.insert(k, r.clone());
                        pending.put(Arc::new(r));
                    }
                    Step::Gone(k) => {
                        server.remove(&k);
                        pending.drop_row(Key::new(ClusterId::new("c"), "", &k.to_string()));
                    }
                    Step::Broken(n) => {
                        pending.restart();
                        server.values().take(n).for_each(|r| pending.put(Arc::new(r.clone())));
                    }
                    Step::Listed => {
                        pending.restart();
                        for r in server.values() {
                pending.put(Arc::new(r.clone()));
            }
                        pending.swap();
                    }
                    Step::Taken(n) => (0..n).for_each(|_| send(&mut pending)),
                }
            }
            // a list that broke off is always followed by a whole one
            pending.restart();
            for r in server.values() {
                pending.put(Arc::new(r.clone()));
            }
            pending.swap();
            while !pending.is_empty() {
                send(&mut pending);
            }
            let mut seen: Vec<NamespaceRow> = table.iter().map(|r| (**r).clone()).collect();
            seen.sort_by(|a, b| a.key.cmp(&b.key));
            let mut want: Vec<NamespaceRow> = server.into_values().collect();
            want.sort_by(|a, b| a.key.cmp(&b.key));
            prop_assert_eq!(seen, want);
        }
    }

    #[test]
    fn a_flood_on_one_key_waits_as_one_change() {
        let mut pending = Pending::default();
        for n in 0..10_000 {
            pending.put(Arc::new(row("a", &n.to_string())));
        }
        let changes = pending.take();
        assert_eq!(changes, [Change::Put(Arc::new(row("a", "9999")))]);
        assert!(pending.is_empty());
    }

    #[test]
    fn a_long_list_is_cut_into_batches_and_swapped_at_the_end() {
        let mut pending = Pending::default();
        pending.restart();
        for n in 0..BATCH * 2 + 10 {
            pending.put(Arc::new(row(&n.to_string(), "")));
        }
        pending.swap();
        let mut batches = Vec::new();
        while !pending.is_empty() {
            batches.push(pending.take());
        }
        assert_eq!(batches.len(), 3);
        assert_eq!(batches[0][0], Change::Restart);
        assert_eq!(batches[2].last(), Some(&Change::Swap));
        assert!(!batches[0].contains(&Change::Swap) && !batches[1].contains(&Change::Swap));
    }
}
