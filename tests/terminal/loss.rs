//! The terminal goes away, or never was.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::home::{Cluster, Home, MIDWATCH, SOON, console_of, opened};
use crate::support::process;
use crate::support::wait_for;

#[test]
fn a_closed_window_ends_it() {
    let home = Home::new();
    let mut pty = home.midwatch().spawn();
    opened(&pty);
    pty.hang_up();
    let status = pty.wait_exit(SOON);
    assert_ne!(status.exit_code(), 0);
}

#[test]
fn a_hang_up_that_nobody_signals_ends_it_within_seconds_and_without_spinning() {
    let home = Home::new();
    // Nothing happens in the cluster, so that no write fails first. The session's leader ignores SIGHUP and the
    // console is not the leader: it is told nothing.
    let cluster = Cluster::quiet();
    let script = home.script("trap '' HUP; \"$MIDWATCH\"; read end");
    let mut pty = script.env("KUBECONFIG", cluster.kubeconfig()).spawn();
    opened(&pty);
    pty.wait_for("live", SOON);
    let console = console_of(&pty);
    let before = process::cpu_ticks(console).unwrap();
    pty.hang_up();
    let mut last = before;
    wait_for(
        "the console's end",
        Duration::from_secs(20),
        || match process::cpu_ticks(console) {
            Some(ticks) => {
                last = ticks;
                None
            }
            None => Some(()),
        },
    );
    let spent = last - before;
    assert!(
        spent < 150,
        "spent {spent} ticks of 10 ms on a dead terminal"
    );
    assert!(home.log().contains("Lost("), "{}", home.log());
}

#[test]
fn without_a_terminal_it_says_so_and_answers_2() {
    let home = Home::new();
    let output = Command::new(MIDWATCH)
        .env("XDG_STATE_HOME", home.path("state"))
        .env("KUBECONFIG", home.path("kubeconfig"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("needs a terminal"), "{told}");
    assert_eq!(output.stdout, b"");
}

#[test]
fn redirected_output_is_refused_though_the_input_is_a_terminal() {
    let home = Home::new();
    let mut pty = home.script("\"$MIDWATCH\" > out; echo \"exit $?\"").spawn();
    pty.wait_for("exit 2", SOON);
    assert!(
        pty.screen().contains("standard output is not one"),
        "{}",
        pty.screen()
    );
    pty.wait_exit(SOON);
}
