//! What the opened run shows.
#![allow(clippy::needless_pass_by_value)] // `json!` reads best where it is given

use serde_json::{Value, json};

use super::*;
use crate::domain::{Phase, Step, StepKind};

fn open(value: &Value) -> RunDetail {
    Runs::row(
        &ClusterId::new("c"),
        serde_json::from_value(value.clone()).unwrap(),
    )
}

fn nodes(nodes: &Value) -> RunDetail {
    open(&json!({"metadata": {"name": "wf"}, "status": {"phase": "Running", "nodes": nodes}}))
}

fn step<'a>(run: &'a RunDetail, label: &str) -> &'a Step {
    run.tree.steps.iter().find(|s| &*s.label == label).unwrap()
}

fn inside(run: &RunDetail, label: &str) -> Vec<String> {
    let id = run
        .tree
        .steps
        .iter()
        .position(|s| &*s.label == label)
        .unwrap();
    run.tree
        .children(id)
        .iter()
        .map(|c| run.tree.steps[*c].label.to_string())
        .collect()
}

#[test]
fn a_step_carries_all_that_a_person_asks_of_it() {
    let run = open(&json!({
        "metadata": {"name": "wf"},
        "spec": {"arguments": {"parameters": [{"name": "epochs", "value": "12"}, {"name": "rate"}]}, "shutdown": "Stop"},
        "status": {"phase": "Running",
            "artifactRepositoryRef": {"artifactRepository": {"s3": {"bucket": "ml"}}},
            "outputs": {"parameters": [{"name": "auc", "value": "0.91"}]},
            "nodes": {"wf-1": {"id": "wf-1", "name": "wf.train", "displayName": "train", "type": "Pod", "phase": "Failed",
                "templateRef": {"name": "lib", "template": "fit"}, "hostNodeName": "gpu-1", "progress": "3/10",
                "startedAt": "2026-11-21T00:00:00Z", "finishedAt": "2026-11-21T00:01:00Z",
                "memoizationStatus": {"hit": false, "key": "k", "cacheName": "c"},
                "synchronizationStatus": {"waiting": "ml/Mutex/gpu"},
                "inputs": {"parameters": [{"name": "batch", "value": "512"}],
                    "artifacts": [{"name": "data", "path": "/in", "s3": {"key": "d.parquet"}}]},
                "outputs": {"exitCode": "3", "result": "done", "parameters": [{"name": "loss", "value": 0.5}],
                    "artifacts": [{"name": "model", "deleted": true, "gcs": {"bucket": "b", "key": "m"}}]}}}}
    }));
    let step = step(&run, "train");
    assert_eq!(
        (&*step.template, &*step.host, step.exit_code),
        ("fit", "gpu-1", Some(3))
    );
    assert_eq!(
        &*step.pod,
        crate::kinds::argo::names::pod_name("wf", "wf.train", "fit")
    );
    assert_eq!(&*step.lock, "ml/Mutex/gpu");
    let values = |all: &[Parameter]| -> Vec<String> {
        all.iter()
            .map(|p| format!("{}={}", p.name, p.value.as_deref().unwrap_or("-")))
            .collect()
    };
    assert_eq!(values(&step.inputs), ["batch=512"]);
    assert_eq!(values(&step.outputs), ["loss=0.5", "result=done"]);
    assert_eq!(&*step.artifacts_in[0].location, "s3://ml/d.parquet");
    assert!(step.artifacts_out[0].deleted);
    assert_eq!(values(&run.arguments), ["epochs=12", "rate=-"]);
    assert_eq!(
        (values(&run.outputs), &*run.shutdown),
        (vec!["auc=0.91".to_owned()], "Stop")
    );
}

#[test]
fn pods_of_format_v1_are_named_by_node_id() {
    let run = open(&json!({
        "metadata": {"name": "wf", "annotations": {"workflows.argoproj.io/pod-name-format": "v1"}},
        "status": {"nodes": {"wf-9": {"name": "wf.a", "displayName": "a", "type": "Pod", "templateName": "t"}}}
    }));
    assert_eq!(&*step(&run, "a").pod, "wf-9");
}

#[test]
fn containers_of_a_set_stand_in_their_pod_and_count_once() {
    let run = nodes(&json!({
        "wf": {"name": "wf", "displayName": "wf", "type": "Pod", "phase": "Failed"},
        "a": {"name": "wf.a", "displayName": "a", "type": "Container", "phase": "Succeeded", "boundaryID": "wf"},
        "b": {"name": "wf.b", "displayName": "b", "type": "Container", "phase": "Failed", "boundaryID": "wf"}
    }));
    assert_eq!(inside(&run, "wf"), ["a", "b"]);
    assert_eq!((&*step(&run, "b").pod, run.tree.total().total()), ("wf", 1));
    assert_eq!(run.row.tally, run.tree.total());
}

