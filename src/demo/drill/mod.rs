//! Incidents to practise on: a calm platform with one thing that is wrong, what shows that it is right again, and which
//! writes belong to that. Pure but for reading the store. One file per incident.
//!
//! A drill is scored by what the API server sees, not by what a console says of itself: whoever solves it with another
//! client is scored alike.

mod cache;
mod canary_rollback;
mod champion;
mod failed_step;
mod gate_waiting;
mod gpu_node;
mod mig_layout;
mod model_load;
mod predictor_flapping;
mod promotion;
mod retrain;
mod run_stuck;
mod slo_breached;
mod sweep;
mod tally;

use serde_json::Value;

use super::catalog::{self, text};
use super::site::Site;
use super::store::Object;
pub(super) use tally::Write;
pub use tally::{Tally, Wrote};

/// An incident to practise on.
#[derive(Debug)]
pub struct Drill {
    /// As it is asked for: the id of the runbook that it rehearses.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What the person on watch is told.
    pub page: &'static str,
    /// What is wrong on the platform, as the scenes name it; all else is calm.
    pub(super) troubles: &'static [&'static str],
    /// What it is about: `namespace/name`, or the begin of it.
    pub culprit: &'static str,
    /// Writes that belong to a way out.
    pub(super) right: &'static [Right],
    /// It is over.
    pub(super) solved: fn(&Site) -> bool,
}

/// Writes to objects of a kind whose `namespace/name` begins like this.
#[derive(Debug)]
pub(super) struct Right {
    plural: &'static str,
    name: &'static str,
}

const fn right(plural: &'static str, name: &'static str) -> Right {
    Right { plural, name }
}

/// All of them.
pub static DRILLS: [&Drill; 14] = [
    &canary_rollback::DRILL,
    &slo_breached::DRILL,
    &champion::DRILL,
    &promotion::DRILL,
    &gate_waiting::DRILL,
    &failed_step::DRILL,
    &predictor_flapping::DRILL,
    &model_load::DRILL,
    &run_stuck::DRILL,
    &sweep::DRILL,
    &gpu_node::DRILL,
    &mig_layout::DRILL,
    &retrain::DRILL,
    &cache::DRILL,
];

impl Drill {
    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        DRILLS.iter().copied().find(|drill| drill.name == name)
    }

    /// The name of what it is about, without its namespace.
    #[must_use]
    pub fn word(&self) -> &'static str {
        let name = self.culprit.split_once('/').map(|(_, name)| name);
        name.unwrap_or(self.culprit).trim_end_matches('-')
    }

    /// Is this trouble part of it?
    pub(super) fn has(&self, trouble: &str) -> bool {
        self.troubles.contains(&trouble)
    }

    /// Is a write to this object part of a way out?
    pub(super) fn allows(&self, plural: &str, name: &str) -> bool {
        let fits = |r: &&Right| r.plural == plural && name.starts_with(r.name);
        self.right.iter().any(|r| fits(&r))
    }
}

/// What a manifest says of the trouble that it is: its name; how the manifest is without it (`calm`, a merge patch), where
/// it is there at all then; whether it is there every day or in its drill alone; and how it is in drills of some troubles
/// (`as`, merge patches by trouble).
const TROUBLE: &str = "rig.midwatch.dev/trouble";
/// What goes wrong by chance; in a drill nothing does.
const ODDS: &str = "rig.midwatch.dev/odds";

/// Leaves of the manifests what a drill is played with: a manifest that is another trouble is calmed, or is not there.
pub(super) fn cast(manifests: Vec<Value>, drill: Option<&Drill>) -> Vec<Value> {
    let all = manifests.into_iter();
    all.filter_map(|mut manifest| {
        let trouble = manifest["metadata"]["annotations"]
            .as_object_mut()
            .and_then(|a| a.remove(TROUBLE));
        if drill.is_some() {
            without_odds(&mut manifest);
        }
        let Some(trouble) = trouble else {
            return Some(manifest);
        };
        let trouble: Value = serde_json::from_str(trouble.as_str()?).unwrap_or_default();
        let name = text(&trouble, "/name");
        let mut played = drill.into_iter().flat_map(|d| d.troubles);
        if let Some(part) = played.find_map(|t| trouble["as"].get(t)) {
            json_patch::merge(&mut manifest, part);
            return Some(manifest);
        }
        let everyday = trouble["everyday"] != false;
        if drill.map_or(everyday, |d| d.has(name)) {
            return Some(manifest);
        }
        let calm = trouble.get("calm")?;
        json_patch::merge(&mut manifest, calm);
        Some(manifest)
    })
    .collect()
}

fn without_odds(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove(ODDS);
            fields.values_mut().for_each(without_odds);
        }
        Value::Array(all) => all.iter_mut().for_each(without_odds),
        _ => {}
    }
}

/// Does an object of a kind whose `namespace/name` begins like this stand as wished?
fn any(site: &Site, plural: &str, name: &str, stands: impl Fn(&Value) -> bool) -> bool {
    let Some(id) = catalog::ALL.iter().position(|r| r.plural == plural) else {
        return false;
    };
    let named = |o: &&std::sync::Arc<Object>| {
        format!("{}/{}", o.name.namespace, o.name.name).starts_with(name)
    };
    let store = site.store();
    let mut found = store.list(id, "").filter(named);
    found.any(|o| stands(&o.value()))
}

#[cfg(test)]
mod tests;
