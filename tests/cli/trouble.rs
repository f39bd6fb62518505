//! What cannot be read is told, and the exit code says how much of the answer there is.

use std::time::{Duration, Instant};

use super::schema::assert_valid;
use super::stage::{Done, Stage};
use super::stub::Stub;

#[test]
fn a_cluster_that_may_be_read_in_part_is_a_partial_answer() {
    let stage = Stage::busy();
    let done = stage
        .run_as("viewer", &["get", "runs", "-o", "json"])
        .code(3);
    let list = done.json();
    assert_valid(&list);
    assert_eq!(list["complete"], false);
    let items = list["items"].as_array().unwrap();
    assert!(!items.is_empty() && items.iter().all(|i| i["namespace"] == "ml-fraud"));
    assert!(
        done.err
            .contains("demo/workflows is not complete: read 1 namespace: ml-fraud"),
        "{}",
        done.err
    );
    // what is asked for alone is whole
    let named = stage
        .run_as("viewer", &["get", "runs", "-n", "ml-fraud"])
        .code(0);
    assert_eq!(named.err, "");
}

#[test]
fn a_source_that_is_denied_is_named_with_what_to_do() {
    let stage = Stage::busy();
    let done = stage.run_as("nobody", &["get", "pods"]).code(1);
    assert_eq!(done.out, "");
    assert!(
        done.err.contains("demo/pods is denied: You may not list"),
        "{}",
        done.err
    );
    assert!(done.err.contains("Ask for a role"), "{}", done.err);
    // of several sources, the others are printed
    stage.platform.deny("oncall", "pods", true);
    let sources = stage.run(&["get", "sources", "-o", "json"]).code(3).json();
    let state = |feed: &str| {
        let mut rows = sources["items"].as_array().unwrap().iter();
        rows.find(|s| s["feed"] == feed).unwrap()["state"].clone()
    };
    assert_eq!(state("pods"), "denied");
    assert_eq!(state("nodes"), "live");
}

#[test]
fn a_cluster_that_is_down_is_a_failure_at_once() {
    let stage = Stage::quiet();
    stage.runtime.block_on(stage.platform.set_down(true));
    let start = Instant::now();
    let done = stage.run(&["get", "runs", "-o", "json"]).code(1);
    assert!(
        // the time allowed for answers is 30 s
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    assert!(done.err.contains("refuses connections"), "{}", done.err);
    let list = done.json();
    assert_valid(&list);
    assert_eq!(list["clusters"][0]["state"], "down");
    assert_eq!(list["clusters"][0]["version"], serde_json::Value::Null);
    assert_eq!(list["sources"][0]["rows"], serde_json::Value::Null);
}

#[test]
fn a_cluster_that_hangs_takes_no_longer_than_allowed() {
    let stage = Stage::quiet();
    stage.platform.set_hanging(true);
    let start = Instant::now();
    let done = stage.run(&["get", "runs", "--timeout", "1s"]).code(1);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    assert!(
        done.err.contains("demo/workflows was not read in time"),
        "{}",
        done.err
    );
}

/// A kubeconfig with the contexts of two files, named `a` and `b`.
fn both(a: &Stage, b: &Stage) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, stage) in [("a", a), ("b", b)] {
        let text = std::fs::read_to_string(stage.kubeconfig("oncall")).unwrap();
        let text = text
            .replace("demo", name)
            .replace("oncall", &format!("oncall-{name}"));
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn run_both(folder: &tempfile::TempDir, stage: &Stage, args: &[&str]) -> Done {
    let files = ["a", "b"].map(|n| folder.path().join(n));
    let list = std::env::join_paths(files).unwrap();
    let mut command = stage.command("oncall", args);
    command.env("KUBECONFIG", list);
    Done::of(command.output().unwrap())
}

#[test]
fn of_two_clusters_the_one_that_is_down_is_named_and_the_other_printed() {
    let (a, b) = (Stage::busy(), Stage::busy());
    let folder = both(&a, &b);
    let args = ["get", "nodes", "--context", "a", "--context", "b"];
    let whole = run_both(&folder, &a, &args).code(0);
    assert!(whole.lines()[0].contains("CLUSTER"), "{}", whole.out);
    b.runtime.block_on(b.platform.set_down(true));
    let done = run_both(&folder, &a, &args).code(3);
    assert!(done.err.contains("b/nodes is down"), "{}", done.err);
    assert_eq!((done.lines().len() - 1) * 2, whole.lines().len() - 1);
    let names = run_both(&folder, &a, &[&args[..], &["-o", "name"]].concat()).code(3);
    assert!(
        names.lines().iter().all(|l| l.starts_with("a/")),
        "{}",
        names.out
    );
}

#[test]
fn a_kind_that_is_not_installed_is_absent_and_not_empty() {
    let stub = Stub::start();
    let done = stub.run(&["get", "runs"]).code(3);
    assert!(
        done.err.contains("stub/workflows is absent"),
        "{}",
        done.err
    );
    let list = stub.run(&["get", "runs", "-o", "json"]).code(3).json();
    assert_eq!(list["sources"][0]["state"], "absent");
    stub.run(&["get", "nodes"]).code(0);
}

#[test]
fn a_kubeconfig_that_is_not_there_says_what_was_tried() {
    let stage = Stage::quiet();
    let done = stage
        .run(&["get", "runs", "--kubeconfig", "/no/such/file"])
        .code(1);
    assert!(done.err.contains("/no/such/file"), "{}", done.err);
    let done = stage.run(&["get", "runs", "--context", "nope"]).code(2);
    assert!(done.err.contains("Contexts there: demo"), "{}", done.err);
    let done = stage.run(&["themes", "nope"]).code(2);
    assert!(done.err.contains("there is no theme nope"), "{}", done.err);
}

#[test]
fn hostile_names_reach_no_terminal_and_no_pipe() {
    let stub = Stub::start();
    for form in ["table", "wide", "name", "json"] {
        let done = stub.run(&["get", "pods", "-o", form]).code(0);
        assert!(done.out.contains("evil"), "{form}: {}", done.out);
        let bad = |c: char| {
            (c.is_control() && c != '\n')
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}')
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{e0000}'..='\u{e007f}')
        };
        let found: Vec<char> = done.out.chars().filter(|c| bad(*c)).collect();
        assert!(found.is_empty(), "{form}: {found:?}");
        if form == "table" {
            assert_eq!(done.lines().len(), 2, "one pod, one line: {}", done.out);
        }
    }
}
