//! Answers that do not come: a write is sent once, and what became of it is found out by looking.

use serde_json::{Value, json};

use super::guards::{noted, writes};
use super::line::{Fate, Line};
use super::{NS, Person, container, cron, delete_cron, ended, name, object, run, start};

const CRON: &str = "cronworkflows.argoproj.io";

fn suspended(name: &str) -> bool {
    object(CRON, name).unwrap()["spec"]["suspend"] == true
}

/// Suspends or resumes it; the exit code and the outcome.
fn act(person: &Person, action: &str, name: &str) -> (Option<i32>, Value, String) {
    let done = person.midwatch(&["do", action, name, "-n", NS, "--yes", "-o", "json"]);
    let outcome = serde_json::from_str(&done.out).unwrap_or_else(|e| panic!("{e}: {done:?}"));
    (done.code, outcome, done.err)
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_write_is_sent_once_whatever_becomes_of_its_answer() {
    let line = Line::new("sre");
    let person = line.person();
    for (word, fate, code, written) in [
        ("busy", Fate::Answer(429), 5, false),
        ("down", Fate::Answer(503), 1, false),
        ("cut", Fate::Cut, 1, false),
        ("done-down", Fate::DoneAndAnswer(503), 0, true),
        ("done-cut", Fate::DoneAndCut, 0, true),
    ] {
        let name = name(word);
        cron(&name);
        line.set(&[fate]);
        let (ended, outcome, err) = act(&person, "cron.suspend", &name);
        assert_eq!(ended, Some(code), "{fate:?}: {outcome}\n{err}");
        assert_eq!(suspended(&name), written, "{fate:?}");
        assert_eq!(line.writes().len(), 1, "{fate:?}: {:?}", line.writes());
        noted("sre", &name);
        let log = writes("sre", &name);
        assert_eq!(log.len(), usize::from(written), "{fate:?}: {log:?}");
        let id = outcome["id"].as_str().unwrap();
        let shown = person.midwatch(&["audit", "show", id]);
        assert_eq!(shown.code, Some(0), "{shown:?}");
        assert!(shown.out.contains("PATCH"), "{fate:?}: {shown:?}");
        let done = shown.out.contains("\nstate        done");
        assert_eq!(done, written, "{fate:?}: {shown:?}");
        let doubt = person.midwatch(&["audit", "list", "--doubt"]);
        assert!(!doubt.out.contains(id), "{fate:?}: {doubt:?}");
        println!(
            "{fate:?}: exit {code}, {}: {}",
            outcome["verdict"], outcome["what"]
        );
        delete_cron(&name);
    }
}

#[test]
#[ignore = "needs tests/rig/live"]
fn an_action_whose_end_nobody_could_see_is_in_doubt_until_the_next_one_looks() {
    let line = Line::new("sre");
    let person = line.person();
    let name = name("doubt");
    cron(&name);
    line.set(&[Fate::DoneAndAway]);
    let (code, outcome, err) = act(&person, "cron.suspend", &name);
    assert_eq!(code, Some(7), "{outcome}\n{err}");
    assert_eq!(outcome["verdict"], "unknown", "{outcome}");
    let id = outcome["id"].as_str().unwrap();
    let doubt = person.midwatch(&["audit", "list", "--doubt"]);
    assert!(doubt.out.contains(id), "{doubt:?}");
    // the line is whole again: what is done next to the object looks first
    line.set(&[]);
    let (code, next, err) = act(&person, "cron.resume", &name);
    assert_eq!(code, Some(0), "{next}\n{err}");
    assert!(err.contains(id) && err.contains("in doubt: done"), "{err}");
    assert!(!suspended(&name));
    let doubt = person.midwatch(&["audit", "list", "--doubt"]);
    assert!(!doubt.out.contains(id), "{doubt:?}");
    assert_eq!(person.midwatch(&["audit", "verify"]).code, Some(0));
    noted("sre", &name);
    let log = writes("sre", &name);
    assert_eq!(log.len(), 2, "one write each: {log:?}");
    delete_cron(&name);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_retry_that_broke_off_says_how_far_it_came_and_can_be_finished() {
    let name = name("broke");
    start(
        &name,
        &json!({}),
        &json!([container("main", &[("exit-code", "3")])]),
    );
    let before = ended(&name, "");
    let line = Line::new("sre");
    let person = line.person();
    // the pod goes, and the run is not written
    line.set(&[Fate::Pass, Fate::Answer(429)]);
    let done = person.midwatch(&["do", "run.retry", &name, "-n", NS, "--yes", "-o", "json"]);
    assert_eq!(done.code, Some(7), "{done:?}");
    let outcome: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(outcome["verdict"], "partly", "{outcome}");
    let sent = line.writes();
    assert!(
        sent[0].starts_with("DELETE") && sent[0].contains("/pods/"),
        "{sent:?}"
    );
    assert_eq!(sent.len(), 2, "{sent:?}");
    let now = run(&name);
    assert_eq!(now["spec"], before["spec"]);
    assert_eq!(now["status"]["phase"], "Failed");
    // once more: the pod is gone already, which is as good
    line.set(&[]);
    let outcome = person.act("run.retry", &name, &[]);
    assert_eq!(outcome["verdict"], "done");
    ended(&name, "");
    person.act("run.delete", &name, &[]);
}
