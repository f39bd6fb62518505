//! Modes that only some terminals have: set there, taken back there, and never sent elsewhere.

use rustix::process::Signal;

use crate::home::{Home, SOON, console_of, opened};
use crate::support::pty::{Program, Pty, kill};

const KITTY: &str = "\x1b[>1u";
const UNKITTY: &str = "\x1b[<1u";

/// A shell with job control that takes its terminal back when the console stops, and continues it on Enter.
const JOBS: &str = "set -m; \"$MIDWATCH\"; echo stopped; read go; fg; echo \"exit $?\"; read end";

fn text(pty: &Pty) -> String {
    String::from_utf8_lossy(&pty.bytes_since(0)).into_owned()
}

/// Everything written from the first byte to the last.
fn session(program: Program) -> String {
    let mut pty = program.spawn();
    opened(&pty);
    pty.send("q");
    pty.wait_exit(SOON);
    text(&pty)
}

/// The parts stand in the text in this order.
fn in_order(text: &str, parts: &[&str]) -> bool {
    let mut rest = text;
    parts.iter().all(|part| match rest.split_once(part) {
        Some((_, tail)) => {
            rest = tail;
            true
        }
        None => false,
    })
}

#[test]
fn a_kitty_keyboard_is_set_inside_of_the_alternate_screen_and_taken_back_there() {
    let home = Home::new();
    let text = session(home.midwatch().env("TERM", "xterm-kitty"));
    let order = ["\x1b[?1049h", KITTY, UNKITTY, "\x1b[?1049l"];
    assert!(in_order(&text, &order), "{text:?}");
    assert_eq!(
        (text.matches(KITTY).count(), text.matches(UNKITTY).count()),
        (1, 1)
    );
}

#[test]
fn terminals_without_it_never_hear_of_it() {
    let home = Home::new();
    let with = |vars: &[(&str, &str)]| {
        let vars = [&[("KITTY_WINDOW_ID", "1")], vars].concat();
        let program = vars.iter().fold(home.midwatch(), |p, (n, v)| p.env(n, v));
        session(program)
    };
    for vars in [
        &[("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux,1,0")][..],
        &[("TERM", "screen-256color"), ("STY", "1.x")],
        &[("TERM", "vt220")],
    ] {
        let text = with(vars);
        for never in [">1u", "<1u", "?u", "\x1b[?1000h", "\x1b[c"] {
            assert!(!text.contains(never), "{vars:?}: {text:?}");
        }
    }
    let text = session(home.midwatch().env("TERM", "xterm-256color"));
    assert!(
        !text.contains(KITTY) && !text.contains("\x1b[?1000h"),
        "{text:?}"
    );
}

#[test]
fn keys_that_come_by_the_protocol_do_what_they_say() {
    let home = Home::new();
    let mut pty = home.midwatch().env("TERM", "xterm-kitty").spawn();
    opened(&pty);
    pty.send("?");
    pty.wait_for("Keys here", SOON);
    // Escape, released again: only the press counts
    pty.write(b"\x1b[27u\x1b[27;1:3u");
    pty.wait_gone("Keys here", SOON);
    // Super and q is the window manager's
    pty.write(b"\x1b[113;9u");
    pty.write(b"\x1b[99;5u");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
}

#[test]
fn a_console_that_is_stopped_or_ended_takes_it_back() {
    let home = Home::new();
    let mut pty = home.script(JOBS).env("TERM", "xterm-kitty").spawn();
    opened(&pty);
    pty.send("C-z");
    pty.wait_for("stopped", SOON);
    let stopped = text(&pty);
    assert_eq!(
        stopped.matches(KITTY).count(),
        stopped.matches(UNKITTY).count()
    );
    pty.send("Enter");
    opened(&pty);
    kill(console_of(&pty), Signal::TERM);
    pty.wait_for("exit 143", SOON);
    let all = text(&pty);
    assert_eq!(
        (all.matches(KITTY).count(), all.matches(UNKITTY).count()),
        (2, 2),
        "{all:?}"
    );
}

#[test]
fn the_mouse_is_taken_only_by_those_who_ask_for_it_and_given_back() {
    let home = Home::new();
    let mut pty = home.midwatch().env("MIDWATCH_MOUSE", "true").spawn();
    opened(&pty);
    assert!(text(&pty).contains("\x1b[?1000h\x1b[?1006h"));
    // a click on the name of a screen in line 2, as the terminal sends it
    let screen = pty.screen();
    let column = screen.lines().nth(1).unwrap().find("Platform").unwrap() + 1;
    pty.write(format!("\x1b[<0;{column};2M\x1b[<0;{column};2m").as_bytes());
    pty.wait_for("Nodes | Pods", SOON);
    pty.send("q");
    pty.wait_exit(SOON);
    assert!(in_order(
        &text(&pty),
        &["\x1b[?1000h", "\x1b[?1000l", "\x1b[?1049l"]
    ));
}
