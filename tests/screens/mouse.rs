//! The mouse, for those who want one.

use midwatch::app::pointer::Button;
use midwatch::app::{Model, Msg, update};
use midwatch::ui::Look;

use crate::keys::strike;
use crate::{picture, platform};

fn click(model: &mut Model, at: (u16, u16), button: Button) {
    let _ = update(model, Msg::Clicked { at, button }, platform::now());
    let size = model.size;
    let _ = picture(model, size, Look::default());
}

/// The cell where a text stands on the screen.
fn cell(model: &mut Model, text: &str) -> (u16, u16) {
    let size = model.size;
    let shown = picture(model, size, Look::default());
    let (line, found) = shown
        .lines()
        .enumerate()
        .find_map(|(y, line)| Some((y, line.split_once(text)?.0.chars().count())))
        .unwrap_or_else(|| panic!("{text} is not on the screen\n{shown}"));
    (found.try_into().unwrap(), line.try_into().unwrap())
}

fn live() -> Model {
    let mut model = platform::live();
    let _ = picture(&mut model, (120, 36), Look::default());
    model
}

#[test]
fn a_click_selects_a_row_and_a_second_one_opens_it() {
    let mut model = live();
    let row = cell(&mut model, "promote-churn-4h2ls");
    click(&mut model, row, Button::Left);
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains("▌◐ Waiting"), "{shown}");
    assert_eq!(model.screen().unwrap().id(), "runs");
    click(&mut model, row, Button::Left);
    assert_eq!(model.screen().unwrap().id(), "run");
    // the space below the rows is nothing
    let mut model = live();
    let before = picture(&mut model, (120, 36), Look::default());
    click(&mut model, (20, 20), Button::Left);
    assert_eq!(picture(&mut model, (120, 36), Look::default()), before);
}

#[test]
fn steps_are_selected_and_opened_too() {
    let mut model = live();
    strike(&mut model, "enter home");
    let row = cell(&mut model, "✓ validate");
    click(&mut model, row, Button::Left);
    let shown = picture(&mut model, (120, 36), Look::default());
    let line = shown.lines().nth(usize::from(row.1)).unwrap();
    assert!(line.starts_with('▌'), "{shown}");
}

#[test]
fn a_click_on_a_name_at_the_top_shows_that_screen() {
    let mut model = live();
    let name = cell(&mut model, "8 Platform");
    click(&mut model, name, Button::Left);
    assert_eq!(model.base(), "platform");
    let tab = cell(&mut model, "Pods");
    click(&mut model, tab, Button::Left);
    assert_eq!(model.base(), "pods");
}

#[test]
fn the_wheel_moves_lists_help_and_palette() {
    let mut model = live();
    click(&mut model, (20, 20), Button::WheelDown);
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains("▌● Running    features-daily"), "{shown}");
    click(&mut model, (20, 20), Button::WheelUp);
    strike(&mut model, ":");
    click(&mut model, (20, 20), Button::WheelDown);
    assert!(model.palette.as_ref().unwrap().index > 0);
}

#[test]
fn a_right_click_offers_what_can_be_done_with_the_row() {
    let mut model = live();
    let row = cell(&mut model, "features-daily-8mmqv");
    click(&mut model, row, Button::Right);
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(
        shown.contains("▌● Running    features-daily") || shown.contains('┌'),
        "{shown}"
    );
    let item = cell(&mut model, "open what is selected");
    click(&mut model, item, Button::Left);
    assert_eq!(model.screen().unwrap().id(), "run");
    let mut model = live();
    click(&mut model, row, Button::Right);
    click(&mut model, (1, 1), Button::Left);
    assert!(model.palette.is_none(), "a click beside it closes it");
    assert_eq!(model.base(), "runs");
}

#[test]
fn a_click_is_no_answer_to_a_question() {
    let mut model = live();
    strike(&mut model, "/");
    click(&mut model, (20, 6), Button::Left);
    assert!(model.prompt.is_some() && model.screen().unwrap().id() == "runs");
}
