//! A run that is suspended and then told to end, and the Events that tell others of it.

use std::fs;

use serde_json::{Value, json};

use super::{NS, Person, container, ended, kubectl, name, pods, run, start, until};

fn node<'a>(run: &'a Value, shown: &str) -> Option<&'a Value> {
    let nodes = run["status"]["nodes"].as_object()?;
    nodes.values().find(|n| n["displayName"] == shown)
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_suspended_run_that_is_stopped_ends_once_it_is_resumed_and_others_are_told() {
    let person = Person::new("admin");
    let config = person.home.path().join("config/midwatch");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "[audit]\nevents = true\n").unwrap();
    let name = name("held");
    start(
        &name,
        &json!({"onExit": "quick"}),
        &json!([
        {"name": "main", "steps": [[{"name": "slow", "template": "slow"}], [{"name": "next", "template": "quick"}]]},
        container("slow", &[("run-time", "60s")]), container("quick", &[])]),
    );
    until(&name, "its first step runs", |run| {
        node(run, "slow").is_some_and(|n| n["phase"] == "Running")
    });
    person.act("run.suspend", &name, &[]);
    let preview = person.preview("run.stop", &name, &[]);
    let traps = preview["traps"].to_string();
    assert!(traps.contains("stays Running"), "{traps}");
    person.act("run.stop", &name, &[]);
    let held = until(&name, "its step is ended", |run| {
        node(run, "slow").is_some_and(|n| n["phase"] != "Running")
    });
    assert_eq!(held["status"]["phase"], "Running");
    person.act("run.resume", &name, &[]);
    let after = ended(&name, "");
    assert_eq!(after["status"]["phase"], "Failed");
    assert_eq!(
        pods(&name).len(),
        2,
        "of its first step and its exit handler"
    );
    assert!(node(&after, &format!("{name}.onExit")).is_some_and(|n| n["phase"] == "Succeeded"));

    let seen = format!("reason=MidwatchAction,involvedObject.name={name}");
    let args = [
        "-n",
        NS,
        "get",
        "events",
        "-o",
        "json",
        "--field-selector",
        &seen,
    ];
    let events: Value = serde_json::from_str(&kubectl(&args, "").unwrap()).unwrap();
    let events = events["items"].as_array().unwrap();
    let mut told: Vec<&str> = events
        .iter()
        .map(|e| e["message"].as_str().unwrap())
        .collect();
    told.sort_unstable();
    assert_eq!(told.len(), 3, "{told:?}");
    for (message, action) in told.iter().zip(["run.resume", "run.stop", "run.suspend"]) {
        assert!(
            message.starts_with(&format!("{action} by admin: done. Reason: a test")),
            "{message}"
        );
    }
    let uid = &run(&name)["metadata"]["uid"];
    assert!(
        events
            .iter()
            .all(|e| &e["involvedObject"]["uid"] == uid && e["type"] == "Normal")
    );
}
