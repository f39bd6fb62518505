//! What kinds of Kueue have in common: where they are served, and their conditions. Pure.

use serde::Deserialize;

use super::KindSpec;
use super::lenient::{List, Obj, When};
use crate::domain::Clean;

/// API group of Kueue.
pub const GROUP: &str = "kueue.x-k8s.io";

/// A kind of Kueue.
pub(super) const fn kueue(
    version: &'static str,
    feed: &'static str,
    plural: &'static str,
    kind: &'static str,
    namespaced: bool,
) -> KindSpec {
    KindSpec {
        feed,
        group: GROUP,
        version,
        plural,
        kind,
        namespaced,
        // a workload has the templates of all its pods
        page: 100,
    }
}

/// A condition with its time.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Told {
    pub(super) r#type: Clean,
    pub(super) status: Clean,
    pub(super) reason: Clean,
    pub(super) message: Clean,
    pub(super) last_transition_time: When,
}

impl Told {
    /// Whether it holds; none while that is not known.
    pub(super) fn holds(&self) -> Option<bool> {
        match &*self.status {
            "True" => Some(true),
            "False" => Some(false),
            _ => None,
        }
    }
}

/// A condition by its type.
pub(super) fn find<'a>(all: &'a List<Obj<Told>>, kind: &str) -> Option<&'a Told> {
    let mut all = all.iter().filter_map(Obj::get);
    all.find(|c| &*c.r#type == kind)
}
