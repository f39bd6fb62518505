//! The controllers of training jobs: the training operator's, that of job sets, that of batch Jobs, those of Ray and of
//! Trainer; and Kueue as far as it holds a job that nothing admits. Pure but for the store.
//!
//! Pods of a `JobSet` stand directly below it. How one rank goes is said by an annotation of its job:
//! `rig.midwatch.dev/worker-3` holds, as JSON, annotations that only that pod gets.
//! Sources: training-operator `pkg/controller.v1/common/job.go`, jobset `pkg/controllers/jobset_controller.go`.

mod members;
mod parents;
mod told;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::clock::Moment;
use super::simulation::{Due, World};
use super::{kind, pods};
use crate::demo::api::{Manner, delete_object};
use crate::demo::catalog::{ALL, Id, text};
use crate::demo::site::stamp;
use crate::demo::store::{ChangeKind, Name, Object};
use members::{Member, members};
use told::{conditions, mark, write};

const QUEUE: &str = "kueue.x-k8s.io/queue-name";
/// From a change to the look that follows, in simulated milliseconds.
const NOTICE: i64 = 700;

/// What the controllers remember.
#[derive(Debug, Default)]
pub(super) struct Training {
    /// Jobs that will be looked at, and when.
    queued: BTreeMap<(Id, Name), Moment>,
}

/// The kinds, each with the label that names a job to its pods.
const KINDS: [(&str, &str, &str, &str); 4] = [
    (
        "kubeflow.org",
        "v1",
        "pytorchjobs",
        "training.kubeflow.org/job-name",
    ),
    (
        "jobset.x-k8s.io",
        "v1alpha2",
        "jobsets",
        "jobset.sigs.k8s.io/jobset-name",
    ),
    ("batch", "v1", "jobs", "batch.kubernetes.io/job-name"),
    ("ray.io", "v1", "rayclusters", "ray.io/cluster"),
];

/// Kinds whose changes the controllers want to know of, besides pods.
pub(super) fn watched() -> impl Iterator<Item = Id> {
    let own = KINDS.map(|(group, version, plural, _)| kind(group, version, plural));
    own.into_iter().chain(parents::ids())
}

/// How many pods of a role are how.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    wanted: u64,
    active: u64,
    ready: u64,
    succeeded: u64,
    failed: u64,
}

impl World {
    /// A job has changed.
    pub(super) fn see_job(&mut self, id: Id, change: ChangeKind, object: &Object) {
        if change != ChangeKind::Deleted && !object.deleting {
            self.look_at_job(id, &object.name);
        }
        self.tell_parent(object);
    }

    /// Looks at the job that an object with these labels belongs to.
    pub(super) fn tell_job(&mut self, namespace: &str, labels: &BTreeMap<String, String>) {
        let named = KINDS.iter().filter_map(|(group, version, plural, label)| {
            Some((kind(group, version, plural), labels.get(*label)?))
        });
        let named: Vec<(Id, Name)> = named.map(|(id, n)| (id, Name::new(namespace, n))).collect();
        for (id, name) in named {
            self.look_at_job(id, &name);
        }
    }

    fn look_at_job(&mut self, id: Id, name: &Name) {
        let at = self.now.saturating_add(NOTICE);
        let place = (id, name.clone());
        if self
            .training
            .queued
            .get(&place)
            .is_some_and(|due| *due <= at)
        {
            return;
        }
        self.training.queued.insert(place, at);
        self.agenda.add(at, Due::Train(id, name.clone()));
    }

    /// It is time to look at a job.
    pub(super) fn train(&mut self, id: Id, name: &Name) {
        let place = (id, name.clone());
        if self.training.queued.get(&place) != Some(&self.now) {
            return;
        }
        self.training.queued.remove(&place);
        let found = self.site.store().get(id, &name.namespace, &name.name);
        let Some(object) = found.filter(|o| !o.deleting) else {
            return;
        };
        let job = object.value();
        if self.held_by_kueue(id, name, &job) || ended(&job) || self.keep_part(id, name, &job) {
            return;
        }
        let own = self.pods_of_job(&object);
        if suspended(&job) {
            for pod in own {
                self.delete_of_job(&pod.name);
            }
            self.tell_suspended(id, name);
            return;
        }
        let members = members(&job);
        for member in &members {
            self.make_member(&job, member);
        }
        self.tell_state(id, name, &members);
    }

    /// A job of a queue that nothing admits is suspended again, whoever let it go.
    fn held_by_kueue(&mut self, id: Id, name: &Name, job: &Value) -> bool {
        let queued = !job["metadata"]["labels"][QUEUE].is_null();
        if !queued || suspended(job) || ended(job) || self.is_admitted(job) {
            return false;
        }
        self.change(id, name, "kueue", |j| {
            *place(j) = json!(true);
        });
        true
    }

    fn pods_of_job(&self, job: &Object) -> Vec<std::sync::Arc<Object>> {
        let store = self.site.store();
        let all = store.list(pods(), &job.name.namespace);
        let own = all.filter(|o| o.owners.contains(&job.uid) && !o.deleting);
        own.cloned().collect()
    }

    fn delete_of_job(&mut self, name: &Name) {
        let now = self.wall();
        let mut store = self.site.store();
        if let Some(object) = store.get(pods(), &name.namespace, &name.name)
            && !object.deleting
        {
            // without preconditions there is nothing to refuse
            let _ = delete_object(&mut store, pods(), &object, &Manner::default(), now);
        }
    }

