//! Jobs that have others work for them: a `TrainJob` a `JobSet` of its name, a `RayJob` a `RayCluster`. Pure but for the
//! store.
//!
//! Not played: runtimes of a `TrainJob`, the Job that hands a `RayJob`'s script in, deadlines, retries.
//! Sources: trainer `pkg/controller/trainjob_controller.go`, kuberay `ray-operator/controllers/ray/rayjob_controller.go`.

use serde_json::{Value, json};

use super::told::mark;
use super::{World, kind};
use crate::demo::api::{Manner, delete_object};
use crate::demo::catalog::{Id, text};
use crate::demo::site::stamp;
use crate::demo::store::{Name, Object};

/// Group, version and plural of the kinds.
pub(super) const PARENTS: [(&str, &str, &str); 2] = [
    ("trainer.kubeflow.org", "v1alpha1", "trainjobs"),
    ("ray.io", "v1", "rayjobs"),
];

fn sets() -> Id {
    kind("jobset.x-k8s.io", "v1alpha2", "jobsets")
}

fn clusters() -> Id {
    kind("ray.io", "v1", "rayclusters")
}

/// Kinds of jobs that others work for.
pub(super) fn ids() -> [Id; 2] {
    PARENTS.map(|(group, version, plural)| kind(group, version, plural))
}

impl World {
    /// Looks at the job that an object works for.
    pub(super) fn tell_parent(&mut self, object: &Object) {
        let value = object.value();
        let owners = value["metadata"]["ownerReferences"].as_array();
        for owner in owners.into_iter().flatten() {
            let id = match text(owner, "/kind") {
                "TrainJob" => ids()[0],
                "RayJob" => ids()[1],
                _ => continue,
            };
            self.look_at_job(id, &Name::new(&object.name.namespace, text(owner, "/name")));
        }
    }

    /// Brings what works for a job up to what its spec says, and tells of it in its status. False for a job of another
    /// kind.
    pub(super) fn keep_part(&mut self, id: Id, name: &Name, job: &Value) -> bool {
        match text(job, "/kind") {
            "TrainJob" => self.keep_set(id, name, job),
            "RayJob" => self.keep_cluster(id, name, job),
            _ => return false,
        }
        true
    }

    fn keep_set(&mut self, id: Id, name: &Name, job: &Value) {
        let held = job["spec"]["suspend"] == true;
        let found = self.site.store().get(sets(), &name.namespace, &name.name);
        let Some(set) = found.filter(|o| !o.deleting) else {
            self.create(sets(), set_of(job), "trainer-controller-manager");
            return;
        };
        if (set.value()["spec"]["suspend"] == true) != held {
            self.change(sets(), name, "trainer-controller-manager", |s| {
                s["spec"]["suspend"] = held.into();
            });
        }
        let set = set.value();
        let now = stamp(self.wall());
        self.change(id, name, "trainer-controller-manager", |job| {
            job["status"]["jobsStatus"] = set["status"]["replicatedJobsStatus"].clone();
            let why = if held { "Suspended" } else { "Resumed" };
            mark(job, ("Suspended", held, why), "", &now);
            let is = |kind: &str| {
                let all = set["status"]["conditions"].as_array();
                let mut all = all.into_iter().flatten();
                all.any(|c| c["type"] == kind && c["status"] == "True")
            };
            mark(
                job,
                ("Complete", is("Completed"), "JobsCompleted"),
                "",
                &now,
            );
            let why = "jobset failed due to one or more job failures";
            mark(job, ("Failed", is("Failed"), "JobsFailed"), why, &now);
        });
    }

    fn keep_cluster(&mut self, id: Id, name: &Name, job: &Value) {
        let own = text(job, "/status/rayClusterName").to_owned();
        let cluster = Name::new(&name.namespace, &own);
        if job["spec"]["suspend"] == true {
            // the controller never leaves this state again
            let possible = job["spec"]["shutdownAfterJobFinishes"] == true;
            if possible {
                self.delete_cluster(&cluster);
            }
            let state = if possible {
                "Suspended"
            } else {
                "ValidationFailed"
            };
            self.change(id, name, "kuberay-operator", |job| {
                job["status"]["jobDeploymentStatus"] = state.into();
                if possible {
                    job["status"]["rayClusterName"] = "".into();
                    job["status"]["jobStatus"] = "".into();
                }
            });
            return;
        }
        if text(job, "/status/jobDeploymentStatus") == "ValidationFailed" {
            return;
        }
        let found = self
            .site
            .store()
            .get(clusters(), &cluster.namespace, &cluster.name);
        let Some(found) = found.filter(|o| !o.deleting) else {
            let suffix = self.chance_of(&format!("{name:?}{}", self.now)).suffix(5);
            let own = format!("{}-{suffix}", name.name);
            self.create(clusters(), cluster_of(job, &own), "kuberay-operator");
            self.change(id, name, "kuberay-operator", |job| {
                job["status"]["rayClusterName"] = own.into();
                job["status"]["jobDeploymentStatus"] = "Initializing".into();
            });
            return;
        };
        let (told, now) = (found.value()["status"].clone(), stamp(self.wall()));
        self.change(id, name, "kuberay-operator", |job| {
            job["status"]["rayClusterStatus"] =
                json!({"readyWorkerReplicas": told["readyWorkerReplicas"], "state": told["state"]});
            if told["state"] == "ready" && job["status"]["jobStatus"] != "RUNNING" {
                job["status"]["jobDeploymentStatus"] = "Running".into();
                job["status"]["jobStatus"] = "RUNNING".into();
                job["status"]["startTime"] = now;
            }
        });
    }

    fn delete_cluster(&mut self, name: &Name) {
        let now = self.wall();
        let mut store = self.site.store();
        if let Some(object) = store.get(clusters(), &name.namespace, &name.name)
            && !object.deleting
        {
            // without preconditions there is nothing to refuse
            let _ = delete_object(&mut store, clusters(), &object, &Manner::default(), now);
        }
    }
}

fn owned(job: &Value, name: &str) -> Value {
    json!({"name": name, "namespace": job["metadata"]["namespace"], "labels": job["metadata"]["labels"],
        "ownerReferences": [{"apiVersion": job["apiVersion"], "kind": job["kind"], "name": job["metadata"]["name"],
            "uid": job["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}]})
}

/// The set of Jobs that a `TrainJob` asks for: one Job of so many nodes.
fn set_of(job: &Value) -> Value {
    let trainer = &job["spec"]["trainer"];
    let nodes = trainer["numNodes"].as_u64().unwrap_or(1);
    let annotations = json!({"rig.midwatch.dev/run-time": job["metadata"]["annotations"]["rig.midwatch.dev/run-time"]});
    let pod = json!({"metadata": {"labels": job["metadata"]["labels"], "annotations": annotations},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "node", "image": trainer["image"],
            "command": trainer["command"], "resources": trainer["resourcesPerNode"]}]}});
    json!({"apiVersion": "jobset.x-k8s.io/v1alpha2", "kind": "JobSet",
        "metadata": owned(job, text(job, "/metadata/name")),
        "spec": {"suspend": job["spec"]["suspend"] == true, "replicatedJobs": [{"name": "node", "replicas": 1,
            "template": {"spec": {"parallelism": nodes, "completions": nodes, "backoffLimit": 0, "template": pod}}}]}})
}

fn cluster_of(job: &Value, name: &str) -> Value {
    json!({"apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": owned(job, name),
        "spec": job["spec"]["rayClusterSpec"]})
}
