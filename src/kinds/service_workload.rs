//! Deployments of inference services: in Standard mode nothing else tells how many replicas serve. Pure.

use serde::Deserialize;

use super::lenient::{Int, Obj};
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{ClusterId, WorkloadRow};

/// The feed `service-workloads`: Deployments that carry the label [`SERVICE`].
#[derive(Debug, Clone, Copy)]
pub struct ServiceWorkloads;

/// The label with the inference service.
pub const SERVICE: &str = "serving.kserve.io/inferenceservice";

/// What is read of a Deployment.
#[derive(Debug, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    spec: Obj<Spec>,
    #[serde(default)]
    status: Obj<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec {
    replicas: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    ready_replicas: Int,
}

impl Kind for ServiceWorkloads {
    type Slim = Slim;
    type Row = WorkloadRow;
    const SPEC: KindSpec = KindSpec {
        feed: "service-workloads",
        group: "apps",
        version: "v1",
        plural: "deployments",
        kind: "Deployment",
        namespaced: true,
        page: 250,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> WorkloadRow {
        let meta = slim.metadata;
        let component = meta.all.get("component").unwrap_or_default();
        WorkloadRow {
            key: meta.slim.key(cluster),
            service: meta.labels.get(SERVICE),
            component: component.into(),
            // none is written as no field at all
            ready: slim.status.or_empty().ready_replicas.count(),
            wanted: slim.spec.or_empty().replicas.maybe_count(),
        }
    }
}

impl super::Labelled for ServiceWorkloads {
    const LABEL: &'static str = SERVICE;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_are_told_of_the_service_that_the_label_names() {
        let object = serde_json::json!({"metadata": {"name": "churn-llm-predictor", "namespace": "ml",
            "labels": {SERVICE: "churn-llm", "component": "predictor"}},
            "spec": {"replicas": 3}, "status": {"replicas": 3, "readyReplicas": 1}});
        let slim = serde_json::from_value(object).unwrap();
        let row = ServiceWorkloads::row(&ClusterId::new("c"), slim);
        assert_eq!((&*row.service, &*row.component), ("churn-llm", "predictor"));
        assert_eq!((row.ready, row.wanted), (1, Some(3)));
        let none = serde_json::json!({"metadata": {"name": "x"}, "spec": 5, "status": null});
        let row =
            ServiceWorkloads::row(&ClusterId::new("c"), serde_json::from_value(none).unwrap());
        assert_eq!((row.ready, row.wanted), (0, None));
    }
}
