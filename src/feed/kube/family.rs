//! How the sources of several namespaces are together. Pure but for its lock.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tokio::sync::Notify;

use crate::domain::{SourceId, SourceState};

/// How the sources of several namespaces are, for the one that stands for all of them.
#[derive(Debug, Default)]
pub(crate) struct Family {
    states: Mutex<BTreeMap<SourceId, (SourceState, u64)>>,
    pub(crate) changed: Notify,
}

impl Family {
    /// A member tells how it is.
    pub(crate) fn tell(&self, id: &SourceId, state: SourceState, rows: u64) {
        super::locked(&self.states).insert(id.clone(), (state, rows));
        self.changed.notify_one();
    }

    pub(crate) fn forget(&self, id: &SourceId) {
        super::locked(&self.states).remove(id);
    }

    /// The state of all, and the sum of their rows.
    pub(crate) fn sum(&self) -> (SourceState, u64) {
        use SourceState as S;
        let states = super::locked(&self.states);
        let rows = states.values().map(|(_, rows)| rows).sum();
        // the least believable counts; refusals only when nothing else is there
        let order = [
            S::Stale,
            S::Down,
            S::Partial,
            S::Connecting,
            S::Live,
            S::Denied,
            S::Absent,
        ];
        let worst = order
            .into_iter()
            .find(|s| states.values().any(|(state, _)| state == s));
        let live = states.values().any(|(state, _)| *state == S::Live);
        let state = match worst {
            Some(S::Down) if live => S::Stale,
            Some(S::Connecting) if live => S::Partial,
            Some(worst) => worst,
            None => S::Connecting,
        };
        (state, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClusterId;

    #[test]
    fn the_least_believable_namespace_speaks_for_all() {
        use SourceState as S;
        let family = Family::default();
        let id = |scope: &str| SourceId {
            cluster: ClusterId::new("c"),
            feed: "pods",
            scope: scope.to_owned(),
        };
        let sum = |states: &[S]| {
            for (n, state) in states.iter().enumerate() {
                family.tell(&id(&n.to_string()), *state, 2);
            }
            family.sum().0
        };
        assert_eq!(sum(&[S::Live, S::Live]), S::Live);
        assert_eq!(sum(&[S::Live, S::Denied]), S::Live);
        assert_eq!(sum(&[S::Live, S::Connecting]), S::Partial);
        assert_eq!(sum(&[S::Live, S::Down]), S::Stale);
        assert_eq!(sum(&[S::Stale, S::Live]), S::Stale);
        assert_eq!(sum(&[S::Denied, S::Denied]), S::Denied);
        assert_eq!(family.sum().1, 4);
    }
}
