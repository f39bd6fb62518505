//! Start and end: the terminal is handed back exactly as it was.

use rustix::process::Signal;

use crate::home::{Home, SOON, console_of, opened};
use crate::support::pty::{Modes, Pty, kill};

/// A shell with settings of its own, that starts the console and stays.
const SHELL: &str =
    "stty -ixon -echoctl intr ^X; echo ready; read go; \"$MIDWATCH\"; echo \"exit $?\"; read end";

/// Starts the console from the shell; answers the modes before.
fn start(home: &Home) -> (Pty, Modes) {
    let mut pty = home.script(SHELL).spawn();
    pty.wait_for("ready", SOON);
    let before = pty.modes();
    pty.send("Enter");
    opened(&pty);
    assert_ne!(pty.modes(), before, "the console works in raw mode");
    assert!(pty.look(vt100::Screen::hide_cursor));
    assert!(pty.look(vt100::Screen::bracketed_paste));
    (pty, before)
}

/// The shell has its terminal back.
fn handed_back(pty: &Pty, before: &Modes, code: u32) {
    pty.wait_for(&format!("exit {code}"), SOON);
    assert_eq!(&pty.modes(), before);
    pty.look(|screen| {
        assert!(!screen.alternate_screen(), "left the alternate screen");
        assert!(!screen.hide_cursor(), "shows the cursor");
        assert!(!screen.bracketed_paste(), "takes pastes as before");
        assert!(
            screen.contents().contains("ready"),
            "what was there before is there again"
        );
    });
}

#[test]
fn quit_hands_the_terminal_back_as_it_was() {
    let home = Home::new();
    let (mut pty, before) = start(&home);
    pty.send("q");
    handed_back(&pty, &before, 0);
    assert!(
        home.log().contains("started"),
        "the log is kept in the state folder"
    );
}

#[test]
fn control_c_quits_too() {
    let home = Home::new();
    let (mut pty, before) = start(&home);
    pty.send("C-c");
    handed_back(&pty, &before, 0);
}

#[test]
fn every_signal_that_ends_it_hands_the_terminal_back_and_is_named() {
    for (signal, name, code) in [
        (Signal::HUP, "SIGHUP", 129),
        (Signal::INT, "SIGINT", 130),
        (Signal::QUIT, "SIGQUIT", 131),
        (Signal::TERM, "SIGTERM", 143),
    ] {
        let home = Home::new();
        let (pty, before) = start(&home);
        kill(console_of(&pty), signal);
        handed_back(&pty, &before, code);
        assert!(
            pty.screen().contains(&format!("ended by {name}")),
            "{}",
            pty.screen()
        );
    }
}

#[test]
fn help_and_version_need_no_terminal_and_leave_it_alone() {
    let home = Home::new();
    for (flag, word) in [("--help", "Exit codes"), ("--version", "midwatch")] {
        let mut pty = home.midwatch().arg(flag).size(100, 100).spawn();
        pty.wait_for(word, SOON);
        assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
        assert!(!pty.look(vt100::Screen::alternate_screen));
    }
}
