//! What the screens show: pictures in text at several sizes, and every size without a panic.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

#[path = "screens/deeds.rs"]
mod deeds;
#[path = "screens/home.rs"]
mod home;
#[path = "screens/keys.rs"]
mod keys;
#[path = "screens/ladder.rs"]
mod ladder;
#[path = "screens/mouse.rs"]
mod mouse;
#[path = "screens/palette.rs"]
mod palette;
#[path = "screens/platform.rs"]
#[allow(dead_code)]
mod platform;
#[path = "screens/scripted.rs"]
#[allow(dead_code)]
mod scripted;
#[path = "screens/seen.rs"]
mod seen;
#[path = "screens/serving.rs"]
mod serving;
#[path = "screens/texts.rs"]
mod texts;

#[path = "screens/done.rs"]
#[allow(dead_code)]
mod done;
#[path = "screens/journal.rs"]
mod journal;

#[path = "screens/filters.rs"]
mod filters;

#[path = "screens/clusters.rs"]
mod clusters;

#[path = "screens/narrow.rs"]
mod narrow;

#[path = "screens/models.rs"]
mod models;

#[path = "screens/runbooks.rs"]
mod runbooks;

#[path = "screens/gpus.rs"]
mod gpus;
#[path = "screens/jobs.rs"]
mod jobs;
#[path = "screens/nodes.rs"]
mod nodes;
#[path = "screens/queues.rs"]
mod queues;
#[path = "screens/trials.rs"]
mod trials;

