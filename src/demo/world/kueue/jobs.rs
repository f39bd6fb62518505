//! Jobs in queues: each has a workload, and runs as long as that is let in. Pure but for the store.
//!
//! Source: kueue v0.19, `pkg/controller/jobframework/reconciler.go`, `pkg/controller/jobs/job`.

use serde_json::{Value, json};

use super::{MANAGER, World, is, kueue, mark, named};
use crate::demo::catalog::{Id, text};
use crate::demo::store::{Name, Object};
use crate::demo::world::kind;

const QUEUE: &str = "kueue.x-k8s.io/queue-name";
/// A job of the scenes whose workload somebody has put on hold.
const HELD: &str = "rig.midwatch.dev/held";

fn jobs() -> Id {
    kind("batch", "v1", "jobs")
}

/// The object is a job that names a queue.
pub(in crate::demo::world) fn queues(object: &Object) -> bool {
    object.labels.contains_key(QUEUE)
}

impl World {
    /// Makes the workloads of jobs that have none, and ends those whose job has ended.
    pub(super) fn queue_jobs(&mut self) {
        let now = self.stamp_now();
        for job in self.all_of(jobs()) {
            let queue = text(
                &job["metadata"]["labels"],
                &format!("/{}", QUEUE.replace('/', "~1")),
            );
            if queue.is_empty() {
                continue;
            }
            let name = Name::new(text(&job, "/metadata/namespace"), &workload_name(&job));
            let found = self
                .site
                .store()
                .get(kueue("workloads"), &name.namespace, &name.name);
            match found {
                None if !over(&job) => {
                    let workload = workload_of(&job, queue, &name.name);
                    self.create(kueue("workloads"), workload, MANAGER);
                }
                Some(workload) if over(&job) && !is(&workload.value(), "Finished") => {
                    self.change(kueue("workloads"), &name, MANAGER, |w| {
                        let why = ("Succeeded", "Job finished successfully");
                        mark(w, ("Finished", true), why, &now);
                    });
                }
                _ => {}
            }
        }
    }

    /// Lets the job of a workload go, or suspends it.
    pub(super) fn let_job(&mut self, workload: &Value, go: bool) {
        let owner = &workload["metadata"]["ownerReferences"][0];
        let name = Name::new(&named(workload).namespace, text(owner, "/name"));
        self.change(jobs(), &name, "kueue", |job| {
            job["spec"]["suspend"] = (!go).into();
        });
    }

    /// The queue of a job has let it in.
    pub(in crate::demo::world) fn is_admitted(&self, job: &Value) -> bool {
        let namespace = text(job, "/metadata/namespace");
        let store = self.site.store();
        let found = store.get(kueue("workloads"), namespace, &workload_name(job));
        found.is_some_and(|w| is(&w.value(), "Admitted"))
    }
}

/// `job-train-0a1b2`: its own name cannot be that of two jobs.
fn workload_name(job: &Value) -> String {
    let name = text(job, "/metadata/name");
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("job-{name}-{:05x}", hash & 0xf_ffff)
}

fn over(job: &Value) -> bool {
    is(job, "Complete") || is(job, "Failed")
}

fn workload_of(job: &Value, queue: &str, name: &str) -> Value {
    let meta = &job["metadata"];
    let mut labels = json!({"kueue.x-k8s.io/job-uid": meta["uid"]});
    if meta["labels"]["team"].is_string() {
        labels["team"] = meta["labels"]["team"].clone();
    }
    json!({"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "Workload",
        "metadata": {"name": name, "namespace": meta["namespace"],
            "labels": labels,
            "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"],
                "controller": true, "blockOwnerDeletion": true}]},
        "spec": {"queueName": queue, "active": meta["annotations"][HELD] != "true", "priority": 0,
            "podSets": [{"name": "main", "count": job["spec"]["parallelism"], "template": job["spec"]["template"]}]}})
}