#[test]
fn an_item_that_is_retried_stands_in_the_fan_out_with_its_attempts() {
    let run = nodes(&json!({
        "wf": {"name": "wf", "displayName": "wf", "type": "DAG", "phase": "Running"},
        "g": {"name": "wf.t", "displayName": "t", "type": "TaskGroup", "phase": "Running", "boundaryID": "wf", "children": ["i2", "i10", "i1"]},
        "i1": {"name": "wf.t(1:x)", "displayName": "t(1:x)", "type": "Retry", "phase": "Running", "boundaryID": "wf", "children": ["a1", "a0"]},
        "a0": {"name": "wf.t(1:x)(0)", "displayName": "t(1:x)(0)", "type": "Pod", "phase": "Failed", "boundaryID": "wf"},
        "a1": {"name": "wf.t(1:x)(1)", "displayName": "t(1:x)(1)", "type": "Pod", "phase": "Running", "boundaryID": "wf"},
        "i2": {"name": "wf.t(2:y)", "displayName": "t(2:y)", "type": "Pod", "phase": "Succeeded", "boundaryID": "wf", "children": ["next"]},
        "i10": {"name": "wf.t(10:z)", "displayName": "t(10:z)", "type": "Pod", "phase": "Succeeded", "boundaryID": "wf", "children": ["next"]},
        "next": {"name": "wf.next", "displayName": "next", "type": "Pod", "phase": "Pending", "boundaryID": "wf"}
    }));
    assert_eq!(inside(&run, "wf"), ["next", "t"]);
    assert_eq!(inside(&run, "t"), ["t(1:x)", "t(2:y)", "t(10:z)"]);
    assert_eq!(inside(&run, "t(1:x)"), ["t(1:x)(0)", "t(1:x)(1)"]);
    assert_eq!(step(&run, "t(1:x)(1)").attempt, Some(1));
    let tally = run.tree.tally(run.tree.find("g").unwrap());
    assert_eq!((tally.ok, tally.failed, tally.running), (2, 0, 1));
    assert_eq!(run.row.tally, run.tree.total());
}

#[test]
fn a_step_group_of_items_is_their_fan_out() {
    let run = nodes(&json!({
        "wf": {"name": "wf", "displayName": "wf", "type": "Steps", "phase": "Running", "children": ["g"]},
        "g": {"name": "wf[0]", "displayName": "[0]", "type": "StepGroup", "phase": "Running", "boundaryID": "wf", "children": ["a", "b"]},
        "a": {"name": "wf[0].gen(0:x)", "displayName": "gen(0:x)", "type": "Pod", "phase": "Running", "boundaryID": "wf"},
        "b": {"name": "wf[0].gen(1:y)", "displayName": "gen(1:y)", "type": "Pod", "phase": "Running", "boundaryID": "wf"}
    }));
    assert_eq!(step(&run, "gen").kind, StepKind::FanOut);
    assert_eq!(inside(&run, "gen"), ["gen(0:x)", "gen(1:y)"]);
}

#[test]
fn a_gate_tells_what_is_wanted_and_when_it_ends_by_itself() {
    let gate = |template: &str| {
        json!({"name": "wf", "displayName": "wf", "type": "Suspend", "phase": "Running", "templateName": template,
            "inputs": {"parameters": [{"name": "for", "value": "90"}]},
            "outputs": {"parameters": [{"name": "decision", "valueFrom": {"supplied": {}}},
                {"name": "given", "value": "yes", "valueFrom": {"supplied": {}}}]}})
    };
    let open = |template: &str| {
        let run = open(&json!({"metadata": {"name": "wf"},
            "spec": {"templates": [{"name": "ask", "suspend": {}},
                {"name": "wait", "suspend": {"duration": "{{inputs.parameters.for}}"}}]},
            "status": {"phase": "Running", "nodes": {"wf": gate(template)}}}));
        let step = run.tree.steps[0].clone();
        (step.phase, step.gate.unwrap())
    };
    let (phase, ask) = open("ask");
    assert_eq!(
        (phase, ask.seconds, ask.wanted.len()),
        (Phase::Waiting, None, 1)
    );
    assert_eq!(&*ask.wanted[0].name, "decision");
    let (phase, wait) = open("wait");
    assert_eq!((phase, wait.seconds), (Phase::Running, Some(90)));
}

