//! Why workloads wait, and which refusals of quotas still stand.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::domain::{
    ClusterId, EventRow, QueuedRow, QuotaRow, Row, SourceId, SourceRow, SourceState,
};
use crate::kinds::{ClusterQueues, Events, Kind, LocalQueues, QueuedWorkloads, Quotas};
use crate::store::{Batch, Change, Lacks, RowsBatch, Waiter, WaitingRow, World};

fn read<K: Kind>(objects: &[Value]) -> Vec<K::Row> {
    let cluster = ClusterId::new("c");
    let slim = |o: &Value| serde_json::from_value(o.clone()).unwrap();
    objects.iter().map(|o| K::row(&cluster, slim(o))).collect()
}

fn source(feed: &'static str) -> SourceId {
    SourceId {
        cluster: ClusterId::new("c"),
        feed,
        scope: String::new(),
    }
}

fn put<R: Row>(world: &mut World, feed: &'static str, rows: Vec<R>) {
    let source = source(feed);
    let changes = rows.into_iter().map(|r| Change::Put(Arc::new(r))).collect();
    let batch: Box<dyn RowsBatch> = Box::new(Batch { source, changes });
    batch.apply(world);
}

fn live(world: &mut World, feed: &'static str) {
    world.source_changed(SourceRow {
        id: source(feed),
        state: SourceState::Live,
        since: "2026-11-21T00:00:00Z".parse().unwrap(),
        seen: None,
        endpoint: String::new(),
        rows: 0,
        fault: None,
        retry: None,
    });
}

