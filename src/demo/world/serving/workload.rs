//! Deployments, replica sets and pods of a service, and how many there are. Pure but for the store.

use serde_json::{Map, Value, json};

use super::super::kubelet::{KUBELET, Patient};
use super::super::{fate, kind, pods, status as pod_status};
use super::{World, deployments, owner, status};
use crate::demo::catalog::text;
use crate::demo::site::stamp;
use crate::demo::store::{Name, Object};

/// Kubernetes' own controllers, in managed fields.
const CONTROLLERS: &str = "kube-controller-manager";
const HASH: &str = "pod-template-hash";

/// What is to run.
#[derive(Debug)]
pub(super) struct Workload {
    /// Of the deployment.
    pub(super) name: Name,
    /// Of its pods.
    pub(super) labels: Map<String, Value>,
    pub(super) annotations: Map<String, Value>,
    /// Spec of its pods.
    pub(super) spec: Value,
    /// The label that its pods have to themselves.
    pub(super) own: &'static str,
    pub(super) replicas: u64,
    pub(super) owner: Value,
}

/// How it stands.
#[derive(Debug)]
pub(super) struct Standing {
    /// Pods that are there, of the newest template, in order of their names.
    pub(super) pods: Vec<Value>,
    /// Of those, ready.
    pub(super) ready: u64,
    /// Ready ones, of older templates as well.
    pub(super) all_ready: u64,
}

fn is_ready(pod: &Value) -> bool {
    text(pod, "/status/phase") == "Running" && status::is(pod, "Ready", "True")
}

fn is_alive(pod: &Value) -> bool {
    let ended = matches!(text(pod, "/status/phase"), "Failed" | "Succeeded");
    !ended && pod["metadata"].get("deletionTimestamp").is_none()
}

