//! Workloads of Kueue. Pure. Fields: `apis/kueue/v1beta2/workload_types.go` of Kueue 0.19.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::conditions::safe;
use super::kueue::{Told, find, kueue};
use super::lenient::{Entries, Int, List, Obj, When};
use super::meta::Meta;
use super::node::is_accelerator;
use super::template::Template;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Amount, Clean, ClusterId, Preempted, QueuedPhase, QueuedRow};

/// The feed `workloads`.
#[derive(Debug, Clone, Copy)]
pub struct QueuedWorkloads;

/// The same in version v1beta1.
#[derive(Debug, Clone, Copy)]
pub struct OlderQueuedWorkloads;

/// Most pod sets and checks read of one workload.
const MOST: usize = 64;

/// What is read of a workload.
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
    queue_name: Clean,
    priority: Int,
    priority_class_name: Clean,
    priority_class_ref: Obj<Named>,
    active: Clean,
    pod_sets: List<Obj<PodSet>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PodSet {
    count: Int,
    template: Obj<Template>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    conditions: List<Obj<Told>>,
    admission: Obj<Admission>,
    admission_checks: List<Obj<Check>>,
    requeue_state: Obj<Requeue>,
    scheduling_stats: Obj<Stats>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Admission {
    cluster_queue: Clean,
    pod_set_assignments: List<Obj<Assigned>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Assigned {
    flavors: Entries<Clean, Clean>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Check {
    name: Clean,
    state: Clean,
    message: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Requeue {
    requeue_at: When,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stats {
    evictions: List<Obj<Eviction>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Eviction {
    count: Int,
}

macro_rules! workloads {
    ($kind:ty, $version:literal) => {
        impl Kind for $kind {
            type Slim = Slim;
            type Row = QueuedRow;
            const SPEC: KindSpec = kueue($version, "workloads", "workloads", "Workload", true);

            fn meta(slim: &Slim) -> &SlimMeta {
                &slim.metadata.slim
            }

            fn row(cluster: &ClusterId, slim: Slim) -> QueuedRow {
                row(cluster, slim)
            }
        }
    };
}

workloads!(QueuedWorkloads, "v1beta2");
workloads!(OlderQueuedWorkloads, "v1beta1");

fn row(cluster: &ClusterId, slim: Slim) -> QueuedRow {
    let meta = slim.metadata;
    let (spec, status) = (slim.spec.or_empty(), slim.status.or_empty());
    let active = &*spec.active != "false";
    let (phase, told) = phase(&status.conditions, active);
    let owner = meta.owner.unwrap_or_default();
    let admission = status.admission.or_empty();
    let class = spec.priority_class_ref.or_empty().name;
    let (devices, pods) = asked(spec.pod_sets);
    let evictions = status.scheduling_stats.or_empty().evictions;
    let evictions = evictions
        .iter()
        .filter_map(Obj::get)
        .map(|e| e.count.count());
    QueuedRow {
        key: meta.slim.key(cluster),
        uid: Clean::new(&meta.slim.uid),
        queue: spec.queue_name,
        cluster_queue: admission.cluster_queue,
        priority: spec.priority.0.unwrap_or(0),
        priority_class: if class.is_empty() {
            spec.priority_class_name
        } else {
            class
        },
        active,
        owner_kind: owner.kind,
        owner: owner.name,
        devices,
        pods,
        phase,
        reason: told.map(|c| c.reason.clone()).unwrap_or_default(),
        message: told.map(|c| safe(&c.message)).unwrap_or_default(),
        since: told.and_then(|c| c.last_transition_time.0),
        flavors: flavors(&admission.pod_set_assignments),
        checks: checks(&status.admission_checks),
        preempted: preempted(&status.conditions),
        evictions: evictions.fold(0, u32::saturating_add),
        requeue_at: status.requeue_state.or_empty().requeue_at.0,
        created: meta.created.0,
        deleting: meta.deleting.0,
        labels: meta.all,
    }
}

/// Where it is, and the condition that says so.
fn phase(all: &List<Obj<Told>>, active: bool) -> (QueuedPhase, Option<&Told>) {
    let is = |kind: &str| find(all, kind).filter(|c| c.holds() == Some(true));
    let reserved = find(all, "QuotaReserved");
    if let Some(end) = is("Finished") {
        return (QueuedPhase::Finished, Some(end));
    }
    if !active {
        return (QueuedPhase::Held, is("Evicted").or(reserved));
    }
    if let Some(admitted) = is("Admitted") {
        return (QueuedPhase::Admitted, Some(admitted));
    }
    if is("QuotaReserved").is_some() {
        return (QueuedPhase::Checked, find(all, "Admitted").or(reserved));
    }
    match (is("Evicted"), reserved) {
        // a workload that is queued again says why it waits; before that only why it was put out
        (Some(evicted), Some(waits))
            if is("Requeued").is_some() && waits.message != evicted.message =>
        {
            (QueuedPhase::Evicted, Some(waits))
        }
        (Some(evicted), _) => (QueuedPhase::Evicted, Some(evicted)),
        (None, Some(waits)) => (QueuedPhase::Waiting, Some(waits)),
        (None, None) => (QueuedPhase::Unknown, None),
    }
}

/// Accelerators of all pods, and how many pods there are.
fn asked(sets: List<Obj<PodSet>>) -> (Clean, u32) {
    let mut all: BTreeMap<Clean, Amount> = BTreeMap::new();
    let mut pods = 0_u32;
    for set in sets.0.into_iter().filter_map(|s| s.0).take(MOST) {
        let count = set.count.maybe_count().unwrap_or(1);
        pods = pods.saturating_add(count);
        for (name, amount) in set.template.or_empty().accelerators() {
            let sum = all.entry(name.clone()).or_default();
            *sum = sum.and(Amount::read(amount).unwrap_or_default().times(count));
        }
    }
    let words = all.iter().filter(|(_, n)| !n.is_none());
    let words: Vec<String> = words
        .map(|(name, n)| format!("{} {name}", n.count()))
        .collect();
    (Clean::new(&words.join(", ")), pods)
}

/// Flavors that its accelerators come from, else all.
fn flavors(assigned: &List<Obj<Assigned>>) -> Clean {
    let all = assigned.iter().filter_map(Obj::get);
    let all: Vec<_> = all.flat_map(|a| a.flavors.0.iter()).take(MOST).collect();
    let devices = all.iter().any(|(name, _)| is_accelerator(name));
    let mut named: Vec<&str> = Vec::new();
    for (name, flavor) in &all {
        if (is_accelerator(name) || !devices) && !named.contains(&flavor.as_str()) {
            named.push(flavor);
        }
    }
    Clean::new(&named.join(", "))
}

fn checks(all: &List<Obj<Check>>) -> Clean {
    let open = all
        .iter()
        .filter_map(Obj::get)
        .filter(|c| &*c.state != "Ready");
    let words: Vec<String> = open
        .take(MOST)
        .map(|c| {
            if c.message.is_empty() {
                format!("{} is {}", c.name, c.state)
            } else {
                format!("{} is {}: {}", c.name, c.state, safe(&c.message))
            }
        })
        .collect();
    Clean::new(&words.join("; "))
}

fn preempted(all: &List<Obj<Told>>) -> Option<Preempted> {
    let told = find(all, "Preempted").filter(|c| c.holds() == Some(true))?;
    let by = told
        .message
        .split_once("UID: ")
        .map_or("", |(_, rest)| rest);
    let end = by.find([',', ')', ' ']).unwrap_or(by.len());
    Some(Preempted {
        reason: told.reason.clone(),
        message: safe(&told.message),
        by: Clean::new(by.get(..end).unwrap_or_default()),
        at: told.last_transition_time.0,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn row(json: Value) -> QueuedRow {
        QueuedWorkloads::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
    }

    fn object(conditions: &Value) -> Value {
        json!({"metadata": {"name": "job-sweep-x", "namespace": "ml", "uid": "u", "ownerReferences": [
                {"kind": "Job", "name": "sweep", "controller": true}]},
            "spec": {"queueName": "fraud", "priority": 1000, "priorityClassRef": {"name": "urgent"}, "podSets": [
                {"name": "main", "count": 3, "template": {"spec": {"containers": [
                    {"resources": {"requests": {"cpu": "2", "nvidia.com/gpu": 2}, "limits": {"nvidia.com/gpu": "2"}}}]}}},
                {"name": "aux", "template": {"spec": {"containers": [{"resources": {"limits": {"nvidia.com/mig-1g.10gb": 1}}}]}}}]},
            "status": {"conditions": conditions}})
    }

    #[test]
    fn a_workload_tells_what_all_its_pods_ask_for_and_why_it_waits() {
        let row = row(object(
            &json!([{"type": "QuotaReserved", "status": "False", "reason": "Pending",
            "message": "1 more needed", "lastTransitionTime": "2026-11-21T00:00:00Z"}]),
        ));
        assert_eq!(
            (row.phase, &*row.message),
            (QueuedPhase::Waiting, "1 more needed")
        );
        assert_eq!(&*row.devices, "6 nvidia.com/gpu, 1 nvidia.com/mig-1g.10gb");
        assert_eq!((row.pods, &**row.job(), row.priority), (4, "sweep", 1000));
        assert!(row.since.is_some() && row.preempted.is_none());
    }

    #[test]
    fn where_it_is_follows_from_its_conditions_in_the_order_that_counts() {
        let is = |kind: &str| json!({"type": kind, "status": "True"});
        let not = |kind: &str| json!({"type": kind, "status": "False", "message": "waits"});
        for (conditions, phase) in [
            (
                json!([is("QuotaReserved"), is("Admitted")]),
                QueuedPhase::Admitted,
            ),
            (
                json!([is("QuotaReserved"), not("Admitted")]),
                QueuedPhase::Checked,
            ),
            (
                json!([is("Admitted"), is("Finished")]),
                QueuedPhase::Finished,
            ),
            (
                json!([not("QuotaReserved"), is("Evicted")]),
                QueuedPhase::Evicted,
            ),
            (json!([not("QuotaReserved")]), QueuedPhase::Waiting),
            (json!("x"), QueuedPhase::Unknown),
        ] {
            assert_eq!(row(object(&conditions)).phase, phase);
        }
        let mut held = object(&json!([is("Evicted")]));
        held["spec"]["active"] = false.into();
        assert_eq!(row(held).phase, QueuedPhase::Held);
    }

    #[test]
    fn who_took_its_place_is_read_from_what_kueue_says() {
        let row = row(object(
            &json!([not_reserved(), {"type": "Evicted", "status": "True", "reason": "Preempted"},
            {"type": "Preempted", "status": "True", "reason": "InClusterQueue",
                "message": "Preempted to accommodate a workload (UID: abc-1, JobUID: def) due to prioritization"}]),
        ));
        assert_eq!(&*row.preempted.unwrap().by, "abc-1");
    }

    fn not_reserved() -> Value {
        json!({"type": "QuotaReserved", "status": "False"})
    }
}
