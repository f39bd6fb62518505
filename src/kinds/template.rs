//! The template of a pod inside other kinds, slim: the accelerators that its containers ask for, and when they are started
//! again. Pure. Called by the kinds that make pods.

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
#[serde(rename_all = "camelCase", default)]
struct PodSpec {
    containers: List<Obj<Container>>,
    restart_policy: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Container {
    resources: Obj<Resources>,
}

/// What a container asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Resources {
    requests: Entries<Clean, Clean>,
    limits: Entries<Clean, Clean>,
}

impl Resources {
    /// Accelerators with their amounts as written. One may be requested without a limit or the other way round; where both
    /// are they are equal.
    pub(super) fn accelerators(&self) -> impl Iterator<Item = (&Clean, &Clean)> {
        let named = self.requests.0.iter().chain(&self.limits.0);
        let named = named.filter(|(name, _)| is_accelerator(name)).take(MOST);
        let named: BTreeMap<_, _> = named.map(|(name, n)| (name, n)).collect();
        named.into_iter()
    }
}

impl Template {
    /// Accelerators with their amounts as written, container by container.
    pub(super) fn accelerators(&self) -> impl Iterator<Item = (&Clean, &Clean)> {
        let spec = self.spec.get();
        let containers = spec.into_iter().flat_map(|s| s.containers.iter());
        let containers = containers.filter_map(Obj::get).take(MOST);
        let resources = containers.filter_map(|c| c.resources.get());
        resources.flat_map(Resources::accelerators)
    }

    /// `restartPolicy` of its pods; empty where it is not written.
    pub(super) fn restarts(&self) -> Clean {
        let spec = self.spec.get();
        spec.map(|s| s.restart_policy.clone()).unwrap_or_default()
    }
}
