//! `-w`: the first answer, then each change.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::schema::{assert_is, assert_valid};
use super::stage::{SOON, Stage, ended};

const TEMPLATES: &str = "/apis/argoproj.io/v1alpha1/namespaces/default/workflowtemplates";

/// A program whose lines are read as they come.
struct Followed {
    child: Child,
    lines: Receiver<String>,
}

impl Followed {
    fn start(stage: &Stage, args: &[&str]) -> Self {
        let mut child = stage
            .command("oncall", args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line, which must come.
    fn line(&self) -> String {
        self.lines.recv_timeout(SOON).expect("another line")
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(out: ChildStdout) -> Receiver<String> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines() {
            if line.is_err() || tell.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    told
}

fn template(name: &str, entry: &str) -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate",
        "metadata": {"name": name, "namespace": "default"}, "spec": {"entrypoint": entry}})
}

#[test]
fn json_is_the_list_and_then_an_object_for_each_change() {
    let stage = Stage::quiet();
    stage.ask("POST", TEMPLATES, &template("one", "main"));
    let followed = Followed::start(&stage, &["get", "templates", "-w", "-o", "json"]);
    let list = followed.json();
    assert_valid(&list);
    assert_eq!(list["items"][0]["name"], "one");
    stage.ask("POST", TEMPLATES, &template("two", "main"));
    let added = followed.json();
    assert_valid(&added);
    assert_is("Template", &added["row"]);
    assert_eq!(
        (&added["type"], &added["row"]["name"]),
        (&json!("added"), &json!("two"))
    );
    stage.ask(
        "PATCH",
        &format!("{TEMPLATES}/two"),
        &json!({"spec": {"entrypoint": "other"}}),
    );
    let changed = followed.json();
    assert_eq!(changed["type"], "changed");
    assert_eq!(changed["row"]["entrypoint"], "other");
    stage.ask("DELETE", &format!("{TEMPLATES}/two"), &json!({}));
    let removed = followed.json();
    assert_eq!(
        (&removed["type"], &removed["row"]["name"]),
        (&json!("removed"), &json!("two"))
    );
}

#[test]
fn a_table_says_what_changed_in_each_line() {
    let stage = Stage::quiet();
    let followed = Followed::start(&stage, &["get", "templates", "-w"]);
    assert!(followed.line().starts_with("CHANGE   NAME"));
    stage.ask("POST", TEMPLATES, &template("one", "main"));
    assert!(followed.line().starts_with("added    one"));
    stage.ask("DELETE", &format!("{TEMPLATES}/one"), &json!({}));
    assert!(followed.line().starts_with("removed  one"));
}

#[test]
fn a_source_that_goes_is_told_and_so_is_its_return() {
    let stage = Stage::quiet();
    let followed = Followed::start(&stage, &["get", "templates", "-w", "-o", "json"]);
    assert_valid(&followed.json());
    stage.runtime.block_on(stage.platform.set_down(true));
    let until = |state: &str| {
        loop {
            let event = followed.json();
            assert_valid(&event);
            if event["source"]["state"] == state {
                return;
            }
        }
    };
    until("stale");
    stage.runtime.block_on(stage.platform.set_down(false));
    until("live");
}

#[test]
fn it_ends_when_nobody_reads_any_more_also_while_nothing_happens() {
    let stage = Stage::quiet();
    let mut child = stage
        .command("oncall", &["get", "namespaces", "-w"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut first).unwrap();
    assert!(first.starts_with("CHANGE"));
    drop(out);
    assert!(ended(&mut child).success());
}

#[test]
fn ctrl_c_ends_it_with_130() {
    let stage = Stage::quiet();
    let mut followed = Followed::start(&stage, &["get", "namespaces", "-w"]);
    assert!(followed.line().starts_with("CHANGE"));
    let pid = Pid::from_raw(followed.child.id().cast_signed()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(ended(&mut followed.child).code(), Some(130));
}
