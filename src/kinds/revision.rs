//! Revisions of Knative Serving. Pure. Fields: `pkg/apis/serving/v1/revision_types.go` of Knative Serving 1.19.

use serde::Deserialize;

use super::conditions::{Conditions, find, holds, place, trouble};
use super::lenient::{Int, Obj};
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, RevisionRow};

/// The feed `revisions`.
#[derive(Debug, Clone, Copy)]
pub struct Revisions;

/// What is read of a revision.
#[derive(Debug, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    status: Obj<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    conditions: Conditions,
    actual_replicas: Int,
    desired_replicas: Int,
}

impl Kind for Revisions {
    type Slim = Slim;
    type Row = RevisionRow;
    const SPEC: KindSpec = KindSpec {
        feed: "revisions",
        group: "serving.knative.dev",
        version: "v1",
        plural: "revisions",
        kind: "Revision",
        namespaced: true,
        page: 250,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> RevisionRow {
        let (meta, status) = (slim.metadata, slim.status.or_empty());
        let active = holds(&status.conditions, "Active");
        // none is written as no field at all, once the autoscaler has spoken
        let none = (active == Some(false)).then_some(0);
        let replicas = status.actual_replicas.maybe_count().or(none);
        RevisionRow {
            key: meta.slim.key(cluster),
            uid: Clean::new(&meta.slim.uid),
            service: meta.labels.get("serving.kserve.io/inferenceservice"),
            ready: holds(&status.conditions, "Ready"),
            active,
            trouble: why(&status.conditions),
            replicas,
            desired: status.desired_replicas.maybe_count().or(none),
            uri: place(
                &meta
                    .annotations
                    .get("internal.serving.kserve.io/storage-initializer-sourceuri"),
            ),
            created: meta.created.0,
            labels: meta.all,
        }
    }
}

/// Why it is not ready. `Active` says whether it is scaled to zero, which is no trouble.
fn why(conditions: &Conditions) -> Clean {
    let idle = find(conditions, "Active").is_some_and(|c| &*c.reason == "NoTraffic");
    if idle && holds(conditions, "Ready") != Some(false) {
        return Clean::default();
    }
    trouble(conditions, &["Active"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: serde_json::Value) -> RevisionRow {
        Revisions::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
    }

    fn object(conditions: &serde_json::Value) -> serde_json::Value {
        serde_json::json!({
            "metadata": {"name": "fraud-00042", "namespace": "ml",
                "labels": {"serving.kserve.io/inferenceservice": "fraud"},
                "annotations": {"internal.serving.kserve.io/storage-initializer-sourceuri": "s3://m/42"}},
            "status": {"actualReplicas": 4, "desiredReplicas": 5, "conditions": conditions}
        })
    }

    #[test]
    fn a_revision_knows_its_service_its_model_and_its_replicas() {
        let row = row(object(
            &serde_json::json!([{"type": "Ready", "status": "True"}]),
        ));
        assert_eq!((&*row.service, &*row.uri), ("fraud", "s3://m/42"));
        assert_eq!((row.replicas, row.desired), (Some(4), Some(5)));
        assert_eq!((row.ready, row.active), (Some(true), None));
    }

    #[test]
    fn scaled_to_zero_is_no_trouble() {
        let mut zero = object(&serde_json::json!([
            {"type": "Ready", "status": "True"},
            {"type": "Active", "status": "False", "reason": "NoTraffic", "message": "not receiving traffic"}]));
        zero["status"]["actualReplicas"] = serde_json::Value::Null;
        let row = row(zero);
        assert_eq!((row.active, row.replicas), (Some(false), Some(0)));
        assert!(row.trouble.is_empty());
    }

    #[test]
    fn what_keeps_it_from_being_ready_is_told() {
        let row = row(object(&serde_json::json!([
            {"type": "Ready", "status": "False", "reason": "ContainerMissing"},
            {"type": "ContainerHealthy", "status": "False", "reason": "ContainerMissing",
             "message": "Unable to fetch image \"x\""}])));
        assert_eq!(
            &*row.trouble,
            "ContainerHealthy: ContainerMissing: Unable to fetch image \"x\""
        );
    }

    #[test]
    fn what_is_not_told_is_not_known() {
        let row = row(serde_json::json!({"metadata": {"name": "r"}, "status": 5}));
        assert_eq!((row.ready, row.active, row.replicas), (None, None, None));
    }
}
