//! What happens while the question waits on the terminal: an edit, another operator, another cluster, and the run's own
//! course.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::json;

use super::guards::{noted, writes};
use super::{
    LONG, NS, Person, container, cron, delete_cron, ended, kubectl, name, object, run, start, until,
};
use crate::support::pty::{Program, Pty};
use crate::support::rig;

const CRON: &str = "cronworkflows.argoproj.io";
const ASKED: &str = "Do it? [y/N]";

/// The command at a terminal, up to its question.
pub fn asked(person: &Person, action: &str, target: &str, more: &[&str]) -> Pty {
    let home = person.home.path();
    let terminal = Program::new(env!("CARGO_BIN_EXE_midwatch"))
        .args(&["do", action, target, "-n", NS, "--wait", "120s"])
        .args(more)
        .env("KUBECONFIG", &person.kubeconfig)
        .env("XDG_STATE_HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .size(200, 60)
        .spawn();
    terminal.wait_for(ASKED, LONG);
    terminal
}

/// Says yes; the exit code, and what stands on the screen then.
pub fn confirmed(mut terminal: Pty) -> (u32, String) {
    terminal.send_all(&["y", "Enter"]);
    let status = terminal.wait_exit(LONG);
    terminal.wait_for("next", LONG);
    (status.exit_code(), terminal.screen())
}

#[track_caller]
fn refused(terminal: Pty, words: &[&str]) {
    let (code, screen) = confirmed(terminal);
    assert_eq!(code, 6, "{screen}");
    for word in words {
        assert!(screen.contains(word), "no {word} in:\n{screen}");
    }
    println!("{}", screen.split(ASKED).last().unwrap_or_default().trim());
}

#[test]
#[ignore = "needs tests/rig/live"]
fn an_edit_while_the_question_waits_is_told_with_who_made_it_and_nothing_is_written() {
    let name = name("edited");
    cron(&name);
    let person = Person::new("sre");
    let label = ["-n", NS, "label", CRON, &name, "team=fraud"];
    let patch = r#"{"spec": {"schedules": ["0 4 * * *"]}}"#;
    let spec = ["-n", NS, "patch", CRON, &name, "--type=merge", "-p", patch];
    for (edit, words) in [
        (&label[..], ["metadata.labels", "fraud", "kubectl-label"]),
        (&spec[..], ["spec.schedules", "0 4 * * *", "kubectl-patch"]),
    ] {
        let terminal = asked(&person, "cron.suspend", &name, &[]);
        kubectl(edit, "").unwrap();
        let edited = object(CRON, &name).unwrap();
        refused(terminal, &words);
        assert_eq!(
            object(CRON, &name).unwrap()["spec"],
            edited["spec"],
            "nothing was written"
        );
    }
    noted("sre", &name);
    assert_eq!(writes("sre", &name).len(), 0);
    // another object of the same name is not the one that was shown
    let mut terminal = asked(&person, "cron.suspend", &name, &[]);
    delete_cron(&name);
    cron(&name);
    terminal.send_all(&["y", "Enter"]);
    let status = terminal.wait_exit(LONG);
    assert_eq!(status.exit_code(), 4, "{}", terminal.screen());
    assert!(object(CRON, &name).unwrap()["spec"]["suspend"].is_null());
    delete_cron(&name);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn of_two_operators_on_one_run_the_second_is_told_who_was_there_first() {
    let name = name("two");
    start(
        &name,
        &json!({"arguments": {"parameters": [{"name": "time", "value": "0s"}]}}),
        &json!([container(
            "main",
            &[
                ("exit-code", "3"),
                ("run-time", "{{workflow.parameters.time}}")
            ]
        )]),
    );
    ended(&name, "");
    let (first, second) = (Person::new("sre"), Person::new("sre"));
    // the second time it runs as long as this test may take
    let longer = ["--param", "parameters=time=600s"];
    let (one, two) = (
        asked(&first, "run.retry", &name, &longer),
        asked(&second, "run.retry", &name, &longer),
    );
    let (code, screen) = {
        let mut one = one;
        one.send_all(&["y", "Enter"]);
        (one.wait_exit(LONG).exit_code(), one.screen())
    };
    assert_eq!(code, 0, "{screen}");
    refused(two, &[" midwatch at ", "argoproj.io/completed: true -> "]);
    noted("sre", &name);
    let log = writes("sre", &name);
    let runs: Vec<_> = log
        .iter()
        .filter(|l| l["requestURI"].as_str().unwrap().contains("/workflows/"))
        .collect();
    assert_eq!(runs.len(), 1, "one of them wrote: {runs:?}");
    first.act("run.delete", &name, &[]);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_run_that_only_went_on_while_the_question_waited_is_acted_on() {
    let name = name("course");
    start(
        &name,
        &json!({}),
        &json!([
            {"name": "main", "steps": [[{"name": "first", "template": "first"}], [{"name": "second", "template": "second"}]]},
            container("first", &[("run-time", "4s")]), container("second", &[("run-time", "120s")])]),
    );
    let runs = |shown: &str| {
        until(&name, shown, |run| {
            let nodes = run["status"]["nodes"].as_object();
            nodes
                .into_iter()
                .flatten()
                .any(|(_, n)| n["displayName"] == shown && n["phase"] == "Running")
        })
    };
    let before = runs("first");
    let person = Person::new("sre");
    let mut terminal = asked(&person, "run.suspend", &name, &[]);
    let after = runs("second");
    assert_ne!(
        before["metadata"]["resourceVersion"],
        after["metadata"]["resourceVersion"]
    );
    terminal.send_all(&["y", "Enter"]);
    let status = terminal.wait_exit(LONG);
    assert_eq!(status.exit_code(), 0, "{}", terminal.screen());
    assert_eq!(run(&name)["spec"]["suspend"], true);
    person.act("run.delete", &name, &[]);
}

/// Another cluster: the embedded platform in a process of its own, killed in the end.
struct Elsewhere(Child, String);

impl Elsewhere {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_midwatch"))
            .args(["demo", "--serve"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut path = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut path).unwrap();
        let path = path.trim().to_owned();
        assert!(!path.is_empty(), "it says where its kubeconfig is");
        // what else it says needs a reader
        thread::spawn(move || io::copy(&mut out, &mut io::sink()));
        Self(child, path)
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = rustix::process::kill_process(
            rustix::process::Pid::from_child(&self.0),
            rustix::process::Signal::TERM,
        );
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_kubeconfig_that_is_switched_while_the_question_waits_stops_it() {
    let elsewhere = Elsewhere::start();
    let name = name("switched");
    cron(&name);
    let before = object(CRON, &name).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (
        folder.path().join("kubeconfig"),
        folder.path().join("other"),
    );
    fs::copy(rig("MIDWATCH_RIG_KUBECONFIG_SRE"), &path).unwrap();
    fs::copy(&elsewhere.1, &other).unwrap();
    let kubectl = |args: &[&str]| {
        let output = Command::new(rig("MIDWATCH_RIG_KUBECTL"))
            .args(["--kubeconfig", other.to_str().unwrap(), "config"])
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    // the same name of the context, as it happens with files that tools write
    let context = kubectl(&["current-context"]);
    if context != "rig" {
        kubectl(&["rename-context", &context, "rig"]);
    }
    let person = Person::with(path.to_str().unwrap());
    let terminal = asked(&person, "cron.suspend", &name, &[]);
    fs::rename(&other, &path).unwrap();
    refused(terminal, &["not the cluster any more"]);
    let after = object(CRON, &name).unwrap();
    assert_eq!(
        before["metadata"]["resourceVersion"],
        after["metadata"]["resourceVersion"]
    );
    noted("sre", &name);
    assert_eq!(writes("sre", &name).len(), 0);
    delete_cron(&name);
}
