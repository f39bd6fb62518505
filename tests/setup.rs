//! What a person can set: theme and settings files, and what happens to wrong ones.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "setup/command.rs"]
mod command;
#[path = "screens/platform.rs"]
#[allow(dead_code)]
mod platform;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;

use midwatch::app::{Model, Msg, update};
use midwatch::config::{Files, load};
use midwatch::domain::SourceState;
use midwatch::keys::Chord;
use midwatch::settings::{Layer, Settings, effective, example, parse};
use midwatch::theme::{BUILT_IN, Colours, Role, Theme, check};
use midwatch::ui::{Look, View};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

#[test]
fn every_file_of_the_folder_of_themes_is_built_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let known: BTreeSet<String> = Theme::built_in().map(str::to_owned).collect();
    assert_eq!(files, known);
}

fn picture(model: &mut Model, size: (u16, u16), look: Look) -> String {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    let _ = update(model, Msg::Resized(size.0, size.1), platform::now());
    let mut view = View::new(look);
    terminal.draw(|frame| view.draw(model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let row = |y: u16| -> String {
        let text: String = (0..size.0).map(|x| buffer[(x, y)].symbol()).collect();
        text.trim_end().to_owned()
    };
    (0..size.1).map(row).collect::<Vec<_>>().join("\n")
}

/// Three mistakes in the settings, three in the theme that they name.
const SETTINGS: &str = "theme = \"night\"\nmuose = true\nprotected = [\"prod-*\"]\n\n[refresh]\n\
                        frames-per-second = 500\n\n[logs]\nsince = 10\n";
const NIGHT: &str = "inherits = \"dark\"\n\n[palette]\nred = \"#ff5f5\"\n\n[roles]\nbad = { fg = \"rde\" }\n\
                     warm = { fg = \"yellow\" }\n";

#[test]
fn three_mistakes_in_the_settings_and_three_in_the_theme_as_the_person_sees_them() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("themes")).unwrap();
    std::fs::write(home.path().join("config.toml"), SETTINGS).unwrap();
    std::fs::write(home.path().join("themes/night.toml"), NIGHT).unwrap();
    let files = Files::of(Some(home.path()), |_| None);
    let loaded = load(&files, &|_| None, &Layer::default());
    let short = |text: String| text.replace(&*home.path().to_string_lossy(), "~/.config/midwatch");
    let told: Vec<String> = loaded
        .troubles
        .iter()
        .map(|t| short(t.to_string()))
        .collect();
    insta::assert_snapshot!("mistakes_checked", told.join("\n"));

    let setup = loaded.setup();
    let mut model = platform::live();
    let _ = update(&mut model, Msg::SetUp(Box::new(setup)), platform::now());
    model
        .notes
        .log_at("~/.local/state/midwatch/midwatch.log".to_owned());
    let look = Look::new(&loaded.theme, Colours::True, false);
    insta::assert_snapshot!(
        "mistakes_toast_120x36",
        picture(&mut model, (120, 36), look)
    );
    let _ = update(&mut model, Msg::Pressed(Chord::char('m')), platform::now());
    insta::assert_snapshot!(
        "mistakes_messages_120x36",
        picture(&mut model, (120, 36), look)
    );
    let mono = Look::new(&loaded.theme, Colours::None, true);
    insta::assert_snapshot!(
        "mistakes_messages_mono_80x24",
        picture(&mut model, (80, 24), mono)
    );
    insta::assert_snapshot!(
        "mistakes_messages_40x10",
        picture(&mut model, (40, 10), look)
    );
}

#[test]
fn a_source_that_fails_is_told_once_and_counted_when_it_fails_again() {
    let mut model = platform::live();
    for state in [SourceState::Down, SourceState::Live, SourceState::Down] {
        platform::set_state(&mut model, "workflows", state);
        platform::set_state(&mut model, "workflows", state);
    }
    let told: Vec<_> = model
        .notes
        .all()
        .map(|t| (t.note.text.clone(), t.count))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].1, 2, "{told:?}");
    assert!(
        model.notes.shown(platform::now()).is_none(),
        "the footer says it already"
    );
}

#[test]
fn what_may_be_changed_in_a_context_stands_on_the_screen() {
    for (text, said) in [
        ("protected = ['prod-*']", "[prod-eu: ask]"),
        ("read-only = ['*-eu']", "[read-only]"),
        ("protected = ['dev']", ""),
    ] {
        let mut model = platform::live();
        model.settings = effective(&[parse(text).0]).settings;
        let line = picture(&mut model, (120, 36), Look::default())
            .lines()
            .nth(1)
            .unwrap()
            .to_owned();
        assert!(line.ends_with(said), "{line}");
        assert_eq!(line.contains('['), !said.is_empty(), "{line}");
        let narrow = picture(&mut model, (80, 24), Look::default());
        assert_eq!(
            narrow.lines().nth(1).unwrap().contains('['),
            !said.is_empty(),
            "{narrow}"
        );
    }
}