    fn make_member(&mut self, job: &Value, member: &Member) {
        let namespace = text(job, "/metadata/namespace");
        let mut labels = member.template["metadata"]["labels"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        labels.extend(member.labels.clone());
        let mut annotations = member.template["metadata"]["annotations"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        let own = &job["metadata"]["annotations"][format!("rig.midwatch.dev/{}", member.rank)];
        let own = own.as_str().unwrap_or_default();
        annotations.extend(serde_json::from_str::<Map<String, Value>>(own).unwrap_or_default());
        let owner = json!([{"apiVersion": job["apiVersion"], "kind": job["kind"], "name": job["metadata"]["name"],
            "uid": job["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}]);
        let pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": member.name, "namespace": namespace, "labels": labels, "annotations": annotations,
                "ownerReferences": owner},
            "spec": member.template["spec"]});
        self.create(pods(), pod, manager(job));
    }

    fn tell_suspended(&mut self, id: Id, name: &Name) {
        let now = stamp(self.wall());
        self.change(id, name, "training", |job| {
            if let Some(status) = job["status"].as_object_mut() {
                for gone in ["replicaStatuses", "startTime", "active", "ready"] {
                    status.remove(gone);
                }
                let told = status.get_mut("replicatedJobsStatus");
                for each in told.and_then(Value::as_array_mut).into_iter().flatten() {
                    each["active"] = json!(0);
                }
            }
            mark(job, ("Running", false, "JobSuspended"), "", &now);
            let held = if text(job, "/kind") == "RayCluster" {
                mark(job, ("HeadPodReady", false, "Suspended"), "", &now);
                "RayClusterSuspended"
            } else {
                "Suspended"
            };
            mark(job, (held, true, "JobSuspended"), "", &now);
        });
    }

    /// Writes what the pods come to.
    fn tell_state(&mut self, id: Id, name: &Name, members: &[Member]) {
        let tallies = self.tallies(name, members);
        let sum = |of: fn(&Tally) -> u64| tallies.values().map(of).sum::<u64>();
        let (wanted, failed) = (sum(|t| t.wanted), sum(|t| t.failed));
        let ray = KINDS.last().is_some_and(|(g, v, p, _)| kind(g, v, p) == id);
        // the pods of a Ray cluster are its own matter: it makes a lost one anew
        let over = !ray && (failed > 0 || sum(|t| t.succeeded) >= wanted);
        let now = stamp(self.wall());
        self.change(id, name, "training", |job| {
            if job["status"]["startTime"].is_null() {
                job["status"]["startTime"] = now.clone();
            }
            write(job, &tallies);
            for held in ["Suspended", "RayClusterSuspended"] {
                mark(job, (held, false, "JobResumed"), "", &now);
            }
            conditions(job, &tallies, &now);
        });
        if over {
            self.clean_up(id, name);
        }
    }

    /// How many pods of each role are how.
    fn tallies(&self, name: &Name, members: &[Member]) -> BTreeMap<String, Tally> {
        let store = self.site.store();
        let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
        for member in members {
            let tally = tallies.entry(member.role.clone()).or_default();
            tally.wanted += 1;
            let pod = store.get(pods(), &name.namespace, &member.name);
            let phase = pod.map_or_else(String::new, |p| {
                text(&p.value(), "/status/phase").to_owned()
            });
            match phase.as_str() {
                "Succeeded" => tally.succeeded += 1,
                "Failed" => tally.failed += 1,
                "Running" => (tally.active, tally.ready) = (tally.active + 1, tally.ready + 1),
                _ => tally.active += 1,
            }
        }
        tallies
    }

    /// Pods that run on when their job is over go, where it says so; those that ended stay with their logs.
    fn clean_up(&mut self, id: Id, name: &Name) {
        let found = self.site.store().get(id, &name.namespace, &name.name);
        let Some(object) = found else {
            return;
        };
        if object.value()["spec"]["runPolicy"]["cleanPodPolicy"] == "None" {
            return;
        }
        for pod in self.pods_of_job(&object) {
            let phase = text(&pod.value(), "/status/phase").to_owned();
            if !matches!(phase.as_str(), "Succeeded" | "Failed") {
                self.delete_of_job(&pod.name);
            }
        }
    }
}

fn manager(job: &Value) -> &'static str {
    match text(job, "/kind") {
        "PyTorchJob" => "training-operator",
        "JobSet" => "jobset-controller",
        "RayCluster" => "kuberay-operator",
        _ => "kube-controller-manager",
    }
}

/// Where a job says that it is suspended.
fn place(job: &mut Value) -> &mut Value {
    if text(job, "/kind") == "PyTorchJob" {
        &mut job["spec"]["runPolicy"]["suspend"]
    } else {
        &mut job["spec"]["suspend"]
    }
}

fn suspended(job: &Value) -> bool {
    job["spec"]["suspend"] == true || job["spec"]["runPolicy"]["suspend"] == true
}

fn ended(job: &Value) -> bool {
    let all = job["status"]["conditions"].as_array();
    let over = ["Succeeded", "Failed", "Complete", "Completed"];
    all.into_iter()
        .flatten()
        .any(|c| c["status"] == "True" && over.contains(&text(c, "/type")))
}

/// A job of one of the kinds is at this place of the catalogue.
pub(super) fn is_job(id: Id) -> bool {
    let found = ALL.get(id);
    found.is_some_and(|r| {
        let parents = parents::PARENTS.iter().map(|(g, _, p)| (*g, *p));
        let mut all = KINDS.iter().map(|(g, _, p, _)| (*g, *p)).chain(parents);
        all.any(|(group, plural)| group == r.group && plural == r.plural)
    })
}

#[cfg(test)]
mod tests;
