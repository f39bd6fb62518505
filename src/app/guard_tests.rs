//! What keeps an action from being done in the console.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::app::{Msg, update};
use crate::domain::Clean;
use crate::keys::{Chord, Code};
use crate::plan::{Ask, Cluster, Consent, Given, Operator, Params, Prepared, Progress, action};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

fn prod() -> ClusterId {
    ClusterId::new("prod-eu")
}

fn model(protected: bool, read_only: bool) -> Model {
    let mut model = Model::new(vec![prod()], (80, 24), at(0));
    let all = |on: bool| {
        if on {
            vec!["prod-*".to_owned()]
        } else {
            Vec::new()
        }
    };
    model.settings.protected = all(protected);
    model.settings.read_only = all(read_only);
    model
}

fn send(model: &mut Model, msg: Msg, second: i64) -> Effects {
    update(model, msg, at(second))
}

fn keys(model: &mut Model, text: &str, second: i64) {
    for c in text.chars() {
        let _ = send(model, Msg::Pressed(Chord::char(c)), second);
    }
}

fn enter(model: &mut Model, second: i64) {
    let _ = send(model, Msg::Pressed(Chord::plain(Code::Enter)), second);
}

fn told(model: &Model) -> String {
    let last = model.notes.all().next_back();
    last.map(|t| t.note.text.clone()).unwrap_or_default()
}

fn order() -> Effect {
    let object = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow",
        "metadata": {"name": "nightly", "namespace": "ml", "uid": "u1", "resourceVersion": "7"},
        "spec": {"schedules": ["0 0 * * *"], "suspend": false},
    });
    let suspend = action("cron.suspend").unwrap();
    let params = Params::parse(suspend.spec(), &[]).unwrap();
    let plan = suspend
        .plan(&Given {
            object: &object,
            params: &params,
            now: at(0),
            cluster: &Cluster::default(),
            namespace: "ml",
            suffix: "abcde",
            beside: &crate::plan::NOTHING_BESIDE,
        })
        .unwrap();
    let ask = Ask {
        action: "cron.suspend",
        cluster: prod(),
        resource: suspend.spec().targets[0],
        namespace: "ml".to_owned(),
        name: "nightly".to_owned(),
        uid: "u1".to_owned(),
        params,
        reason: Clean::default(),
        incident: Clean::default(),
        runbook: String::new(),
    };
    Effect::Act(Order::CarryOut {
        task: 1,
        prepared: Arc::new(Prepared {
            ask,
            plan,
            object: Arc::new(object),
            cluster: Cluster::default(),
            operator: Operator::default(),
        }),
        consent: Consent {
            safety: Safety::Open,
            typed: "nightly".to_owned(),
        },
    })
}

fn writes(effects: &Effects) -> bool {
    let writes = |e: &Effect| matches!(e, Effect::Act(Order::CarryOut { .. }));
    effects.0.iter().any(writes)
}

#[test]
fn what_writes_leaves_for_an_open_context_and_never_for_a_read_only_one() {
    let mut open = model(false, false);
    assert!(writes(&hold_back(&mut open, Effects::one(order()))));
    let mut closed = model(false, true);
    assert!(!writes(&hold_back(&mut closed, Effects::one(order()))));
    assert_eq!(closed.book.under_way(), 0);
}

#[test]
fn a_context_is_unlocked_by_its_name_for_the_minutes_set_and_one_step_only() {
    let mut model = model(false, true);
    keys(&mut model, "Uprod-us", 0);
    enter(&mut model, 0);
    assert!(model.prompt.is_some(), "a wrong name is not taken");
    assert_eq!(model.safety(&prod()), Safety::ReadOnly);
    for _ in 0..2 {
        let _ = send(&mut model, Msg::Pressed(Chord::plain(Code::Backspace)), 0);
    }
    keys(&mut model, "eu", 0);
    enter(&mut model, 0);
    assert_eq!(model.safety(&prod()), Safety::Protected);
    assert_eq!(
        told(&model),
        "prod-eu is unlocked for 5 minutes: every change asks for a name to be typed"
    );
    let _ = send(&mut model, Msg::Ticked, 299);
    assert_eq!(model.unlocked(&prod()), Some(Span(1)));
    let _ = send(&mut model, Msg::Ticked, 300);
    assert_eq!(model.safety(&prod()), Safety::ReadOnly);
    assert_eq!(told(&model), "prod-eu is locked again: the time is over");
}

#[test]
fn an_unlock_ends_at_once_when_it_is_asked_for_and_when_the_clock_is_set_back() {
    let mut model = model(true, false);
    for second in [0, 100] {
        keys(&mut model, "Uprod-eu", second);
        enter(&mut model, second);
        assert_eq!(model.safety(&prod()), Safety::Open);
        if second == 0 {
            keys(&mut model, "L", 10);
            assert_eq!(told(&model), "prod-eu is locked again");
            assert_eq!(model.safety(&prod()), Safety::Protected);
        }
    }
    let _ = send(&mut model, Msg::Ticked, 99);
    assert_eq!(model.safety(&prod()), Safety::Protected);
}

#[test]
fn a_name_that_is_dropped_unlocks_nothing_and_where_nothing_is_locked_that_is_told() {
    let mut closed = model(true, false);
    keys(&mut closed, "Uprod-eu", 0);
    let _ = send(&mut closed, Msg::Pressed(Chord::plain(Code::Esc)), 0);
    assert_eq!(closed.safety(&prod()), Safety::Protected);
    assert!(closed.prompt.is_none() && !closed.guard.asks());
    let mut open = model(false, false);
    keys(&mut open, "U", 0);
    assert!(open.prompt.is_none() && told(&open).contains("nothing is locked"));
}

#[test]
fn quit_asks_once_more_while_an_action_is_under_way() {
    let mut model = model(false, false);
    let effects = Effects::one(order());
    let _ = hold_back(&mut model, effects);
    let quit = |model: &mut Model, second| send(model, Msg::Pressed(Chord::char('q')), second);
    assert!(!quit(&mut model, 0).has(&Effect::Quit));
    assert!(told(&model).starts_with("1 action is under way; quit again"));
    assert!(
        !quit(&mut model, 60).has(&Effect::Quit),
        "the first one is long ago"
    );
    assert!(quit(&mut model, 62).has(&Effect::Quit));
    let journaled = Acted::Progressed(1, Progress::Journaled("a".to_owned()));
    let halt = Halt::new(HaltKind::Cancelled, "");
    for acted in [journaled, Acted::Ended(1, Outcome::from(halt))] {
        let _ = send(&mut model, Msg::Acted(Box::new(acted)), 63);
    }
    assert!(quit(&mut model, 100).has(&Effect::Quit));
}

proptest! {
    #[test]
    fn only_the_name_of_the_context_makes_it_less_safe(
        typed in prop::collection::vec(prop::sample::select(vec![
            "U", "L", "prod-eu", "prod-e", "u", "q", "9", "enter", "esc", "C-u", "a", " ",
        ]), 0..30),
    ) {
        let mut model = model(false, true);
        for (second, keys) in (0..).zip(typed) {
            let before = (model.safety(&prod()), model.prompt.as_ref().map(|p| p.text().to_owned()));
            let msg = match keys.parse::<Chord>() {
                Ok(chord) => Msg::Pressed(chord),
                Err(_) => Msg::Pasted(keys.to_owned()),
            };
            let _ = send(&mut model, msg, second);
            if model.safety(&prod()) < before.0 {
                prop_assert_eq!(before.1.as_deref().map(str::trim), Some("prod-eu"));
                prop_assert_eq!(model.safety(&prod()), Safety::Protected);
            }
        }
    }
}
