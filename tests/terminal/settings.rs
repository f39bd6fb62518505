//! Files of the person's in a running console: in force at the start, again when they change, and never its end.

use std::fs;

use crate::home::{Home, SOON, opened};
use crate::support::pty::Pty;
use crate::support::wait_for;

fn write(home: &Home, name: &str, text: &str) {
    let path = home.path("config").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn start(home: &Home) -> Pty {
    let config = home.path("config/config.toml");
    let pty = home.midwatch().arg("--config").arg(config).spawn();
    opened(&pty);
    pty
}

/// The colour of the ground in the lower right corner.
fn ground(screen: &vt100::Screen) -> vt100::Color {
    let (rows, columns) = screen.size();
    let cell = screen.cell(rows - 3, columns - 1);
    cell.map_or(vt100::Color::Default, vt100::Cell::bgcolor)
}

#[test]
fn a_theme_and_a_safety_pattern_take_effect_when_they_are_saved_and_mistakes_are_told() {
    let home = Home::new();
    write(&home, "config.toml", "theme = 'ansi'\n");
    let mut pty = start(&home);
    pty.look(|screen| assert_eq!(ground(screen), vt100::Color::Default));

    write(
        &home,
        "config.toml",
        "theme = 'mine'\nread-only = ['clos*']\nstart = 'runs'\n",
    );
    write(
        &home,
        "themes/mine.toml",
        "inherits = 'dark'\nground = 17\n",
    );
    pty.wait_until("the ground of the theme", SOON, |screen| {
        ground(screen) == vt100::Color::Idx(17)
    });
    pty.wait_for("[read-only]", SOON);
    pty.wait_for("read again: in force now", SOON);

    write(
        &home,
        "themes/mine.toml",
        "ground = 18\n[roles]\nbda = {}\n[roles\n",
    );
    pty.wait_until("what is right of the theme", SOON, |screen| {
        ground(screen) == vt100::Color::Idx(18)
    });
    pty.wait_for("2 mistakes in your files", SOON);
    pty.send("m");
    pty.wait_for("themes/mine.toml:3:1", SOON);
    pty.wait_for("did you mean `bad`?", SOON);
    pty.wait_for("midwatch.log", SOON);

    fs::remove_file(home.path("config/config.toml")).unwrap();
    pty.wait_until("the built-in theme", SOON, |screen| {
        ground(screen) == vt100::Color::Default
    });
    pty.send("q");
    assert!(pty.wait_exit(SOON).success());
}

#[test]
fn a_file_full_of_nonsense_does_not_keep_the_console_from_opening() {
    let home = Home::new();
    write(
        &home,
        "config.toml",
        "\u{feff}]]] = = \u{1b}[31m\nmouse = maybe\nstart = 'sources'\n",
    );
    // the file alone says where it begins
    let begin = r#"unset MIDWATCH_START; exec "$MIDWATCH" --config config/config.toml"#;
    let mut pty = home.script(begin).spawn();
    opened(&pty);
    pty.wait_for("mistakes in your files", SOON);
    // what can be read is in force: the start screen
    pty.wait_for("ENDPOINT", SOON);
    pty.send("q");
    assert!(pty.wait_exit(SOON).success());
}

#[test]
fn nothing_is_sent_while_no_file_changes() {
    let home = Home::new();
    write(&home, "config.toml", "theme = 'dark'\n");
    let pty = start(&home);
    pty.wait_until("the ground of the theme", SOON, |screen| {
        ground(screen) != vt100::Color::Default
    });
    // longer than the time between two looks at the files; clocks are all that may change
    let mark = pty.bytes();
    let start = std::time::Instant::now();
    wait_for("two looks", SOON, || {
        (start.elapsed() > std::time::Duration::from_secs(5)).then_some(())
    });
    let text = String::from_utf8_lossy(&pty.bytes_since(mark)).into_owned();
    assert!(!text.contains("read again"), "{text:?}");
}
