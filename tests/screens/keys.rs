//! Keymaps on the screen: keys that were begun, hints that fit, and the help.

use midwatch::app::bindings::Bindings;
use midwatch::app::{Model, Msg, update};
use midwatch::keys::Chord;
use midwatch::ui::Look;

use crate::{picture, platform};

/// Presses keys as they are written in keymaps, with a frame after each.
pub fn strike(model: &mut Model, keys: &str) {
    for key in keys.split(' ') {
        let chord: Chord = key.parse().unwrap();
        let _ = update(model, Msg::Pressed(chord), platform::now());
        let size = model.size;
        let _ = picture(model, size, Look::default());
    }
}

/// Presses the letters of a text.
pub fn typed(model: &mut Model, text: &str) {
    for c in text.chars() {
        strike(model, &Chord::char(c).to_string());
    }
}

fn with_keymap(name: &str, text: Option<&str>) -> Model {
    let mut model = platform::live();
    let find = |n: &str| text.filter(|_| n == name).map(str::to_owned);
    model.bindings = Bindings::load(name, &find).0;
    let _ = picture(&mut model, (120, 36), Look::default());
    model
}

#[test]
fn keys_that_were_begun_show_what_may_follow_and_escape_drops_them() {
    let mut model = with_keymap("vim", None);
    let before = picture(&mut model, (120, 36), Look::default());
    strike(&mut model, "g");
    insta::assert_snapshot!(
        "begun_120x36",
        picture(&mut model, (120, 36), Look::default())
    );
    strike(&mut model, "esc");
    assert_eq!(picture(&mut model, (120, 36), Look::default()), before);
    strike(&mut model, "G g g");
    assert_eq!(picture(&mut model, (120, 36), Look::default()), before);
    strike(&mut model, "g");
    strike(&mut model, "x");
    assert!(
        model.pending.is_empty(),
        "keys that lead nowhere are dropped"
    );
}

#[test]
fn hints_fit_whole_and_the_way_to_help_is_always_among_them() {
    for name in ["default", "vim", "emacs", "k9s"] {
        let mut model = with_keymap(name, None);
        for keys in ["2", "8", "0", "2 enter"] {
            strike(&mut model, keys);
            for width in 40..=130 {
                let shown = picture(&mut model, (width, 24), Look::default());
                let last = shown.lines().last().unwrap();
                assert!(last.contains("? help"), "{name} {width}: {last}");
                assert!(!last.contains('…'), "{name} {width}: {last}");
            }
        }
    }
}

#[test]
fn hints_and_help_show_the_persons_own_keys() {
    let mut model = with_keymap(
        "mine",
        Some("[list]\n\"X\" = \"open\"\n[anywhere]\n\"H H\" = \"help\"\n\"q\" = \"none\"\n"),
    );
    let shown = picture(&mut model, (120, 36), Look::default());
    let last = shown.lines().last().unwrap();
    assert!(
        last.contains("X open") && last.contains("H H help"),
        "{last}"
    );
    assert!(last.contains("C-c quit"), "{last}");
    strike(&mut model, "H H");
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(
        shown.contains("keymap mine") && shown.contains("X  enter"),
        "{shown}"
    );
}

#[test]
fn help_is_grouped_by_place_and_scrolls() {
    let mut model = platform::live();
    strike(&mut model, "enter ?");
    insta::assert_snapshot!(
        "help_run_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    strike(&mut model, "end");
    let shown = picture(&mut model, (80, 24), Look::default());
    assert!(shown.contains("end midwatch"), "{shown}");
    strike(&mut model, ":");
    assert!(model.help.is_none() && model.palette.is_some());
}
