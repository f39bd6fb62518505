//! Acting by keys: what is asked of the action plane, and what never is.

use midwatch::app::deed::{Acted, Order, Shown, State};
use midwatch::app::{Effect, Effects, Model, Msg, update};
use midwatch::domain::SourceState;
use midwatch::keys::{Chord, Code};
use midwatch::plan::{HaltKind, Safety, Verdict};
use proptest::prelude::*;

use super::scripted::{Hand, any_report, introduce, outcome};
use super::{any_msg, draw, platform};

fn begin() -> (Model, Hand) {
    let mut model = platform::live();
    introduce(&mut model);
    draw(&mut model);
    (model, Hand::new())
}

fn keys(model: &mut Model, hand: &mut Hand, keys: &str) {
    for key in keys.split(' ') {
        hand.press(model, key);
        draw(model);
    }
}

fn word(model: &mut Model, hand: &mut Hand, word: &str) {
    for letter in word.chars() {
        hand.press(model, &letter.to_string());
    }
}

fn sent(hand: &Hand) -> usize {
    let orders = hand.orders.iter();
    orders
        .filter(|o| matches!(o, Order::CarryOut { .. }))
        .count()
}

fn state(model: &Model) -> &State {
    match &model.deeds.shown {
        Some(Shown::Deed(deed)) => &deed.state,
        other => panic!("no deed is shown: {other:?}"),
    }
}

fn told(model: &Model) -> String {
    let shown = model.notes.shown(platform::now());
    shown.map_or_else(String::new, |t| t.note.text.clone())
}

#[test]
fn an_action_goes_from_the_menu_to_its_end_by_keys() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "a 1 Enter");
    let Some(Order::Prepare { ask, .. }) = hand.orders.last() else {
        panic!("{:?}", hand.orders)
    };
    assert_eq!(
        (ask.action, &*ask.name),
        ("run.retry", "train-nightly-x7k2p")
    );
    assert_eq!((&*ask.namespace, &*ask.uid), ("ml-fraud", "u"));
    assert!(matches!(state(&model), State::Deciding(_)));
    keys(&mut model, &mut hand, "BackTab");
    word(&mut model, &mut hand, "node was lost");
    keys(&mut model, &mut hand, "Tab Right Enter");
    let Some(Order::CarryOut {
        prepared, consent, ..
    }) = hand.orders.last()
    else {
        panic!("{:?}", hand.orders)
    };
    assert_eq!(&*prepared.ask.reason, "node was lost");
    assert_eq!(consent.safety, Safety::Open);
    hand.progress(&mut model);
    draw(&mut model);
    assert!(matches!(state(&model), State::Running(s) if s.lines.len() == 7));
    hand.end(&mut model, Verdict::Done);
    assert!(matches!(state(&model), State::Ended(_, o) if o.verdict == Verdict::Done));
    keys(&mut model, &mut hand, "Esc");
    assert!(!model.deeds.is_open());
    assert_eq!(sent(&hand), 1);
}

#[test]
fn enter_alone_never_fires_anything() {
    for first in ["a 1 Enter", "a 7 Enter", "a 2 Enter"] {
        let (mut model, mut hand) = begin();
        keys(&mut model, &mut hand, first);
        keys(&mut model, &mut hand, "Enter Enter Enter");
        assert_eq!(sent(&hand), 0, "{first}");
    }
}

#[test]
fn what_loses_work_runs_only_after_its_name_was_typed() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "a 7 Enter");
    // letters are the name, not commands; Enter with a wrong one fires nothing
    word(&mut model, &mut hand, "qufr");
    keys(&mut model, &mut hand, "Enter");
    assert!(model.deeds.is_open());
    assert_eq!(sent(&hand), 0);
    // neither does going to the button
    keys(&mut model, &mut hand, "Tab Tab Enter");
    assert_eq!(sent(&hand), 0);
    let _ = update(&mut model, Msg::Pressed(Chord::ctrl('u')), platform::now());
    let _ = update(
        &mut model,
        Msg::Pasted("fraud-train-oom".to_owned()),
        platform::now(),
    );
    assert_eq!(sent(&hand), 0, "a paste is text");
    keys(&mut model, &mut hand, "Enter");
    let Some(Order::CarryOut { consent, .. }) = hand.orders.last() else {
        panic!("{:?}", hand.orders)
    };
    assert_eq!(consent.typed, "fraud-train-oom");
}

