//! A promotion that fails or is killed in the middle, against a real registry.

use std::process::Stdio;

use serde_json::{Value, json};

use super::Model;
use crate::act::LONG;
use crate::act::line::{Fate, Line};
use crate::support::wait_for;

#[test]
#[ignore = "needs tests/rig/live"]
fn a_registry_that_fails_in_the_middle_of_a_promotion_is_told_as_it_is() {
    let line = Line::new("sre");
    let person = line.person();
    for (word, fates, code, after) in [
        ("first-down", vec![Fate::Answer(503)], 1, ["2", "1"]),
        ("first-cut", vec![Fate::Cut], 1, ["2", "1"]),
        ("first-page", vec![Fate::Page], 1, ["2", "1"]),
        ("denied", vec![Fate::Pass, Fate::Answer(403)], 7, ["4", "1"]),
        ("down", vec![Fate::Pass, Fate::Answer(500)], 7, ["4", "1"]),
        ("page", vec![Fate::Pass, Fate::Page], 7, ["4", "1"]),
        ("cut", vec![Fate::Pass, Fate::Cut], 7, ["4", "1"]),
        ("away", vec![Fate::Pass, Fate::DoneAndAway], 7, ["4", "2"]),
        (
            "done-down",
            vec![Fate::Pass, Fate::DoneAndAnswer(500)],
            0,
            ["4", "2"],
        ),
        ("done-cut", vec![Fate::DoneAndCut], 0, ["4", "2"]),
    ] {
        let model = Model::new(word);
        line.set(&fates);
        let done = person.midwatch(&[
            "do",
            "model.promote",
            &model.0,
            "--param",
            "version=4",
            "--yes",
            "-o",
            "json",
        ]);
        let sent = line.writes().len();
        line.set(&[]);
        assert_eq!(done.code, Some(code), "{word}: {done:?}");
        let outcome: Value = serde_json::from_str(&done.out).unwrap();
        let now = model.aliases();
        assert_eq!(
            [&now["champion"], &now["archived"]],
            after,
            "{word}: {outcome}"
        );
        assert!(sent <= 3, "{word}: nothing is sent twice: {sent}");
        println!(
            "{word}: {code}, {}: {}",
            outcome["verdict"], outcome["what"]
        );
    }
    let verified = person.midwatch(&["audit", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_promotion_that_was_killed_is_found_out_by_looking() {
    let line = Line::new("sre");
    let person = line.person();
    for (word, fates, sent, found) in [
        ("kill-first", vec![Fate::Hold], 1, "Nothing was written"),
        (
            "kill-done",
            vec![Fate::DoneAndHold],
            1,
            "1 of 3 requests changed something, 2 never left",
        ),
        (
            "kill-second",
            vec![Fate::Pass, Fate::Hold],
            2,
            "1 of 3 requests changed something, then",
        ),
        (
            "kill-last",
            vec![Fate::Pass, Fate::Pass, Fate::DoneAndHold],
            3,
            "in doubt: done",
        ),
    ] {
        let model = Model::new(word);
        line.set(&fates);
        let mut child = person
            .command(&[
                "do",
                "model.promote",
                &model.0,
                "--param",
                "version=4",
                "--yes",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for(&format!("{word}: {sent} writes"), LONG, || {
            Some(line.writes().len()).filter(|n| *n == sent)
        });
        if fates.last() == Some(&Fate::DoneAndHold) {
            let after = if sent == 1 {
                ("champion", json!("4"))
            } else {
                ("shadow", Value::Null)
            };
            wait_for(&format!("{word}: the last write"), LONG, || {
                Some(()).filter(|()| model.aliases()[after.0] == after.1)
            });
        }
        child.kill().unwrap();
        child.wait().unwrap();
        line.set(&[]);
        let next = person.midwatch(&[
            "do",
            "model.set-alias",
            &model.0,
            "--param",
            "alias=seen",
            "--param",
            "version=1",
            "--yes",
        ]);
        assert_eq!(next.code, Some(0), "{word}: {next:?}");
        assert!(
            next.err.contains("was in doubt") && next.err.contains(found),
            "{word}: {next:?}"
        );
        println!(
            "{word}: {}",
            next.err.lines().find(|l| l.contains("in doubt")).unwrap()
        );
    }
}
