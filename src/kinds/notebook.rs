//! Notebooks of Kubeflow. Pure. Fields: `components/notebook-controller/api/v1/notebook_types.go` of Kubeflow 1.10.

use serde::Deserialize;

use super::lenient::{Int, Obj};
use super::meta::Meta;
use super::template::Template;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, NotebookRow};

/// The feed `notebooks`.
#[derive(Debug, Clone, Copy)]
pub struct Notebooks;

/// Stands on a notebook that is stopped, with the time when it was.
pub const STOPPED: &str = "kubeflow-resource-stopped";
/// When somebody worked in it last, as the culler has seen it.
pub const ACTIVITY: &str = "notebooks.kubeflow.org/last-activity";

/// Most accelerators read of one notebook.
const MOST: usize = 64;

/// What is read of a notebook.
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
    template: Obj<Template>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    ready_replicas: Int,
}

impl Kind for Notebooks {
    type Slim = Slim;
    type Row = NotebookRow;
    const SPEC: KindSpec = KindSpec {
        feed: "notebooks",
        group: "kubeflow.org",
        version: "v1",
        plural: "notebooks",
        kind: "Notebook",
        namespaced: true,
        page: 250,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> NotebookRow {
        let meta = slim.metadata;
        let template = slim.spec.or_empty().template.or_empty();
        let devices = template.accelerators().take(MOST);
        let devices: Vec<String> = devices.map(|(name, n)| format!("{n} {name}")).collect();
        let stopped = meta.annotations.get(STOPPED);
        NotebookRow {
            key: meta.slim.key(cluster),
            uid: Clean::new(&meta.slim.uid),
            is_stopped: !stopped.is_empty(),
            stopped: stopped.parse().ok(),
            ready: slim
                .status
                .or_empty()
                .ready_replicas
                .maybe_count()
                .map(|n| n > 0),
            activity: meta.annotations.get(ACTIVITY).parse().ok(),
            devices: Clean::new(&devices.join(", ")),
            created: meta.created.0,
            labels: meta.all,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_notebook_tells_when_somebody_worked_in_it_and_whether_it_is_stopped() {
        let mut object = json!({"metadata": {"name": "nb", "namespace": "ml", "annotations": {ACTIVITY: "2026-01-05T09:30:00Z"}},
            "spec": {"template": {"spec": {"containers": [{"resources": {"limits": {"cpu": "2", "nvidia.com/gpu": 1}}}]}}},
            "status": {"readyReplicas": 1}});
        let read = |object: &serde_json::Value| {
            let slim = serde_json::from_value(object.clone()).unwrap();
            Notebooks::row(&ClusterId::new("c"), slim)
        };
        let row = read(&object);
        assert_eq!(
            (row.is_stopped, row.ready, &*row.devices),
            (false, Some(true), "1 nvidia.com/gpu")
        );
        assert!(row.activity.is_some());
        // whatever its value: the annotation being there is what counts
        object["metadata"]["annotations"][STOPPED] = "reserved".into();
        let row = read(&object);
        assert!(row.is_stopped && row.stopped.is_none());
    }
}