#[test]
fn in_a_protected_context_everything_asks_for_the_name() {
    let (mut model, mut hand) = begin();
    model.settings.protected = vec!["prod-*".to_owned()];
    keys(&mut model, &mut hand, "a 1 Enter");
    keys(&mut model, &mut hand, "Tab Tab Enter Enter");
    assert_eq!(sent(&hand), 0);
    word(&mut model, &mut hand, "fraud-train-oom");
    keys(&mut model, &mut hand, "Enter");
    assert_eq!(sent(&hand), 1);
}

#[test]
fn a_plan_that_is_blocked_cannot_be_confirmed() {
    let (mut model, mut hand) = begin();
    hand.sample = "promote-gate";
    keys(&mut model, &mut hand, "j a 8 Enter");
    keys(&mut model, &mut hand, "Tab Enter");
    assert_eq!(sent(&hand), 0);
}

#[test]
fn values_that_are_wrong_are_told_at_their_line() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "a 1 Tab Tab");
    word(&mut model, &mut hand, "lr");
    keys(&mut model, &mut hand, "Enter");
    let Some(Shown::Form(form)) = &model.deeds.shown else {
        panic!("the form stays: {:?}", model.deeds.shown)
    };
    let (at, text) = form.mistake.clone().unwrap();
    assert_eq!((at, form.index), (2, 2));
    assert!(text.contains("NAME=VALUE"), "{text}");
    word(&mut model, &mut hand, "=0.1");
    keys(&mut model, &mut hand, "Tab");
    word(&mut model, &mut hand, "epochs=3");
    keys(&mut model, &mut hand, "Enter");
    let Some(Order::Prepare { ask, .. }) = hand.orders.last() else {
        panic!("{:?}", hand.orders)
    };
    let pairs: Vec<_> = ask.params.pairs("parameters").collect();
    assert_eq!(pairs, [("lr", "0.1"), ("epochs", "3")]);
}

#[test]
fn a_key_that_repeats_does_not_close_what_is_under_way() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "a 1 Enter Right Enter Enter Enter");
    assert!(matches!(state(&model), State::Running(_)));
    assert_eq!(sent(&hand), 1);
    hand.end(&mut model, Verdict::Done);
    keys(&mut model, &mut hand, "Enter");
    assert!(!model.deeds.is_open());
}

#[test]
fn a_write_goes_on_without_its_box_and_its_end_is_told() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "a 1 Enter Right Enter Esc");
    assert!(!model.deeds.is_open() && model.deeds.away() == 1);
    assert!(
        !hand.orders.iter().any(|o| matches!(o, Order::Leave(_))),
        "a write is not left"
    );
    // it can be looked at again, and left again
    keys(&mut model, &mut hand, "A");
    assert!(matches!(state(&model), State::Running(_)));
    keys(&mut model, &mut hand, "Esc");
    hand.end(&mut model, Verdict::Unknown);
    assert!(told(&model).contains("unknown"), "{}", told(&model));
    assert_eq!(model.deeds.away(), 0);
}

#[test]
fn what_was_only_asked_is_left_when_its_box_is_closed() {
    let (mut model, mut hand) = begin();
    hand.mute = true;
    keys(&mut model, &mut hand, "a Esc");
    assert!(matches!(hand.orders.last(), Some(Order::Leave(_))));
    keys(&mut model, &mut hand, "a 1 Enter Esc");
    assert!(matches!(hand.orders.last(), Some(Order::Leave(_))));
    hand.mute = false;
    hand.answer(&mut model);
    assert!(!model.deeds.is_open(), "late reports open nothing");
}

#[test]
fn undo_goes_through_all_stages_again() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "a 1 Enter Right Enter");
    hand.end(&mut model, Verdict::Done);
    hand.sample = "image-pull";
    keys(&mut model, &mut hand, "u");
    let Some(Order::Prepare { ask, .. }) = hand.orders.last() else {
        panic!("{:?}", hand.orders)
    };
    assert_eq!(ask.action, "run.stop");
    assert!(matches!(state(&model), State::Deciding(_)));
    assert_eq!(sent(&hand), 1, "undoing is confirmed too");
}

#[test]
fn the_answer_that_it_changed_keeps_the_box_and_plans_again() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "a 1 Enter Right Enter");
    hand.end(&mut model, Verdict::NotWritten(HaltKind::Changed));
    let before = hand.orders.len();
    keys(&mut model, &mut hand, "r");
    assert!(matches!(state(&model), State::Deciding(_)));
    assert_eq!(hand.orders.len(), before + 1);
    keys(&mut model, &mut hand, "Enter");
    assert_eq!(sent(&hand), 1);
}

#[test]
fn another_server_under_the_same_name_blocks() {
    let (mut model, mut hand) = begin();
    let mut info = model.infos.values().next().unwrap().clone();
    info.server = "https://elsewhere:6443".to_owned();
    model.infos.insert(info.id.clone(), info);
    keys(&mut model, &mut hand, "a 1 Enter Right Enter");
    assert_eq!(sent(&hand), 0);
}

