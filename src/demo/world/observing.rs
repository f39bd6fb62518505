//! What the world notices of the store, whoever wrote it, and whom it tells. Pure but for the store.

use std::sync::Arc;

use super::simulation::{Due, World};
use super::{budgets, katib, kind, kueue, pods, serving, training, workflows};
use crate::demo::catalog::{ALL, Id};
use crate::demo::store::{Change, ChangeKind, Object};

impl World {
    /// Takes in what has changed in the store, whoever changed it.
    pub(super) fn observe(&mut self) {
        let of_argo = ["cronworkflows", "workflowtemplates", "applications"]
            .map(|plural| kind("argoproj.io", "v1alpha1", plural));
        let mut nodes_changed = false;
        let nodes = kind("", "v1", "nodes");
        let others = [pods(), workflows(), nodes, budgets::budgets()];
        let of_serving = serving::watched();
        let of_katib = katib::watched();
        let watched = others.into_iter().chain(of_argo).chain(of_serving);
        let of_kueue = kueue::watched();
        let watched = watched.chain(of_katib).chain(of_kueue);
        for id in watched.chain(training::watched()) {
            for (change, object) in self.changes(id) {
                self.see_held(id, &object.name);
                if of_serving.contains(&id) {
                    self.see_serving(id, change, &object);
                    continue;
                }
                if training::is_job(id) {
                    if kueue::queues(&object) {
                        self.see_queues(kueue::NOTICE);
                    }
                    self.see_job(id, change, &object);
                    continue;
                }
                if of_katib.contains(&id) {
                    self.see_katib(id, change, &object);
                    continue;
                }
                if of_kueue.contains(&id) {
                    self.see_queues(kueue::NOTICE);
                    continue;
                }
                nodes_changed |= id == nodes;
                self.see(ALL[id].plural, change, &object);
            }
        }
        if nodes_changed {
            self.see_nodes();
        }
    }

    /// What has changed of the kinds that one controller alone looks at.
    fn see(&mut self, plural: &str, change: ChangeKind, object: &Arc<Object>) {
        match plural {
            "pods" => {
                self.tell_team(&object.name.namespace);
                self.see_pod(change, object);
                self.see_budgets();
            }
            "workflows" => self.see_workflow(change, object),
            "cronworkflows" if change == ChangeKind::Added => {
                self.later(0, Due::Cron(object.name.clone()));
            }
            "applications" if change != ChangeKind::Deleted => self.see_application(object),
            "nodes" => self.see_layout(object),
            "poddisruptionbudgets" => self.see_budgets(),
            _ => {}
        }
    }

    /// What has changed of a kind since it was last asked.
    fn changes(&mut self, id: Id) -> Vec<(ChangeKind, Arc<Object>)> {
        let store = self.site.store();
        let seen = self.seen.get(&id).copied().unwrap_or(1);
        if seen == store.version() {
            return Vec::new();
        }
        let taken = |c: &Change| (c.kind, c.object.clone());
        let found = match store.since(id, seen) {
            Ok(changes) => changes.map(taken).collect(),
            // too much happened at once: look at everything again
            Err(_) => store
                .list(id, "")
                .map(|o| (ChangeKind::Modified, o.clone()))
                .collect(),
        };
        self.seen.insert(id, store.version());
        found
    }
}
