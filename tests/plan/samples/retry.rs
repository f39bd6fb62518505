//! A retry of the recorded runs: which steps run again, what is lost, what it is refused for.

use serde_json::{Value, json};

use super::{fact, names, refusal, sample, trap};
use crate::plan;

#[test]
fn of_two_hundred_shards_only_those_that_failed_run_again() {
    let run = sample("recsys-embed-shards");
    let plan = plan("run.retry", &run, &[]).unwrap();
    assert_eq!(plan.delete.len(), 2, "{:?}", plan.delete);
    assert!(
        names(&run, &plan.remove)
            .iter()
            .any(|n| n == "embed(57:57)")
    );
    let nodes = run["status"]["nodes"].as_object().unwrap();
    let done = nodes
        .values()
        .filter(|n| n["type"] == "Pod" && n["phase"] == "Succeeded");
    let done = done.count();
    assert!(done > 150);
    assert_eq!(
        fact(&plan, "kept"),
        format!("{done} by success, 0 by memoization, 0 for other reasons")
    );
    // the pods first, since the new ones get their names; then the run
    let methods: Vec<&str> = plan.steps.iter().map(|s| s.method).collect();
    assert_eq!(methods, ["DELETE", "DELETE", "PUT"]);
    assert!(plan.steps[0].absent_is_done && !plan.steps[2].absent_is_done);
    assert!(fact(&plan, "start").contains("2026-11-21 07:03:26Z"));
    assert!(!trap(&plan, "Pods are deleted before the run is written").blocks);
    assert!(!plan.is_blocked());
}

#[test]
fn attempts_of_a_retried_step_go_together() {
    let run = sample("retry-exhausted");
    let plan = plan("run.retry", &run, &[]).unwrap();
    let mut removed = names(&run, &plan.remove);
    removed.sort();
    assert_eq!(
        removed,
        [
            "retry-exhausted(0)",
            "retry-exhausted(1)",
            "retry-exhausted(2)"
        ]
    );
    assert_eq!(plan.delete.len(), 3);
}

#[test]
fn a_packed_run_is_written_back_packed() {
    let run = sample("sweep-compressed");
    let plan = plan("run.retry", &run, &[]).unwrap();
    let body = &plan.steps.last().unwrap().body;
    assert!(body["status"]["nodes"].is_null());
    assert!(
        body["status"]["compressedNodes"]
            .as_str()
            .unwrap()
            .starts_with("H4s")
    );
    assert!(body["metadata"]["managedFields"].is_null());
}

#[test]
fn offloaded_steps_are_refused_with_the_way_that_works() {
    let mut run = sample("fraud-train-oom");
    run["status"]["nodes"] = json!({});
    run["status"]["offloadNodeStatusVersion"] = "fnv:123".into();
    let told = refusal("run.retry", &run, &[]);
    assert!(
        told.contains("database of the Argo Server")
            && told.contains("argo retry fraud-train-oom -s"),
        "{told}"
    );
    run["status"]["phase"] = "Running".into();
    run["metadata"]["labels"]["workflows.argoproj.io/completed"] = "false".into();
    assert!(refusal("gate.approve", &run, &[]).contains("argo resume"));
    // what touches no node works
    for action in ["run.stop", "run.terminate", "run.suspend"] {
        assert_eq!(plan(action, &run, &[]).unwrap().steps.len(), 1, "{action}");
    }
}

#[test]
fn only_a_run_that_failed_is_retried() {
    assert!(refusal("run.retry", &sample("churn-train"), &[]).contains("restart-successful=true"));
    assert!(refusal("run.retry", &sample("promote-gate"), &[]).contains("The run is Running"));
    let given = [
        ("restart-successful", "true"),
        ("node-field-selector", "displayName=nothing"),
    ];
    let none = plan("run.retry", &sample("churn-train"), &given).unwrap();
    assert!(trap(&none, "Nothing failed").blocks && none.is_blocked());
}

#[test]
fn work_that_is_done_again_is_said_to_be_lost() {
    let run = sample("churn-train");
    let step = run["status"]["nodes"]
        .as_object()
        .unwrap()
        .values()
        .find(|n| n["type"] == "Pod")
        .unwrap();
    let selector = format!("id={}", step["id"].as_str().unwrap());
    let given = [
        ("restart-successful", "true"),
        ("node-field-selector", selector.as_str()),
    ];
    let plan = plan("run.retry", &run, &given).unwrap();
    trap(&plan, "Steps that succeeded run again");
    assert!(fact(&plan, "lost").ends_with("of work"));
    assert!(plan.risk >= midwatch::plan::Risk::LosesLittle);
}

