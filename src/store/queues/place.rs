//! The place of a workload in its queues, where Kueue tells it, else why it is not known. Pure.

use std::sync::Arc;

use crate::domain::{PlaceRow, QueuedPhase, QueuedRow, SourceState};
use crate::store::World;

/// The feed that tells places.
pub const PLACES: &str = "queue-places";

/// The place of a workload that waits; none where it is not told, or where there is none.
#[must_use]
pub fn place<'a>(workload: &QueuedRow, world: &'a World) -> Option<&'a Arc<PlaceRow>> {
    let found = world.table::<PlaceRow>()?.get(&workload.key);
    found.filter(|_| queues(workload))
}

/// It stands in a queue.
fn queues(workload: &QueuedRow) -> bool {
    workload.phase.waits() && !matches!(workload.phase, QueuedPhase::Held | QueuedPhase::Checked)
}

/// The same in words, or why it is not known; none of one that has no place.
#[must_use]
pub fn place_words(workload: &QueuedRow, world: &World) -> Option<Result<String, String>> {
    if !queues(workload) {
        return None;
    }
    if let Some(place) = place(workload, world) {
        let (all, own) = (place.in_cluster_queue + 1, place.in_local_queue + 1);
        return Some(Ok(format!(
            "{all} in ClusterQueue {}, {own} in LocalQueue {} (1 is next), as Kueue tells",
            place.queue, workload.queue
        )));
    }
    let mut sources = world.feed(PLACES);
    let source = sources.find(|s| s.id.cluster == workload.key.cluster);
    let rest = "and rows alone do not tell it: it depends on cohort, priority and fair sharing";
    Some(Err(match source.map(|s| (s.state, &s.fault)) {
        None => "nobody asks for it now".to_owned(),
        Some((SourceState::Absent, _)) => {
            format!("Kueue's visibility API is not served, {rest}")
        }
        Some((SourceState::Connecting, _)) => "being asked".to_owned(),
        Some((SourceState::Live, _)) => "Kueue does not count it among those that wait".to_owned(),
        Some((state, fault)) => {
            let why = fault
                .as_ref()
                .map_or_else(|| state.word().to_owned(), crate::fault::Fault::told);
            format!("{why}; {rest}")
        }
    }))
}
