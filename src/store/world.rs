//! All tables together. Pure.
//!
//! Tables are found by the type of their row, so a new kind needs no change here.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;

use super::gpus;
use super::registry::Joined;
use super::{Batch, Limits, LogBatch, LogBook, Table};
use crate::domain::{Key, Row, SourceId};

/// A batch whose row type is not known to the one who carries it (the channel between feed and loop).
pub trait RowsBatch: Send + fmt::Debug {
    /// Applies it to the table of its row type; true when a reader could see a change.
    fn apply(self: Box<Self>, world: &mut World) -> bool;
    /// Which source it comes from.
    fn source(&self) -> &SourceId;
    /// How many changes it holds.
    fn len(&self) -> usize;
    /// Holds none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<R: Row> RowsBatch for Batch<R> {
    fn apply(self: Box<Self>, world: &mut World) -> bool {
        let changed = world.table_mut::<R>().apply(*self);
        if changed {
            world.join();
        }
        changed
    }
    fn source(&self) -> &SourceId {
        &self.source
    }
    fn len(&self) -> usize {
        self.changes.len()
    }
}

trait AnyTable: Any + Send {
    fn forget(&mut self, source: &SourceId);
}

impl<R: Row> AnyTable for Table<R> {
    fn forget(&mut self, source: &SourceId) {
        Table::forget(self, source);
    }
}

/// Everything the console knows now.
#[derive(Default)]
pub struct World {
    tables: HashMap<TypeId, Box<dyn AnyTable>>,
    books: HashMap<u32, LogBook>,
    limits: Limits,
    joined: Joined,
    accelerators: gpus::Joined,
}

impl World {
    /// The table of a row type, if anything ever came for it.
    #[must_use]
    pub fn table<R: Row>(&self) -> Option<&Table<R>> {
        let table: &dyn Any = &**self.tables.get(&TypeId::of::<R>())?;
        table.downcast_ref()
    }

    /// The table of a row type, made when missing.
    pub fn table_mut<R: Row>(&mut self) -> &mut Table<R> {
        let table = self
            .tables
            .entry(TypeId::of::<R>())
            .or_insert_with(|| Box::new(Table::<R>::default()));
        let table: &mut dyn Any = &mut **table;
        match table.downcast_mut() {
            Some(table) => table,
            None => unreachable!("tables are keyed by the type of their row"),
        }
    }

    /// The logs of a screen, once a line came.
    #[must_use]
    pub fn book(&self, view: u32) -> Option<&LogBook> {
        self.books.get(&view)
    }

    /// Takes lines of a container in; true when a reader could see a change.
    pub fn logged(&mut self, batch: LogBatch) -> bool {
        let limits = self.limits;
        let book = self.books.entry(batch.scope.view);
        book.or_insert_with(|| LogBook::new(limits)).apply(batch)
    }

    /// How much of the logs of one screen is kept, for those read from now on.
    pub fn limit_logs(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Forgets every row of a source, in all tables.
    pub fn forget(&mut self, source: &SourceId) {
        self.books.retain(|_, book| !book.forget(source));
        for table in self.tables.values_mut() {
            table.forget(source);
        }
        self.join();
    }

    /// The model that a service serves, as far as its registry and its address tell.
    #[must_use]
    pub fn model_of(&self, service: &Key) -> Option<&Key> {
        self.joined.model_of(service)
    }

    /// Brings up to date what stands on several tables.
    pub(super) fn join(&mut self) {
        let mut joined = std::mem::take(&mut self.joined);
        joined.bring_up(self);
        self.joined = joined;
        let mut accelerators = std::mem::take(&mut self.accelerators);
        accelerators.bring_up(self);
        self.accelerators = accelerators;
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("tables", &self.tables.len())
            .field("books", &self.books.len())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