impl World {
    /// Brings a workload to its replicas, as far as that is up to the controllers.
    pub(super) fn run_workload(&mut self, w: &Workload) -> Standing {
        let template =
            json!({"metadata": {"labels": w.labels, "annotations": w.annotations}, "spec": w.spec});
        let hash = self
            .chance_of(&format!("{} {template}", w.name.name))
            .suffix(10);
        let mut labels = w.labels.clone();
        let selector = json!({"matchLabels": {w.own: w.labels[w.own]}});
        let deployment = self.ensure(
            deployments(),
            &json!({"metadata": {"name": w.name.name, "namespace": w.name.namespace, "labels": labels,
                "annotations": {"deployment.kubernetes.io/revision": "1"}, "ownerReferences": w.owner},
                "spec": {"replicas": w.replicas, "selector": selector, "template": template,
                    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}}}),
        );
        labels.insert(HASH.to_owned(), json!(hash));
        let set_name = format!("{}-{hash}", w.name.name);
        let set = self.ensure(
            kind("apps", "v1", "replicasets"),
            &json!({"metadata": {"name": set_name, "namespace": w.name.namespace, "labels": labels,
                "ownerReferences": owner(&deployment)},
                "spec": {"replicas": w.replicas, "selector": {"matchLabels": {HASH: hash}}, "template": template}}),
        );
        self.scale(w, &set, &hash);
        let standing = self.standing(w, &hash);
        if standing.ready >= w.replicas {
            self.drop_older(w, &hash);
        }
        self.tell_workload(w, &set_name, &standing);
        standing
    }

    /// Pods of a workload that are alive; those of its newest template, or the others.
    fn pods_of(&self, w: &Workload, hash: &str, newest: bool) -> Vec<Value> {
        let store = self.site.store();
        let wanted = w.labels[w.own].as_str();
        store
            .list(pods(), &w.name.namespace)
            .filter(|o| o.labels.get(w.own).map(String::as_str) == wanted)
            .filter(|o| o.labels.get(HASH).is_some_and(|h| (h == hash) == newest))
            .map(|o| o.value())
            .filter(is_alive)
            .collect()
    }

    /// Creates pods that are missing and takes away those that are too many, the idle ones first.
    fn scale(&mut self, w: &Workload, set: &Value, hash: &str) {
        let mut there = self.pods_of(w, hash, true);
        let wanted = usize::try_from(w.replicas).unwrap_or(usize::MAX);
        there.sort_by_key(|p| !is_ready(p));
        for surplus in there.iter().rev().skip(wanted) {
            self.delete_pod(&w.name.namespace, text(surplus, "/metadata/name"));
        }
        for _ in there.len()..wanted.min(there.len() + 50) {
            let set_name = text(set, "/metadata/name").to_owned();
            let births = self.serving.births.entry(set_name.clone()).or_default();
            *births += 1;
            let number = *births;
            let suffix = self.chance_of(&format!("{set_name}#{number}")).suffix(5);
            let mut meta = set["metadata"].clone();
            meta["name"] = json!(format!("{set_name}-{suffix}"));
            let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {
                "name": meta["name"], "generateName": format!("{set_name}-"), "namespace": w.name.namespace,
                "labels": meta["labels"], "annotations": w.annotations, "ownerReferences": owner(set)},
                "spec": w.spec});
            pod["metadata"]["labels"][HASH] = json!(hash);
            let made = self.create(pods(), pod, CONTROLLERS);
            if let Some(pod) = made.filter(|_| self.serving.founding) {
                self.settle(&pod);
            }
        }
    }

    /// Puts a pod of the made-up past to work at once.
    fn settle(&mut self, object: &Object) {
        if self.berths.is_empty() {
            self.see_nodes();
        }
        let pod = object.value();
        let name = object.name.clone();
        let mut chance = self.chance_of(&format!("{}/{}", name.namespace, name.name));
        let mut patient = Patient {
            fate: fate::read(&pod, false, &mut chance),
            devices: fate::devices(&pod),
            node: String::new(),
            leaving: false,
            name,
        };
        // what finds no node waits for one like any other
        let Ok(node) = self.fit(&pod, &patient) else {
            return;
        };
        for (resource, count) in &patient.devices {
            *self
                .given
                .entry((node.clone(), resource.clone()))
                .or_default() += count;
        }
        let now = self.wall();
        self.change(pods(), &patient.name, KUBELET, |pod| {
            pod_status::bound(pod, &node, now);
            pod_status::started(pod, &patient.fate, now);
        });
        patient.node = node;
        self.patients.insert(object.uid.clone(), patient);
    }

    fn standing(&self, w: &Workload, hash: &str) -> Standing {
        let count = |pods: &[Value]| pods.iter().filter(|p| is_ready(p)).count() as u64;
        let pods = self.pods_of(w, hash, true);
        let (ready, older) = (count(&pods), count(&self.pods_of(w, hash, false)));
        Standing {
            pods,
            ready,
            all_ready: ready + older,
        }
    }

    /// The pods of older templates go when the new ones can do their work.
    fn drop_older(&mut self, w: &Workload, hash: &str) {
        for pod in self.pods_of(w, hash, false) {
            self.delete_pod(&w.name.namespace, text(&pod, "/metadata/name"));
        }
        let id = kind("apps", "v1", "replicasets");
        let wanted = w.labels[w.own].as_str();
        let older: Vec<Name> = self
            .site
            .store()
            .list(id, &w.name.namespace)
            .filter(|o| o.labels.get(w.own).map(String::as_str) == wanted)
            .filter(|o| o.labels.get(HASH).is_none_or(|h| h != hash))
            .map(|o| o.name.clone())
            .collect();
        for set in older {
            self.change(id, &set, CONTROLLERS, |s| {
                s["spec"]["replicas"] = json!(0);
                s["status"] =
                    json!({"replicas": 0, "observedGeneration": s["metadata"]["generation"]});
            });
        }
    }

    fn tell_workload(&mut self, w: &Workload, set: &str, standing: &Standing) {
        let now = self.wall();
        let count = standing.pods.len();
        let enough = standing.all_ready >= w.replicas;
        let rolled = standing.ready >= w.replicas;
        let set_name = Name::new(&w.name.namespace, set);
        self.change(kind("apps", "v1", "replicasets"), &set_name, CONTROLLERS, |s| {
            s["status"] = json!({"replicas": count, "fullyLabeledReplicas": count, "readyReplicas": standing.ready,
                "availableReplicas": standing.ready, "observedGeneration": s["metadata"]["generation"]});
        });
        self.change(deployments(), &w.name, CONTROLLERS, |d| {
            let before = d["status"]["conditions"].clone();
            let available = if enough {
                ("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
            } else {
                ("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
            };
            let done = format!("ReplicaSet \"{set}\" has successfully progressed.");
            let under_way = format!("ReplicaSet \"{set}\" is progressing.");
            let progressing = if rolled {
                ("Progressing", "True", "NewReplicaSetAvailable", done.as_str())
            } else {
                ("Progressing", "True", "ReplicaSetUpdated", under_way.as_str())
            };
            d["status"] = json!({"replicas": count, "updatedReplicas": count, "readyReplicas": standing.all_ready,
                "availableReplicas": standing.all_ready,
                "unavailableReplicas": w.replicas.saturating_sub(standing.all_ready),
                "observedGeneration": d["metadata"]["generation"],
                "conditions": status::conditions(&before, &[available, progressing], &stamp(now))});
        });
    }
}
