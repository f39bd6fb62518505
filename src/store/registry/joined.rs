//! Keeps the table of [`TruthRow`]s up to date. Pure.
//!
//! Called whenever rows arrive: costs three look-ups while nothing changed that it stands on.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::index::Index;
use super::{Served, TruthRow, served, truth};
use crate::domain::{Key, ModelRow, RevisionRow, Row, ServiceRow, SourceId};
use crate::store::{Batch, Change, Table, World};

/// What the truth was made of.
#[derive(Debug, Default)]
pub struct Joined {
    seen: [u64; 3],
    /// Versions by their places, and of which state of the models.
    index: (u64, Index),
    /// Sources of the models.
    sources: BTreeSet<SourceId>,
    /// The model that each service serves.
    of_service: HashMap<Key, Key>,
}

impl Joined {
    /// Brings the truth up to date.
    pub fn bring_up(&mut self, world: &mut World) {
        fn version<R: Row>(world: &World) -> u64 {
            world.table::<R>().map_or(0, Table::version)
        }
        let now = [
            version::<ModelRow>(world),
            version::<ServiceRow>(world),
            version::<RevisionRow>(world),
        ];
        if now == self.seen || now[0] == 0 {
            return;
        }
        self.seen = now;
        if self.index.0 != now[0] {
            let models = world.table::<ModelRow>().into_iter();
            self.index = (now[0], Index::new(models.flat_map(Table::iter)));
        }
        let rows = rows(&self.index.1, world);
        let served = |row: &TruthRow| {
            let model = row.model.key.clone();
            let all: Vec<Key> = row.served.iter().map(|s| s.service.clone()).collect();
            all.into_iter().map(move |service| (service, model.clone()))
        };
        self.of_service = rows.iter().flat_map(served).collect();
        self.tell(world, rows);
    }

    /// The model that a service serves.
    pub fn model_of(&self, service: &Key) -> Option<&Key> {
        self.of_service.get(service)
    }

    /// Puts the rows in the table, each under the source of its model: so it grows old with it.
    fn tell(&mut self, world: &mut World, rows: Vec<TruthRow>) {
        let mut batches: BTreeMap<SourceId, Vec<Change<TruthRow>>> = BTreeMap::new();
        for source in std::mem::take(&mut self.sources) {
            batches.insert(source, vec![Change::Restart]);
        }
        for row in rows {
            let source = world
                .table::<ModelRow>()
                .and_then(|t| t.source_of(row.key()));
            let Some(source) = source.cloned() else {
                continue;
            };
            self.sources.insert(source.clone());
            let changes = batches
                .entry(source)
                .or_insert_with(|| vec![Change::Restart]);
            changes.push(Change::Put(Arc::new(row)));
        }
        for (source, mut changes) in batches {
            changes.push(Change::Swap);
            world.table_mut().apply(Batch { source, changes });
        }
    }
}

fn rows(index: &Index, world: &World) -> Vec<TruthRow> {
    let revisions = world.table::<RevisionRow>();
    let mut all: Vec<Vec<Served>> = vec![Vec::new(); index.models.len()];
    for service in world
        .table::<ServiceRow>()
        .into_iter()
        .flat_map(Table::iter)
    {
        let found = served::of(index, service, |key| {
            revisions.and_then(|t| t.get(key)).map(|row| &**row)
        });
        for (model, served) in found {
            if let Some(place) = all.get_mut(model) {
                place.push(served);
            }
        }
    }
    let models = index.models.iter().zip(all);
    models
        .map(|(model, served)| truth::row(model, served))
        .collect()
}