fn kfp(driver: &Value, task: &Value) -> RunDetail {
    let mut all = json!({
        "wf": {"name": "wf", "displayName": "wf", "type": "DAG", "phase": "Running"},
        "rd": {"name": "wf.root-driver", "displayName": "root-driver", "type": "Pod", "phase": "Succeeded",
            "templateName": "system-dag-driver", "boundaryID": "wf"},
        "root": {"name": "wf.root", "displayName": "root", "type": "DAG", "phase": "Running", "templateName": "root", "boundaryID": "wf"},
        "d": {"name": "wf.root.train-driver", "displayName": "train-driver", "type": "Pod", "templateName": "system-container-driver",
            "boundaryID": "root", "startedAt": "2026-11-21T00:00:00Z"}
    });
    let merge = |into: &mut Value, from: &Value| {
        for (key, value) in from.as_object().unwrap() {
            into[key] = value.clone();
        }
    };
    merge(&mut all["d"], driver);
    if !task.is_null() {
        all["t"] = json!({"name": "wf.root.train", "displayName": "train", "templateName": "system-container-executor", "boundaryID": "root"});
        merge(&mut all["t"], task);
    }
    nodes(&all)
}

#[test]
fn a_driver_that_fails_fails_its_task() {
    let run = kfp(
        &json!({"phase": "Failed", "message": "main: Error (exit code 1)", "outputs": {"exitCode": "1"}}),
        &json!({"type": "Skipped", "phase": "Omitted", "message": "omitted: depends condition not met"}),
    );
    assert_eq!(inside(&run, "wf"), ["train"]);
    let train = step(&run, "train");
    assert_eq!(
        (train.kind, train.phase, &*train.message),
        (
            StepKind::Task,
            Phase::Failed,
            "driver: main: Error (exit code 1)"
        )
    );
    assert!(train.pod.contains("system-container-driver"));
    assert_eq!(run.row.tally, run.tree.total());
    assert_eq!(
        crate::kinds::argo::message::short("main: Error (exit code 1)", None),
        "exit 1"
    );
}

#[test]
fn a_driver_at_work_is_its_task_and_never_shows_it_done() {
    let run = kfp(&json!({"phase": "Running"}), &Value::Null);
    assert_eq!(step(&run, "train").phase, Phase::Running);
    let run = kfp(&json!({"phase": "Succeeded"}), &Value::Null);
    assert_eq!(step(&run, "train").phase, Phase::Pending);
}

#[test]
fn a_cache_hit_is_shown_as_one() {
    let run = kfp(
        &json!({"phase": "Succeeded", "outputs": {"parameters": [{"name": "cached-decision", "value": "true"}]}}),
        &json!({"type": "DAG", "phase": "Succeeded"}),
    );
    let train = step(&run, "train");
    assert!(train.cached && train.kind == StepKind::Task && train.phase == Phase::Succeeded);
    assert!(train.started.is_some(), "the driver's start is the task's");
    assert_eq!(run.row.tally, run.tree.total());
}

#[test]
fn the_critical_path_goes_through_what_was_waited_for() {
    let node = |name: &str, end: u32, children: &[&str]| {
        json!({"name": format!("wf.{name}"), "displayName": name, "type": "Pod", "phase": "Succeeded", "boundaryID": "wf",
            "children": children, "startedAt": "2026-11-21T00:00:00Z", "finishedAt": format!("2026-11-21T00:{end:02}:00Z")})
    };
    let run = nodes(&json!({
        "wf": {"name": "wf", "displayName": "wf", "type": "DAG", "phase": "Succeeded", "children": ["a", "b"],
            "startedAt": "2026-11-21T00:00:00Z", "finishedAt": "2026-11-21T00:20:00Z"},
        "a": node("a", 5, &["c"]), "b": node("b", 9, &["c"]), "c": node("c", 20, &[])
    }));
    let on_path: Vec<&str> = run
        .tree
        .walk()
        .filter(|id| run.tree.critical[*id])
        .map(|id| &*run.tree.steps[id].label)
        .collect();
    assert_eq!(on_path, ["wf", "b", "c"]);
}

#[test]
fn of_a_parameter_that_is_a_secret_only_its_size_is_kept() {
    let slim = json!({"metadata": {"name": "wf"}, "spec": {"arguments": {"parameters": [
        {"name": "hf-token", "value": "hunter2"}, {"name": "epochs", "value": "3"}]}}, "status": {}});
    let run = Runs::row(&ClusterId::new("c"), serde_json::from_value(slim).unwrap());
    let values: Vec<&str> = run
        .arguments
        .iter()
        .filter_map(|p| p.value.as_deref())
        .collect();
    assert_eq!(values, ["<7 bytes hidden>", "3"]);
}
