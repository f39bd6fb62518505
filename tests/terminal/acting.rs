//! An action by keys, as it stands in the journal.

use std::fs;

use serde_json::json;

use crate::home::{Cluster, Home, SOON, opened};
use crate::support::wait_for;

const RUNS: &str = "/apis/argoproj.io/v1alpha1/namespaces/ml-fraud/workflows";

#[test]
fn an_action_belongs_to_the_incident_that_the_console_was_started_for() {
    let (home, cluster) = (Home::new(), Cluster::quiet());
    let run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": "train", "namespace": "ml-fraud"},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "x"}}]},
        "status": {"phase": "Running", "startedAt": "2026-01-01T00:00:00Z"}});
    cluster.create(RUNS, &run);
    let mut pty = home
        .midwatch()
        .args(&["--kubeconfig", cluster.kubeconfig().to_str().unwrap()])
        .env("MIDWATCH_INCIDENT", "INC-7\u{1b}[2J")
        .spawn();
    opened(&pty);
    pty.wait_for("train", SOON);
    pty.send(":");
    for key in "run-suspend".chars() {
        pty.send(&key.to_string());
    }
    pty.wait_for("start no further steps of a run", SOON);
    pty.send("Enter");
    pty.wait_for("[ Cancel ]", SOON);
    pty.send_all(&["Tab", "Enter"]);
    let journal = home.path("state/midwatch/journal/journal-000001.jsonl");
    let written = wait_for("the verdict", SOON, || {
        let text = fs::read_to_string(&journal).ok()?;
        text.contains(r#""stage":"verdict""#).then_some(text)
    });
    assert!(
        written.contains(r#""incident":"INC-7"#) && !written.contains("\\u001b"),
        "{written}"
    );
    pty.wait_for("u undo", SOON);
    pty.send("Esc");
    pty.wait_gone("u undo", SOON);
    pty.send("q");
    assert!(pty.wait_exit(SOON).success());
}
