//! The workflow controller's side of the world: when to look at a workflow, and carrying out what follows. Pure but
//! for the store.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::argo::{self, ARGO, Memo, News, Surroundings};
use super::simulation::{Due, World};
use super::{events, kind, pods, workflows};
use crate::demo::admit::{self, Writer};
use crate::demo::api::{Manner, delete_object};
use crate::demo::catalog::{ALL, Id, text};
use crate::demo::store::{ChangeKind, Name, Object};
use crate::domain::Phase;

/// The controller gathers news for this long before it looks.
const GATHER: i64 = 900;
/// In the made-up past nobody watches, so it looks less often.
const GATHER_PAST: i64 = 10_000;
/// Its name in managedFields and events.
pub(super) const CONTROLLER: &str = "workflow-controller";
/// Where it runs, and keeps the caches of all namespaces.
const HOME: &str = "argo";

impl World {
    pub(super) fn see_workflow(&mut self, change: ChangeKind, object: &Object) {
        if change == ChangeKind::Deleted {
            self.news.remove(&object.name);
            self.queued.remove(&object.name);
            self.births.remove(&object.name);
            self.own.remove(&object.name);
            return;
        }
        let own = self.own.get(&object.name) == Some(&object.version);
        if !own {
            self.look_at(&object.name, self.gather());
        }
    }

    fn gather(&self) -> i64 {
        if self.now < 0 { GATHER_PAST } else { GATHER }
    }

    /// Puts a workflow on the agenda, unless it stands there sooner.
    pub(super) fn look_at(&mut self, name: &Name, milliseconds: i64) {
        let at = self.now.saturating_add(milliseconds.max(1));
        if self.queued.get(name).is_some_and(|due| *due <= at) {
            return;
        }
        self.queued.insert(name.clone(), at);
        self.agenda.add(at, Due::Operate(name.clone()));
    }

    /// Something happened to a pod of a workflow.
    pub(super) fn tell_workflow(&mut self, pod: &Value, news: News) {
        let run = text(pod, "/metadata/labels/workflows.argoproj.io~1workflow");
        let node = text(pod, "/metadata/annotations/workflows.argoproj.io~1node-id");
        if run.is_empty() || node.is_empty() {
            return;
        }
        let name = Name::new(text(pod, "/metadata/namespace"), run);
        let held = self.news.entry(name.clone()).or_default();
        held.insert(node.to_owned(), news);
        self.look_at(&name, self.gather());
    }

    pub(super) fn operate(&mut self, name: &Name) {
        if self.queued.get(name) != Some(&self.now) {
            // put forward, or the workflow is gone
            return;
        }
        self.queued.remove(name);
        let news = self.news.remove(name).unwrap_or_default();
        let found = self
            .site
            .store()
            .get(workflows(), &name.namespace, &name.name);
        let Some(object) = found else {
            return;
        };
        let before = object.value();
        let site = self.site.clone();
        let template = |cluster: bool, wanted: &str| -> Option<Value> {
            let (plural, home) = if cluster {
                ("clusterworkflowtemplates", "")
            } else {
                ("workflowtemplates", name.namespace.as_str())
            };
            let found = site
                .store()
                .get(kind("argoproj.io", "v1alpha1", plural), home, wanted);
            found.map(|o| o.value())
        };
        let was = text(&before, "/status/phase").to_owned();
        let held = news.clone();
        let around = Surroundings {
            now: self.wall(),
            news,
            template: &template,
            pod: &|pod: &str| site.store().get(pods(), &name.namespace, pod),
            config: &|map: &str| {
                let found = site.store().get(config_maps(), HOME, map);
                found.map(|o| o.value())
            },
            speed: self.clock.pace(self.now),
        };
        let Some((after, orders)) = argo::operate(before.clone(), around) else {
            return;
        };
        let phase = Phase::from_argo(text(&after, "/status/phase"));
        if before != after && !self.store_workflow(&object, &before, after.clone()) {
            // somebody wrote in between: look again, at what is there now
            self.news.insert(name.clone(), held);
            self.look_at(name, 1);
            return;
        }
        for memo in orders.remember {
            self.remember(memo);
        }
        for pod in orders.create {
            self.create(pods(), pod, CONTROLLER);
        }
        for pod in orders.delete {
            self.delete_pod(&name.namespace, &pod);
        }
        if let Some(at) = orders.wake {
            let due = self.clock.moment(at) - self.now;
            self.look_at(name, due.saturating_add(200));
        }
        if was != text(&after, "/status/phase") {
            self.announce(&after, phase);
        }
    }

