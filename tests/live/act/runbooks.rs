//! Runbooks on the real API server and the real controllers, by consoles that are killed at every boundary of their steps:
//! the API server's audit log has each write once, and the report tells what was. And two persons on one target.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::guards::{noted, writes};
use super::nodes::{Web, machine};
use super::{NS, Person, container, ended, kubectl, name, node_id, start, until};

/// How long a runbook may take, with all its consoles.
const LONG: Duration = Duration::from_secs(150);

/// All records of a person's journal.
fn journal(person: &Person) -> Vec<Value> {
    let file = "midwatch/journal/journal-000001.jsonl";
    let text = fs::read_to_string(person.home.path().join(file)).unwrap_or_default();
    // the last line may be half written
    text.lines()
        .filter_map(|l| serde_json::from_str(l).ok())
        .collect()
}

/// Marks of runs of runbooks in it.
fn marks(person: &Person) -> Vec<Value> {
    let mut all = journal(person);
    all.retain(|record| record["stage"] == "runbook");
    all
}

fn console(person: &Person, words: &[&str]) -> Child {
    let mut command = person.command(&["runbook"]);
    command.args(words);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// A runbook from its beginning to its end.
struct Walk<'a> {
    person: &'a Person,
    book: &'a str,
    target: &'a str,
    /// What is answered, and what confirms.
    says: &'a [&'a str],
}

