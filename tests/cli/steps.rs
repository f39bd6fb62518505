//! The steps of one run.

use super::schema::assert_valid;
use super::stage::Stage;

/// A run that failed, as `NAMESPACE/NAME`.
fn failed(stage: &Stage) -> String {
    let done = stage
        .run(&["get", "runs", "--filter", "phase:failed", "-o", "name"])
        .code(0);
    done.lines()[0].to_owned()
}

#[test]
fn steps_stand_in_the_order_of_the_tree_with_the_cause_of_what_failed() {
    let stage = Stage::busy();
    let run = failed(&stage);
    let table = stage.run(&["get", "steps", &run]).code(0);
    let lines = table.lines();
    assert!(lines[0].starts_with("STATE") && lines[0].contains("CAUSE"));
    let at = lines[0].find("STEP").unwrap();
    let name = run.split_once('/').unwrap().1;
    assert!(
        lines[1][at..].starts_with(name),
        "the run comes first: {}",
        table.out
    );
    assert!(
        lines[2][at..].starts_with("  "),
        "what it holds is indented: {}",
        table.out
    );
    let list = stage
        .run(&["get", "steps", &run, "-o", "json"])
        .code(0)
        .json();
    assert_valid(&list);
    assert_eq!(list["run"]["name"], name);
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), lines.len() - 1);
    let mut failed = items.iter().filter(|i| i["state"] == "Failed");
    assert!(failed.all(|i| i["cause"]["sentence"].is_string()));
}

#[test]
fn a_run_is_found_by_its_name_alone_or_in_the_namespace_named() {
    let stage = Stage::busy();
    let run = failed(&stage);
    let (namespace, name) = run.split_once('/').unwrap();
    let out = |args: &[&str]| stage.run(&[&["get", "steps"], args, &["-o", "name"]].concat());
    let whole = out(&[&run]).code(0).out;
    assert_eq!(out(&[name]).code(0).out, whole);
    assert_eq!(out(&["-n", namespace, name]).code(0).out, whole);
}

#[test]
fn a_run_that_is_not_there_is_told() {
    let stage = Stage::busy();
    for args in [
        &["nope"][..],
        &["ml-fraud/nope"],
        &["nope", "-n", "ml-fraud"],
    ] {
        let done = stage.run(&[&["get", "steps"], args].concat()).code(4);
        assert!(done.err.contains("there is no run"), "{}", done.err);
        assert_eq!(done.out, "");
    }
}

#[test]
fn pods_and_nodes_that_may_not_be_read_are_told_and_the_steps_are_whole_all_the_same() {
    let stage = Stage::busy();
    let done = stage
        .run(&["get", "runs", "-n", "ml-fraud", "-o", "name"])
        .code(0);
    let run = done.lines()[0].to_owned();
    let done = stage.run_as("viewer", &["get", "steps", &run]).code(0);
    assert!(done.lines().len() > 1);
    assert!(done.err.contains("demo/nodes is denied"), "{}", done.err);
}

#[test]
fn a_failed_step_whose_pod_is_gone_is_named_when_logs_are_printed() {
    let stage = Stage::busy();
    let run = failed(&stage);
    let steps = stage
        .run(&["get", "steps", &run, "-o", "json"])
        .code(0)
        .json();
    let (namespace, _) = run.split_once('/').unwrap();
    let items = steps["items"].as_array().unwrap();
    let lost = |i: &&serde_json::Value| {
        i["state"] == "Failed" && i["pod"].as_str().is_some_and(|p| !p.is_empty())
    };
    let step = items.iter().find(lost).unwrap();
    let pod = step["pod"].as_str().unwrap();
    let path = format!("{namespace}/{pod}");
    let there = stage.run(&["get", "pods", "-n", namespace, "-o", "name"]);
    if there.lines().contains(&path.as_str()) {
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}");
        stage.ask(
            "DELETE",
            &path,
            &serde_json::json!({"gracePeriodSeconds": 0}),
        );
    }
    let done = stage.run(&["logs", &run]);
    assert!(
        done.err.contains(&format!("its pod {pod} is gone")),
        "{}",
        done.err
    );
    assert!(done.code != 0, "{}", done.err);
}
