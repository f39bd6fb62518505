//! What the list says of a run.
#![allow(clippy::needless_pass_by_value)] // `json!` reads best where it is given

use serde_json::{Value, json};

use super::*;

fn read(value: &Value) -> RunRow {
    Workflows::row(
        &ClusterId::new("c"),
        serde_json::from_value(value.clone()).unwrap(),
    )
}

fn run(phase: &str, nodes: Value) -> RunRow {
    read(&json!({"metadata": {"name": "wf"}, "status": {"phase": phase, "nodes": nodes}}))
}

fn pod(name: &str, phase: &str, message: &str) -> Value {
    json!({"name": format!("wf.{name}"), "displayName": name, "type": "Pod", "phase": phase, "message": message,
        "boundaryID": "wf", "startedAt": "2026-11-21T00:00:00Z"})
}

#[test]
fn a_row_carries_the_facts_of_the_object() {
    let row = read(&json!({
        "metadata": {"name": "wf", "namespace": "ml", "uid": "u", "resourceVersion": "7",
            "creationTimestamp": "2026-11-21T00:00:00Z", "labels": {"pipeline/runid": "r-1"}},
        "status": {"phase": "Succeeded", "progress": "3/4", "startedAt": "2026-11-21T00:00:01Z",
            "finishedAt": "2026-11-21T00:10:01Z", "estimatedDuration": 600}
    }));
    assert_eq!(
        (row.engine, row.phase, &*row.kfp_run),
        (Engine::Kfp, Phase::Succeeded, "r-1")
    );
    assert_eq!(
        (row.progress, row.estimate),
        (Progress::parse("3/4"), Some(600))
    );
    assert!(row.created.is_some() && row.started.is_some() && row.finished.is_some());
    assert_eq!((&*row.uid, &*row.version), ("u", "7"));
}

#[test]
fn the_origin_names_what_started_the_run() {
    let label = |key: &str| {
        let row = read(&json!({"metadata": {"name": "wf", "labels": {key: "x"}}}));
        row.origin.to_string()
    };
    assert_eq!(label("workflows.argoproj.io/cron-workflow"), "cron x");
    assert_eq!(
        label("workflows.argoproj.io/workflow-template"),
        "template x"
    );
    assert_eq!(
        label("workflows.argoproj.io/cluster-workflow-template"),
        "cluster template x"
    );
    assert_eq!(
        label("workflows.argoproj.io/resubmitted-from-workflow"),
        "resubmit of x"
    );
    assert_eq!(
        label("scheduledworkflows.kubeflow.org/scheduledWorkflowName"),
        "recurring run x"
    );
    assert_eq!(label("other"), "");
}

#[test]
fn an_open_gate_makes_a_run_wait_and_a_timer_does_not() {
    let gate = |name: &str, template: &str| {
        json!({"name": format!("wf.{name}"), "displayName": name, "type": "Suspend", "phase": "Running",
            "templateName": template, "boundaryID": "wf"})
    };
    let read = |nodes: Value| {
        let row = read(&json!({"metadata": {"name": "wf"},
            "spec": {"templates": [{"name": "ask", "suspend": {}}, {"name": "cool", "suspend": {"duration": "1h"}}]},
            "status": {"phase": "Running", "nodes": nodes}}));
        format!(
            "{} {} {}/{}",
            row.phase.word(),
            row.last_word,
            row.tally.waiting,
            row.tally.running
        )
    };
    assert_eq!(
        read(json!({"a": gate("approve", "ask")})),
        "Waiting gate: approve 1/0"
    );
    assert_eq!(
        read(json!({"a": gate("a", "ask"), "b": gate("b", "ask")})),
        "Waiting gate: a +1 2/0"
    );
    assert_eq!(
        read(json!({"a": gate("cool-down", "cool")})),
        "Running cool-down 0/1"
    );
}

#[test]
fn a_suspended_run_waits_unless_it_has_ended() {
    let at = |phase: &str| {
        read(&json!({"metadata": {"name": "wf"}, "spec": {"suspend": true}, "status": {"phase": phase}})).phase
    };
    assert_eq!(
        [at("Running"), at("Pending"), at("Failed")],
        [Phase::Waiting, Phase::Waiting, Phase::Failed]
    );
}

