//! Runbook files, sound and broken.

use std::time::Duration;

use super::*;
use crate::runbook::{Otherwise, What};

const SOUND: &str = r#"---
id: canary-rollback
title: Roll back a burning canary
target: service
offer: target.canaryPercent > 0 && slo.state == "page"
---
# Roll back a burning canary
The canary spends the budget faster than the stable revision.

## Is it the canary?
Look at both sides.

```step
check: canary.verdict == "worse"
otherwise: ask "The canary is not measurably worse. Roll back anyway?"
```

## How many requests
```step
query: sum(rate(x[5m]))
as: rps
```

## Send the traffic back
```step
action: service.rollback
with:
  component: "predictor"
verify: target.canaryPercent == 0
  && rps > 0
within: 10m
```
"#;

fn wrong(text: &str) -> Vec<String> {
    let found = read("canary-rollback", text).unwrap_err();
    found
        .iter()
        .map(|m| format!("{}:{}: {}; {}", m.line, m.column, m.what, m.hint))
        .collect()
}

#[test]
fn a_sound_file_is_read_whole() {
    let book = read("canary-rollback", SOUND).unwrap();
    assert_eq!(book.title, "Roll back a burning canary");
    assert_eq!(
        book.about,
        "The canary spends the budget faster than the stable revision."
    );
    let titles: Vec<_> = book.steps.iter().map(|s| (&*s.title, s.line)).collect();
    assert_eq!(
        titles,
        [
            ("Is it the canary?", 13),
            ("How many requests", 19),
            ("Send the traffic back", 25)
        ]
    );
    let [check, _, action] = &book.steps[..] else {
        panic!()
    };
    assert_eq!(check.prose, "Look at both sides.");
    assert!(
        matches!(&check.what, What::Check { otherwise: Otherwise::Ask(q), .. } if q.ends_with("anyway?"))
    );
    let What::Action {
        with,
        verify,
        within,
        ..
    } = &action.what
    else {
        panic!()
    };
    assert_eq!(
        (&*with[0].0, with[0].1.text()),
        ("component", "\"predictor\"")
    );
    assert_eq!(
        verify.as_ref().unwrap().text(),
        "target.canaryPercent == 0\n&& rps > 0"
    );
    assert_eq!(*within, Duration::from_secs(600));
}

#[test]
fn every_mistake_is_told_with_its_line_and_column() {
    let text = SOUND
        .replace("target.canaryPercent == 0", "target.canary_percent == 0")
        .replace("service.rollback", "service.rolback")
        .replace("within: 10m", "within: soon")
        .replace("as: rps", "as: target")
        .replace("otherwise: ask", "othrewise: ask")
        .replace("slo.state ==", "slo.state =");
    let told = wrong(&text);
    assert!(
        told[0].starts_with("5:"),
        "the offer of the front matter: {told:?}"
    );
    assert!(
        told.iter()
            .any(|m| m.starts_with("15:1: a check knows no `othrewise`; did you mean")),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|m| m.starts_with("21:5: \"target\" cannot be a name")
                || m.starts_with("21:5: `target` cannot")),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|m| m.starts_with("26:9: there is no action") && m.contains("service.rollback")),
        "{told:?}"
    );
}

#[test]
fn what_an_expression_speaks_of_has_to_be_there() {
    let told = wrong(&SOUND.replace("  && rps > 0", "  && rbs > 0"));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("30:6: nothing is called `rbs` in a runbook for a service"),
        "{told:?}"
    );
    let told = wrong(&SOUND.replace("component:", "part:"));
    assert_eq!(
        told,
        ["28:3: service.rollback has no parameter `part`; one of component"]
    );
}

#[test]
fn what_an_action_makes_can_be_named_where_it_makes_something() {
    let text = "---\nid: x\ntitle: x\ntarget: template\n---\n## a\n```step\naction: template.submit\nas: run\n```\n\
        ## b\n```step\nwait: run.state == \"Succeeded\" && run.outputs.auc > 0.9\n```\n";
    assert!(read("x", text).is_ok());
    let told = |text: &str| {
        let found = read("x", text).unwrap_err();
        let first = found.first().unwrap();
        format!("{}:{}: {}", first.line, first.column, first.what)
    };
    assert_eq!(
        told(&text.replace("run.state", "run.stat")),
        "13:7: `run.stat`: there is no `stat`"
    );
    assert_eq!(
        told(&text.replace("template.submit", "run.retry")),
        "9:1: run.retry makes nothing that could have a name"
    );
}

#[test]
fn what_is_no_runbook_says_so() {
    assert!(wrong("# Hello\n")[0].starts_with("1:1: there is no front matter"));
    let told = wrong("---\nid: canary-rollback\ntitle: x\ntarget: run\n---\nnothing\n");
    assert!(told[0].contains("there is no step"), "{told:?}");
    let told = wrong(&SOUND.replace("id: canary-rollback", "id: other"));
    assert!(told[0].starts_with("2:5: the id is"), "{told:?}");
    let told = wrong(&SOUND.replace("## How many requests\n", ""));
    assert!(told[0].contains("a heading of its own"), "{told:?}");
    let two = SOUND.replace("as: rps", "as: rps\nnote: x");
    assert!(wrong(&two)[0].contains("a step does one thing"), "{two}");
}

proptest::proptest! {
    #[test]
    fn no_text_brings_the_reader_down(text in "(?s).{0,400}", cut in 0..1200usize) {
        let _ = read("x", &text);
        let _ = read("x", &format!("---\n{text}\n---\n# a\n```step\n{text}\n```\n"));
        let half: String = SOUND.chars().take(cut).collect();
        let _ = read("canary-rollback", &half);
    }
}