#[test]
fn marked_rows_are_not_acted_on_by_guess() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "Space Space a");
    assert!(!model.deeds.is_open());
    assert!(told(&model).contains("one object"), "{}", told(&model));
    keys(&mut model, &mut hand, "Esc a");
    assert!(model.deeds.is_open());
}

#[test]
fn the_steps_of_a_run_offer_the_run_and_their_pod() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "Enter a");
    let Some(Shown::Menu(menu)) = &model.deeds.shown else {
        panic!("{:?}", model.deeds.shown)
    };
    let names: Vec<&str> = menu.items.iter().map(|i| i.spec.name).collect();
    assert!(names.contains(&"run.retry") && names.contains(&"pod.delete"));
    assert_eq!(menu.aim.subjects.len(), 2);
}

#[test]
fn an_action_is_found_by_its_name_in_the_palette() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, ":");
    word(&mut model, &mut hand, "run-delete");
    keys(&mut model, &mut hand, "Enter Enter");
    let Some(Order::Prepare { ask, .. }) = hand.orders.last() else {
        panic!("{:?}", hand.orders)
    };
    assert_eq!(ask.action, "run.delete");
    keys(&mut model, &mut hand, "Esc");
    // to a source nothing can be done
    keys(&mut model, &mut hand, "0 a");
    assert!(!model.deeds.is_open());
}

#[test]
fn every_action_can_be_given_by_name() {
    use midwatch::app::command::{COMMANDS, Verb};
    for action in midwatch::plan::ACTIONS {
        let name = action.spec().name;
        let command = COMMANDS.iter().find(|c| c.verb == Verb::Do(name));
        let command = command.unwrap_or_else(|| panic!("no command for {name}"));
        assert_eq!(command.name, name.replace('.', "-"));
    }
}

#[test]
fn the_rows_of_a_dead_source_are_too_old_to_act_on() {
    let (mut model, mut hand) = begin();
    platform::set_state(&mut model, "workflows", SourceState::Stale);
    let later = platform::now() + jiff::Span::new().minutes(3);
    let orders = |effects: &Effects| {
        effects
            .0
            .iter()
            .any(|e| matches!(e, Effect::Act(Order::Prepare { .. })))
    };
    for key in [
        Chord::char('a'),
        Chord::char('1'),
        Chord::plain(Code::Enter),
    ] {
        let effects = update(&mut model, Msg::Pressed(key), later);
        assert!(!orders(&effects), "{effects:?}");
        hand.take(effects.0);
    }
    assert!(matches!(model.deeds.shown, Some(Shown::Menu(_))));
}

#[test]
fn reports_of_tasks_that_nobody_waits_for_change_nothing() {
    let (mut model, _) = begin();
    for kind in 0..10 {
        let report = Msg::Acted(Box::new(any_report(77, kind)));
        assert_eq!(update(&mut model, report, platform::now()), Effects::none());
    }
    let end = Acted::Ended(77, outcome(Verdict::Done, platform::now()));
    let _ = update(&mut model, Msg::Acted(Box::new(end)), platform::now());
    assert!(!model.deeds.is_open() && told(&model).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is pressed, pasted or reported.
    #[test]
    fn nothing_is_written_in_a_read_only_context(messages in prop::collection::vec(any_msg(), 1..80)) {
        let (mut model, _) = begin();
        model.settings.read_only = vec!["*".to_owned()];
        for msg in messages {
            let effects = update(&mut model, msg, platform::now());
            let wrote = effects.0.iter().any(|e| matches!(e, Effect::Act(Order::CarryOut { .. })));
            prop_assert!(!wrote);
        }
    }

    /// Only a choice that was moved to fires, and only what was shown: each write follows a plan of its own.
    #[test]
    fn a_write_needs_more_keys_than_enter(messages in prop::collection::vec(any_msg(), 1..80)) {
        let (mut model, _) = begin();
        for msg in messages {
            let enter = matches!(&msg, Msg::Pressed(chord) if chord.code == Code::Enter);
            let shown = match &model.deeds.shown {
                Some(Shown::Deed(deed)) => matches!(&deed.state, State::Deciding(d)
                    if d.focus != midwatch::app::deed::Focus::Cancel),
                _ => false,
            };
            let effects = update(&mut model, msg, platform::now());
            let wrote = effects.0.iter().any(|e| matches!(e, Effect::Act(Order::CarryOut { .. })));
            prop_assert!(!wrote || (enter && shown));
            draw(&mut model);
        }
    }
}
