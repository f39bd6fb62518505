//! What a person has seen of what was found stays seen: after a restart, and for scripts.

use std::fs;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::home::{Cluster, Home, MIDWATCH, SOON, opened};
use crate::support::pty::Pty;
use crate::support::wait_for;

const RUNS: &str = "/apis/argoproj.io/v1alpha1/namespaces/ml-fraud/workflows";

fn start(home: &Home, cluster: &Cluster) -> Pty {
    let kubeconfig = cluster.kubeconfig().to_str().unwrap();
    let program = home.midwatch().args(&["--kubeconfig", kubeconfig]);
    let pty = program.env("MIDWATCH_START", "home").size(120, 36).spawn();
    opened(&pty);
    pty.wait_for("train", SOON);
    pty
}

/// What the command says of the run that failed.
fn told(home: &Home, cluster: &Cluster) -> Value {
    let output = Command::new(MIDWATCH)
        .env("HOME", home.path(""))
        .env("XDG_STATE_HOME", home.path("state"))
        .env("KUBECONFIG", cluster.kubeconfig())
        .args(["get", "findings", "-o", "json"])
        .output()
        .unwrap();
    let list: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let items = list["items"].as_array().unwrap();
    let mine = items.iter().find(|item| item["rule"] == "failed-run");
    mine.unwrap_or_else(|| panic!("{list:#}")).clone()
}

#[test]
fn what_was_seen_is_seen_after_a_restart_and_by_scripts_until_it_is_taken_back() {
    let (home, cluster) = (Home::new(), Cluster::quiet());
    let ago = |minutes| Timestamp::now() - SignedDuration::from_mins(minutes);
    let run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": "train", "namespace": "ml-fraud"},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "x"}}]},
        "status": {"phase": "Failed", "message": "it ran out of memory", "startedAt": ago(20), "finishedAt": ago(10)}});
    cluster.create(RUNS, &run);
    let before = told(&home, &cluster);
    assert_eq!(before["seen"], Value::Null);
    assert_eq!(before["now"], true);
    let books = before["runbooks"].as_array().unwrap();
    assert!(
        books.contains(&json!("kfp-pipeline-failed-step-debug")),
        "{before:#}"
    );

    let mut pty = start(&home, &cluster);
    pty.wait_for("it ran out of memory", SOON);
    pty.send("x");
    pty.wait_for("seen; it is told again when it gets worse", SOON);
    let file = home.path("state/midwatch/seen.json");
    let kept = wait_for("what was seen", SOON, || {
        let text = fs::read_to_string(&file).ok()?;
        text.contains("failed-run train").then_some(text)
    });
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let by = kept[0]["by"].as_str().unwrap();
    assert!(!by.is_empty());
    pty.send("q");
    assert!(pty.wait_exit(SOON).success());

    let after = told(&home, &cluster);
    assert_eq!(after["seen"]["by"], by);
    assert!(after["seen"]["at"].is_string(), "{after:#}");
    assert_eq!(after["now"], false);

    let mut pty = start(&home, &cluster);
    pty.wait_for(&format!("by {by} since "), SOON);
    // once more takes it back
    pty.send("x");
    pty.wait_for("not seen any more", SOON);
    wait_for("it is taken back", SOON, || {
        let text = fs::read_to_string(&file).ok()?;
        (!text.contains("failed-run train")).then_some(())
    });
    pty.send("q");
    assert!(pty.wait_exit(SOON).success());
    assert_eq!(told(&home, &cluster)["seen"], Value::Null);
}