#[test]
fn a_running_run_names_the_step_at_work_or_how_far_its_fan_out_is() {
    assert_eq!(
        &*run("Running", json!({"a": pod("train", "Running", "")})).last_word,
        "train"
    );
    let two = json!({"a": pod("train", "Running", ""), "b": pod("test", "Running", "")});
    assert_eq!(&*run("Running", two).last_word, "train +1");
    let mut nodes = serde_json::Map::new();
    for n in 0..40 {
        let phase = if n < 12 { "Succeeded" } else { "Running" };
        nodes.insert(
            format!("n{n}"),
            pod(&format!("transform({n}:x)"), phase, ""),
        );
    }
    assert_eq!(
        &*run("Running", Value::Object(nodes)).last_word,
        "transform 12/40"
    );
    let failing = json!({"a": pod("train", "Running", ""), "b": pod("check", "Failed", "x")});
    assert_eq!(&*run("Running", failing).last_word, "train, 1 failed");
}

#[test]
fn a_run_that_is_being_ended_says_so() {
    let word = |spec: Value| {
        let row = read(
            &json!({"metadata": {"name": "wf"}, "spec": spec, "status": {"phase": "Running"}}),
        );
        row.last_word.to_string()
    };
    assert_eq!(word(json!({"shutdown": "Stop"})), "stopping");
    assert_eq!(word(json!({"shutdown": "Terminate"})), "terminating");
    assert_eq!(word(json!({"activeDeadlineSeconds": 0})), "terminating");
}

#[test]
fn a_pending_run_says_what_it_waits_for() {
    let word = |status: Value| {
        read(&json!({"metadata": {"name": "wf"}, "status": status}))
            .last_word
            .to_string()
    };
    assert_eq!(word(json!(null)), "not picked up by a controller yet");
    assert_eq!(
        word(
            json!({"phase": "Pending", "message": "Waiting for ml/Mutex/train lock. Lock status: 0/1"})
        ),
        "waits for lock ml/Mutex/train"
    );
    assert_eq!(
        word(json!({"phase": "Pending",
            "message": "Workflow processing has been postponed because too many workflows are already running"})),
        "postponed: too many workflows are running"
    );
}

#[test]
fn the_failure_that_counts_is_named_and_not_one_that_was_overcome_or_followed() {
    let mut first = pod("train", "Failed", "main: OOMKilled (exit code 137)");
    first["finishedAt"] = json!("2026-11-21T00:05:00Z");
    let mut stopped = pod("watch", "Failed", "workflow shutdown with strategy:  Stop");
    stopped["finishedAt"] = json!("2026-11-21T00:01:00Z");
    let mut overcome = pod("fetch(0)", "Failed", "main: Error (exit code 75)");
    overcome["finishedAt"] = json!("2026-11-21T00:00:30Z");
    let retry = json!({"name": "wf.fetch", "displayName": "fetch", "type": "Retry", "phase": "Succeeded", "boundaryID": "wf"});
    let row = run(
        "Failed",
        json!({"a": first, "b": stopped, "c": overcome, "d": retry}),
    );
    assert_eq!(&*row.last_word, "train: OOMKilled (137)");
    assert_eq!((row.tally.failed, row.tally.ok), (2, 1));
}

#[test]
fn a_run_that_failed_before_any_step_says_its_message() {
    let row = read(&json!({"metadata": {"name": "wf"},
        "status": {"phase": "Error", "message": "invalid spec: templates.main: undefined"}}));
    assert_eq!(&*row.last_word, "invalid spec: templates.main: undefined");
}

#[test]
fn a_kfp_task_counts_once_and_its_driver_is_no_task() {
    let kfp = |name: &str, template: &str, kind: &str, phase: &str| {
        json!({"name": format!("wf.root.{name}"), "displayName": name, "type": kind, "phase": phase,
            "templateName": template, "boundaryID": "root", "message": ""})
    };
    let mut executor = kfp("executor", "system-container-impl", "Pod", "Failed");
    executor["name"] = json!("wf.root.train.executor");
    executor["message"] = json!("main: Error (exit code 1)");
    let row = run(
        "Failed",
        json!({
            "a": kfp("ingest-driver", "system-container-driver", "Pod", "Succeeded"),
            "b": kfp("ingest", "system-container-executor", "DAG", "Succeeded"),
            "c": kfp("train-driver", "system-container-driver", "Pod", "Succeeded"),
            "d": kfp("train", "system-container-executor", "DAG", "Failed"),
            "e": executor,
            "f": kfp("deploy-driver", "system-container-driver", "Pod", "Omitted"),
        }),
    );
    assert_eq!(
        (row.tally.ok, row.tally.failed, row.tally.total()),
        (1, 1, 2)
    );
    assert_eq!(&*row.last_word, "train: exit 1");
}
