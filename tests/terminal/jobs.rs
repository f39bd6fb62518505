//! Ctrl-Z and fg, as a job of a shell.

use std::time::Duration;

use rustix::process::Signal;

use crate::home::{Home, SOON, TITLE, console_of, opened};
use crate::support::process;
use crate::support::pty::kill;
use crate::support::wait_for;

/// A shell with job control that takes its terminal back when the console stops, and continues it on Enter.
const JOBS: &str = "set -m; \"$MIDWATCH\"; echo stopped; read go; fg; echo \"exit $?\"; read end";

#[test]
fn control_z_gives_the_terminal_to_the_shell_and_fg_paints_it_anew() {
    let home = Home::new();
    let mut pty = home.script(JOBS).spawn();
    opened(&pty);
    let console = console_of(&pty);
    pty.send("C-z");
    pty.wait_for("stopped", SOON);
    assert_eq!(process::state(console).as_deref(), Some("T"));
    pty.look(|screen| {
        assert!(!screen.alternate_screen() && !screen.hide_cursor());
        assert!(!screen.contents().contains(TITLE) || screen.contents().contains("stopped"));
    });
    pty.resize(100, 30);
    pty.send("Enter");
    opened(&pty);
    pty.send("q");
    pty.wait_for("exit 0", SOON);
    assert!(!pty.look(vt100::Screen::alternate_screen));
}

#[test]
fn a_stop_from_outside_gives_the_terminal_back_too() {
    let home = Home::new();
    let mut pty = home.script(JOBS).spawn();
    opened(&pty);
    kill(console_of(&pty), Signal::TSTP);
    pty.wait_for("stopped", SOON);
    assert!(!pty.look(vt100::Screen::alternate_screen));
    pty.send("Enter");
    opened(&pty);
    pty.send("q");
    pty.wait_for("exit 0", SOON);
}

#[test]
fn a_stop_that_cannot_be_seen_coming_is_painted_over_when_it_goes_on() {
    let home = Home::new();
    let mut pty = home.midwatch().spawn();
    opened(&pty);
    pty.kill(Signal::STOP);
    wait_for("the stop", SOON, || {
        (process::state(pty.pid())? == "T").then_some(())
    });
    let mark = pty.bytes();
    pty.kill(Signal::CONT);
    wait_for("a full frame", SOON, || {
        String::from_utf8_lossy(&pty.bytes_since(mark))
            .contains(TITLE)
            .then_some(())
    });
    pty.send("q");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
}

#[test]
fn control_z_without_a_shell_to_go_back_to_does_not_strand_it() {
    let home = Home::new();
    let mut pty = home.midwatch().spawn();
    opened(&pty);
    pty.send("C-z");
    pty.settle(Duration::from_millis(300), SOON);
    opened(&pty);
    assert_ne!(process::state(pty.pid()).as_deref(), Some("T"));
    pty.send("q");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
}
