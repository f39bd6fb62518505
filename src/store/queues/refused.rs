//! Pods that a quota refused, as events tell: there is no pod then, only its owner that tries again. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::said::exceeded;
use crate::domain::{Amount, Clean, EventRow, Key, QuotaRow};
use crate::store::{Table, World};

/// Pods of one owner that a quota refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// What was noted last.
    pub event: Arc<EventRow>,
    /// The quota.
    pub quota: Key,
    /// What one pod asks for, in the names of the quota.
    pub wanted: Vec<(Clean, Amount)>,
}

/// The newest refusal of each owner, in the order of their names.
#[must_use]
pub fn refusals(world: &World) -> Vec<Refusal> {
    let mut newest: BTreeMap<(&Clean, &Key), Refusal> = BTreeMap::new();
    let events = world.table::<EventRow>().into_iter().flat_map(Table::iter);
    for event in events.filter(|e| e.warning && e.message.contains("exceeded quota")) {
        let Some(told) = exceeded(&event.message) else {
            continue;
        };
        let owner = (&event.kind, &event.object);
        let known = newest.get(&owner);
        if known.is_some_and(|k| k.event.last >= event.last) {
            continue;
        }
        let refusal = Refusal {
            event: event.clone(),
            quota: Key {
                name: told.quota,
                ..event.object.clone()
            },
            wanted: told.wanted,
        };
        newest.insert(owner, refusal);
    }
    newest.into_values().collect()
}

/// What it asked for is not there now either: how much of which resource is in use. None when there is room by now, or
/// when the quota is gone.
#[must_use]
pub fn still_refused(refusal: &Refusal, quota: &QuotaRow) -> Option<String> {
    let lines = quota.lines.iter().filter_map(|line| {
        let wanted = refusal
            .wanted
            .iter()
            .find(|(name, _)| *name == line.resource);
        let (_, wanted) = wanted?;
        (line.left()? < *wanted).then(|| {
            let name = crate::store::short(line.asked());
            format!(
                "{} of {} {name} are in use, and {wanted} more wanted",
                line.used, line.hard
            )
        })
    });
    let told: Vec<String> = lines.collect();
    (!told.is_empty()).then(|| told.join("; "))
}
