//! Runs that another console goes on with, from what the journal has.

use super::*;

/// At every record of a run the console is killed. The next one goes on, and does no step again that was done.
#[test]
fn a_run_that_is_killed_at_any_record_goes_on_and_does_nothing_twice() {
    for kill in 1..14 {
        let mut desk = Desk::new(BOOK);
        let (mut done, mut killed) = (0, false);
        for turn in 0..60 {
            let known = facts(
                "worse",
                if done > 0 { 0 } else { 20 },
                if done > 0 { 1.0 } else { 40.0 },
            );
            desk.now = turn;
            if !killed && desk.journal.len() >= kill {
                killed = true;
                desk.killed();
            }
            match desk.course.next(&known, at(turn)) {
                Some(Need::Write { mark, .. }) => desk.write(*mark),
                Some(Need::Query(_)) => desk.course.queried(Ok(json!(1))),
                // the intent of the action stands in the journal, or does not
                Some(Need::Look(step)) => {
                    assert_eq!(step, 3);
                    let found = (done > 0).then(|| Found {
                        id: "a1".to_owned(),
                        verdict: Verdict::Done,
                        what: "found by looking".into(),
                        made: None,
                    });
                    desk.course.looked(Ok(found), at(turn));
                }
                None => match desk.course.state().clone() {
                    State::Person(Question {
                        kind: Kind::Choice(_),
                        ..
                    }) => {
                        desk.course.answer("back").unwrap();
                    }
                    State::Person(_) => desk.course.say(true, at(turn)),
                    State::Ready(_) => {
                        desk.course.want(&known).unwrap();
                        done += 1;
                        desk.done("a1");
                    }
                    _ => {}
                },
            }
        }
        assert_eq!(desk.course.ended(), Some(How::Done), "killed after {kill}");
        assert_eq!(done, 1, "killed after {kill}");
        assert!(killed);
        let passed = |(_, did): &&(usize, Did)| *did != Did::Began;
        let told = desk.told();
        let steps: Vec<usize> = told.iter().filter(passed).map(|t| t.0).collect();
        assert_eq!(steps, [0, 1, 2, 3, 4, 5, 6], "killed after {kill}");
    }
}

#[test]
fn a_runbook_that_was_changed_since_is_not_gone_on_with() {
    let mut desk = Desk::new(BOOK);
    desk.go(&facts("worse", 20, 40.0));
    let sitting = Sitting::fold(desk.journal.iter()).remove(0);
    let other = Arc::new(read("mend", &BOOK.replace("Which way?", "Where?")).unwrap());
    let error = Course::again(other, &sitting).unwrap_err();
    assert_eq!(error, "the runbook mend was changed since: begin it anew");
}

const MAKES: &str = r#"---
id: mend
title: Start it
target: template
---
## Start
```step
action: template.submit
as: run
```
## Wait
```step
wait: run.state == "Succeeded"
```
## Approve
```step
action: gate.approve
on: run.namespace + "/" + run.name
```
"#;

/// What an action makes has a name from then on, also for whoever goes on later; what is seen of it comes over that.
#[test]
fn what_an_action_made_is_known_by_its_name() {
    let mut desk = Desk::new(MAKES);
    let none = facts("", 0, 0.0);
    desk.go(&none);
    desk.course.want(&none).unwrap();
    assert_eq!(desk.course.made().count(), 0);
    let made = About {
        feed: "workflows".to_owned(),
        namespace: "recsys".into(),
        name: "retrain-1".into(),
        uid: "".into(),
    };
    let found = Found {
        id: "a1".to_owned(),
        verdict: Verdict::Done,
        what: "taken up".into(),
        made: Some(made.clone()),
    };
    desk.course.acted(found, at(desk.now));
    desk.now += 10;
    assert_eq!(desk.go(&none), None);
    assert!(matches!(desk.course.state(), State::Until { .. }));
    desk.killed();
    desk.go(&none);
    assert_eq!(desk.course.made().next(), Some(("run", made)));
    let mut ended = facts("", 0, 0.0);
    ended.value["run"] = json!({"namespace": "recsys", "name": "retrain-1", "state": "Succeeded"});
    desk.now += 10;
    desk.go(&ended);
    let wanted = desk.course.want(&ended).unwrap();
    assert_eq!(wanted.on.as_deref(), Some("recsys/retrain-1"));
}
