//! `ClusterQueue`s and `LocalQueue`s of Kueue. Pure. Fields: `apis/kueue/v1beta2/clusterqueue_types.go`,
//! `localqueue_types.go` of Kueue 0.19; version v1beta1 writes the cohort and the usage under other names.

use serde::Deserialize;

use super::conditions::safe;
use super::kueue::{Told, find, kueue};
use super::lenient::{Int, List, Obj};
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Amount, Clean, ClusterId, Halt, QueueRow, QueueShare};

/// The feed `cluster-queues`.
#[derive(Debug, Clone, Copy)]
pub struct ClusterQueues;

/// The same in version v1beta1.
#[derive(Debug, Clone, Copy)]
pub struct OlderClusterQueues;

/// The feed `local-queues`.
#[derive(Debug, Clone, Copy)]
pub struct LocalQueues;

/// The same in version v1beta1.
#[derive(Debug, Clone, Copy)]
pub struct OlderLocalQueues;

/// Most flavors and resources read of one queue.
const MOST: usize = 256;

/// What is read of a queue.
#[derive(Debug, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    spec: Obj<Spec>,
    #[serde(default)]
    status: Obj<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    cohort_name: Clean,
    cohort: Clean,
    cluster_queue: Clean,
    queueing_strategy: Clean,
    stop_policy: Clean,
    resource_groups: List<Obj<Group>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group {
    flavors: List<Obj<Flavor>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Flavor {
    name: Clean,
    resources: List<Obj<Quota>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Quota {
    name: Clean,
    #[serde(rename = "nominalQuota")]
    nominal: Clean,
    borrowing_limit: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    conditions: List<Obj<Told>>,
    pending_workloads: Int,
    reserving_workloads: Int,
    admitted_workloads: Int,
    flavors_reservation: List<Obj<Used>>,
    flavors_usage: List<Obj<Used>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Used {
    name: Clean,
    resources: List<Obj<UsedOf>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct UsedOf {
    name: Clean,
    total: Clean,
    borrowed: Clean,
}

macro_rules! queue {
    ($kind:ty, $version:literal, $feed:literal, $plural:literal, $word:literal, $namespaced:literal) => {
        impl Kind for $kind {
            type Slim = Slim;
            type Row = QueueRow;
            const SPEC: KindSpec = kueue($version, $feed, $plural, $word, $namespaced);

            fn meta(slim: &Slim) -> &SlimMeta {
                &slim.metadata.slim
            }

            fn row(cluster: &ClusterId, slim: Slim) -> QueueRow {
                row(cluster, slim, $namespaced)
            }
        }
    };
}

queue!(
    ClusterQueues,
    "v1beta2",
    "cluster-queues",
    "clusterqueues",
    "ClusterQueue",
    false
);
queue!(
    OlderClusterQueues,
    "v1beta1",
    "cluster-queues",
    "clusterqueues",
    "ClusterQueue",
    false
);
queue!(
    LocalQueues,
    "v1beta2",
    "local-queues",
    "localqueues",
    "LocalQueue",
    true
);
queue!(
    OlderLocalQueues,
    "v1beta1",
    "local-queues",
    "localqueues",
    "LocalQueue",
    true
);

fn row(cluster: &ClusterId, slim: Slim, local: bool) -> QueueRow {
    let meta = slim.metadata;
    let (spec, status) = (slim.spec.or_empty(), slim.status.or_empty());
    let active = find(&status.conditions, "Active");
    let within = [spec.cluster_queue, spec.cohort_name, spec.cohort];
    QueueRow {
        key: meta.slim.key(cluster),
        uid: Clean::new(&meta.slim.uid),
        local,
        within: within
            .into_iter()
            .find(|w| !w.is_empty())
            .unwrap_or_default(),
        strategy: spec.queueing_strategy,
        halt: match &*spec.stop_policy {
            "Hold" => Halt::Hold,
            "HoldAndDrain" => Halt::Drain,
            _ => Halt::None,
        },
        active: active.and_then(Told::holds),
        reason: active.map(|c| c.reason.clone()).unwrap_or_default(),
        message: active.map(|c| safe(&c.message)).unwrap_or_default(),
        pending: status.pending_workloads.maybe_count(),
        reserving: status.reserving_workloads.maybe_count(),
        admitted: status.admitted_workloads.maybe_count(),
        shares: shares(
            spec.resource_groups,
            if status.flavors_reservation.is_empty() {
                status.flavors_usage
            } else {
                status.flavors_reservation
            },
        ),
        created: meta.created.0,
        labels: meta.all,
    }
}

/// What is its own, joined with what is in use.
fn shares(groups: List<Obj<Group>>, used: List<Obj<Used>>) -> Box<[QueueShare]> {
    let mut all: Vec<QueueShare> = Vec::new();
    let flavors = groups.0.into_iter().filter_map(|g| g.0);
    for flavor in flavors.flat_map(|g| g.flavors.0).filter_map(|f| f.0) {
        for quota in flavor.resources.0.into_iter().filter_map(|q| q.0) {
            all.push(QueueShare {
                flavor: flavor.name.clone(),
                resource: quota.name,
                nominal: Amount::read(&quota.nominal),
                may_borrow: Amount::read(&quota.borrowing_limit),
                ..QueueShare::default()
            });
        }
    }
    for flavor in used.0.into_iter().filter_map(|u| u.0) {
        for of in flavor.resources.0.into_iter().filter_map(|u| u.0) {
            let is = |s: &&mut QueueShare| s.flavor == flavor.name && s.resource == of.name;
            let found = all.iter_mut().find(is);
            let used = Amount::read(&of.total).unwrap_or_default();
            let borrowed = Amount::read(&of.borrowed).unwrap_or_default();
            match found {
                Some(share) => (share.used, share.borrowed) = (used, borrowed),
                None => all.push(QueueShare {
                    flavor: flavor.name.clone(),
                    resource: of.name,
                    used,
                    borrowed,
                    ..QueueShare::default()
                }),
            }
        }
    }
    all.truncate(MOST);
    all.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cluster_queue_tells_what_is_its_own_and_what_it_borrows() {
        let object = json!({"metadata": {"name": "fraud"}, "spec": {"cohortName": "research", "stopPolicy": "Hold",
            "queueingStrategy": "BestEffortFIFO", "resourceGroups": [{"flavors": [
                {"name": "a100", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": 8, "borrowingLimit": "8"}]},
                {"name": "h100", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": "2"}]}]}]},
            "status": {"pendingWorkloads": 2, "admittedWorkloads": 3, "conditions": [
                {"type": "Active", "status": "False", "reason": "Stopped", "message": "is stopped"}],
                "flavorsReservation": [{"name": "a100", "resources": [{"name": "nvidia.com/gpu", "total": "10", "borrowed": 2}]}]}});
        let row = ClusterQueues::row(
            &ClusterId::new("c"),
            serde_json::from_value(object).unwrap(),
        );
        assert_eq!(
            (row.halt, row.active, &*row.within),
            (Halt::Hold, Some(false), "research")
        );
        let sum = row.sum("nvidia.com/gpu");
        assert_eq!(sum.nominal, Some(Amount::whole(10)));
        assert_eq!(
            (sum.used, sum.borrowed),
            (Amount::whole(10), Amount::whole(2))
        );
        assert_eq!(
            (row.pending, row.admitted, row.reserving),
            (Some(2), Some(3), None)
        );
        assert_eq!(row.shares[1].may_borrow, None);
    }

    #[test]
    fn a_local_queue_leads_to_its_cluster_queue() {
        let object = json!({"metadata": {"name": "fraud", "namespace": "ml"}, "spec": {"clusterQueue": "shared"},
            "status": {"flavorsUsage": [{"name": "a100", "resources": [{"name": "nvidia.com/gpu", "total": "3"}]}]}});
        let row = LocalQueues::row(
            &ClusterId::new("c"),
            serde_json::from_value(object).unwrap(),
        );
        assert_eq!((row.local, &*row.cluster_queue().name), (true, "shared"));
        let sum = row.sum("nvidia.com/gpu");
        assert_eq!((sum.nominal, sum.used), (None, Amount::whole(3)));
        let odd = json!({"metadata": {"name": "x"}, "spec": {"resourceGroups": [{"flavors": 3}, 4]}, "status": []});
        let row =
            OlderClusterQueues::row(&ClusterId::new("c"), serde_json::from_value(odd).unwrap());
        assert!(row.shares.is_empty() && row.active.is_none());
    }
}