impl Walk<'_> {
    /// Carries it out with consoles that are killed in turn once a step has begun and once one has ended. How often.
    fn killed_at_every_boundary(&self) -> usize {
        let end = Instant::now() + LONG;
        let (mut kills, mut words) = (0, vec!["run", self.book, self.target]);
        loop {
            let before = marks(self.person).len();
            let mut child = console(self.person, &[&words, self.says].concat());
            let left = self.killed(&mut child, before, kills % 2 == 0, end);
            let output = child.wait_with_output().unwrap();
            if marks(self.person)
                .last()
                .is_some_and(|m| m["mark"] == "ended")
            {
                return kills;
            }
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!left, "{} was left: {said}", self.book);
            kills += 1;
            words = vec!["resume"];
        }
    }

    /// Kills it at the next boundary; true when it ended by itself before.
    fn killed(&self, child: &mut Child, before: usize, began: bool, end: Instant) -> bool {
        loop {
            assert!(Instant::now() < end, "{:#?}", marks(self.person));
            if child.try_wait().unwrap().is_some() {
                return true;
            }
            let marks = marks(self.person);
            let new = marks.get(before..).unwrap_or_default();
            let mut steps = new.iter().filter(|m| m["mark"] == "step");
            if steps.any(|m| (m["did"] == "began") == began) {
                child.kill().unwrap();
                return false;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Each step ended once, and each request of its actions was taken once.
    fn is_told_truly(&self, how: &str, steps: &[&str]) {
        let mut times: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        let marks = marks(self.person);
        for mark in marks
            .iter()
            .filter(|m| m["mark"] == "step" && m["did"] != "began")
        {
            let step = mark["step"].as_u64().unwrap();
            times
                .entry(step)
                .or_default()
                .push(mark["did"].as_str().unwrap().to_owned());
        }
        let once: BTreeMap<u64, Vec<String>> = (0..)
            .zip(steps)
            .map(|(step, did)| (step, vec![(*did).to_owned()]))
            .collect();
        assert_eq!(times, once, "{marks:#?}");
        assert_eq!(marks.last().unwrap()["how"], how);
        self.each_request_was_taken_once();
        let report = self.person.midwatch(&["report", "--since", "1h"]);
        assert_eq!(report.code, Some(0), "{report:?}");
        let text = report.out;
        let resumed = marks.iter().filter(|m| m["mark"] == "goes-on").count();
        assert_eq!(text.matches("**gone on with**").count(), resumed, "{text}");
        assert!(text.contains(&format!("### {} on ", self.book)), "{text}");
        assert!(text.contains(&format!(": {how}\n")), "{text}");
        for (did, word) in [
            ("passed", "done"),
            ("skipped", "skipped"),
            ("failed", "failed"),
        ] {
            let wanted = steps.iter().filter(|s| **s == did).count();
            assert_eq!(
                text.matches(&format!("| {word} |")).count(),
                wanted,
                "{word}: {text}"
            );
        }
        assert!(
            !text.contains("in doubt") && !text.contains("**left**"),
            "{text}"
        );
        println!("{text}");
    }

    fn each_request_was_taken_once(&self) {
        for intent in journal(self.person)
            .iter()
            .filter(|r| r["stage"] == "intent")
        {
            for request in intent["requests"].as_array().unwrap() {
                let path = request["path"].as_str().unwrap();
                let object = path
                    .trim_end_matches("/eviction")
                    .rsplit('/')
                    .next()
                    .unwrap();
                noted("sre", object);
                let mine = writes("sre", object).into_iter().filter(|line| {
                    let uri = line["requestURI"].as_str().unwrap();
                    uri.split('?').next() == Some(path)
                });
                let taken = mine.filter(|line| (200..300).contains(&code(line)));
                assert_eq!(taken.count(), 1, "{request} of {}", intent["action"]);
            }
        }
    }
}

fn code(line: &Value) -> u64 {
    let status = line["responseStatus"]["code"].as_u64();
    status.or(line["code"].as_u64()).unwrap()
}

/// A run with gates side by side, once all of them wait.
fn gated(name: &str, gates: &[&str]) -> Value {
    let tasks: Vec<Value> = gates
        .iter()
        .map(|g| json!({"name": g, "template": "gate"}))
        .collect();
    start(
        name,
        &json!({}),
        &json!([{"name": "main", "dag": {"tasks": tasks}}, {"name": "gate", "suspend": {}}]),
    );
    until(name, "its gates wait", |run| {
        let nodes = run["status"]["nodes"].as_object().into_iter().flatten();
        let waits = |n: &Value| n["type"] == "Suspend" && n["phase"] == "Running";
        nodes.filter(|(_, n)| waits(n)).count() == gates.len()
    })
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_gate_is_decided_once_by_consoles_that_are_killed_at_every_boundary() {
    let person = Person::new("sre");
    let run = name("kill-gate");
    gated(&run, &["gate"]);
    let walk = Walk {
        person: &person,
        book: "gate-waiting",
        target: &format!("{NS}/{run}"),
        says: &["--yes", "--confirm", &run, "--answer", "2=approve"],
    };
    let kills = walk.killed_at_every_boundary();
    println!("gate-waiting: killed {kills} times");
    assert!(kills >= 6, "{kills}");
    let after = ended(&run, "");
    assert_eq!(after["status"]["phase"], "Succeeded");
    walk.is_told_truly(
        "done",
        &[
            "passed", "passed", "passed", "skipped", "skipped", "skipped",
        ],
    );
    person.act("run.delete", &run, &[]);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_failed_step_is_retried_once_by_consoles_that_are_killed_at_every_boundary() {
    let person = Person::new("sre");
    let run = name("kill-retry");
    let bad = [("exit-code", "3"), ("run-time", "4s")];
    start(&run, &json!({}), &json!([container("train", &bad)]));
    ended(&run, "");
    let walk = Walk {
        person: &person,
        book: "kfp-pipeline-failed-step-debug",
        target: &format!("{NS}/{run}"),
        says: &["--yes", "--confirm", &run, "--answer", "2=yes"],
    };
    let kills = walk.killed_at_every_boundary();
    println!("kfp-pipeline-failed-step-debug: killed {kills} times");
    assert!(kills >= 8, "{kills}");
    // it was not mended: the last step says so
    walk.is_told_truly(
        "stopped",
        &["passed", "passed", "passed", "passed", "failed"],
    );
    person.act("run.delete", &run, &[]);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_node_is_drained_once_by_consoles_that_are_killed_at_every_boundary() {
    let person = Person::new("sre");
    let (from, to) = (machine("kill-from", "kill"), machine("kill-to", "kill"));
    person.act("node.cordon", &to.0, &[]);
    let web = Web::start("kill", 2, &json!({"maxUnavailable": 1}));
    assert!(web.pods().iter().all(|(_, node)| *node == from.0));
    person.act("node.uncordon", &to.0, &[]);
    fs::remove_dir_all(person.home.path().join("midwatch")).unwrap();
    let walk = Walk {
        person: &person,
        book: "gpu-node-down",
        target: &from.0,
        says: &[
            "--yes",
            "--confirm",
            &from.0,
            "--answer",
            "1=yes",
            "--answer",
            "3=yes",
            "--answer",
            "6=told them",
        ],
    };
    let kills = walk.killed_at_every_boundary();
    println!("gpu-node-down: killed {kills} times");
    assert!(kills >= 8, "{kills}");
    walk.is_told_truly(
        "done",
        &["passed", "passed", "passed", "passed", "skipped", "passed"],
    );
    assert!(web.pods().iter().all(|(_, node)| *node == to.0));
}

/// It waits until one of two gates is decided, and then decides the other.
const LATE: &str = r"---
id: late
title: Decide the second gate
target: run
---
## Is the first one decided?
```step
wait: target.steps.waiting == 1
within: 3m
```
## Decide it
```step
action: gate.approve
within: 2m
```
";

#[test]
#[ignore = "needs tests/rig/live"]
fn of_two_persons_on_one_target_one_works_and_the_other_is_told_who() {
    let run = name("two-persons");
    let gates = gated(&run, &["one", "two"]);
    let person = |user: &str| {
        let person = Person::new(user);
        let folder = person.home.path().join("config/midwatch/runbooks");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("late.md"), LATE).unwrap();
        person
    };
    let (first, second) = (person("sre"), person("admin"));
    let target = format!("{NS}/{run}");
    let words = ["run", "late", &target, "--yes", "--confirm", &run];
    let began = |person: &Person| {
        crate::support::wait_for("the first step", LONG, || {
            marks(person)
                .iter()
                .any(|m| m["did"] == "began")
                .then_some(())
        });
    };
    let one = console(&first, &words);
    began(&first);
    let refused = second.midwatch(&[&["runbook"][..], &words].concat());
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for part in ["Someone is on it already: ", ", run ", ", since 20"] {
        assert!(refused.err.contains(part), "{part}: {refused:?}");
    }
    let two = console(
        &second,
        &[&words[..], &["--take-over", "she is asleep"]].concat(),
    );
    began(&second);
    // now both would go on
    let third = Person::new("admin");
    let node = format!("node={}", node_id(&gates, "one"));
    third.act("gate.approve", &run, &["--param", &node]);
    let two = two.wait_with_output().unwrap();
    assert_eq!(
        two.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&two.stderr)
    );
    let one = one.wait_with_output().unwrap();
    let said = String::from_utf8(one.stderr).unwrap();
    assert_eq!(one.status.code(), Some(1), "{said}");
    assert!(said.contains("It was taken over by "), "{said}");
    assert!(said.contains("she is asleep"), "{said}");
    assert_eq!(ended(&run, "")["status"]["phase"], "Succeeded");
    noted("sre", &run);
    assert_eq!(writes("sre", &run).len(), 0, "the first one wrote nothing");
    noted("admin", &run);
    let both = writes("admin", &run);
    let taken = both.iter().filter(|line| (200..300).contains(&code(line)));
    assert_eq!(taken.count(), 2, "{both:?}");
    let report = |person: &Person| person.midwatch(&["report", "--since", "1h"]).out;
    let (hers, his) = (report(&first), report(&second));
    for part in [
        "**taken from** ",
        "It was taken over by ",
        "she is asleep",
        "**left** at step 2",
    ] {
        assert!(hers.contains(part), "{part}: {hers}");
    }
    for part in [
        "**taken over** from ",
        "because: she is asleep",
        "### late on ",
        ": done\n",
    ] {
        assert!(his.contains(part), "{part}: {his}");
    }
    println!("{hers}\n{his}");
    kubectl(&["-n", NS, "delete", "workflows.argoproj.io", &run], "").unwrap();
}