fn queue(stop: &str) -> Value {
    json!({"metadata": {"name": "research"}, "spec": {"cohortName": "ml", "stopPolicy": stop, "resourceGroups": [{"flavors": [
            {"name": "a100", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": 8}]}]}]},
        "status": {"flavorsReservation": [{"name": "a100", "resources": [{"name": "nvidia.com/gpu", "total": "12", "borrowed": "4"}]}]}})
}

fn job(name: &str, gpus: u32, more: &Value) -> Value {
    let mut object = json!({"metadata": {"name": format!("job-{name}"), "namespace": "ml", "uid": format!("u-{name}"),
            "ownerReferences": [{"kind": "Job", "name": name, "controller": true}]},
        "spec": {"queueName": "team", "podSets": [{"count": 1, "template": {"spec": {"containers": [
            {"resources": {"limits": {"nvidia.com/gpu": gpus}}}]}}}]}});
    for (key, value) in more.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

fn short_of(more: u32) -> Value {
    let message = format!(
        "couldn't assign flavors to pod set main: insufficient unused quota for nvidia.com/gpu in flavor a100, {more} more needed"
    );
    json!({"conditions": [{"type": "QuotaReserved", "status": "False", "reason": "Pending", "message": message}]})
}

fn runs() -> Value {
    json!({"admission": {"clusterQueue": "research"}, "conditions": [{"type": "Admitted", "status": "True"}]})
}

/// A world with the queue `research`, its local queue `team` in `ml`, and these workloads.
fn world(stop: &str, workloads: &[Value]) -> World {
    let mut world = World::default();
    for feed in ["gpus", "local-queues", "cluster-queues"] {
        live(&mut world, feed);
    }
    let local = json!({"metadata": {"name": "team", "namespace": "ml"}, "spec": {"clusterQueue": "research"}});
    put(
        &mut world,
        "cluster-queues",
        read::<ClusterQueues>(&[queue(stop)]),
    );
    put(&mut world, "local-queues", read::<LocalQueues>(&[local]));
    put(&mut world, "workloads", read::<QueuedWorkloads>(workloads));
    world
}

fn of<'a>(world: &'a World, job: &str) -> &'a QueuedRow {
    let mut all = world.table::<QueuedRow>().unwrap().iter();
    all.find(|w| &**w.job() == job).unwrap()
}

fn why(world: &World, job: &str) -> String {
    queue_why(of(world, job), world).unwrap_or_default()
}

#[test]
fn a_workload_that_lacks_quota_tells_how_much_and_who_has_it() {
    let waits = json!({"status": short_of(2)});
    let all = [
        job("sweep", 12, &json!({"status": runs()})),
        job("starved", 2, &waits),
    ];
    let world = world("None", &all);
    assert_eq!(
        why(&world, "starved"),
        "2 more gpu are needed than are free in ClusterQueue research: 12 of 8 gpu are reserved, 4 borrowed from cohort ml"
    );
    let held = quota_holders(of(&world, "starved"), &world);
    assert_eq!(&*held[0], "12 gpu by Job sweep (ml)");
    assert_eq!(why(&world, "sweep"), "");
    // it waits for accelerators, though it has no pod
    let table = world.table::<WaitingRow>().unwrap();
    let row = table.iter().next().unwrap();
    assert_eq!((table.len(), row.lacks), (1, Lacks::Queue));
    assert!(matches!(row.waiter, Waiter::Workload(_)));
    assert!(row.why.starts_with("2 more gpu") && &*row.holder.key.name == "starved");
}

#[test]
fn a_queue_that_takes_nothing_is_the_reason_whatever_kueue_last_said() {
    let waits = job("a", 1, &json!({"status": short_of(1)}));
    let shut = world("Hold", std::slice::from_ref(&waits));
    assert!(
        why(&shut, "a").contains("ClusterQueue research is stopped (Hold): it lets nothing new in")
    );
    let drained = world("HoldAndDrain", std::slice::from_ref(&waits));
    assert!(why(&drained, "a").contains("evicts what runs"));
    let mut astray = waits.clone();
    astray["spec"]["queueName"] = "nowhere".into();
    let lost = world("None", &[astray.clone()]);
    assert_eq!(why(&lost, "a"), "there is no LocalQueue nowhere in ml");
    // where queues may not be read, one that is not seen may be there
    let mut blind = World::default();
    put(&mut blind, "workloads", read::<QueuedWorkloads>(&[astray]));
    assert!(why(&blind, "a").contains("1 more gpu of flavor a100"));
    let mut held = waits;
    held["spec"]["active"] = false.into();
    assert!(why(&world("None", &[held]), "a").starts_with("it is on hold"));
}

#[test]
fn a_workload_that_made_room_names_the_one_it_made_room_for() {
    let put_out = json!({"status": {"schedulingStats": {"evictions": [{"count": 2}]}, "conditions": [
        {"type": "QuotaReserved", "status": "False", "reason": "Pending", "message": "insufficient unused quota for nvidia.com/gpu in flavor a100, 1 more needed"},
        {"type": "Evicted", "status": "True", "reason": "Preempted", "message": "x"}, {"type": "Requeued", "status": "True"},
        {"type": "Preempted", "status": "True", "reason": "InClusterQueue", "message": "Preempted to accommodate a workload (UID: u-urgent, JobUID: j) due to prioritization"}]}});
    let all = [
        job("urgent", 8, &json!({"status": runs()})),
        job("nightly", 3, &put_out),
    ];
    let world = world("None", &all);
    let text = why(&world, "nightly");
    assert!(
        text.starts_with("it made room for Job urgent (ml), and waits again: 1 more gpu"),
        "{text}"
    );
    let read = evidence_of(of(&world, "nightly"), &world);
    assert!(
        read.iter().any(|e| e.contains("put out 2 times")),
        "{read:?}"
    );
}

fn refused(asked: &str) -> Vec<EventRow> {
    let message = format!(
        "Error creating: pods \"sweep-x\" is forbidden: exceeded quota: gpus, requested: requests.nvidia.com/gpu={asked}, used: requests.nvidia.com/gpu=4, limited: requests.nvidia.com/gpu=4"
    );
    let event = |name: &str, last: &str| {
        json!({"metadata": {"name": name, "namespace": "ml"}, "type": "Warning", "reason": "FailedCreate", "count": 7,
            "message": message, "lastTimestamp": last, "involvedObject": {"kind": "Job", "namespace": "ml", "name": "sweep"}})
    };
    read::<Events>(&[
        event("e1", "2026-11-21T02:00:00Z"),
        event("e2", "2026-11-21T01:00:00Z"),
    ])
}

fn quota(used: &str) -> Vec<QuotaRow> {
    read::<Quotas>(&[
        json!({"metadata": {"name": "gpus", "namespace": "ml"}, "spec": {"hard": {"requests.nvidia.com/gpu": "4"}},
        "status": {"used": {"requests.nvidia.com/gpu": used}}}),
    ])
}

#[test]
fn an_owner_whose_pods_a_quota_refuses_waits_until_there_is_room() {
    let rows = |used: &str, asked: &str| {
        let mut world = World::default();
        live(&mut world, "gpus");
        live(&mut world, "quotas");
        put(&mut world, "quotas", quota(used));
        put(&mut world, "events", refused(asked));
        let rows = world.table::<WaitingRow>().into_iter();
        let rows = rows.flat_map(crate::store::Table::iter);
        rows.map(|row| WaitingRow::clone(row)).collect::<Vec<_>>()
    };
    let all = rows("4", "1");
    assert_eq!(all.len(), 1, "two events of one owner are one that waits");
    assert_eq!((all[0].lacks, &*all[0].key.name), (Lacks::Quota, "sweep"));
    assert_eq!(
        &*all[0].why,
        "quota gpus of ml is used up: 4 of 4 gpu are in use, and 1 more wanted"
    );
    assert!(all[0].evidence[0].contains("7 times"));
    assert!(rows("3", "1").is_empty(), "there is room by now");
    assert_eq!(rows("3", "2").len(), 1);
}
