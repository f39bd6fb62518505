//! The objects of one kind and what happened to them. Pure.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::object::{Name, Object};
use super::{KEPT_BYTES, KEPT_CHANGES};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Created.
    Added,
    /// Changed.
    Modified,
    /// Removed.
    Deleted,
}

/// One change of one object.
#[derive(Debug)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// The new state; for a removal the last one.
    pub object: Arc<Object>,
    /// The state before.
    pub before: Option<Arc<Object>>,
}

/// The version asked for is no longer kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOld {
    /// The version asked for.
    pub asked: u64,
    /// The oldest version that can still be asked for.
    pub oldest: u64,
}

#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) objects: BTreeMap<Name, Arc<Object>>,
    changes: VecDeque<Change>,
    bytes: usize,
    /// Changes after this version are all kept.
    complete_after: u64,
}

impl Shelf {
    pub(super) fn new() -> Self {
        Self {
            objects: BTreeMap::new(),
            changes: VecDeque::new(),
            bytes: 0,
            complete_after: 1,
        }
    }

    pub(super) fn put(&mut self, object: Arc<Object>, before: Option<Arc<Object>>) {
        self.objects.insert(object.name.clone(), object.clone());
        let kind = if before.is_some() {
            ChangeKind::Modified
        } else {
            ChangeKind::Added
        };
        self.record(Change {
            kind,
            object,
            before,
        });
    }

    pub(super) fn remove(&mut self, last: Arc<Object>, before: Arc<Object>) {
        self.objects.remove(&last.name);
        self.record(Change {
            kind: ChangeKind::Deleted,
            object: last,
            before: Some(before),
        });
    }

    fn record(&mut self, change: Change) {
        self.bytes += change.object.size();
        self.changes.push_back(change);
        while self.changes.len() > KEPT_CHANGES
            || (self.bytes > KEPT_BYTES && self.changes.len() > 1)
        {
            let Some(gone) = self.changes.pop_front() else {
                break;
            };
            self.bytes -= gone.object.size();
            self.complete_after = gone.object.version;
        }
    }

    pub(super) fn compact(&mut self, version: u64) {
        self.changes.clear();
        self.bytes = 0;
        self.complete_after = version;
    }

    fn reach(&self, version: u64) -> Result<(), TooOld> {
        if version < self.complete_after {
            return Err(TooOld {
                asked: version,
                oldest: self.complete_after,
            });
        }
        Ok(())
    }

    pub(super) fn since(&self, version: u64) -> Result<impl Iterator<Item = &Change>, TooOld> {
        self.reach(version)?;
        let first = self
            .changes
            .partition_point(|c| c.object.version <= version);
        Ok(self.changes.range(first..))
    }

    /// The present state with all later changes undone, newest first.
    pub(super) fn at(&self, version: u64) -> Result<BTreeMap<Name, Arc<Object>>, TooOld> {
        self.reach(version)?;
        let mut objects = self.objects.clone();
        for change in self.changes.iter().rev() {
            if change.object.version <= version {
                break;
            }
            let name = change.object.name.clone();
            match &change.before {
                Some(before) => objects.insert(name, before.clone()),
                None => objects.remove(&name),
            };
        }
        Ok(objects)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::demo::catalog;
    use crate::demo::store::Store;

    fn map(name: &str, value: u32) -> serde_json::Value {
        json!({"metadata": {"name": name, "namespace": "a", "uid": name}, "data": {"v": value.to_string()}})
    }

    #[test]
    fn an_older_version_is_seen_as_it_was() {
        let kind = catalog::find("", "v1", "configmaps").unwrap();
        let mut store = Store::new();
        store.put(kind, map("one", 1));
        let then = store.put(kind, map("two", 1)).version;
        store.put(kind, map("one", 2));
        store.remove(kind, "a", "two");
        store.put(kind, map("three", 1));
        let seen: Vec<String> = store
            .at(kind, then)
            .unwrap()
            .values()
            .map(|o| format!("{}={}", o.name.name, o.value()["data"]["v"]))
            .collect();
        assert_eq!(seen, ["one=\"1\"", "two=\"1\""]);
        assert_eq!(store.since(kind, then).unwrap().count(), 3);
        store.compact();
        assert!(store.at(kind, then).is_err());
    }

    #[test]
    fn writing_the_same_again_makes_no_version() {
        let kind = catalog::find("", "v1", "configmaps").unwrap();
        let mut store = Store::new();
        let first = store.put(kind, map("one", 1)).version;
        assert_eq!(store.put(kind, map("one", 1)).version, first);
        assert_eq!(store.since(kind, 1).unwrap().count(), 1);
    }

    #[test]
    fn history_is_bounded() {
        let kind = catalog::find("", "v1", "configmaps").unwrap();
        let mut store = Store::new();
        for i in 0..5_000 {
            store.put(kind, map("one", i));
        }
        assert!(store.since(kind, 100).is_err());
        assert!(store.since(kind, store.version() - 1_000).is_ok());
    }
}