#[test]
fn a_name_is_typed_only_where_much_work_is_lost() {
    use midwatch::plan::{Confirm, Risk, Safety};
    let mut run = sample("churn-train");
    let nodes = run["status"]["nodes"].as_object_mut().unwrap();
    let step = nodes.values_mut().find(|n| n["type"] == "Pod").unwrap();
    step["startedAt"] = "2026-11-21T11:00:00Z".into();
    let id = step["id"].as_str().unwrap().to_owned();
    let selector = format!("id={id}");
    let given = [
        ("restart-successful", "true"),
        ("node-field-selector", selector.as_str()),
    ];
    for (end, risk, confirm, told) in [
        (
            "2026-11-21T11:04:59Z".into(),
            Risk::LosesLittle,
            Confirm::Choice,
            "4:59 of work",
        ),
        (
            "2026-11-21T11:05:00Z".into(),
            Risk::LosesWork,
            Confirm::Name,
            "5:00 of work",
        ),
        (
            Value::Null,
            Risk::LosesWork,
            Confirm::Name,
            "how much work is not known",
        ),
    ] {
        run["status"]["nodes"][&id]["finishedAt"] = end;
        let plan = plan("run.retry", &run, &given).unwrap();
        assert_eq!(fact(&plan, "lost"), told);
        assert_eq!(plan.risk, risk, "{told}");
        assert_eq!(Safety::Open.confirm(plan.risk), Some(confirm), "{told}");
        assert_eq!(Safety::Protected.confirm(plan.risk), Some(Confirm::Name));
        assert_eq!(Safety::ReadOnly.confirm(plan.risk), None);
    }
}

#[test]
fn the_time_to_live_and_the_locks_are_told_before_a_retry() {
    let mut run = sample("fraud-train-oom");
    run["spec"]["ttlStrategy"] = json!({"secondsAfterFailure": 3600});
    run["status"]["finishedAt"] = "2026-11-21T11:30:00Z".into();
    run["spec"]["synchronization"] = json!({"mutexes": [{"name": "gpu"}], "semaphore": {"configMapKeyRef": {"name": "c", "key": "train"}}});
    run["status"]["synchronization"] =
        json!({"mutex": {"holding": [{"mutex": "ml/Mutex/gpu", "holder": "x"}]}});
    let plan = plan("run.retry", &run, &[]).unwrap();
    let ttl = fact(&plan, "ttl");
    assert!(
        ttl.contains("2026-11-21 12:30:00Z") && ttl.contains("in 30:00"),
        "{ttl}"
    );
    let locks: Vec<String> = plan
        .facts
        .iter()
        .filter(|f| f.topic == "locks")
        .map(|f| f.text.to_string())
        .collect();
    assert_eq!(locks.len(), 3, "{locks:?}");
    assert!(locks[0].contains("still holds the mutex ml/Mutex/gpu"));
}

#[test]
fn a_retry_that_would_run_only_the_exit_handler_is_blocked() {
    let node = |id: &str, name: &str, kind: &str, phase: &str, children: &[&str]| {
        let shown = name.rsplit("].").next().unwrap();
        json!({"id": id, "name": name, "displayName": shown, "type": kind, "phase": phase, "children": children,
            "boundaryID": if name == "r" || id == "r-4" { "" } else { "r" }, "templateName": "t",
            "nodeFlag": {"hooked": name.ends_with(".onExit")}})
    };
    // Argo looks at the last of a branch, and that is the hook, which succeeded
    let nodes = json!({"r": node("r", "r", "Steps", "Failed", &["r-1"]), "r-1": node("r-1", "r[0]", "StepGroup", "Failed", &["r-2"]),
        "r-2": node("r-2", "r[0].train", "Pod", "Failed", &["r-3"]), "r-3": node("r-3", "r[0].train.onExit", "Pod", "Succeeded", &[]),
        "r-4": node("r-4", "r.onExit", "Pod", "Succeeded", &[])});
    let run = json!({"kind": "Workflow", "metadata": {"name": "r", "namespace": "ml", "uid": "u", "resourceVersion": "1"},
        "spec": {"entrypoint": "t", "onExit": "t"}, "status": {"phase": "Failed", "nodes": nodes}});
    let plan = plan("run.retry", &run, &[]).unwrap();
    assert_eq!(plan.remove, ["r-4"]);
    let trap = trap(&plan, "Only its exit handler would run again");
    assert!(trap.blocks && trap.text.contains("run.resubmit"));
}

#[test]
fn a_retry_is_seen_also_when_the_run_has_failed_again_before_anyone_looked() {
    let run = sample("fraud-train-oom");
    let retry = plan("run.retry", &run, &[]).unwrap();
    assert!(!retry.verify.holds(Some(&run)), "nothing has begun again");
    let mut after = run.clone();
    after["status"]["startedAt"] = "2030-01-01T00:00:00Z".into();
    assert_eq!(after["status"]["phase"], "Failed");
    assert!(retry.verify.holds(Some(&after)));
}
