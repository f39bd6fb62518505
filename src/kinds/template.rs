//! The template of a pod inside other kinds, slim: the accelerators that its containers ask for. Pure. Called by the kinds
//! that make pods.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lenient::{Entries, List, Obj};
use super::node::is_accelerator;
use crate::domain::Clean;

/// Most containers, and most accelerators of one, that are read.
const MOST: usize = 64;

/// `template`, or what else has a pod's `spec`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Template {
    spec: Obj<PodSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PodSpec {
    containers: List<Obj<Container>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Container {
    resources: Obj<Resources>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resources {
    requests: Entries<Clean, Clean>,
    limits: Entries<Clean, Clean>,
}

impl Template {
    /// Accelerators with their amounts as written, container by container. One may be requested without a limit or the other
    /// way round; where both are they are equal.
    pub(super) fn accelerators(self) -> impl Iterator<Item = (Clean, Clean)> {
        let containers = self.spec.or_empty().containers.0.into_iter();
        let containers = containers.filter_map(|c| c.0).take(MOST);
        containers.flat_map(|container| {
            let resources = container.resources.or_empty();
            let named = resources.requests.0.into_iter().chain(resources.limits.0);
            let named = named.filter(|(name, _)| is_accelerator(name)).take(MOST);
            named.collect::<BTreeMap<_, _>>()
        })
    }
}
