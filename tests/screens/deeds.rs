//! Pictures of acting: the menu, the parameters, the preview, and what comes of it.

use midwatch::app::{Model, Msg, update};
use midwatch::domain::{Clean, SourceState};
use midwatch::plan::{Forecast, HaltKind, Stays, Verdict};
use midwatch::ui::Look;

use super::scripted::{self, Hand};
use super::{mono, picture, platform};

fn both(name: &str, model: &mut Model) {
    insta::assert_snapshot!(
        format!("{name}_120x36"),
        picture(model, (120, 36), Look::default())
    );
    insta::assert_snapshot!(
        format!("{name}_80x24"),
        picture(model, (80, 24), Look::default())
    );
}

fn also_mono(name: &str, model: &mut Model) {
    insta::assert_snapshot!(
        format!("{name}_mono_80x24"),
        picture(model, (80, 24), mono())
    );
}

/// On the failed run, with the cluster played.
fn begin() -> (Model, Hand) {
    let mut model = platform::live();
    scripted::introduce(&mut model);
    let _ = picture(&mut model, (120, 36), Look::default());
    (model, Hand::new())
}

/// Keys, each followed by what the hand does.
fn keys(model: &mut Model, hand: &mut Hand, keys: &str) {
    for key in keys.split(' ') {
        hand.press(model, key);
    }
    let _ = picture(model, (120, 36), Look::default());
}

#[test]
fn the_menu_says_what_can_be_done_while_the_cluster_is_asked_and_after() {
    let (mut model, mut hand) = begin();
    hand.mute = true;
    keys(&mut model, &mut hand, "a");
    both("deed_menu_asking", &mut model);
    hand.mute = false;
    hand.answer(&mut model);
    both("deed_menu", &mut model);
    also_mono("deed_menu", &mut model);
}

#[test]
fn a_viewer_reads_which_right_is_missing() {
    let (mut model, mut hand) = begin();
    hand.denied = true;
    keys(&mut model, &mut hand, "a");
    both("deed_menu_viewer", &mut model);
    also_mono("deed_menu_viewer", &mut model);
}

#[test]
fn rows_that_are_too_old_are_not_acted_on() {
    let (mut model, mut hand) = begin();
    platform::set_state(&mut model, "workflows", SourceState::Stale);
    let later = platform::now() + jiff::Span::new().minutes(3);
    let _ = update(&mut model, Msg::Ticked, later);
    hand.mute = true;
    let _ = update(
        &mut model,
        Msg::Pressed(midwatch::keys::Chord::char('a')),
        later,
    );
    let mut terminal = super::Terminal::new(super::TestBackend::new(120, 36)).unwrap();
    let mut view = super::View::new(Look::default());
    terminal.draw(|frame| view.draw(&mut model, frame)).unwrap();
    let text = terminal.backend().to_string();
    assert!(
        text.contains("too old to act on: workflows stale"),
        "{text}"
    );
}

#[test]
fn a_retry_is_shown_before_it_is_done() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "a 1");
    both("deed_form_retry", &mut model);
    keys(&mut model, &mut hand, "Enter");
    both("deed_preview_retry", &mut model);
    also_mono("deed_preview_retry", &mut model);
    keys(&mut model, &mut hand, "Tab f");
    both("deed_preview_retry_all", &mut model);
}

#[test]
fn a_plan_that_must_not_run_has_no_button_for_it() {
    let (mut model, mut hand) = begin();
    hand.sample = "promote-gate";
    keys(&mut model, &mut hand, "j a 8 Enter");
    both("deed_preview_blocked", &mut model);
    also_mono("deed_preview_blocked", &mut model);
}

#[test]
fn work_that_is_lost_asks_for_the_name() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "a 7 Enter f r a Enter");
    both("deed_confirm_name", &mut model);
    also_mono("deed_confirm_name", &mut model);
}

#[test]
fn a_protected_context_says_why_the_name_is_asked() {
    let (mut model, mut hand) = begin();
    model.settings.protected = vec!["prod-*".to_owned()];
    keys(&mut model, &mut hand, "a 1 Enter");
    both("deed_confirm_protected", &mut model);
}

#[test]
fn what_happens_is_told_in_the_same_box_and_then_its_end() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "a 1 Enter Right Enter");
    hand.progress(&mut model);
    both("deed_running", &mut model);
    hand.end(&mut model, Verdict::Done);
    both("deed_done", &mut model);
    also_mono("deed_done", &mut model);
}

#[test]
fn what_is_done_and_will_be_reverted_is_told_as_both() {
    let (mut model, mut hand) = begin();
    hand.forecast = Forecast {
        stays: Stays::No,
        text: Clean::new(
            "Owned by Argo CD app jobs, self-heal on: this change is reverted in about 10 s",
        ),
        ..Forecast::default()
    };
    keys(&mut model, &mut hand, "a 1 Enter Right Enter");
    hand.end(&mut model, Verdict::Done);
    both("deed_done_reverted", &mut model);
}

#[test]
fn a_refusal_shows_what_changed_and_by_whom() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "a 1 Enter Right Enter");
    hand.end(&mut model, Verdict::NotWritten(HaltKind::Changed));
    both("deed_changed", &mut model);
    also_mono("deed_changed", &mut model);
}

#[test]
fn what_is_not_known_says_what_to_do() {
    let (mut model, mut hand) = begin();
    keys(&mut model, &mut hand, "a 1 Enter Right Enter");
    hand.progress(&mut model);
    hand.end(&mut model, Verdict::Unknown);
    both("deed_unknown", &mut model);
}

#[test]
fn what_is_not_possible_says_what_works_instead() {
    let (mut model, mut hand) = begin();
    hand.sample = "churn-train";
    keys(&mut model, &mut hand, "a 1 Enter");
    both("deed_halted", &mut model);
}

#[test]
fn a_box_is_drawn_at_every_size() {
    for stage in [
        "a",
        "a 1",
        "a 1 Enter",
        "a 7 Enter",
        "a 1 Enter Right Enter",
    ] {
        let (mut model, mut hand) = begin();
        keys(&mut model, &mut hand, stage);
        hand.progress(&mut model);
        for width in [0, 1, 39, 40, 41, 57, 79, 118, 119, 131, 200] {
            for height in [0, 9, 10, 11, 13, 17, 24, 60] {
                let _ = picture(&mut model, (width, height), Look::default());
            }
        }
        hand.end(&mut model, Verdict::Partly);
        for (width, height) in [(0, 0), (40, 10), (41, 11), (300, 100), (80, 12)] {
            let _ = picture(&mut model, (width, height), mono());
        }
    }
}

#[test]
fn buttons_are_in_sight_at_80_by_24_and_smaller() {
    for size in [(80, 24), (60, 16), (40, 12)] {
        let (mut model, mut hand) = begin();
        keys(&mut model, &mut hand, "a 1 Enter");
        let text = picture(&mut model, size, Look::default());
        assert!(
            text.contains("[ Cancel ]") && text.contains("  Retry"),
            "{text}"
        );
        // and all that is said can be scrolled to
        let mut seen = text;
        for _ in 0..40 {
            hand.press(&mut model, "Down");
            seen.push_str(&picture(&mut model, size, Look::default()));
        }
        assert!(seen.contains("done when"), "{seen}");
    }
}
