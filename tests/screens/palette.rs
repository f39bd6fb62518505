//! The palette: any command by name, and why one cannot be given.

use midwatch::app::{Model, Msg, update};
use midwatch::keys::{Chord, Code};
use midwatch::ui::Look;

use crate::keys::{strike, typed};
use crate::{mono, picture, platform};

fn open(model: &mut Model) {
    let _ = picture(model, (120, 36), Look::default());
    strike(model, ":");
}

/// Names in the palette, chosen first.
fn names(model: &Model) -> Vec<&'static str> {
    let items = &model.palette.as_ref().unwrap().items;
    items.iter().map(|i| i.command.name).collect()
}

fn reason(model: &Model, name: &str) -> Option<String> {
    let items = &model.palette.as_ref().unwrap().items;
    items
        .iter()
        .find(|i| i.command.name == name)
        .unwrap_or_else(|| panic!("{name} is not offered"))
        .refused
        .clone()
}

#[test]
fn it_lists_what_can_be_done_here_with_its_keys() {
    let mut model = platform::live();
    open(&mut model);
    insta::assert_snapshot!(
        "palette_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
    typed(&mut model, "tog");
    insta::assert_snapshot!(
        "palette_refused_80x24",
        picture(&mut model, (80, 24), mono())
    );
}

#[test]
fn letters_narrow_it_and_enter_runs_the_first() {
    let mut model = platform::live();
    open(&mut model);
    typed(&mut model, "namsp");
    assert_eq!(names(&model)[0], "namespaces");
    strike(&mut model, "enter");
    assert!(model.palette.is_none());
    assert_eq!(model.base(), "namespaces");
    open(&mut model);
    assert_eq!(
        names(&model)[0],
        "namespaces",
        "recent commands stand first"
    );
}

#[test]
fn words_of_other_tools_are_understood() {
    for (word, base) in [
        ("po", "pods"),
        ("pods", "pods"),
        ("nodes", "platform"),
        ("ns", "namespaces"),
        ("wf", "runs"),
        ("cwf", "schedules"),
        (":templates", "templates"),
    ] {
        let mut model = platform::live();
        open(&mut model);
        typed(&mut model, word);
        strike(&mut model, "enter");
        assert_eq!(model.base(), base, "{word}");
    }
    let mut model = platform::live();
    open(&mut model);
    typed(&mut model, "q");
    let effects = update(
        &mut model,
        Msg::Pressed(Chord::plain(Code::Enter)),
        platform::now(),
    );
    assert!(effects.has(&midwatch::app::Effect::Quit));
}

#[test]
fn it_says_why_a_command_cannot_be_given_and_does_not_give_it() {
    let mut model = platform::live();
    open(&mut model);
    assert_eq!(reason(&model, "open"), None);
    typed(&mut model, "toggle");
    assert_eq!(reason(&model, "toggle"), Some("only in [tree]".to_owned()));
    strike(&mut model, "enter");
    assert!(model.palette.is_some(), "it stays open with the reason");
    strike(&mut model, "esc");
    strike(&mut model, "8");
    open(&mut model);
    assert_eq!(
        reason(&model, "open"),
        Some("rows of this list cannot be opened".to_owned())
    );
    let mut empty = platform::empty();
    open(&mut empty);
    assert_eq!(
        reason(&empty, "open"),
        Some("nothing is selected".to_owned())
    );
    strike(&mut empty, "esc");
    strike(&mut empty, "2");
    open(&mut empty);
    assert_eq!(
        reason(&empty, "next-tab"),
        Some("this screen has no other list".to_owned())
    );
}

#[test]
fn the_choice_moves_and_goes_around() {
    let mut model = platform::live();
    open(&mut model);
    let count = names(&model).len();
    let at = |m: &Model| m.palette.as_ref().unwrap().index;
    strike(&mut model, "up");
    assert_eq!(at(&model), count - 1);
    strike(&mut model, "C-n");
    assert_eq!(at(&model), 0);
    for (key, index) in [("down", 1), ("C-n", 2), ("C-p", 1), ("pagedown", 11)] {
        strike(&mut model, key);
        assert_eq!(at(&model), index, "{key}");
    }
    strike(&mut model, "tab");
    let palette = model.palette.as_ref().unwrap();
    assert_eq!(palette.prompt.text(), palette.items[0].command.name);
}

#[test]
fn it_closes_without_a_trace() {
    for key in ["esc", "C-c", "backspace"] {
        let mut model = platform::live();
        let before = picture(&mut model, (120, 36), Look::default());
        open(&mut model);
        strike(&mut model, key);
        assert_eq!(
            picture(&mut model, (120, 36), Look::default()),
            before,
            "{key}"
        );
    }
}

#[test]
fn pasted_text_is_made_safe_and_never_run() {
    let mut model = platform::live();
    open(&mut model);
    let _ = update(
        &mut model,
        Msg::Pasted("quit\r\n\u{1b}[31m\u{202e}x\u{7}".to_owned()),
        platform::now(),
    );
    let text = model.palette.as_ref().unwrap().prompt.text().to_owned();
    assert!(text.starts_with("quit"), "{text:?}");
    assert!(
        !text.chars().any(|c| c.is_control() || c == '\u{202e}'),
        "{text:?}"
    );
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains(":quit"), "{shown}");
}

#[test]
fn it_fits_every_size() {
    for menu in [None, Some((70, 30)), Some((0, 0))] {
        let mut model = platform::live();
        let _ = picture(&mut model, (120, 36), Look::default());
        midwatch::app::palette::open(&mut model, menu);
        for width in (40..=120).step_by(7) {
            for height in [10, 11, 12, 24, 36, 60] {
                let shown = picture(&mut model, (width, height), Look::default());
                assert!(menu.is_some() || shown.contains(':'), "{shown}");
            }
        }
    }
}
