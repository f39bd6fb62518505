//! The disruption controller: how many pods each budget lets go. Pure but for the store.

use super::simulation::{Due, World};
use super::{kind, pods};
use crate::demo::budget::{covers, standing};
use crate::demo::catalog::Id;
use crate::demo::store::Name;

/// From a change of a pod to the look that follows, in simulated milliseconds.
const NOTICE: i64 = 700;

pub(super) fn budgets() -> Id {
    kind("policy", "v1", "poddisruptionbudgets")
}

impl World {
    /// A pod or a budget has changed. Nobody is evicted in the made-up past.
    pub(super) fn see_budgets(&mut self) {
        if !self.counting && self.now >= 0 {
            self.counting = true;
            self.later(NOTICE, Due::Count);
        }
    }

    /// Counts what each budget lets go.
    pub(super) fn count_budgets(&mut self) {
        self.counting = false;
        let all: Vec<Name> = {
            let store = self.site.store();
            store.list(budgets(), "").map(|o| o.name.clone()).collect()
        };
        for name in all {
            let of_namespace: Vec<_> = {
                let store = self.site.store();
                store.list(pods(), &name.namespace).cloned().collect()
            };
            self.change(budgets(), &name, "kube-controller-manager", |budget| {
                let values = of_namespace.iter().map(|o| o.value());
                let covered: Vec<_> = values.filter(|pod| covers(budget, pod)).collect();
                budget["status"] = standing(budget, &covered);
            });
        }
    }
}
