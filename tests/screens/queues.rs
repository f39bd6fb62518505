//! What the screens show of queues, workloads, quotas and notebooks: what waits, for what, and who has it.

use midwatch::app::{Model, Msg, update};
use midwatch::domain::{Clean, Key, PlaceRow, SourceState};
use midwatch::kinds::{
    ClusterQueues, Events, Kind, LocalQueues, Notebooks, Profiles, QueuedWorkloads, Quotas,
};
use midwatch::ui::Look;
use serde_json::{Value, json};

use super::platform::{ago, cluster, now, put, set_state};
use super::{mono, picture, platform, press};

fn read<K: Kind>(objects: &[Value]) -> Vec<K::Row> {
    let slim = |o: &Value| serde_json::from_value(o.clone()).unwrap();
    objects
        .iter()
        .map(|o| K::row(&cluster(), slim(o)))
        .collect()
}

fn meta(namespace: &str, name: &str, hours: i64) -> Value {
    json!({"name": name, "namespace": namespace, "uid": format!("u-{name}"), "creationTimestamp": ago(hours * 3_600).to_string()})
}

fn cluster_queue(
    name: &str,
    own: u32,
    (used, borrowed): (u32, u32),
    (waits, runs): (u32, u32),
    stop: &str,
) -> Value {
    let active = json!({"type": "Active", "status": if stop == "None" { "True" } else { "False" }, "reason": "Ready", "message": "x"});
    json!({"metadata": meta("", name, 700), "spec": {"cohortName": "ml", "stopPolicy": stop, "queueingStrategy": "BestEffortFIFO",
            "resourceGroups": [{"flavors": [{"name": "a100", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": own, "borrowingLimit": 8}]}]}]},
        "status": {"conditions": [active], "pendingWorkloads": waits, "admittedWorkloads": runs,
            "flavorsReservation": [{"name": "a100", "resources": [{"name": "nvidia.com/gpu", "total": used.to_string(), "borrowed": borrowed.to_string()}]}]}})
}

fn local_queue(namespace: &str, name: &str, of: &str) -> Value {
    json!({"metadata": meta(namespace, name, 700), "spec": {"clusterQueue": of},
        "status": {"pendingWorkloads": 1, "admittedWorkloads": 1, "conditions": [{"type": "Active", "status": "True"}],
            "flavorsReservation": [{"name": "a100", "resources": [{"name": "nvidia.com/gpu", "total": "2"}]}]}})
}

fn workload(namespace: &str, job: &str, (gpus, hours): (u32, i64), status: &Value) -> Value {
    let mut meta = meta(namespace, &format!("job-{job}-x7k2p"), hours);
    meta["ownerReferences"] = json!([{"kind": "Job", "name": job, "controller": true}]);
    meta["uid"] = format!("u-{job}").into();
    json!({"metadata": meta, "status": status, "spec": {"queueName": "research", "podSets": [{"count": 1, "template":
        {"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": gpus}}}]}}}]}})
}

fn lacks(more: u32) -> Value {
    json!({"conditions": [{"type": "QuotaReserved", "status": "False", "reason": "Pending", "message":
        format!("couldn't assign flavors to pod set main: insufficient unused quota for nvidia.com/gpu in flavor a100, {more} more needed")}]})
}

fn admitted(hours: i64) -> Value {
    json!({"admission": {"clusterQueue": "research", "podSetAssignments": [{"flavors": {"nvidia.com/gpu": "a100"}}]},
        "conditions": [{"type": "Admitted", "status": "True", "lastTransitionTime": ago(hours * 3_600).to_string()}]})
}

fn preempted() -> Value {
    let at = ago(2_400).to_string();
    json!({"schedulingStats": {"evictions": [{"count": 2}]}, "conditions": [
        {"type": "QuotaReserved", "status": "False", "reason": "Pending", "message": "insufficient unused quota for nvidia.com/gpu in flavor a100, 3 more needed"},
        {"type": "Evicted", "status": "True", "reason": "Preempted", "message": "x", "lastTransitionTime": at}, {"type": "Requeued", "status": "True"},
        {"type": "Preempted", "status": "True", "reason": "InClusterQueue", "lastTransitionTime": at,
            "message": "Preempted to accommodate a workload (UID: u-sweep-lora, JobUID: j) due to prioritization in the ClusterQueue"}]})
}

