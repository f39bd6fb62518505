//! `midwatch do` and what the settings say about the audit: who else is told, and how large files of the journal grow.

use std::fs;
use std::net::TcpListener;

use midwatch::act::Journal;
use midwatch::act::journal::Options;
use midwatch::plan::{Ended, Stage as Told, Verdict};
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::stage::{Done, Stage};

const RUNS: &str = "/apis/argoproj.io/v1alpha1/namespaces/ml-fraud/workflows";
const SUSPEND: [&str; 5] = ["do", "run.suspend", "ml-fraud/train", "--yes", "--wait=20s"];

/// A run that is under way, and the settings of who looks after it.
fn stage(audit: &str) -> Stage {
    let stage = Stage::quiet();
    let run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": "train", "namespace": "ml-fraud"},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "x"}}]},
        "status": {"phase": "Running", "startedAt": "2026-01-01T00:00:00Z"}});
    stage.ask("POST", RUNS, &run);
    let folder = stage.home.path().join(".config/midwatch");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), format!("[audit]\n{audit}\n")).unwrap();
    stage
}

fn suspend(stage: &Stage, more: &[&str]) -> Done {
    let mut args = SUSPEND.to_vec();
    args.extend(more);
    stage.run(&args)
}

#[test]
fn others_are_told_of_an_action_that_ended_and_not_of_a_plan() {
    let stage = stage("events = true");
    let server = stage.runtime.block_on(async {
        let server = MockServer::start().await;
        let taken = Mock::given(method("POST")).respond_with(ResponseTemplate::new(204));
        taken.expect(1).mount(&server).await;
        server
    });
    let config = stage.home.path().join(".config/midwatch/config.toml");
    let text = format!("[audit]\nevents = true\nwebhook = \"{}\"\n", server.uri());
    fs::write(config, text).unwrap();
    suspend(&stage, &["--dry-run"]).code(0);
    let done = suspend(&stage, &["--incident", "INC-7"]).code(0);
    assert!(!done.err.contains("audit:"), "{}", done.err);

    let posted = stage.runtime.block_on(server.received_requests()).unwrap();
    let copy: Value = posted[0].body_json().unwrap();
    assert_eq!(
        (&copy["action"], &copy["verdict"], &copy["incident"]),
        (&json!("run.suspend"), &json!("done"), &json!("INC-7"))
    );
    let events = stage.run(&["get", "events", "-n", "ml-fraud", "-o", "json"]);
    let own = events.out.matches("MidwatchAction").count();
    assert_eq!(own, 1, "{}", events.out);
    stage.runtime.block_on(server.verify());
}

#[test]
fn a_copy_that_does_not_arrive_is_told_and_fails_nothing() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let stage = stage(&format!("webhook = \"http://{}/\"", closed.unwrap()));
    let done = suspend(&stage, &["-o", "json"]).code(0);
    assert_eq!(done.json()["verdict"], "done");
    assert!(
        done.err
            .contains("audit: no copy of the action reached the webhook at 127.0.0.1"),
        "{}",
        done.err
    );
}

#[test]
fn a_header_that_is_not_set_is_told_before_and_keeps_nobody_from_acting() {
    let stage =
        stage("webhook = \"http://127.0.0.1:9/\"\nwebhook-header = \"Authorization: env:NOT_SET\"");
    let done = suspend(&stage, &[]).code(0);
    let (told, planned) = (
        done.err.find("NOT_SET is not set"),
        done.err.find("written down"),
    );
    assert!(told.unwrap() < planned.unwrap(), "{}", done.err);
}

#[test]
fn the_journal_of_the_command_grows_as_large_as_is_set() {
    let stage = stage("rotate-mb = 1");
    let folder = stage.home.path().join(".local/state/midwatch/journal");
    let journal = Journal::open(&folder, Options::default());
    let long = Told::Resolved(Ended {
        verdict: Verdict::Done,
        what: "long".into(),
        after: "x".repeat(1_100_000),
        changes: Vec::new(),
        by: Vec::new(),
        millis: 0,
    });
    journal.append("261012-220413-aaaaa", long).unwrap();
    let first = fs::metadata(folder.join("journal-000001.jsonl")).unwrap();
    assert!(first.len() > 1 << 20, "{}", first.len());
    suspend(&stage, &[]).code(0);
    let second = fs::read_to_string(folder.join("journal-000002.jsonl")).unwrap();
    assert!(second.contains("run.suspend"), "{second}");
}