#[test]
fn a_theme_with_a_ground_leaves_no_cell_without_it() {
    let mut model = platform::live();
    let _ = update(&mut model, Msg::Pressed(Chord::char('?')), platform::now());
    let look = Look::new(&Theme::load("light", &|_| None).0, Colours::True, false);
    let mut terminal = Terminal::new(TestBackend::new(120, 36)).unwrap();
    let mut view = View::new(look);
    terminal.draw(|frame| view.draw(&mut model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    assert!(
        buffer
            .content()
            .iter()
            .all(|cell| cell.bg != ratatui::style::Color::Reset)
    );
}

/// Text of a file with some of its letters changed, taken out or put in.
fn mutated(texts: Vec<String>) -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), 0..3_u8, any::<char>());
    let part = prop_oneof![
        Just('"'),
        Just('\''),
        Just('='),
        Just('['),
        Just(']'),
        Just('{'),
        Just('}'),
        Just('\n'),
        Just('#'),
        Just('.'),
        Just(','),
        Just('\\'),
        any::<char>()
    ];
    (
        prop::sample::select(texts),
        prop::collection::vec((change, part), 0..12),
    )
        .prop_map(|(text, changes)| {
            let mut letters: Vec<char> = text.chars().collect();
            for ((at, how, any), part) in changes {
                let at = at.index(letters.len() + 1);
                match how {
                    0 => letters.insert(at, part),
                    1 if at < letters.len() => {
                        letters.remove(at);
                    }
                    _ if at < letters.len() => letters[at] = any,
                    _ => {}
                }
            }
            letters.into_iter().collect()
        })
}

/// All keys set.
fn full_settings() -> String {
    let lines = example();
    let set = lines.lines().map(|line| match line.strip_prefix("# ") {
        Some(entry) if entry.contains(" = ") => entry,
        _ => line,
    });
    set.collect::<Vec<_>>().join("\n")
}

thread_local! {
    static SEEN: Cell<(u32, u32, u32)> = const { Cell::new((0, 0, 0)) };
}

fn count(mistakes: usize, taken: usize) {
    let (texts, wrong, right) = SEEN.get();
    SEEN.set((
        texts + 1,
        wrong + u32::try_from(mistakes).unwrap(),
        right + u32::try_from(taken).unwrap(),
    ));
}

fn sane(mistakes: &[midwatch::fault::Mistake], text: &str) {
    for mistake in mistakes {
        assert!(mistake.line <= text.matches('\n').count() + 1, "{mistake}");
        let letters = text
            .split('\n')
            .nth(mistake.line.max(1) - 1)
            .map_or(0, |l| l.chars().count());
        assert!(mistake.column <= letters + 1, "{mistake} of {letters}");
        let all = format!("{mistake} {}", mistake.hint);
        assert!(
            all.chars().all(|c| !c.is_control() && c != '\u{202e}'),
            "{all:?}"
        );
    }
}

#[test]
fn no_text_is_a_panic_as_settings_and_what_is_not_set_stays_built_in() {
    let texts = vec![full_settings(), SETTINGS.to_owned(), String::new()];
    proptest!(ProptestConfig::with_cases(2000), |(text in prop_oneof![mutated(texts), any::<String>()])| {
        let (layer, mistakes) = parse(&text);
        sane(&mistakes, &text);
        let taken = layer.0.len();
        let found = effective(&[layer]);
        count(mistakes.len(), taken);
        if taken == 0 {
            prop_assert_eq!(&found.settings, &Settings::default());
        }
        // what is printed reads back as the same settings
        let rows: Vec<_> = found.all().collect();
        prop_assert!(rows.len() >= 17);
        let printed: String = rows.iter().flat_map(|(name, value, _)| [name.clone(), format!(" = {value}\n")]).collect();
        let (again, wrong) = parse(&printed);
        prop_assert_eq!(&wrong, &vec![], "{}", printed);
        prop_assert_eq!(effective(&[again]).settings, found.settings);
    });
    println!(
        "settings: (texts, mistakes, values taken) = {:?}",
        SEEN.get()
    );
    assert!(SEEN.get().1 > 500 && SEEN.get().2 > 5000);
}

#[test]
fn no_text_is_a_panic_as_a_theme_and_what_it_does_not_say_stays_as_below() {
    let texts: Vec<String> = BUILT_IN
        .iter()
        .map(|(_, text)| (*text).to_owned())
        .chain([NIGHT.to_owned()])
        .collect();
    let base = Theme::default().paints(Colours::True);
    proptest!(ProptestConfig::with_cases(2000), |(text in prop_oneof![mutated(texts), any::<String>()])| {
        let find = |name: &str| (name == "mine").then(|| text.clone());
        let (theme, mistakes) = Theme::load("mine", &find);
        let own: Vec<_> = mistakes.into_iter().filter(|(name, _)| name == "mine").map(|(_, m)| m).collect();
        sane(&own, &text);
        prop_assert_eq!(check("mine", &text, &|_| None), own.clone());
        let paints = theme.paints(Colours::True);
        let same = Role::ALL.into_iter().filter(|role| paints[*role] == base[*role]).count();
        count(own.len(), Role::COUNT - same);
        for colours in [Colours::None, Colours::Ansi, Colours::Palette] {
            let _ = theme.paints(colours);
        }
    });
    println!(
        "themes: (texts, mistakes, roles changed) = {:?}",
        SEEN.get()
    );
    assert!(SEEN.get().1 > 500 && SEEN.get().2 > 1000);
}
