//! Keymaps as a person writes them.

use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::app::command::COMMANDS;
use crate::keys::BUILT_IN;

fn press(text: &str) -> Vec<Chord> {
    text.split(' ').map(|c| c.parse().unwrap()).collect()
}

fn gives(bindings: &Bindings, keys: &str, places: &[Place]) -> String {
    match bindings.lookup(&press(keys), places) {
        Found::Command(c) => c.name.to_owned(),
        Found::Prefix => "…".to_owned(),
        Found::Nothing => "–".to_owned(),
    }
}

/// A keymap `mine` with this text.
fn mine(text: &str) -> (Bindings, Vec<(String, Mistake)>) {
    Bindings::load("mine", &|name| (name == "mine").then(|| text.to_owned()))
}

fn told(mistakes: &[(String, Mistake)]) -> Vec<String> {
    mistakes
        .iter()
        .map(|(name, m)| format!("{name}:{}:{}: {} ({})", m.line, m.column, m.what, m.hint))
        .collect()
}

#[test]
fn built_in_keymaps_have_no_mistakes() {
    for (name, _) in BUILT_IN {
        let (bindings, mistakes) = Bindings::load(name, &|_| None);
        assert_eq!(told(&mistakes), Vec::<String>::new());
        assert_eq!(bindings.name(), *name);
        for kept in ["quit", "help", "back", "open", "filter", "palette"] {
            let command = COMMANDS.iter().find(|c| c.name == kept).unwrap();
            assert!(!bindings.keys(command).is_empty(), "{name}: {kept}");
        }
    }
}

#[test]
fn every_command_that_is_hinted_at_has_a_key_in_every_keymap() {
    for (name, _) in BUILT_IN {
        let bindings = Bindings::load(name, &|_| None).0;
        for command in COMMANDS.iter().filter(|c| !c.hint.is_empty()) {
            let keys = bindings.keys(command);
            assert!(!keys.is_empty(), "keymaps/{name}.toml: {}", command.name);
        }
    }
}

#[test]
fn a_persons_keys_lie_over_those_they_build_on() {
    let (keys, mistakes) =
        mine("[list]\n\"x\" = \"open\"\n\"g g\" = \"list-first\"\n\"s\" = \"none\"\n");
    assert_eq!(told(&mistakes), Vec::<String>::new());
    let list = &[Place::List];
    assert_eq!(gives(&keys, "x", list), "open");
    assert_eq!(gives(&keys, "enter", list), "open", "the default stays");
    assert_eq!(gives(&keys, "g", list), "…", "gives way to the sequence");
    assert_eq!(gives(&keys, "g g", list), "list-first");
    assert_eq!(gives(&keys, "g x", list), "–");
    assert_eq!(gives(&keys, "s", list), "–");
    let open = COMMANDS.iter().find(|c| c.name == "open").unwrap();
    assert_eq!(
        keys.keys(open),
        ["x", "enter"],
        "the person's key is shown first"
    );
}

#[test]
fn keys_taken_away_at_a_place_do_nothing_there_and_work_elsewhere() {
    let (keys, mistakes) = mine("[list]\n\"q\" = \"none\"\n\"?\" = \"open\"\n");
    assert_eq!(told(&mistakes), Vec::<String>::new());
    assert_eq!(gives(&keys, "q", &[Place::List]), "–");
    assert_eq!(gives(&keys, "q", &[Place::Tree]), "quit");
    let quit = COMMANDS.iter().find(|c| c.name == "quit").unwrap();
    assert_eq!(keys.keys_at(quit, &[Place::List]), ["C-c"]);
}

#[test]
fn a_persons_file_overlays_the_built_in_one_of_its_name() {
    let find = |name: &str| (name == "vim").then(|| "[list]\n\"x\" = \"open\"\n".to_owned());
    let (keys, mistakes) = Bindings::load("vim", &find);
    assert_eq!(told(&mistakes), Vec::<String>::new());
    assert_eq!(gives(&keys, "x", &[Place::List]), "open");
    assert_eq!(gives(&keys, "g g", &[Place::List]), "list-first");
    assert_eq!(gives(&keys, "F1", &[Place::List]), "help");
}

#[test]
fn a_persons_default_lies_under_the_other_keymaps() {
    let find =
        |name: &str| (name == "default").then(|| "[anywhere]\n\"X\" = \"quit\"\n".to_owned());
    let (keys, mistakes) = Bindings::load("vim", &find);
    assert_eq!(told(&mistakes), Vec::<String>::new());
    assert_eq!(gives(&keys, "X", &[]), "quit");
    assert_eq!(gives(&keys, "Z Z", &[]), "quit");
}

#[test]
fn a_keymap_can_stand_on_nothing() {
    let (keys, mistakes) = mine(
        "inherits = \"none\"\n[anywhere]\n\"x\" = \"quit\"\n\"h\" = \"help\"\n\"b\" = \"back\"\n",
    );
    assert_eq!(told(&mistakes), Vec::<String>::new());
    assert_eq!(gives(&keys, "x", &[Place::List]), "quit");
    assert_eq!(gives(&keys, "enter", &[Place::List]), "–");
}

#[test]
fn every_mistake_says_where_it_is_and_what_to_write() {
    let (keys, mistakes) = mine(concat!(
        "[lists]\n\"x\" = \"open\"\n",
        "[list]\n\"x\" = \"opne\"\n\"entr\" = \"open\"\n\"t\" = \"toggle\"\n\"g\" = \"list-first\"\n\"g g\" = \"list-first\"\n\"v\" = \"quit\"\n",
        "[anywhere]\n\"y\" = \"open\"\n",
    ));
    let known = told(&mistakes).join("\n");
    let places = Regex::new("places are [a-z, -]*").unwrap();
    insta::assert_snapshot!(places.replace(&known, "places are …"));
    assert_eq!(
        gives(&keys, "v", &[Place::List]),
        "quit",
        "the rest is kept"
    );
}

