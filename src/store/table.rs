//! One table: rows of one kind, of all clusters, keyed. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::domain::{Key, Row, SourceId};

/// One change of one source.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<R> {
    /// A first or new list begins: rows of this source that do not come again before `Swap` are gone.
    Restart,
    /// A row is there, new or changed.
    Put(Arc<R>),
    /// A row is gone.
    Drop(Key),
    /// The list is complete.
    Swap,
}

/// Changes of one source, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch<R> {
    /// Which source they come from.
    pub source: SourceId,
    /// The changes.
    pub changes: Vec<Change<R>>,
}

/// Rows of one kind.
#[derive(Debug)]
pub struct Table<R> {
    rows: HashMap<Key, Entry<R>>,
    /// Keys seen since the last `Restart` of each source whose list is still being read.
    lists: HashMap<SourceId, HashSet<Key>>,
    /// Rows by the object that they tell of; empty for kinds whose rows tell of themselves.
    about: HashMap<Key, BTreeSet<Key>>,
    version: u64,
}

#[derive(Debug)]
struct Entry<R> {
    row: Arc<R>,
    /// The sources that know this row, the one that spoke last at the end. A row stays while any of them has it: a
    /// watch of one object and the watch of the whole kind may both be open.
    sources: Vec<SourceId>,
}

impl<R> Entry<R> {
    /// This source no longer has the row; true when no other has it.
    fn leave(&mut self, source: &SourceId) -> bool {
        self.sources.retain(|s| s != source);
        self.sources.is_empty()
    }
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self {
            rows: HashMap::new(),
            lists: HashMap::new(),
            about: HashMap::new(),
            version: 0,
        }
    }
}

impl<R: Row> Table<R> {
    /// Applies a batch; true when anything a reader could see has changed.
    pub fn apply(&mut self, batch: Batch<R>) -> bool {
        let before = self.version;
        for change in batch.changes {
            self.step(&batch.source, change);
        }
        self.version != before
    }

    fn step(&mut self, source: &SourceId, change: Change<R>) {
        match change {
            Change::Restart => {
                self.lists.insert(source.clone(), HashSet::new());
            }
            Change::Put(row) => self.put(source, row),
            Change::Drop(key) => {
                if let Some(seen) = self.lists.get_mut(source) {
                    seen.remove(&key);
                }
                if self.rows.get_mut(&key).is_some_and(|e| e.leave(source)) {
                    if let Some(gone) = self.rows.remove(&key) {
                        unlink(&mut self.about, &*gone.row);
                    }
                    self.version += 1;
                }
            }
            Change::Swap => {
                if let Some(seen) = self.lists.remove(source) {
                    self.leave_all(source, |key| !seen.contains(key));
                }
            }
        }
    }

    fn put(&mut self, source: &SourceId, row: Arc<R>) {
        if let Some(seen) = self.lists.get_mut(source) {
            seen.insert(row.key().clone());
        }
        if let Some(entry) = self.rows.get_mut(row.key()) {
            if entry.sources.last() != Some(source) {
                entry.leave(source);
                entry.sources.push(source.clone());
            }
            if entry.row != row {
                if entry.row.about() != row.about() {
                    unlink(&mut self.about, &*entry.row);
                    link(&mut self.about, &*row);
                }
                entry.row = row;
                self.version += 1;
            }
        } else {
            link(&mut self.about, &*row);
            self.rows.insert(
                row.key().clone(),
                Entry {
                    row,
                    sources: vec![source.clone()],
                },
            );
            self.version += 1;
        }
    }

    /// A source no longer has the rows with these keys.
    fn leave_all(&mut self, source: &SourceId, gone: impl Fn(&Key) -> bool) {
        let before = self.rows.len();
        let about = &mut self.about;
        self.rows.retain(|key, entry| {
            let stays = !gone(key) || !entry.leave(source);
            if !stays {
                unlink(about, &*entry.row);
            }
            stays
        });
        if self.rows.len() != before {
            self.version += 1;
        }
    }

    /// Forgets every row of a source whose watch has ended for good.
    pub fn forget(&mut self, source: &SourceId) {
        self.lists.remove(source);
        self.leave_all(source, |_| true);
    }

    /// One row.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Arc<R>> {
        self.rows.get(key).map(|e| &e.row)
    }

    /// The source that spoke last of a row.
    #[must_use]
    pub fn source_of(&self, key: &Key) -> Option<&SourceId> {
        self.rows.get(key).and_then(|e| e.sources.last())
    }

    /// All rows, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<R>> {
        self.rows.values().map(|e| &e.row)
    }

    /// The rows that tell of an object of another kind, in the order of their keys.
    pub fn about(&self, object: &Key) -> impl Iterator<Item = &Arc<R>> {
        let keys = self.about.get(object).into_iter().flatten();
        keys.filter_map(|key| self.get(key))
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// None at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Grows with every visible change; equal versions mean equal contents.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }
}

