//! Runs of runbooks in a report.

use super::*;
use crate::cli::report::timeline::markdown;
use crate::config::Incident;
use crate::domain::Clean;
use crate::plan::{
    About, Begun, Closed, Cluster, How, Lost, Mark, Operator, Record, Signed, Stage,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_760_000_000 + second).unwrap()
}

fn by(who: &str) -> Signed {
    Signed {
        operator: Operator {
            os_user: who.into(),
            host: "bastion-1".into(),
            ..Operator::default()
        },
        ..Signed::default()
    }
}

fn step(step: usize, did: Did, what: &str) -> Mark {
    Mark::Step(Box::new(Stepped {
        step,
        did,
        what: what.into(),
        name: String::new(),
        value: serde_json::Value::Null,
        action: String::new(),
        signed: by("carol"),
    }))
}

fn begun() -> Mark {
    Mark::Begun(Box::new(Begun {
        runbook: "canary-rollback".into(),
        title: "Roll back".into(),
        about: About {
            feed: "services".into(),
            namespace: "ml".into(),
            name: "fraud".into(),
            uid: Clean::default(),
        },
        steps: [
            "Is it: the canary?: check canary",
            "Send: action service.rollback",
            "Tell: note Tell",
        ]
        .map(Clean::new)
        .to_vec(),
        incident: Clean::default(),
        cluster: Cluster::default(),
        signed: by("carol"),
    }))
}

fn told(marks: Vec<Mark>) -> String {
    let record = |(n, mark)| Record {
        v: 1,
        seq: n,
        at: at(i64::try_from(n).unwrap() * 10),
        id: "r1".into(),
        stage: Stage::Runbook(mark),
        prev: String::new(),
        hash: String::new(),
    };
    let records: Vec<Record> = (0..).zip(marks).map(record).collect();
    let walk = |sitting| Walk {
        sitting,
        lives: false,
    };
    let incident = Incident {
        title: "fraud burns".into(),
        began: at(0),
        ended: Some(at(600)),
        by: Clean::default(),
    };
    markdown(&Story {
        incident,
        spells: Vec::new(),
        actions: Vec::new(),
        walks: Sitting::fold(records.iter())
            .into_iter()
            .map(walk)
            .collect(),
        burned: Vec::new(),
        ascii: false,
        intact: true,
        now: at(600),
    })
}

#[test]
fn a_run_that_was_left_taken_over_and_gone_on_with_is_told_step_by_step() {
    let mut other = by("dan");
    (other.took, other.from) = ("she is asleep".into(), "carol@bastion-1, run r0".into());
    let lost = Lost {
        what: "It was taken over by eve@b2".into(),
        signed: by("dan"),
    };
    let closed = Closed {
        how: How::Done,
        what: Clean::default(),
        signed: by("dan"),
    };
    let text = told(vec![
        begun(),
        step(0, Did::Began, ""),
        step(0, Did::Passed, "holds: canary.verdict = \"worse\""),
        step(1, Did::Began, ""),
        Mark::GoesOn(other),
        step(1, Did::Passed, "done: all traffic | is back"),
        step(2, Did::Skipped, "a person passed it over"),
        Mark::TakenOver(lost),
        Mark::Ended(closed),
    ]);
    for part in [
        "1 run of a runbook",
        "08:53:20Z runbook canary-rollback **begun** on ml/fraud by carol on bastion-1",
        "step 1 of 3, Is it: the canary?: done, holds: canary.verdict = \"worse\"",
        "**gone on with** by dan on bastion-1 at step 2 of 3, Send, which had begun, **taken over** from carol@bastion-1, run r0, because: she is asleep",
        "**taken from** dan on bastion-1: It was taken over by eve@b2",
        "runbook canary-rollback **done** after 1:20",
        "### canary-rollback on ml/fraud: done",
        "| step 2 of 3, Send | done | 08:54:10Z | all traffic \\| is back | carol on bastion-1 |",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn a_run_that_was_left_says_where_it_stands_and_how_it_goes_on() {
    let text = told(vec![
        begun(),
        step(0, Did::Passed, "holds"),
        step(1, Did::Began, ""),
    ]);
    for part in [
        "### canary-rollback on ml/fraud: **left** at step 2",
        "midwatch runbook resume r1",
        "| step 2 of 3, Send | begun | 08:53:40Z | nothing was sent |",
        "| step 3 of 3, Tell | ahead |",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}
