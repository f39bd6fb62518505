//! What keys and news do: scripts of messages, and random ones.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "screens/platform.rs"]
#[allow(dead_code)]
mod platform;

#[path = "app/places.rs"]
mod places;

#[path = "app/deeds.rs"]
mod deeds;
#[path = "screens/scripted.rs"]
#[allow(dead_code)]
mod scripted;

use std::sync::Arc;

use midwatch::app::list::ListScreen;
use midwatch::app::lists::Runs;
use midwatch::app::run::{RunScreen, What};
use midwatch::app::{Effect, Effects, Model, Msg, update};
use midwatch::domain::{Key, Phase, RunRow};
use midwatch::keys::{Chord, Code};
use midwatch::store::{Batch, Change, News};
use midwatch::ui::{Look, View};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

fn press(model: &mut Model, chord: Chord) -> Effects {
    let effects = update(model, Msg::Pressed(chord), platform::now());
    draw(model);
    effects
}

fn chars(model: &mut Model, keys: &str) {
    for c in keys.chars() {
        let _ = press(model, Chord::char(c));
    }
}

fn draw(model: &mut Model) {
    let (width, height) = model.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut view = View::new(Look::default());
    terminal.draw(|frame| view.draw(model, frame)).unwrap();
}

fn runs(model: &Model) -> &ListScreen<Runs> {
    model.screen().unwrap().as_any().downcast_ref().unwrap()
}

fn selected(model: &Model) -> String {
    runs(model).selected().unwrap().key.name.to_string()
}

/// News that come a second later.
fn send(model: &mut Model, changes: Vec<Change<RunRow>>) -> Effects {
    let later = model.now + jiff::Span::new().seconds(1);
    let source = midwatch::domain::SourceId {
        cluster: cluster(),
        feed: "workflows",
        scope: String::new(),
    };
    update(
        model,
        Msg::Arrived(News::Rows(Box::new(Batch { source, changes }))),
        later,
    )
}

fn cluster() -> midwatch::domain::ClusterId {
    midwatch::domain::ClusterId::new("prod-eu")
}

fn again(model: &Model, name: &str, phase: Phase) -> Change<RunRow> {
    let table = model.world.table::<RunRow>().unwrap();
    let old = table.iter().find(|r| &*r.key.name == name).unwrap();
    Change::Put(Arc::new(RunRow {
        phase,
        ..(**old).clone()
    }))
}

#[test]
fn the_selection_stays_on_its_row_while_rows_move() {
    let mut model = platform::live();
    draw(&mut model);
    chars(&mut model, "jj");
    assert_eq!(selected(&model), "sweep-fan-out-b7");
    // the run below it fails and moves to the top
    let failing = again(&model, "features-daily-8mmqv", Phase::Failed);
    let _ = send(&mut model, vec![failing]);
    draw(&mut model);
    assert_eq!(selected(&model), "sweep-fan-out-b7");
    assert_eq!(runs(&model).index(), 3);
}

#[test]
fn a_row_that_goes_away_leaves_the_selection_in_its_place() {
    let mut model = platform::live();
    draw(&mut model);
    chars(&mut model, "j");
    let gone = Key::new(cluster(), "ml-churn", "promote-churn-4h2ls");
    let _ = send(&mut model, vec![Change::Drop(gone)]);
    draw(&mut model);
    assert_eq!(runs(&model).index(), 1);
    assert_eq!(selected(&model), "sweep-fan-out-b7");
}

#[test]
fn news_that_changes_nothing_draws_nothing() {
    let mut model = platform::live();
    let same = again(&model, "sweep-fan-out-b7", Phase::Running);
    assert_eq!(send(&mut model, vec![same]), Effects::none());
}

#[test]
fn a_filter_narrows_while_it_is_typed_and_escape_brings_all_back() {
    let mut model = platform::live();
    draw(&mut model);
    chars(&mut model, "/ns:fraud");
    assert_eq!(runs(&model).rows().len(), 3);
    let _ = press(&mut model, Chord::plain(Code::Enter));
    let _ = press(&mut model, Chord::plain(Code::Esc));
    assert_eq!(runs(&model).rows().len(), 5);
}

#[test]
fn keys_typed_into_a_filter_are_never_commands() {
    let mut model = platform::live();
    chars(&mut model, "/");
    assert!(!press(&mut model, Chord::char('q')).has(&Effect::Quit));
    assert!(press(&mut model, Chord::plain(Code::Esc)).has(&Effect::Draw));
    assert!(press(&mut model, Chord::char('q')).has(&Effect::Quit));
}

#[test]
fn pasted_text_is_text() {
    let mut model = platform::live();
    assert_eq!(
        update(&mut model, Msg::Pasted("q".to_owned()), platform::now()),
        Effects::none()
    );
    chars(&mut model, "/");
    let _ = update(
        &mut model,
        Msg::Pasted("churn\n\u{1b}[2J".to_owned()),
        platform::now(),
    );
    let text = model.prompt.as_ref().unwrap().text().to_owned();
    assert!(
        text.starts_with("churn") && !text.chars().any(char::is_control),
        "{text:?}"
    );
}

#[test]
fn every_column_sorts_both_ways_and_the_first_order_comes_back() {
    let mut model = platform::live();
    draw(&mut model);
    let order = |m: &Model| {
        runs(m)
            .rows()
            .iter()
            .map(|r| r.key.name.to_string())
            .collect::<Vec<_>>()
    };
    let first = order(&model);
    for _ in 0..9 {
        chars(&mut model, "s");
        let there = order(&model);
        chars(&mut model, "R");
        assert_eq!(order(&model), there.into_iter().rev().collect::<Vec<_>>());
    }
    chars(&mut model, "s");
    assert_eq!(order(&model), first);
}

