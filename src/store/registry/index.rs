//! Which version of which model lies at a place. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use super::Claim;
use super::place::{names, names_above};
use crate::domain::{ClusterId, ModelRow};

/// A version: the place of its model among the models, and its number.
type Spot = (usize, u64);

/// All versions that are known, by the names of their places.
#[derive(Debug, Default)]
pub struct Index {
    /// The models.
    pub models: Vec<Arc<ModelRow>>,
    by_name: HashMap<(ClusterId, String), usize>,
    by_place: HashMap<(ClusterId, String), Vec<Spot>>,
}

impl Index {
    /// Of all models with their versions.
    pub fn new<'a>(models: impl Iterator<Item = &'a Arc<ModelRow>>) -> Self {
        let mut index = Self::default();
        for model in models {
            let at = index.models.len();
            let cluster = &model.key.cluster;
            let name = (cluster.clone(), model.key.name.to_string());
            index.by_name.insert(name, at);
            for version in model.versions.iter().flat_map(|v| v.iter()) {
                for (_, name) in names(&version.source) {
                    let spots = index.by_place.entry((cluster.clone(), name)).or_default();
                    spots.push((at, version.number));
                }
            }
            index.models.push(model.clone());
        }
        index
    }

    /// The place of a model among the models.
    pub fn model(&self, cluster: &ClusterId, name: &str) -> Option<usize> {
        self.by_name
            .get(&(cluster.clone(), name.to_owned()))
            .copied()
    }

    /// The versions whose files an address leads to, and how that is known. Where files were registered for several
    /// models, that is no answer.
    pub fn at(&self, cluster: &ClusterId, uri: &str) -> Option<(Claim, usize, Vec<u64>)> {
        let find = |(claim, name): (Claim, String)| {
            let spots = self.by_place.get(&(cluster.clone(), name))?;
            Some((claim, spots))
        };
        let (claim, spots) = names_above(uri).into_iter().find_map(find)?;
        let model = spots.first()?.0;
        let one = spots.iter().all(|(other, _)| *other == model);
        let mut versions: Vec<u64> = spots.iter().map(|(_, number)| *number).collect();
        versions.sort_unstable_by(|a, b| b.cmp(a));
        one.then_some((claim, model, versions))
    }
}
