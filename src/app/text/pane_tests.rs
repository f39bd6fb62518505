//! Tests of texts that are read.

use proptest::prelude::*;

use super::*;
use crate::app::text::{Fold, yaml};
use crate::kinds::manifest::read;
use crate::theme::Role;

fn doc(json: &serde_json::Value) -> Doc {
    yaml::doc(&read(&json.to_string(), "").unwrap(), false)
}

fn shown(pane: &Pane) -> Vec<&str> {
    pane.seen(0).map(|(_, l)| l.text().trim()).collect()
}

#[test]
fn a_search_opens_the_folds_that_hide_its_hits() {
    let mut pane = Pane::default();
    pane.show(doc(&serde_json::json!({"status": {"nodes": {"a": {"phase": "Failed"}, "b": {"phase": "Ok"}}}})), true);
    assert_eq!(shown(&pane), ["status:", "nodes:"]);
    pane.begin_search();
    pane.search("failed");
    assert_eq!(pane.current().unwrap().1.text().trim(), "phase: Failed");
    assert_eq!(pane.hits(), Some((Some(1), 1)));
    pane.search("Phase");
    assert_eq!(pane.hits(), Some((None, 0)), "a capital counts");
    pane.search("phase");
    pane.next_hit(true);
    assert_eq!(pane.current().unwrap().1.text().trim(), "phase: Ok");
    pane.next_hit(true);
    assert_eq!(pane.hits(), Some((Some(1), 2)), "around the end");
    assert!(pane.clear() && !pane.clear());
}

#[test]
fn lines_that_changed_since_it_was_opened_are_known_and_the_place_is_kept() {
    let mut pane = Pane::default();
    pane.show(doc(&serde_json::json!({"a": 1, "b": 2, "c": 3})), true);
    pane.go(2);
    pane.show(
        doc(&serde_json::json!({"a": 1, "aa": 5, "b": 7, "c": 3})),
        true,
    );
    assert_eq!(pane.current().unwrap().1.text(), "c: 3");
    let changed: Vec<&str> = pane
        .seen(0)
        .filter(|(n, _)| pane.changes().contains(n))
        .map(|(_, l)| l.text())
        .collect();
    assert_eq!(changed, ["aa: 5", "b: 7"]);
    pane.next_change();
    assert_eq!(pane.current().unwrap().1.text(), "aa: 5");
}

#[test]
fn a_fold_is_closed_from_inside_too() {
    let mut pane = Pane::default();
    pane.show(doc(&serde_json::json!({"a": {"b": {"c": 1}}})), true);
    pane.go(2);
    pane.toggle();
    assert_eq!(shown(&pane), ["a:", "b:"]);
    pane.all(true);
    assert_eq!(shown(&pane), ["a:"]);
    pane.all(false);
    assert_eq!(shown(&pane), ["a:", "b:", "c: 1"]);
}

#[derive(Debug, Clone)]
enum Step {
    Go(usize),
    Toggle,
    All(bool),
    Search(String),
    Next(bool),
    Change,
    Show(Vec<(u8, u8, bool)>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..40usize).prop_map(Step::Go),
        Just(Step::Toggle),
        any::<bool>().prop_map(Step::All),
        "[a-c .*(]{0,3}".prop_map(Step::Search),
        any::<bool>().prop_map(Step::Next),
        Just(Step::Change),
        prop::collection::vec((0..20u8, 0..6u8, any::<bool>()), 0..30).prop_map(Step::Show),
    ];
    prop::collection::vec(step, 0..30)
}

proptest! {
    #[test]
    fn whatever_is_done_the_place_is_on_a_line(steps in steps()) {
        let mut pane = Pane::default();
        for step in steps {
            match step {
                Step::Go(n) => pane.go(n),
                Step::Toggle => pane.toggle(),
                Step::All(closed) => pane.all(closed),
                Step::Search(text) => { pane.begin_search(); pane.search(&text); }
                Step::Next(forward) => pane.next_hit(forward),
                Step::Change => pane.next_change(),
                Step::Show(lines) => {
                    let all = lines.len();
                    let lines = lines.into_iter().enumerate().map(|(at, (of, deep, closed))| {
                        let mut line = Line::new(u64::from(of)).put("abc", Role::Text);
                        let end = (at + 1 + usize::from(deep)).min(all);
                        line.fold = (end > at + 1).then(|| Fold { end, note: String::new(), closed, keeps: None });
                        line
                    });
                    pane.show(Doc { lines: lines.collect() }, true);
                }
            }
            prop_assert_eq!(pane.current().is_some(), !pane.doc().lines.is_empty());
            prop_assert!(pane.index() <= pane.height().saturating_sub(1));
        }
    }
}