#[test]
fn following_the_newest_moves_with_it_until_a_person_moves() {
    let mut model = platform::live();
    draw(&mut model);
    chars(&mut model, "f");
    let old = model
        .world
        .table::<RunRow>()
        .unwrap()
        .iter()
        .next()
        .unwrap()
        .clone();
    let newest = |name: &str| RunRow {
        key: Key::new(cluster(), "ml-nlp", name),
        created: Some(platform::now()),
        ..(*old).clone()
    };
    let _ = send(&mut model, vec![Change::Put(Arc::new(newest("brand-new")))]);
    draw(&mut model);
    assert_eq!(selected(&model), "brand-new");
    chars(&mut model, "g");
    assert!(!runs(&model).follows());
}

#[test]
fn opening_a_run_asks_for_its_steps_and_pods_only() {
    let mut model = platform::live();
    draw(&mut model);
    let before = model.wants();
    let _ = press(&mut model, Chord::plain(Code::Enter));
    let more: Vec<String> = model
        .wants()
        .difference(&before)
        .map(|w| format!("{} {:?}", w.feed, w.scope))
        .collect();
    // its pod holds GPUs: what DCGM says of them is asked for, too
    let feeds: Vec<&str> = more.iter().filter_map(|w| w.split(' ').next()).collect();
    assert_eq!(feeds, ["gpus", "nodes", "pods", "run"], "{more:?}");
    assert!(
        more.iter()
            .any(|w| w.starts_with("run Object") && w.contains("train-nightly-x7k2p")),
        "{more:?}"
    );
    assert!(
        more.iter()
            .any(|w| w.contains("workflows.argoproj.io/workflow=train-nightly-x7k2p")),
        "{more:?}"
    );
    let _ = press(&mut model, Chord::plain(Code::Esc));
    assert_eq!(model.wants(), before);
}

#[test]
fn the_tree_opens_on_the_failure_and_every_step_can_be_reached() {
    let mut model = platform::live();
    draw(&mut model);
    chars(&mut model, "/fan");
    let _ = press(&mut model, Chord::plain(Code::Enter));
    let _ = press(&mut model, Chord::plain(Code::Enter));
    let tree = |m: &Model| -> (usize, usize) {
        let screen: &RunScreen = m.screen().unwrap().as_any().downcast_ref().unwrap();
        let steps = screen
            .lines()
            .iter()
            .filter(|l| matches!(l.what, What::Step(_)))
            .count();
        (steps, screen.index())
    };
    assert_eq!(
        tree(&model),
        (5, 2),
        "main, score, three failed items; the first failed is selected"
    );
    chars(&mut model, "n");
    assert_eq!(tree(&model).1, 3);
    chars(&mut model, "+");
    assert_eq!(tree(&model).0, 202);
    chars(&mut model, "-");
    assert_eq!(tree(&model).0, 5);
}

fn any_msg() -> impl Strategy<Value = Msg> {
    let key = prop_oneof![
        prop::sample::select(vec![
            'j', 'k', 'g', 'G', 's', 'S', 'R', 'f', '/', '2', '8', '0', '?', 'n', '+', '-', ' ',
            'a', ':', 'J', 'K', 'A', '1', '7', 'u', 'r', 'p', 'q'
        ])
        .prop_map(Chord::char),
        prop::sample::select(vec![
            Code::Enter,
            Code::Esc,
            Code::Tab,
            Code::BackTab,
            Code::Left,
            Code::Right,
            Code::PageDown,
            Code::PageUp,
            Code::Home,
            Code::End,
            Code::Backspace,
            Code::F(1)
        ])
        .prop_map(Chord::plain),
    ];
    prop_oneof![
        8 => key.prop_map(Msg::Pressed),
        1 => (0u16..130, 0u16..50).prop_map(|(w, h)| Msg::Resized(w, h)),
        1 => ".{0,10}".prop_map(Msg::Pasted),
        1 => any::<bool>().prop_map(|_| Msg::Ticked),
        3 => (1u64..8, any::<u8>()).prop_map(|(task, kind)| Msg::Acted(Box::new(scripted::any_report(task, kind)))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn no_sequence_of_keys_news_and_sizes_breaks_it(
        messages in prop::collection::vec(any_msg(), 1..60),
        drops in prop::collection::vec(0usize..5, 0..5),
    ) {
        let mut model = platform::live();
        draw(&mut model);
        let rows: Vec<Key> = model.world.table::<RunRow>().unwrap().iter().map(|r| r.key.clone()).collect();
        let mut drops = drops.into_iter();
        for (index, msg) in messages.into_iter().enumerate() {
            let _ = update(&mut model, msg, platform::now());
            if index % 7 == 6 && let Some(drop) = drops.next() {
                let _ = send(&mut model, vec![Change::Drop(rows[drop].clone())]);
            }
            draw(&mut model);
            if let Some(list) = model.screen().unwrap().as_any().downcast_ref::<ListScreen<Runs>>() {
                prop_assert!(list.rows().is_empty() || list.index() < list.rows().len());
            }
            if let Some(run) = model.screen().unwrap().as_any().downcast_ref::<RunScreen>() {
                prop_assert!(run.lines().is_empty() || run.index() < run.lines().len());
            }
        }
    }
}