fn told() -> Model {
    let mut model = platform::empty();
    for feed in [
        "pods",
        "nodes",
        "gpus",
        "workloads",
        "cluster-queues",
        "local-queues",
        "quotas",
        "profiles",
        "notebooks",
        "events",
    ] {
        set_state(&mut model, feed, SourceState::Live);
    }
    let queues = [
        cluster_queue("research", 8, (12, 4), (2, 2), "None"),
        cluster_queue("recsys", 4, (0, 0), (1, 0), "None"),
        cluster_queue("fraud", 4, (0, 0), (1, 0), "Hold"),
    ];
    put(&mut model, "cluster-queues", read::<ClusterQueues>(&queues));
    let locals = [
        local_queue("ml-nlp", "research", "research"),
        local_queue("ml-churn", "research", "research"),
    ];
    put(&mut model, "local-queues", read::<LocalQueues>(&locals));
    let mut held = workload(
        "ml-churn",
        "rebuild-index",
        (1, 30),
        &json!({"conditions": [{"type": "Evicted", "status": "True", "reason": "Deactivated"}]}),
    );
    held["spec"]["active"] = false.into();
    let workloads = [
        workload("ml-nlp", "sweep-lora", (12, 9), &admitted(9)),
        workload("ml-churn", "retrain-churn", (2, 5), &lacks(2)),
        workload("ml-nlp", "nightly", (3, 12), &preempted()),
        held,
    ];
    put(&mut model, "workloads", read::<QueuedWorkloads>(&workloads));
    let place = |namespace: &str, job: &str, at: u32| PlaceRow {
        key: Key::new(cluster(), namespace, &format!("job-{job}-x7k2p")),
        queue: Clean::new("research"),
        in_cluster_queue: at,
        in_local_queue: 0,
    };
    set_state(&mut model, "queue-places", SourceState::Live);
    let places = vec![
        place("ml-nlp", "nightly", 1),
        place("ml-churn", "retrain-churn", 0),
    ];
    put(&mut model, "queue-places", places);
    quotas(&mut model);
    model
}

fn quotas(model: &mut Model) {
    let quota = |namespace: &str, hard: Value, used: Value| json!({"metadata": meta(namespace, "kf-resource-quota", 900), "spec": {"hard": hard}, "status": {"used": used}});
    let slices = "requests.nvidia.com/mig-1g.10gb";
    let gpus = "requests.nvidia.com/gpu";
    let all = [
        quota(
            "team-vision",
            json!({gpus: "4", slices: "4", "pods": "40"}),
            json!({gpus: "0", slices: "4", "pods": "6"}),
        ),
        quota("team-nlp", json!({gpus: "8"}), json!({gpus: "11"})),
        quota("team-ads", json!({gpus: "8"}), json!({gpus: "3"})),
    ];
    put(model, "quotas", read::<Quotas>(&all));
    let profile = |name: &str, owner: &str| json!({"metadata": meta("", name, 900), "spec": {"owner": {"kind": "User", "name": owner}}});
    let profiles = [
        profile("team-vision", "ada@example.com"),
        profile("team-nlp", "grace@example.com"),
    ];
    put(model, "profiles", read::<Profiles>(&profiles));
    let message = format!(
        "Error creating: pods \"vision-sweep-x\" is forbidden: exceeded quota: kf-resource-quota, requested: {slices}=1, used: {slices}=4, limited: {slices}=4"
    );
    let event = json!({"metadata": meta("team-vision", "e1", 1), "type": "Warning", "reason": "FailedCreate", "count": 12, "message": message,
        "lastTimestamp": ago(90).to_string(), "involvedObject": {"kind": "Job", "namespace": "team-vision", "name": "vision-sweep"}});
    put(model, "events", read::<Events>(&[event]));
    let notebook = |name: &str, notes: Value, ready: u32| {
        let mut meta = meta("team-vision", name, 200);
        meta["annotations"] = notes;
        json!({"metadata": meta, "status": {"readyReplicas": ready}, "spec": {"template": {"spec": {"containers": [
            {"resources": {"limits": {"nvidia.com/mig-1g.10gb": "1"}}}]}}}})
    };
    let notebooks = [
        notebook(
            "grace-notebook",
            json!({"kubeflow-resource-stopped": ago(50_000).to_string()}),
            0,
        ),
        notebook(
            "ada-notebook",
            json!({"notebooks.kubeflow.org/last-activity": ago(260_000).to_string()}),
            1,
        ),
    ];
    put(model, "notebooks", read::<Notebooks>(&notebooks));
}

