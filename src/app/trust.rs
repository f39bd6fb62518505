//! Whether what is shown can be believed: the worst state of what it is made of. Pure; the header tells it.

use jiff::Timestamp;

use super::Model;
use crate::domain::{SourceRow, SourceState};
use crate::store::Want;

impl Model {
    /// Whether what is shown can be believed: the worst state of all sources, and since when. What is wanted and has
    /// not reported yet counts as connecting.
    #[must_use]
    pub fn freshness(&self) -> (SourceState, Timestamp) {
        let told = |want: &Want| {
            let mine = |s: &SourceRow| s.id.feed == want.feed && s.id.cluster == want.cluster;
            self.world.sources().any(mine)
        };
        let silent = self
            .wants()
            .iter()
            .any(|want| !BESIDE.contains(&want.feed) && !told(want));
        self.world
            .sources()
            // in trouble they make nothing else on the screen old; their own screens tell of it
            .filter(|s| !BESIDE.contains(&s.id.feed))
            // the lists that objectives stand in say so themselves
            .filter(|s| !s.id.feed.starts_with("slo-"))
            .map(|s| {
                let state = if is_in_part(s) {
                    SourceState::Live
                } else {
                    s.state
                };
                (state, s.since)
            })
            .chain(silent.then_some((SourceState::Connecting, self.now)))
            .min_by_key(|(state, since)| (trust(*state), *since))
            .unwrap_or((SourceState::Connecting, self.now))
    }

    /// A source is live and yet not whole: namespaces that may not be read, objects that cannot be, a question that a
    /// service beside Kubernetes does not answer.
    #[must_use]
    pub fn in_part(&self) -> bool {
        self.world
            .sources()
            .any(|s| is_in_part(s) || s.state.is_live() && s.fault.is_some())
    }
}

/// It tells all that it will: a list of Kubernetes goes on, what a service beside it cannot tell is not on its way.
fn is_in_part(source: &SourceRow) -> bool {
    source.is_in_part() && crate::kinds::spec(source.id.feed).is_none()
}

/// Feeds that only add to what is shown: logs, figures of GPUs, what a driver tells, where caches are.
const BESIDE: [&str; 4] = ["logs", "gpus", "smi", "caches"];

/// How far a state can be believed; the least is told.
fn trust(state: SourceState) -> u8 {
    match state {
        SourceState::Down => 0,
        SourceState::Stale => 1,
        SourceState::Connecting => 2,
        SourceState::Partial => 3,
        SourceState::Denied => 4,
        SourceState::Live => 5,
        SourceState::Absent => 6,
    }
}