fn link<R: Row>(about: &mut HashMap<Key, BTreeSet<Key>>, row: &R) {
    if let Some(object) = row.about() {
        about.entry(object).or_default().insert(row.key().clone());
    }
}

fn unlink<R: Row>(about: &mut HashMap<Key, BTreeSet<Key>>, row: &R) {
    let Some(object) = row.about() else { return };
    if let Some(keys) = about.get_mut(&object) {
        keys.remove(row.key());
        if keys.is_empty() {
            about.remove(&object);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Clean, ClusterId, Labels, NamespaceRow, RevisionRow};

    fn source(scope: &str) -> SourceId {
        SourceId {
            cluster: ClusterId::new("c"),
            feed: "namespaces",
            scope: scope.to_owned(),
        }
    }

    fn put(name: &str, phase: &str) -> Change<NamespaceRow> {
        Change::Put(Arc::new(NamespaceRow {
            key: Key::new(ClusterId::new("c"), "", name),
            phase: Clean::new(phase),
            created: None,
        }))
    }

    fn tell(
        table: &mut Table<NamespaceRow>,
        scope: &str,
        changes: Vec<Change<NamespaceRow>>,
    ) -> bool {
        let source = source(scope);
        table.apply(Batch { source, changes })
    }

    fn names(table: &Table<NamespaceRow>) -> Vec<String> {
        let mut names: Vec<String> = table.iter().map(|r| r.key.name.to_string()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_list_takes_away_what_it_does_not_hold_and_not_before_its_end() {
        let mut table = Table::default();
        tell(
            &mut table,
            "",
            vec![Change::Restart, put("a", ""), put("b", ""), Change::Swap],
        );
        tell(&mut table, "", vec![Change::Restart, put("b", "")]);
        assert_eq!(names(&table), ["a", "b"]);
        assert!(tell(&mut table, "", vec![Change::Swap]));
        assert_eq!(names(&table), ["b"]);
    }

    #[test]
    fn identical_rows_are_no_change() {
        let mut table = Table::default();
        assert!(tell(&mut table, "", vec![put("a", "x")]));
        assert!(!tell(
            &mut table,
            "",
            vec![Change::Restart, put("a", "x"), Change::Swap]
        ));
        assert!(tell(&mut table, "", vec![put("a", "y")]));
    }

    #[test]
    fn a_row_stays_while_another_source_has_it() {
        let mut table = Table::default();
        tell(&mut table, "", vec![put("a", ""), put("b", "")]);
        tell(&mut table, "one", vec![put("a", "newer")]);
        assert_eq!(
            table.source_of(&Key::new(ClusterId::new("c"), "", "a")),
            Some(&source("one"))
        );
        table.forget(&source("one"));
        assert_eq!(names(&table), ["a", "b"]);
        let gone = Change::Drop(Key::new(ClusterId::new("c"), "", "b"));
        tell(&mut table, "one", vec![gone.clone()]);
        assert_eq!(
            names(&table),
            ["a", "b"],
            "a source that never had it says nothing about it"
        );
        tell(&mut table, "", vec![gone]);
        assert_eq!(names(&table), ["a"]);
    }

    fn revision(name: &str, service: &str) -> Change<RevisionRow> {
        Change::Put(Arc::new(RevisionRow {
            key: Key::new(ClusterId::new("c"), "ml", name),
            uid: Clean::default(),
            labels: Labels::default(),
            service: Clean::new(service),
            ready: None,
            active: None,
            trouble: Clean::default(),
            replicas: None,
            desired: None,
            uri: Clean::default(),
            created: None,
        }))
    }

    #[test]
    fn rows_are_found_by_what_they_tell_of_as_long_as_they_are_there() {
        let mut table = Table::default();
        let of = |table: &Table<RevisionRow>, service: &str| -> Vec<String> {
            let service = Key::new(ClusterId::new("c"), "ml", service);
            table
                .about(&service)
                .map(|r| r.key.name.to_string())
                .collect()
        };
        let tell = |table: &mut Table<RevisionRow>, changes| {
            let source = source("");
            table.apply(Batch { source, changes })
        };
        let all = vec![
            revision("a-2", "a"),
            revision("a-1", "a"),
            revision("b-1", "b"),
        ];
        tell(&mut table, all);
        assert_eq!(of(&table, "a"), ["a-1", "a-2"]);
        // one that is another service's now
        tell(&mut table, vec![revision("a-2", "b")]);
        assert_eq!(
            (of(&table, "a"), of(&table, "b")),
            (vec!["a-1".into()], vec!["a-2".into(), "b-1".into()])
        );
        let gone = Key::new(ClusterId::new("c"), "ml", "a-1");
        tell(&mut table, vec![Change::Drop(gone)]);
        assert!(of(&table, "a").is_empty());
        tell(
            &mut table,
            vec![Change::Restart, revision("b-1", "b"), Change::Swap],
        );
        assert_eq!(of(&table, "b"), ["b-1"]);
        table.forget(&source(""));
        assert!(of(&table, "b").is_empty() && table.about.is_empty());
    }
}
