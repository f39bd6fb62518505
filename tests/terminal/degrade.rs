//! Terminals that can do less get less.

use crate::home::{Home, SOON, opened};
use crate::support::pty::Program;

/// Everything written from the first byte to the last, with some keys in between.
fn session(program: Program) -> String {
    let mut pty = program.spawn();
    opened(&pty);
    pty.send_all(&["j", "k"]);
    pty.resize(80, 24);
    opened(&pty);
    pty.send("q");
    pty.wait_exit(SOON);
    String::from_utf8_lossy(&pty.bytes_since(0)).into_owned()
}

/// Parameters of all SGR sequences (`ESC [ … m`) in the text.
fn styles(text: &str) -> Vec<u32> {
    text.split("\x1b[")
        .skip(1)
        .filter_map(|tail| {
            let list: String = tail
                .chars()
                .take_while(|c| c.is_ascii_digit() || matches!(c, ';' | ':'))
                .collect();
            tail.chars()
                .nth(list.len())
                .is_some_and(|c| c == 'm')
                .then_some(list)
        })
        .flat_map(|list| {
            list.split([';', ':'])
                .map(|n| n.parse().unwrap_or(0))
                .collect::<Vec<u32>>()
        })
        .collect()
}

fn is_colour(style: u32) -> bool {
    matches!(style, 30..=49 | 58 | 59 | 90..=107)
}

#[test]
fn no_colour_sequence_where_colour_is_not_wanted_or_not_there() {
    let home = Home::new();
    for (what, program) in [
        ("NO_COLOR", home.midwatch().env("NO_COLOR", "1")),
        ("--no-color", home.midwatch().arg("--no-color")),
        ("TERM=dumb", home.midwatch().env("TERM", "dumb")),
        ("TERM=vt220", home.midwatch().env("TERM", "vt220")),
    ] {
        let text = session(program.env("COLORTERM", "truecolor"));
        let colours: Vec<u32> = styles(&text)
            .into_iter()
            .filter(|n| is_colour(*n))
            .collect();
        assert_eq!(colours, Vec::<u32>::new(), "{what}: {text:?}");
    }
}

#[test]
fn sixteen_colours_get_no_deeper_ones() {
    let home = Home::new();
    let text = session(home.midwatch().env("TERM", "xterm"));
    assert!(
        !text.contains("38;2;") && !text.contains("48;2;"),
        "{text:?}"
    );
}

#[test]
fn ascii_terminals_get_ascii_only() {
    let home = Home::new();
    for program in [
        home.midwatch().env("LANG", "C"),
        home.midwatch().env("MIDWATCH_ASCII", "1"),
        home.midwatch().arg("--ascii"),
    ] {
        let text = session(program);
        assert!(text.is_ascii(), "{text:?}");
    }
}