#[test]
fn nobody_is_locked_in() {
    let (keys, mistakes) = mine(
        "[anywhere]\n\"q\" = \"none\"\n\"C-c\" = \"help\"\n\"esc\" = \"none\"\n\"backspace\" = \"none\"\n",
    );
    let told = told(&mistakes);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(
        told[0].starts_with("mine:2:1: no key is left for quit"),
        "{told:#?}"
    );
    assert!(told[1].contains("no key is left for back"), "{told:#?}");
    assert_eq!(gives(&keys, "q", &[]), "quit");
    assert_eq!(gives(&keys, "esc", &[Place::List]), "back");
    let (keys, mistakes) = mine("inherits = \"none\"\n[list]\n\"q x\" = \"open\"\n");
    assert_eq!(mistakes.len(), 3);
    assert_eq!(gives(&keys, "q", &[Place::List]), "quit");
}

#[test]
fn keymaps_that_lead_nowhere_stand_on_the_default() {
    let find = |name: &str| match name {
        "a" => Some("inherits = \"b\"\n[anywhere]\n\"X\" = \"quit\"".to_owned()),
        "b" => Some("\ninherits = \"a\"".to_owned()),
        "c" => Some("inherits = \"vmi\"".to_owned()),
        _ => None,
    };
    for (name, place) in [("a", "b:2:12"), ("c", "c:1:12"), ("gone", "gone:1:1")] {
        let (keys, mistakes) = Bindings::load(name, &find);
        let told = told(&mistakes);
        assert!(told.len() == 1 && told[0].starts_with(place), "{told:?}");
        assert_eq!(gives(&keys, "?", &[]), "help");
    }
    let deep = |name: &str| Some(format!("inherits = \"{name}x\""));
    assert_eq!(Bindings::load("x", &deep).1.len(), 1);
}

#[test]
fn what_may_follow_is_known() {
    let (keys, _) = Bindings::load("vim", &|_| None);
    let next = keys.follow(&press("g"), &[Place::List, Place::Object]);
    let names: Vec<String> = next
        .iter()
        .map(|(chord, next)| match next {
            Next::Command(c) => format!("{chord} {}", c.name),
            Next::More(n) => format!("{chord} +{n}"),
        })
        .collect();
    assert!(names.contains(&"g list-first".to_owned()), "{names:?}");
    assert!(names.contains(&"t next-tab".to_owned()), "{names:?}");
}

#[test]
fn control_characters_of_a_file_do_not_reach_what_is_told() {
    let (_, mistakes) = mine(
        "[\"\\u001B[31m\"]\n\"x\" = \"open\"\n[list]\n\"\\u001B]0;x\\u0007\" = \"open\"\n\"x\" = \"\\u202Eopen\"\n",
    );
    assert_eq!(mistakes.len(), 3);
    for text in told(&mistakes) {
        assert!(
            !text.chars().any(|c| c.is_control() || c == '\u{202E}'),
            "{text:?}"
        );
    }
}

/// Something like a keymap file: its words in any order, with noise in between.
fn like_a_keymap() -> impl Strategy<Value = String> {
    let names = COMMANDS.iter().map(|c| format!("\"{}\"", c.name));
    let words: Vec<String> = [
        "[list]",
        "[anywhere]",
        "[tree]",
        "[[list]]",
        "=",
        "\n",
        "\"q\"",
        "\"g g\"",
        "\"C-c\"",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(
        [
            "\"esc\"", "\"none\"", "inherits", "\"vim\"", "'", "\"\"\"", "#", "{", "1", "\u{1b}",
        ]
        .map(str::to_owned),
    )
    .chain(names)
    .collect();
    let word = prop_oneof![4 => proptest::sample::select(words), 1 => ".{0,6}"];
    prop_oneof![
        ".{0,200}",
        proptest::collection::vec(word, 0..40).prop_map(|w| w.join(" ")),
        (any::<proptest::sample::Index>(), ".{1,3}").prop_map(|(at, noise)| {
            let text = crate::keys::built_in("default").unwrap_or_default();
            let at = at.index(text.len());
            let (before, after) = text.split_at(text.floor_char_boundary(at));
            format!("{before}{noise}{after}")
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn no_text_takes_the_way_out_away(text in like_a_keymap(), name in "mine|default|vim") {
        let (keys, mistakes) = Bindings::load(&name, &|n| (n == name).then(|| text.clone()));
        for command in COMMANDS.iter().filter(|c| ["quit", "help", "back"].contains(&c.name)) {
            for place in COMMANDS.iter().map(|c| c.place) {
                prop_assert!(!keys.keys_at(command, &[place]).is_empty(), "{}", command.name);
            }
        }
        let lines = text.matches('\n').count() + 1;
        for (file, mistake) in &mistakes {
            prop_assert_eq!(file, &name);
            prop_assert!(mistake.line >= 1 && mistake.line <= lines && mistake.column >= 1);
        }
    }

    #[test]
    fn sequences_are_read_as_they_are_written(chars in proptest::collection::vec(any::<char>(), 1..8)) {
        let chords: Vec<Chord> = chars.into_iter().map(Chord::char).collect();
        let quoted = written(&chords).replace('\\', "\\\\").replace('"', "\\\"");
        let text = format!("[list]\n\"{quoted}\" = \"open\"\n");
        let (keys, mistakes) = mine(&text);
        prop_assert!(mistakes.is_empty(), "{:?}", mistakes);
        let found = keys.lookup(&chords, &[Place::List]);
        prop_assert!(matches!(found, Found::Command(c) if c.name == "open"));
    }
}