/// A screen by its command, as the palette gives it.
fn at(screen: &str) -> Model {
    let mut model = told();
    let _ = update(
        &mut model,
        Msg::Pressed(midwatch::keys::Chord::char('6')),
        now(),
    );
    for _ in 0..10 {
        if model.screen().is_some_and(|s| s.id() == screen) {
            break;
        }
        press(&mut model, "Tab");
    }
    assert_eq!(
        model.screen().map(midwatch::app::screen::Screen::id),
        Some(screen)
    );
    model
}

fn shown(model: &mut Model) -> String {
    picture(model, (120, 36), Look::default())
}

#[test]
fn queues_tell_what_is_reserved_what_is_borrowed_and_what_is_stopped() {
    let mut model = at("queues");
    let text = shown(&mut model);
    assert!(
        text.contains("12 of 8 gpu") && text.contains("4 gpu"),
        "{text}"
    );
    insta::assert_snapshot!("queues_120x36", text);
    insta::assert_snapshot!(
        "queues_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
}

#[test]
fn a_workload_that_waits_says_why_and_who_has_what_it_wants() {
    let mut model = at("workloads");
    let text = shown(&mut model);
    assert!(
        text.contains("it made room for Job sweep-lora (ml-nlp)"),
        "{text}"
    );
    insta::assert_snapshot!("workloads_120x36", text);
    insta::assert_snapshot!(
        "workloads_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "workloads_mono_80x24",
        picture(&mut model, (80, 24), mono())
    );
}

#[test]
fn the_place_in_a_queue_is_what_kueue_tells_and_is_never_counted_from_rows() {
    let mut model = at("workloads");
    press(&mut model, "/ c h u r n Enter");
    let text = shown(&mut model);
    assert!(
        text.contains("1 in ClusterQueue research, 1 in LocalQueue"),
        "{text}"
    );
    put::<PlaceRow>(&mut model, "queue-places", Vec::new());
    for (state, words) in [
        (
            SourceState::Absent,
            "visibility API is not served, and rows alone do not tell it",
        ),
        (SourceState::Denied, "is forbidden: User"),
    ] {
        set_state(&mut model, "queue-places", state);
        let text = shown(&mut model);
        assert!(text.contains(words), "{text}");
        assert!(!text.contains("in ClusterQueue research, "), "{text}");
    }
}

#[test]
fn a_full_quota_names_whose_it_is_and_what_it_refused() {
    let mut model = at("quotas");
    let text = shown(&mut model);
    assert!(
        text.contains("11 of 8 gpu") && text.contains("grace@example.com"),
        "{text}"
    );
    insta::assert_snapshot!("quotas_120x36", text);
    insta::assert_snapshot!(
        "quotas_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    press(&mut model, "Down");
    let text = shown(&mut model);
    assert!(text.contains("pods of Job vision-sweep 12 times"), "{text}");
}

#[test]
fn a_notebook_that_idles_on_a_slice_stands_first() {
    let mut model = at("notebooks");
    let text = shown(&mut model);
    insta::assert_snapshot!("notebooks_120x36", text);
    let first = text.find("ada-notebook").unwrap();
    assert!(first < text.find("grace-notebook").unwrap(), "{text}");
}

#[test]
fn work_without_pods_waits_among_the_pods() {
    let mut model = at("waiting");
    let text = shown(&mut model);
    assert!(
        text.contains("job-retrain-ch") && text.contains("vision-sweep"),
        "{text}"
    );
    insta::assert_snapshot!("waiting_queued_120x36", text);
}

#[test]
fn queues_that_may_not_be_read_are_not_called_empty() {
    let mut model = at("queues");
    for feed in ["cluster-queues", "local-queues"] {
        set_state(&mut model, feed, SourceState::Denied);
    }
    let text = shown(&mut model);
    assert!(
        !text.contains("there are none") && text.contains("denied"),
        "{text}"
    );
}

#[test]
fn jobs_that_wait_are_found_for_the_home_screen_once_for_each_queue() {
    let mut model = told();
    press(&mut model, "1");
    let text = shown(&mut model);
    assert!(
        text.contains("2 jobs") && text.contains("wait in queue research"),
        "{text}"
    );
    // what somebody has put on hold is what they wanted
    assert!(!text.contains("rebuild-index"), "{text}");
}
