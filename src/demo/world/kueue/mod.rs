//! Kueue, quotas, profiles and notebooks. Pure but for the store.
//!
//! | part | whom it plays |
//! |---|---|
//! | `workload` | Kueue: which workloads have quota, and why others wait |
//! | `jobs` | Kueue: the workload of each job, and the job that it lets go |
//! | `team` | the controllers of quotas, profiles and notebooks |
//!
//! Batch Jobs that name a queue have a workload each. Not played: other kinds of jobs in queues, preemption, flavors
//! beyond the first with room, admission checks. Source: kueue v0.19, `pkg/scheduler`,
//! `pkg/controller/core`; Kubeflow 1.10, `profile-controller`, `notebook-controller`.

mod jobs;
mod team;
#[cfg(test)]
mod tests;
mod workload;

pub(super) use jobs::queues;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::clock::Moment;
use super::simulation::{Due, World};
use super::{kind, pods};
use crate::demo::catalog::{Id, text};
use crate::demo::site::stamp;
use crate::demo::store::Name;

const GROUP: &str = "kueue.x-k8s.io";
/// The controller's name in managed fields.
const MANAGER: &str = "kueue-controller-manager";
/// From a change to the look that follows, in simulated milliseconds.
pub(super) const NOTICE: Moment = 1_500;
/// The same for pods, of which many change all the time.
const LATER: Moment = 30_000;

fn kueue(plural: &str) -> Id {
    kind(GROUP, "v1beta2", plural)
}

fn kubeflow(plural: &str) -> Id {
    kind("kubeflow.org", "v1", plural)
}

fn quotas() -> Id {
    kind("", "v1", "resourcequotas")
}

/// Kinds whose changes the controllers want to know of.
pub(super) fn watched() -> [Id; 6] {
    [
        kueue("clusterqueues"),
        kueue("localqueues"),
        kueue("workloads"),
        quotas(),
        kubeflow("profiles"),
        kubeflow("notebooks"),
    ]
}

/// A condition of an object holds.
fn is(object: &Value, kind: &str) -> bool {
    condition(object, kind)["status"] == "True"
}

fn condition<'a>(object: &'a Value, kind: &str) -> &'a Value {
    let all = object["status"]["conditions"].as_array();
    let mut all = all.into_iter().flatten();
    all.find(|c| c["type"] == kind).unwrap_or(&Value::Null)
}

/// Sets a condition in its place; its time stays while it says the same.
fn mark(
    object: &mut Value,
    (kind, holds): (&str, bool),
    (reason, message): (&str, &str),
    now: &Value,
) {
    let status = if holds { "True" } else { "False" };
    let old = condition(object, kind).clone();
    let since = if old["status"] == status {
        old["lastTransitionTime"].clone()
    } else {
        now.clone()
    };
    let line = json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since});
    let mut all = object["status"]["conditions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    match all.iter_mut().find(|c| c["type"] == kind) {
        Some(own) => *own = line,
        None => all.push(line),
    }
    object["status"]["conditions"] = json!(all);
}

/// A whole number, also where it is written as text.
fn number(value: &Value) -> i64 {
    let text = value.as_str().and_then(|t| t.parse().ok());
    value.as_i64().or(text).unwrap_or(0)
}

/// Accelerators that a pod with this spec asks for.
fn devices(spec: &Value) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for container in super::list(spec, "containers") {
        let limits = container["resources"]["limits"].as_object();
        for (name, amount) in limits
            .into_iter()
            .flatten()
            .filter(|(name, _)| name.contains('/'))
        {
            *sums.entry(name.clone()).or_default() += number(amount);
        }
    }
    sums
}

impl World {
    /// Something has changed: so much later all is looked at.
    pub(super) fn see_queues(&mut self, milliseconds: Moment) {
        let at = self.now.saturating_add(milliseconds);
        if self.queues_due.is_none_or(|due| due > at) {
            self.queues_due = Some(at);
            self.agenda.add(at, Due::Queues);
        }
    }

    /// It is time to look at all queues, quotas and notebooks: there are few.
    pub(super) fn queues(&mut self) {
        if self.queues_due != Some(self.now) {
            return;
        }
        self.queues_due = None;
        self.keep_profiles();
        self.keep_notebooks();
        self.queue_jobs();
        self.admit_workloads();
        self.count_quotas();
    }

    /// All objects of a kind that are not being deleted, in the order of their names.
    fn all_of(&self, id: Id) -> Vec<Value> {
        let store = self.site.store();
        let all = store.list(id, "").filter(|o| !o.deleting);
        all.map(|o| o.value()).collect()
    }

    /// Makes a pod below an object.
    fn pod_below(&mut self, owner: &Value, (name, labels): (&str, &Value), template: &Value) {
        let pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": owner["metadata"]["namespace"], "labels": labels,
                "annotations": template["metadata"]["annotations"],
                "ownerReferences": [{"apiVersion": owner["apiVersion"], "kind": owner["kind"], "controller": true,
                    "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"], "blockOwnerDeletion": true}]},
            "spec": template["spec"]});
        self.create(pods(), pod, "kube-controller-manager");
    }

    /// Pods with a label, by name.
    fn pods_with(&self, namespace: &str, (key, value): (&str, &str)) -> Vec<(Name, Value)> {
        let store = self.site.store();
        let all = store.list(pods(), namespace);
        let own =
            all.filter(|o| !o.deleting && o.labels.get(key).map(String::as_str) == Some(value));
        own.map(|o| (o.name.clone(), o.value())).collect()
    }

    fn stamp_now(&self) -> Value {
        stamp(self.wall())
    }
}

fn named(object: &Value) -> Name {
    Name::new(
        text(object, "/metadata/namespace"),
        text(object, "/metadata/name"),
    )
}
