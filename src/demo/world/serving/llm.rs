//! The controller of `LLMInferenceService`: one deployment, one route, weights in a group. Pure but for the store.
//!
//! Source: kserve v0.20, `pkg/controller/v1alpha2/llmisvc`.

use serde_json::{Map, Value, json};

use super::template::SOURCE;
use super::workload::Workload;
use super::{MANAGER, World, deployments, is_stopped, kind, llm_services, owner, status};
use crate::demo::catalog::text;
use crate::demo::metrics::Share;
use crate::demo::site::stamp;
use crate::demo::store::Name;

/// Conditions that are True with the deployment.
const OF_WORKLOAD: [&str; 2] = ["MainWorkloadReady", "WorkloadsReady"];
/// Conditions of the route.
const OF_ROUTE: [&str; 5] = [
    "GatewaysReady",
    "HTTPRoutesReady",
    "InferencePoolReady",
    "RouterReady",
    "SchedulerWorkloadReady",
];

impl World {
    pub(super) fn serve_llm(&mut self, name: &Name, service: &Value) {
        let now = self.wall();
        if is_stopped(service) {
            let part = "llminferenceservice-workload";
            for id in [
                deployments(),
                kind("apps", "v1", "replicasets"),
                super::super::pods(),
            ] {
                self.delete_labelled(
                    id,
                    &name.namespace,
                    ("app", &format!("{}-{part}", name.name)),
                );
            }
            self.site
                .serving()
                .route(&name.namespace, &name.name, now, Vec::new());
            self.change(llm_services(), name, MANAGER, |s| {
                tell(s, None, &stamp(now));
            });
            return;
        }
        let spec = &service["spec"];
        let least = spec["scaling"]["minReplicas"].as_u64();
        let replicas = spec["replicas"].as_u64().or(least).unwrap_or(1);
        let standing = self.run_workload(&workload(service, replicas));
        let uri = text(service, "/spec/model/uri").to_owned();
        let whole = Share {
            revision: format!("{}-kserve", name.name),
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
            .route(&name.namespace, &name.name, now, shares);
        self.change(llm_services(), name, MANAGER, |s| {
            tell(s, Some((standing.all_ready, replicas)), &stamp(now));
        });
    }
}

/// Writes the status: ready replicas and wanted ones; none when it is stopped.
fn tell(service: &mut Value, standing: Option<(u64, u64)>, now: &Value) {
    let before = service["status"]["conditions"].clone();
    let (ready, wanted) = standing.unwrap_or_default();
    let workload = match standing {
        None => ("False", "Stopped", "Service is stopped"),
        Some(_) if ready >= wanted && ready > 0 => ("True", "", ""),
        Some(_) => (
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        ),
    };
    let route = if standing.is_some() {
        ("True", "", "")
    } else {
        ("False", "Stopped", "Service is stopped")
    };
    let mut all: Vec<status::Condition<'_>> = vec![("PresetsCombined", "True", "", "")];
    all.extend(OF_WORKLOAD.map(|kind| (kind, workload.0, workload.1, workload.2)));
    all.extend(OF_ROUTE.map(|kind| (kind, route.0, route.1, route.2)));
    all.push(("Ready", workload.0, workload.1, workload.2));
    all.sort_unstable();
    let (name, home) = (
        text(service, "/metadata/name").to_owned(),
        text(service, "/metadata/namespace").to_owned(),
    );
    let url = format!("http://inference-gateway.{home}.example.com/{home}/{name}");
    let group = &service["spec"]["router"]["route"];
    let members = match text(group, "/group") {
        "" => Value::Null,
        named => {
            json!({"name": named, "members": [{"name": name, "weight": group["weight"], "stopped": standing.is_none()}]})
        }
    };
    service["status"] = json!({"observedGeneration": service["metadata"]["generation"],
        "conditions": status::conditions(&before, &all, now),
        "workloads": {"primary": {"name": format!("{name}-kserve"), "readyReplicas": ready}},
        "appliedConfigs": [{"name": "kserve-config-llm-template"}],
        "router": {"gateways": [{"name": "kserve-ingress-gateway", "namespace": "kserve"}]}});
    if members.is_object() {
        service["status"]["router"]["group"] = members;
    }
    if standing.is_some() {
        service["status"]["url"] = json!(url);
        service["status"]["addresses"] = json!([{"url": url}]);
    }
}

fn workload(service: &Value, replicas: u64) -> Workload {
    let name = text(service, "/metadata/name");
    let uri = text(service, "/spec/model/uri");
    let mut labels: Map<String, Value> = service["metadata"]["labels"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    for (key, value) in [
        ("app", format!("{name}-llminferenceservice-workload")),
        (
            "app.kubernetes.io/component",
            "llminferenceservice-workload".to_owned(),
        ),
        ("app.kubernetes.io/name", name.to_owned()),
        (
            "app.kubernetes.io/part-of",
            "llminferenceservice".to_owned(),
        ),
        ("kserve.io/component", "workload".to_owned()),
    ] {
        labels.insert(key.to_owned(), json!(value));
    }
    let given = &service["spec"]["template"]["containers"][0];
    let model = match text(service, "/spec/model/name") {
        "" => name,
        named => named,
    };
    let mut main = json!({"name": "main", "image": "ghcr.io/llm-d/llm-d-cuda:v0.4.0",
        "args": ["serve", "/mnt/models", "--served-model-name", model, "--port", "8000"]});
    if given.is_object() {
        json_patch::merge(&mut main, given);
    }
    let mut annotations = Map::new();
    annotations.insert(SOURCE.to_owned(), json!(uri));
    let mut spec = json!({"containers": [main]});
    spec["initContainers"] = super::template::fetcher(uri);
    Workload {
        name: Name::new(
            text(service, "/metadata/namespace"),
            &format!("{name}-kserve"),
        ),
        labels,
        annotations,
        spec,
        own: "app",
        replicas,
        owner: owner(service),
    }
}
