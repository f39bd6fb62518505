//! Keeping the platform small: old runs, their pods and old events are removed. Pure but for the store.

use jiff::Timestamp;

use super::argo::ARGO;
use super::simulation::{Due, World};
use super::{kind, nodes, workflows};
use crate::demo::api::{Manner, delete_object};
use crate::demo::catalog::{Id, text};
use crate::demo::store::Object;

/// Between two rounds, in simulated milliseconds.
const ROUND: i64 = 300_000;
/// Ended runs kept.
const RUNS: usize = 60;
/// Events kept.
const EVENTS: usize = 400;

impl World {
    pub(super) fn tidy(&mut self) {
        let completed = format!("{ARGO}completed");
        let ended = |o: &Object| o.labels.get(&completed).is_some_and(|w| w == "true");
        self.keep_newest(workflows(), RUNS, "/status/finishedAt", ended);
        self.keep_newest(kind("", "v1", "events"), EVENTS, "/lastTimestamp", |_| true);
        // at high speed a heartbeat per round would be most of the traffic
        if self.now >= 0 {
            nodes::heartbeat(self);
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
        let round = (ROUND as f64 * self.clock.pace(self.now).max(1.0)) as i64;
        self.later(round, Due::Tidy);
    }

    fn keep_newest(&mut self, id: Id, count: usize, stamp: &str, which: impl Fn(&Object) -> bool) {
        let now = self.wall();
        let mut store = self.site.store();
        let mut all: Vec<_> = store
            .list(id, "")
            .filter(|o| which(o))
            .map(|o| {
                let at: Option<Timestamp> = text(&o.value(), stamp).parse().ok();
                (at, o.clone())
            })
            .collect();
        all.sort_by(|a, b| (b.0, &b.1.name).cmp(&(a.0, &a.1.name)));
        for (_, object) in all.into_iter().skip(count) {
            // without preconditions there is nothing to refuse
            let _ = delete_object(&mut store, id, &object, &Manner::default(), now);
        }
    }
}