    /// Writes an entry of a memoization cache.
    fn remember(&mut self, memo: Memo) {
        let cache = Name::new(HOME, &memo.cache);
        if self
            .site
            .store()
            .get(config_maps(), HOME, &memo.cache)
            .is_none()
        {
            let label = format!("{ARGO}configmap-type");
            let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
                "name": memo.cache, "namespace": HOME, "labels": {label: "Cache"}}});
            self.create(config_maps(), map, CONTROLLER);
        }
        self.change(config_maps(), &cache, CONTROLLER, |map| {
            map["data"][memo.key] = json!(memo.entry);
        });
    }

    /// Stores a workflow's next state, unless it is no longer the one that was looked at.
    fn store_workflow(&mut self, seen: &Object, before: &Value, mut after: Value) -> bool {
        let writer = Writer {
            manager: CONTROLLER,
            sub: "",
            time: self.wall(),
        };
        admit::written(ALL[workflows()], before, &mut after, &writer);
        let name = &seen.name;
        let mut store = self.site.store();
        let current = store.get(workflows(), &name.namespace, &name.name);
        if current.is_none_or(|o| o.version != seen.version) {
            return false;
        }
        let stored = store.put_changed(workflows(), after);
        drop(store);
        self.own.insert(name.clone(), stored.version);
        true
    }

    pub(super) fn delete_pod(&mut self, namespace: &str, pod: &str) {
        let now = self.wall();
        let mut store = self.site.store();
        if let Some(object) = store.get(pods(), namespace, pod) {
            // without preconditions there is nothing to refuse
            let _ = delete_object(&mut store, pods(), &object, &Manner::default(), now);
        }
    }

    fn announce(&mut self, workflow: &Value, phase: Phase) {
        let name = text(workflow, "/metadata/name");
        let (kind, reason, message) = match phase {
            Phase::Running => ("Normal", "WorkflowRunning", "Workflow Running".to_owned()),
            Phase::Succeeded => (
                "Normal",
                "WorkflowSucceeded",
                "Workflow completed".to_owned(),
            ),
            Phase::Failed | Phase::Error => {
                let said = text(workflow, "/status/message");
                (
                    "Warning",
                    "WorkflowFailed",
                    if said.is_empty() {
                        format!("Workflow {name} failed")
                    } else {
                        said.to_owned()
                    },
                )
            }
            _ => return,
        };
        events::write(self, workflow, (kind, reason, CONTROLLER), &message);
    }

    /// Submits a workflow made from a cron workflow or a scene.
    pub(super) fn submit(&mut self, workflow: Value, manager: &str) {
        self.create(workflows(), workflow, manager);
    }

    /// Whether any run of a cron workflow is still going.
    pub(super) fn active_of(&self, namespace: &str, cron: &str) -> bool {
        let label = format!("{ARGO}cron-workflow");
        let done = format!("{ARGO}completed");
        let store = self.site.store();
        let mut runs = store.list(workflows(), namespace);
        runs.any(|o| {
            let of = |key: &str| o.labels.get(key).map(String::as_str);
            of(&label) == Some(cron) && of(&done) != Some("true")
        })
    }
}

/// A whole-second stamp of a moment in the past or present.
pub(super) fn seconds(at: Timestamp) -> Value {
    json!(at.as_second())
}

fn config_maps() -> Id {
    kind("", "v1", "configmaps")
}
