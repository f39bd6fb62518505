//! `midwatch doctor`: what works, what does not, what to do.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::schema::assert_valid;
use super::stage::Stage;
use super::stub::Stub;

fn check<'a>(found: &'a Value, name: &str) -> &'a Value {
    let mut checks = found["checks"].as_array().unwrap().iter();
    let found = checks.find(|c| c["name"] == name);
    found.unwrap_or_else(|| panic!("nothing is said of {name}"))
}

#[test]
fn a_platform_that_is_well_is_told_so() {
    let stage = Stage::busy();
    let done = stage.run(&["doctor"]).code(0);
    assert!(done.out.ends_with("All is well.\n"), "{}", done.out);
    assert!(!done.out.contains('\x1b'));
    let found = stage.run(&["doctor", "-o", "json"]).code(0).json();
    assert_valid(&found);
    assert_eq!(found["verdict"], "ok");
    let runs = stage
        .run(&["get", "nodes", "-o", "name"])
        .code(0)
        .lines()
        .len();
    assert_eq!(check(&found, "nodes")["details"]["rows"], runs);
    let connection = check(&found, "connection");
    assert_eq!(connection["details"]["user"], "oncall");
    assert!(connection["details"]["version"].is_string());
    assert_eq!(check(&found, "clock")["details"]["skewSeconds"], 0);
    for (name, title) in [
        ("prometheus", "Prometheus"),
        ("alertmanager", "Alertmanager"),
        ("mlflow", "MLflow"),
    ] {
        let found = check(&found, name);
        assert!(
            found["said"].as_str().is_some_and(|s| !s.is_empty()),
            "{found}"
        );
        let all = found.to_string();
        assert!(
            all.contains(title) || all.contains(&format!("sources.{name}")),
            "{all}"
        );
    }
    assert!(
        check(&found, "kubeconfig")["said"]
            .as_str()
            .unwrap()
            .contains("oncall.kubeconfig")
    );
}

#[test]
fn a_source_that_is_denied_comes_with_the_rule_that_is_missing() {
    let stage = Stage::busy();
    stage.platform.deny("oncall", "workflows", true);
    let done = stage.run(&["doctor", "-o", "json"]).code(1);
    let found = done.json();
    assert_valid(&found);
    let runs = check(&found, "workflows");
    assert_eq!(runs["verdict"], "denied");
    assert_eq!(
        runs["details"]["denied"],
        serde_json::json!(["list", "watch"])
    );
    let advice = runs["advice"].as_str().unwrap();
    assert!(
        advice.contains(
            r#"{apiGroups: ["argoproj.io"], resources: ["workflows"], verbs: ["get", "list", "watch"]}"#
        ),
        "{advice}"
    );
    assert_eq!(check(&found, "pods")["verdict"], "ok");
    assert!(done.err.is_empty(), "{}", done.err);
}

#[test]
fn who_may_read_one_namespace_is_well_there() {
    let stage = Stage::busy();
    let found = stage
        .run_as("viewer", &["doctor", "-o", "json"])
        .code(1)
        .json();
    assert_eq!(check(&found, "pods")["details"]["allowedIn"][0], "ml-fraud");
    let found = stage
        .run_as("viewer", &["doctor", "-n", "ml-fraud", "-o", "json"])
        .json();
    assert_eq!(check(&found, "pods")["verdict"], "ok");
    assert_eq!(check(&found, "logs")["verdict"], "ok");
    assert_eq!(check(&found, "nodes")["verdict"], "denied");
}

#[test]
fn a_kind_that_is_not_installed_is_absent_and_nothing_worse() {
    let stub = Stub::start();
    let done = stub.run(&["doctor"]).code(3);
    assert!(
        done.out
            .contains("The CRD workflows.argoproj.io is not installed"),
        "{}",
        done.out
    );
    assert!(
        !done.out.contains('\x1b') && !done.out.contains("planted"),
        "{}",
        done.out
    );
    assert!(done.out.contains("clear text"), "{}", done.out);
}

#[test]
fn a_cluster_that_is_down_or_hangs_is_told_in_time() {
    let stage = Stage::quiet();
    stage.runtime.block_on(stage.platform.set_down(true));
    let found = stage.run(&["doctor", "-o", "json"]).code(1).json();
    assert_valid(&found);
    assert_eq!(check(&found, "connection")["verdict"], "down");
    assert_eq!(check(&found, "sources")["verdict"], "down");
    stage.runtime.block_on(stage.platform.set_down(false));
    stage.platform.set_hanging(true);
    let start = Instant::now();
    let found = stage
        .run(&["doctor", "--timeout", "1s", "-o", "json"])
        .code(1)
        .json();
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(check(&found, "connection")["verdict"], "down");
}

#[test]
fn a_state_folder_that_cannot_be_written_to_is_told() {
    let stage = Stage::quiet();
    let file = stage.home.path().join("file");
    std::fs::write(&file, "").unwrap();
    let mut command = stage.command("oncall", &["doctor"]);
    let output = command.env("XDG_STATE_HOME", &file).output().unwrap();
    let done = super::stage::Done::of(output).code(1);
    assert!(done.out.contains("✗ down    state"), "{}", done.out);
}

#[test]
fn a_context_that_is_not_there_keeps_nobody_from_being_looked_at() {
    let stage = Stage::quiet();
    let done = stage
        .run(&["doctor", "--context", "nope", "--context", "demo"])
        .code(1);
    assert!(
        done.out.contains("There is no context nope"),
        "{}",
        done.out
    );
    assert!(done.out.contains("as oncall"), "{}", done.out);
}

#[test]
fn mistakes_in_the_persons_files_are_told_with_their_place() {
    let stage = Stage::busy();
    let folder = stage.home.path().join(".config/midwatch");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "muose = true\n").unwrap();
    let found = stage.run(&["doctor", "-o", "json"]).code(0).json();
    assert_valid(&found);
    let settings = check(&found, "settings");
    assert_eq!(settings["verdict"], "note");
    let said = settings["said"].as_str().unwrap();
    assert!(
        said.contains("config.toml:1:1: `muose` is not a setting"),
        "{said}"
    );
}
