//! Runs of runbooks: what is asked for, in which order, and what is written before.

mod again;

use serde_json::json;

use super::*;
use crate::plan::{Did, HaltKind, Record, Sitting, Stage, Verdict};
use crate::runbook::read;

const BOOK: &str = r#"---
id: mend
title: Mend it
target: service
---
## Is it worse?
```step
check: canary.verdict == "worse"
otherwise: ask "Go on anyway?"
```
## How much?
```step
query: sum(rate(requests_total[5m]))
as: rate
```
## Which way?
```step
ask: Which way?
choices: back, forward
as: way
```
## Back
```step
when: way == "back"
action: service.rollback
verify: target.canaryPercent == 0
within: 5m
```
## Forward
```step
when: way == "forward"
action: service.promote
```
## Calm?
```step
wait: slo.burnMinutes < 14.4
within: 10m
otherwise: stop "It still burns"
```
## Tell
```step
note: Tell the owner
```
"#;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn facts(verdict: &str, percent: u32, burn: f64) -> Facts {
    Facts {
        value: json!({"target": {"canaryPercent": percent}, "canary": {"verdict": verdict},
            "slo": {"burnMinutes": burn}}),
        lacks: BTreeMap::new(),
    }
}

/// A run with the journal that it writes.
struct Desk {
    course: Course,
    journal: Vec<Record>,
    now: i64,
}

impl Desk {
    fn new(text: &str) -> Self {
        let book = Arc::new(read("mend", text).unwrap());
        let about = About {
            feed: "services".to_owned(),
            namespace: "ml".into(),
            name: "fraud".into(),
            uid: "u".into(),
        };
        Self {
            course: Course::begin(book, about, Clean::default()),
            journal: Vec::new(),
            now: 0,
        }
    }

    fn write(&mut self, mark: Mark) {
        self.journal.push(Record {
            v: 1,
            seq: 1,
            at: at(self.now),
            id: "r1".to_owned(),
            stage: Stage::Runbook(mark),
            prev: String::new(),
            hash: String::new(),
        });
        self.course.written(Ok(Written {
            id: "r1".to_owned(),
            ..Written::default()
        }));
    }

    /// Goes on until something other than the journal is needed.
    fn go(&mut self, facts: &Facts) -> Option<Need> {
        loop {
            match self.course.next(facts, at(self.now)) {
                Some(Need::Write { mark, .. }) => self.write(*mark),
                other => return other,
            }
        }
    }

    /// What the journal says of the steps.
    fn told(&self) -> Vec<(usize, Did)> {
        let sitting = Sitting::fold(self.journal.iter()).remove(0);
        sitting
            .stepped
            .iter()
            .map(|(_, s)| (s.step, s.did))
            .collect()
    }

    /// The console was killed: another one goes on with what the journal has.
    fn killed(&mut self) {
        let sitting = Sitting::fold(self.journal.iter()).remove(0);
        let book = Arc::clone(&self.course.book);
        self.course = Course::again(book, &sitting).unwrap();
    }

    fn done(&mut self, id: &str) {
        let found = Found {
            id: id.to_owned(),
            verdict: Verdict::Done,
            what: "seen done".into(),
            made: None,
        };
        self.course.acted(found, at(self.now));
    }
}

#[test]
fn a_run_goes_from_its_checks_to_its_note_and_writes_each_step_before_and_after() {
    use Did::{Began, Passed, Skipped};
    let mut desk = Desk::new(BOOK);
    let burning = facts("worse", 20, 40.0);
    assert!(matches!(desk.go(&burning), Some(Need::Query(q)) if q.starts_with("sum(")));
    desk.course.queried(Ok(json!({"value": 3.5})));
    assert_eq!(desk.go(&burning), None);
    assert_eq!(
        desk.course.answer("sideways"),
        Err("the answer is one of back, forward".to_owned())
    );
    desk.course.answer("back").unwrap();
    desk.go(&burning);
    assert!(matches!(desk.course.state(), State::Ready(_)));
    let wanted = desk.course.want(&burning).unwrap();
    assert_eq!(
        (wanted.action.as_str(), wanted.runbook.as_str()),
        ("service.rollback", "r1/3")
    );
    desk.done("a1");
    desk.go(&burning);
    assert!(
        matches!(desk.course.state(), State::Until { .. }),
        "not seen yet"
    );
    desk.now = 40;
    desk.go(&facts("worse", 0, 40.0));
    assert_eq!(desk.course.at(), 5, "the way forward is not for this case");
    desk.now = 100;
    desk.go(&facts("better", 0, 2.0));
    desk.course.say(true, at(100));
    assert_eq!(desk.go(&burning), None);
    assert_eq!(desk.course.ended(), Some(How::Done));
    let expected = [
        (0, Began),
        (0, Passed),
        (1, Began),
        (1, Passed),
        (2, Began),
        (2, Passed),
        (3, Began),
        (3, Passed),
        (4, Skipped),
        (5, Began),
        (5, Passed),
        (6, Began),
        (6, Passed),
    ];
    assert_eq!(desk.told(), expected);
    let sitting = Sitting::fold(desk.journal.iter()).remove(0);
    assert_eq!(sitting.ended.unwrap().how, How::Done);
    let passed = &sitting.stepped[7].1;
    assert_eq!(
        (passed.action.as_str(), &*passed.what),
        ("a1", "after 40 s: target.canaryPercent = 0")
    );
}

