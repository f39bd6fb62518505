//! Places of workloads in their queues, as Kueue's visibility API tells. Pure. Fields: `apis/visibility/v1beta2/types.go` of
//! Kueue 0.19; those of v1beta1 are the same.

use serde::Deserialize;

use super::lenient::{Int, List, Obj};
use crate::domain::{Clean, ClusterId, Key, PlaceRow};

/// Most places read of one queue.
pub const MOST: usize = 1_000;

/// What waits in a `ClusterQueue`: `PendingWorkloadsSummary`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Summary {
    items: List<Obj<Pending>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Pending {
    metadata: Obj<Named>,
    position_in_cluster_queue: Int,
    position_in_local_queue: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    namespace: Clean,
    name: Clean,
}

impl Summary {
    /// The rows of a queue.
    #[must_use]
    pub fn rows(self, cluster: &ClusterId, queue: &Clean) -> Vec<PlaceRow> {
        let all = self.items.0.into_iter().filter_map(|o| o.0).take(MOST);
        let rows = all.map(|pending| {
            let named = pending.metadata.or_empty();
            PlaceRow {
                key: Key {
                    cluster: cluster.clone(),
                    namespace: named.namespace,
                    name: named.name,
                },
                queue: queue.clone(),
                in_cluster_queue: pending.position_in_cluster_queue.count(),
                in_local_queue: pending.position_in_local_queue.count(),
            }
        });
        // without a name it is no object
        rows.filter(|row| !row.key.name.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_what_is_no_workload_is_left_out() {
        let told = serde_json::json!({"kind": "PendingWorkloadsSummary", "items": [
            {"metadata": {"name": "job-a", "namespace": "ml"}, "priority": 5, "localQueueName": "team",
                "positionInClusterQueue": 3, "positionInLocalQueue": 1},
            {"metadata": {"namespace": "ml"}, "positionInClusterQueue": 4}, "odd"]});
        let summary: Summary = serde_json::from_value(told).unwrap();
        let rows = summary.rows(&ClusterId::new("c"), &Clean::new("research"));
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        assert_eq!(
            (&*row.key.namespace, &*row.key.name, &*row.queue),
            ("ml", "job-a", "research")
        );
        assert_eq!((row.in_cluster_queue, row.in_local_queue), (3, 1));
    }
}
