//! Events of the core group. Pure. Newer components leave `count`, `firstTimestamp` and `source` empty and fill in
//! `series`, `eventTime` and `reportingComponent` (events.k8s.io served as core events).

use serde::Deserialize;

use super::lenient::{Int, Obj, When};
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, EventRow, Key};

/// The feed `events`.
#[derive(Debug, Clone, Copy)]
pub struct Events;

/// What is read of an event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    involved_object: Obj<Involved>,
    #[serde(default)]
    r#type: Clean,
    #[serde(default)]
    reason: Clean,
    #[serde(default)]
    message: Clean,
    #[serde(default)]
    count: Int,
    #[serde(default)]
    first_timestamp: When,
    #[serde(default)]
    last_timestamp: When,
    #[serde(default)]
    event_time: When,
    #[serde(default)]
    series: Obj<Series>,
    #[serde(default)]
    source: Obj<From>,
    #[serde(default)]
    reporting_component: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Involved {
    kind: Clean,
    namespace: Clean,
    name: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Series {
    count: Int,
    last_observed_time: When,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct From {
    component: Clean,
    host: Clean,
}

impl Kind for Events {
    type Slim = Slim;
    type Row = EventRow;
    const SPEC: KindSpec = KindSpec {
        feed: "events",
        group: "",
        version: "v1",
        plural: "events",
        kind: "Event",
        namespaced: true,
        page: 1000,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> EventRow {
        let about = slim.involved_object.or_empty();
        let series = slim.series.or_empty();
        let source = slim.source.or_empty();
        let mut from = if source.component.is_empty() {
            slim.reporting_component
        } else {
            source.component
        };
        if !source.host.is_empty() {
            from = Clean::from(format!("{from} on {}", source.host));
        }
        let created = slim.metadata.created.0;
        let last = series.last_observed_time.0.or(slim.last_timestamp.0);
        EventRow {
            key: slim.metadata.slim.key(cluster),
            warning: &*slim.r#type == "Warning",
            reason: slim.reason,
            kind: about.kind,
            object: Key {
                cluster: cluster.clone(),
                namespace: about.namespace,
                name: about.name,
            },
            message: slim.message,
            count: slim.count.count().max(series.count.count()).max(1),
            first: slim.first_timestamp.0.or(slim.event_time.0).or(created),
            last: last.or(slim.event_time.0).or(created),
            from,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: serde_json::Value) -> EventRow {
        Events::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
    }

    #[test]
    fn an_event_tells_what_happened_to_what_and_how_often() {
        let row = row(serde_json::json!({
            "metadata": {"name": "train-1.17", "namespace": "ml"},
            "involvedObject": {"kind": "Pod", "namespace": "ml", "name": "train-1"},
            "type": "Warning", "reason": "BackOff", "message": "Back-off pulling image\n",
            "count": 7, "firstTimestamp": "2026-11-21T03:00:00Z", "lastTimestamp": "2026-11-21T03:10:00Z",
            "source": {"component": "kubelet", "host": "gpu-17"}}));
        assert!(
            row.warning && row.is_about("Pod", &Key::new(ClusterId::new("c"), "ml", "train-1"))
        );
        assert_eq!((row.count, &*row.from), (7, "kubelet on gpu-17"));
        assert_eq!(&*row.message, "Back-off pulling image");
        assert!(row.first < row.last);
    }

    #[test]
    fn events_of_the_newer_form_have_their_time_and_count_in_the_series() {
        let row = row(serde_json::json!({
            "metadata": {"name": "x", "namespace": "ml", "creationTimestamp": "2026-11-21T03:00:01Z"},
            "involvedObject": {"kind": "Pod", "namespace": "ml", "name": "p"},
            "type": "Normal", "reason": "Scheduled", "count": null, "firstTimestamp": null, "lastTimestamp": null,
            "eventTime": "2026-11-21T03:00:00.123456Z", "source": {}, "reportingComponent": "default-scheduler",
            "series": {"count": 3, "lastObservedTime": "2026-11-21T03:05:00.000000Z"}}));
        assert_eq!(
            (row.count, &*row.from, row.warning),
            (3, "default-scheduler", false)
        );
        assert_eq!(row.last, "2026-11-21T03:05:00Z".parse().ok());
    }

    #[test]
    fn an_event_about_nothing_is_still_a_row() {
        let row = row(serde_json::json!({"metadata": {"name": "x"}, "involvedObject": null}));
        assert_eq!((row.count, &*row.kind), (1, ""));
    }
}