#[test]
fn nothing_goes_on_before_it_is_written() {
    let mut desk = Desk::new(BOOK);
    let known = facts("worse", 20, 40.0);
    assert!(matches!(
        desk.course.next(&known, at(0)),
        Some(Need::Write { .. })
    ));
    assert_eq!(desk.course.next(&known, at(0)), None, "asked once");
    desk.course.written(Err("the disk is full".into()));
    assert!(matches!(desk.course.state(), State::Halted(why, _) if &**why == "the disk is full"));
    assert_eq!(desk.course.next(&known, at(1)), None);
    desk.course.retry();
    assert!(matches!(
        desk.course.next(&known, at(2)),
        Some(Need::Write { .. })
    ));
}

#[test]
fn what_is_not_known_is_waited_for_and_then_asked_about() {
    let mut desk = Desk::new(BOOK);
    let mut known = facts("worse", 20, 40.0);
    known
        .lacks
        .insert("canary".to_owned(), "the comparison is down".to_owned());
    assert_eq!(desk.go(&known), None);
    assert!(matches!(desk.course.state(), State::Facts(_)));
    desk.now = 30;
    desk.go(&known);
    let State::Person(question) = desk.course.state() else {
        panic!("{:?}", desk.course.state());
    };
    assert_eq!(&*question.because, "cannot be told: the comparison is down");
    desk.course.say(false, at(30));
    desk.go(&known);
    assert_eq!(desk.course.ended(), Some(How::Stopped));
    assert_eq!(desk.told(), [(0, Did::Began), (0, Did::Failed)]);
}

#[test]
fn a_wait_that_takes_too_long_stops_and_one_that_is_cancelled_asks() {
    let text = BOOK.replace("check: canary", "check: \"\" == \"\" || canary");
    for cancel in [false, true] {
        let mut desk = Desk::new(&text);
        let burning = facts("worse", 0, 40.0);
        desk.go(&burning);
        desk.course.queried(Ok(json!(1)));
        desk.go(&burning);
        desk.course.answer("forward").unwrap();
        desk.go(&burning);
        desk.course.want(&burning).unwrap();
        desk.done("a1");
        desk.now = 4;
        desk.go(&burning);
        assert!(matches!(desk.course.state(), State::Until { .. }));
        if cancel {
            desk.course.cancel();
            desk.course.say(true, at(5));
            desk.go(&burning);
            assert_eq!(desk.course.at(), 6);
        } else {
            desk.now = 605;
            desk.go(&burning);
            assert!(
                matches!(desk.course.state(), State::Ended(How::Stopped, why) if &**why == "It still burns")
            );
        }
    }
}

#[test]
fn an_action_that_wrote_nothing_can_be_tried_again_or_passed_over() {
    let mut desk = Desk::new(BOOK);
    let known = facts("worse", 20, 40.0);
    desk.go(&known);
    desk.course.queried(Err("timeout".to_owned()));
    desk.course.say(true, at(0));
    desk.go(&known);
    desk.course.answer("back").unwrap();
    desk.go(&known);
    desk.course.want(&known).unwrap();
    let found = Found {
        id: "a1".to_owned(),
        verdict: Verdict::NotWritten(HaltKind::Changed),
        what: "It changed".into(),
        made: None,
    };
    desk.course.acted(found, at(0));
    assert!(
        matches!(desk.course.state(), State::Ready(why) if &**why == "changed in between: It changed")
    );
    desk.course.want(&known).unwrap();
    desk.course.put_back("nothing was sent");
    desk.course.cancel();
    desk.course.say(true, at(0));
    desk.go(&known);
    assert_eq!(desk.course.at(), 5);
}

#[test]
fn what_can_be_chosen_may_be_a_list_that_is_known_only_then() {
    let text = "---\nid: mend\ntitle: Mend\ntarget: pod\n---\n## Which?\n```step\nask: Which node?\nchoices: nodes\nas: node\n```\n";
    let choices = |nodes: serde_json::Value| {
        let mut desk = Desk::new(text);
        let facts = Facts {
            value: json!({"target": {}, "nodes": nodes}),
            lacks: BTreeMap::new(),
        };
        desk.go(&facts);
        match desk.course.state().clone() {
            State::Person(Question {
                kind: Kind::Choice(all),
                ..
            }) => (all, desk),
            other => panic!("{other:?}"),
        }
    };
    let (all, mut desk) = choices(json!(["gpu-1", "gpu-2"]));
    assert_eq!(all, ["gpu-1", "gpu-2"]);
    assert!(desk.course.answer("gpu-3").is_err());
    desk.course.answer("gpu-2").unwrap();
    // where none is known, any can be named
    for none in [json!([]), serde_json::Value::Null] {
        let (all, mut desk) = choices(none);
        assert!(all.is_empty());
        desk.course.answer("gpu-3").unwrap();
    }
}
