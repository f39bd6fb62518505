//! Standard mode: one deployment, and one for each canary. Pure but for the store.
//!
//! A canary's percent sizes its deployment and splits no traffic. Source: kserve v0.20, `components/predictor.go`.

use serde_json::{Value, json};

use super::super::list;
use super::template::{self, Runtime};
use super::workload::Workload;
use super::{MANAGER, World, deployments, kind, owner, services, status};
use crate::demo::catalog::text;
use crate::demo::metrics::Share;
use crate::demo::store::Name;

impl World {
    pub(super) fn serve_standard(&mut self, name: &Name, service: &Value, runtime: &Runtime) {
        let replicas = service["spec"]["predictor"]["minReplicas"].as_u64();
        let work = workload(service, runtime, &name.name, replicas.unwrap_or(1).max(1));
        let standing = self.run_workload(&work);
        self.ensure_cluster_service(service, &work);
        let canaries = self.run_canaries(service, runtime);
        let found = self
            .site
            .store()
            .get(deployments(), &work.name.namespace, &work.name.name);
        let deployment = found.map(|o| o.value()).unwrap_or_default();
        let uri = text(service, "/spec/predictor/model/storageUri").to_owned();
        let whole = Share {
            revision: work.name.name,
            uri,
            percent: 100,
        };
        let shares = if standing.all_ready > 0 {
            vec![whole]
        } else {
            Vec::new()
        };
        self.site
            .serving()
            .route(&name.namespace, &name.name, self.wall(), shares);
        let now = self.wall();
        self.change(services(), name, MANAGER, |s| {
            status::propagate_standard(s, &deployment, &standing.pods, runtime, now);
            if canaries.is_empty() {
                s["status"]
                    .as_object_mut()
                    .map(|s| s.remove("canaryStatuses"));
            } else {
                s["status"]["canaryStatuses"] = json!(canaries);
            }
        });
    }

    /// The cluster-internal service in front of the pods.
    fn ensure_cluster_service(&mut self, service: &Value, work: &Workload) {
        let wanted = json!({"metadata": {"name": work.name.name, "namespace": work.name.namespace, "labels": work.labels,
            "ownerReferences": owner(service)},
            "spec": {"type": "ClusterIP", "clusterIP": "None", "selector": {"app": work.labels["app"]},
                "ports": [{"name": work.name.name, "port": 80, "protocol": "TCP", "targetPort": 8080}]}});
        self.ensure(kind("", "v1", "services"), &wanted);
    }

    /// Runs the canaries; what the status says of each.
    fn run_canaries(&mut self, service: &Value, runtime: &Runtime) -> Vec<Value> {
        let least = service["spec"]["predictor"]["minReplicas"]
            .as_u64()
            .unwrap_or(1);
        let name = text(service, "/metadata/name").to_owned();
        let canaries: Vec<Value> = list(&service["spec"], "canary").cloned().collect();
        let mut told = Vec::new();
        for canary in &canaries {
            let own = text(canary, "/predictor/name").to_owned();
            let percent = canary["trafficPercent"].as_u64().unwrap_or_default();
            let mut merged = service.clone();
            json_patch::merge(&mut merged["spec"]["predictor"], &canary["predictor"]);
            let replicas = canary["predictor"]["minReplicas"].as_u64();
            let replicas = replicas.unwrap_or((least * percent).div_ceil(100)).max(1);
            let work = workload(&merged, runtime, &format!("{name}-{own}"), replicas);
            let standing = self.run_workload(&work);
            let loaded = if standing.ready >= replicas {
                "Loaded"
            } else {
                "Pending"
            };
            told.push(
                json!({"name": own, "ready": standing.ready >= replicas, "trafficPercent": percent,
                "modelStatus": {"states": {"targetModelState": loaded}}}),
            );
        }
        let kept: Vec<String> = canaries
            .iter()
            .map(|c| format!("{name}-{}-predictor", text(c, "/predictor/name")))
            .chain([format!("{name}-predictor")])
            .collect();
        self.drop_canaries(text(service, "/metadata/namespace"), &name, &kept);
        told
    }

    /// Canaries that the spec no longer names go.
    fn drop_canaries(&mut self, home: &str, service: &str, kept: &[String]) {
        let gone: Vec<Name> = self
            .site
            .store()
            .list(deployments(), home)
            .filter(|o| o.labels.get(super::OF_SERVICE).map(String::as_str) == Some(service))
            .filter(|o| !kept.contains(&o.name.name))
            .map(|o| o.name.clone())
            .collect();
        for name in gone {
            self.delete_child(deployments(), &name);
            let app = format!("isvc.{}", name.name);
            self.delete_labelled(kind("apps", "v1", "replicasets"), home, ("app", &app));
            self.delete_labelled(super::super::pods(), home, ("app", &app));
        }
    }
}

fn workload(service: &Value, runtime: &Runtime, name: &str, replicas: u64) -> Workload {
    let full = format!("{name}-predictor");
    let mut labels = template::labels(service);
    labels.insert("app".to_owned(), json!(format!("isvc.{full}")));
    let annotations = template::annotations(service);
    let mut spec = template::containers(service, runtime);
    spec["initContainers"] = template::fetcher(text(service, "/spec/predictor/model/storageUri"));
    Workload {
        name: Name::new(text(service, "/metadata/namespace"), &full),
        labels,
        annotations,
        spec,
        own: "app",
        replicas,
        owner: owner(service),
    }
}