use jiff::Timestamp;
use midwatch::app::{Model, Msg, update};
use midwatch::domain::SourceState;
use midwatch::keys::{Chord, Code};
use midwatch::theme::Theme;
use midwatch::ui::{Colours, Look, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;
use ratatui::style::Color;

fn press(model: &mut Model, keys: &str) {
    for key in keys.split(' ') {
        let chord = match key {
            "Enter" => Chord::plain(Code::Enter),
            "Esc" => Chord::plain(Code::Esc),
            "Tab" => Chord::plain(Code::Tab),
            "Down" => Chord::plain(Code::Down),
            "Space" => Chord::char(' '),
            other => Chord::char(other.chars().next().unwrap()),
        };
        let _ = update(model, Msg::Pressed(chord), platform::now());
        // a frame between two keys, as in life: lists and trees come up to date
        let _ = picture(model, (120, 36), Look::default());
    }
}

fn picture(model: &mut Model, size: (u16, u16), look: Look) -> String {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    let _ = update(model, Msg::Resized(size.0, size.1), platform::now());
    let mut view = View::new(look);
    terminal.draw(|frame| view.draw(model, frame)).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let row = |y: u16| -> String {
        let mut skip = false;
        let mut text = String::new();
        for x in 0..size.0 {
            let symbol = buffer[(x, y)].symbol();
            if !skip {
                text.push_str(symbol);
            }
            skip = unicode_width::UnicodeWidthStr::width(symbol) > 1;
        }
        text.trim_end().to_owned()
    };
    (0..size.1).map(row).collect::<Vec<_>>().join("\n")
}

/// Each line with the colours of its cells.
fn painted(model: &mut Model, size: (u16, u16), look: Look) -> Vec<(String, Vec<Color>)> {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    let _ = update(model, Msg::Resized(size.0, size.1), platform::now());
    let mut view = View::new(look);
    terminal.draw(|frame| view.draw(model, frame)).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let row = |y: u16| {
        let cells = (0..size.0).map(|x| &buffer[(x, y)]);
        (
            cells.clone().map(Cell::symbol).collect(),
            cells.map(|c| c.fg).collect(),
        )
    };
    (0..size.1).map(row).collect()
}

fn mono() -> Look {
    Look::new(&Theme::default(), Colours::None, true)
}

#[test]
fn runs_in_trouble_stand_first_with_their_reason() {
    let mut model = platform::live();
    insta::assert_snapshot!(
        "runs_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
    insta::assert_snapshot!("runs_80x24", picture(&mut model, (80, 24), Look::default()));
    insta::assert_snapshot!(
        "runs_200x50",
        picture(&mut model, (200, 50), Look::default())
    );
    insta::assert_snapshot!("runs_40x10", picture(&mut model, (40, 10), Look::default()));
    insta::assert_snapshot!("runs_mono_80x24", picture(&mut model, (80, 24), mono()));
}

#[test]
fn a_failed_run_opens_on_the_step_that_failed() {
    let mut model = platform::live();
    press(&mut model, "Enter");
    insta::assert_snapshot!(
        "failed_run_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
    insta::assert_snapshot!(
        "failed_run_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "failed_run_mono_80x24",
        picture(&mut model, (80, 24), mono())
    );
}

#[test]
fn a_fan_out_shows_counts_and_what_failed_in_it() {
    let mut model = platform::live();
    press(&mut model, "/ f a n Enter Enter");
    insta::assert_snapshot!(
        "fan_out_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
}

#[test]
fn an_outage_keeps_the_rows_and_says_since_when() {
    let mut model = platform::live();
    platform::set_state(&mut model, "workflows", SourceState::Stale);
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains("stale 0:42"), "{shown}");
    assert!(shown.contains("train-nightly-x7k2p"), "{shown}");
}

#[test]
fn nothing_to_show_is_never_called_quiet_while_a_source_is_not_live() {
    for state in [
        SourceState::Connecting,
        SourceState::Down,
        SourceState::Denied,
        SourceState::Partial,
    ] {
        let mut model = platform::empty();
        platform::set_state(&mut model, "workflows", state);
        let shown = picture(&mut model, (120, 36), Look::default());
        assert!(!shown.contains("there are none"), "{state:?}\n{shown}");
    }
    let mut model = platform::empty();
    platform::set_state(&mut model, "workflows", SourceState::Live);
    assert!(picture(&mut model, (120, 36), Look::default()).contains("there are none"));
}

#[test]
fn it_is_not_live_before_every_wanted_source_has_reported() {
    let mut model = platform::empty();
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(
        shown.contains("connecting") && !shown.contains("● live"),
        "{shown}"
    );
}

#[test]
fn a_person_who_may_not_read_all_is_told_so_on_every_screen() {
    let mut model = platform::live();
    platform::set_in_part(&mut model, "workflows");
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(
        shown.contains("live, in part") && shown.contains("not all may be read"),
        "{shown}"
    );
    press(&mut model, "8");
    assert!(picture(&mut model, (120, 36), Look::default()).contains("live, in part"));
}

#[test]
fn only_keys_that_do_something_are_offered() {
    let mut model = platform::live();
    assert!(picture(&mut model, (120, 36), Look::default()).contains("enter open"));
    press(&mut model, "8");
    assert!(!picture(&mut model, (120, 36), Look::default()).contains("enter open"));
}

#[test]
fn long_facts_never_hide_what_they_say_behind_the_hint() {
    let mut model = platform::live();
    press(&mut model, "Enter");
    let shown = picture(&mut model, (80, 24), Look::default());
    let hint = shown.lines().find(|l| l.contains("more below")).unwrap();
    assert_eq!(
        hint.trim_start(),
        hint.trim_start().trim_start_matches(char::is_alphabetic),
        "{shown}"
    );
}

#[test]
fn sources_tell_what_is_wrong_and_what_to_do() {
    let mut model = platform::live();
    platform::set_state(&mut model, "pods", SourceState::Denied);
    press(&mut model, "0");
    insta::assert_snapshot!(
        "sources_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
}

#[test]
fn help_lists_the_keys_of_this_screen() {
    let mut model = platform::live();
    press(&mut model, "?");
    insta::assert_snapshot!(
        "help_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
    press(&mut model, "Esc");
    assert!(!picture(&mut model, (120, 36), Look::default()).contains("Keys here"));
}

#[test]
fn every_step_of_a_recorded_run_can_be_reached_and_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/workflows");
    let mut drawn = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let json = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let cluster = midwatch::domain::ClusterId::new("rig");
        let slim = serde_json::from_str(&json).unwrap();
        let run = <midwatch::kinds::Runs as midwatch::kinds::Kind>::row(&cluster, slim);
        support::draw::assert_all_steps_shown(&run);
        drawn += 1;
    }
    assert!(drawn > 15, "only {drawn} runs found");
}

#[test]
fn every_screen_can_be_drawn_at_every_size() {
    let screens = [
        "2",
        "8",
        "8 Tab",
        "8 Tab Tab",
        "8 Tab Tab Tab",
        "8 Tab Tab Tab Tab",
        "0",
        "2 Enter",
        "2 ?",
        "2 /",
    ];
    let widths = (0..=60).chain([79, 80, 100, 109, 110, 120, 199, 200, 300]);
    let sizes: Vec<(u16, u16)> = widths
        .flat_map(|w| [0, 1, 2, 5, 9, 10, 11, 12, 24, 50, 100].map(|h| (w, h)))
        .collect();
    for keys in screens {
        let mut model = platform::live();
        press(&mut model, keys);
        for size in &sizes {
            let _ = picture(&mut model, *size, Look::default());
            let _ = picture(&mut model, *size, mono());
        }
    }
}

#[test]
fn without_colours_nothing_is_painted_and_ascii_stays_ascii() {
    let mut model = platform::live();
    press(&mut model, "Enter");
    let shown = picture(&mut model, (120, 36), mono());
    assert!(
        shown.is_ascii(),
        "{}",
        shown.chars().filter(|c| !c.is_ascii()).collect::<String>()
    );
}

#[test]
fn time_passes_only_in_minutes_while_all_is_well() {
    let mut model = platform::live();
    let before = picture(&mut model, (120, 36), Look::default());
    let _ = update(
        &mut model,
        Msg::Ticked,
        platform::now() + jiff::Span::new().seconds(1),
    );
    let mut view = View::new(Look::default());
    let mut terminal = Terminal::new(TestBackend::new(120, 36)).unwrap();
    terminal.draw(|frame| view.draw(&mut model, frame)).unwrap();
    assert_eq!(
        before.lines().next(),
        picture(&mut model, (120, 36), Look::default())
            .lines()
            .next()
    );
    let _: Timestamp = model.now;
}
