//! The objects of the platform and their history: what etcd and the watch cache are to a real API server.
//! Pure but for the wake-up of watchers. Owned by one mutex; nobody holds it across an await.

mod history;
mod object;
mod selector;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use super::catalog::{self, Id};
pub use history::{Change, ChangeKind, TooOld};
pub use object::{Name, Object};
pub use selector::{FieldSelector, LabelSelector};

/// Changes kept per kind; older ones are compacted away.
const KEPT_CHANGES: usize = 2_000;
/// Bytes of changes kept per kind.
const KEPT_BYTES: usize = 24 << 20;

/// All objects of all kinds.
#[derive(Debug)]
pub struct Store {
    version: u64,
    shelves: Vec<history::Shelf>,
    changed: watch::Sender<u64>,
    garbage: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

impl Store {
    /// Empty, at version 1.
    #[must_use]
    pub fn new() -> Self {
        Self {
            version: 1,
            shelves: catalog::ALL.iter().map(|_| history::Shelf::new()).collect(),
            changed: watch::Sender::new(1),
            garbage: 0,
        }
    }

    /// The version of the last write.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Wakes with the new version after every write.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// One object.
    #[must_use]
    pub fn get(&self, kind: Id, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.shelves[kind]
            .objects
            .get(&Name::new(namespace, name))
            .cloned()
    }

    /// All objects of a kind, by namespace and name; of one namespace when it is not empty.
    pub fn list<'a>(
        &'a self,
        kind: Id,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Object>> {
        in_namespace(&self.shelves[kind].objects, namespace)
    }

    /// The objects of a kind as they were at a version, from a name on.
    pub fn at(&self, kind: Id, version: u64) -> Result<BTreeMap<Name, Arc<Object>>, TooOld> {
        self.shelves[kind].at(version)
    }

    /// Changes of a kind after a version, oldest first.
    pub fn since(&self, kind: Id, version: u64) -> Result<impl Iterator<Item = &Change>, TooOld> {
        self.shelves[kind].since(version)
    }

    /// Stores a new or changed object under the next version and returns it. An object that does not differ from
    /// what is stored stays as it is, without a new version and without an event.
    pub fn put(&mut self, kind: Id, mut value: Value) -> Arc<Object> {
        let name = Name::of(&value);
        if let Some(old) = self.shelves[kind].objects.get(&name) {
            value["metadata"]["resourceVersion"] = Value::from(old.version.to_string());
            if object::same(&old.value(), &value) {
                return old.clone();
            }
        }
        self.put_changed(kind, value)
    }

    /// As [`Store::put`], for a caller who knows that the object differs.
    pub fn put_changed(&mut self, kind: Id, mut value: Value) -> Arc<Object> {
        let before = self.shelves[kind].objects.get(&Name::of(&value)).cloned();
        self.version += 1;
        value["metadata"]["resourceVersion"] = Value::from(self.version.to_string());
        let object = Arc::new(Object::new(catalog::ALL[kind], self.version, &value));
        if object.deleting || (before.is_none() && !object.owners.is_empty()) {
            self.garbage += 1;
        }
        self.shelves[kind].put(object.clone(), before);
        self.changed.send_replace(self.version);
        object
    }

    /// Removes an object; what comes back is its last state, under the version of the removal.
    pub fn remove(&mut self, kind: Id, namespace: &str, name: &str) -> Option<Arc<Object>> {
        let before = self.get(kind, namespace, name)?;
        self.version += 1;
        let mut value = before.value();
        value["metadata"]["resourceVersion"] = Value::from(self.version.to_string());
        let last = Arc::new(Object::new(catalog::ALL[kind], self.version, &value));
        self.garbage += 1;
        self.shelves[kind].remove(last.clone(), before);
        self.changed.send_replace(self.version);
        Some(last)
    }

    /// Forgets all history, as a compaction does: every older version answers 410 from now on.
    pub fn compact(&mut self) {
        self.version += 1;
        for shelf in &mut self.shelves {
            shelf.compact(self.version);
        }
        self.changed.send_replace(self.version);
    }

    /// Grows whenever the garbage collector may find something to do.
    #[must_use]
    pub fn garbage(&self) -> u64 {
        self.garbage
    }

    /// The uids of all objects: what the garbage collector checks owners against.
    #[must_use]
    pub fn uids(&self) -> BTreeSet<&str> {
        let all = self.shelves.iter().flat_map(|s| s.objects.values());
        all.map(|o| o.uid.as_str()).collect()
    }
}

/// Those of one namespace, or all when it is empty.
pub fn in_namespace<'a>(
    objects: &'a BTreeMap<Name, Arc<Object>>,
    namespace: &'a str,
) -> impl Iterator<Item = &'a Arc<Object>> {
    objects
        .range(Name::new(namespace, "")..)
        .map(|(_, object)| object)
        .take_while(move |o| namespace.is_empty() || o.name.namespace == namespace)
}
