//! What stands behind the output: a pipe that is closed early, a full disk, a terminal.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use unicode_width::UnicodeWidthStr;

use super::stage::{Done, MIDWATCH, SOON, Stage, ended};
use crate::support::pty::Program;

#[test]
fn a_pipe_closed_early_is_no_error() {
    let stage = Stage::busy();
    let mut child = stage
        .command("oncall", &["get", "pods", "-o", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::with_capacity(16, child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    assert_eq!(first, "{\n");
    drop(out);
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert!(ended(&mut child).success(), "{err}");
    assert_eq!(err, "");
}

#[test]
fn a_full_disk_is_an_error() {
    let stage = Stage::busy();
    for args in [
        &["get", "nodes"][..],
        &["get", "nodes", "-o", "json"],
        &["doctor"],
        &["completions", "bash"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = stage.command("oncall", args).stdout(full).output().unwrap();
        let done = Done::of(output).code(1);
        assert!(done.err.contains("No space left"), "{args:?}: {}", done.err);
    }
}

/// Runs it on a terminal of 80 columns and gives what was written.
fn on_a_terminal(stage: &Stage, args: &[&str], no_color: bool) -> (String, String) {
    let mut program = Program::new(MIDWATCH)
        .args(args)
        .size(80, 60)
        .env("HOME", stage.home.path())
        .env("KUBECONFIG", stage.kubeconfig("oncall"));
    if no_color {
        program = program.env("NO_COLOR", "1");
    }
    let mut pty = program.spawn();
    assert!(pty.wait_exit(SOON).success(), "{}", pty.screen());
    pty.settle(std::time::Duration::from_millis(100), SOON);
    let bytes = String::from_utf8(pty.bytes_since(0)).unwrap();
    (bytes, pty.screen())
}

#[test]
fn a_table_on_a_terminal_has_colours_and_fits() {
    let stage = Stage::busy();
    let (bytes, screen) = on_a_terminal(&stage, &["get", "nodes"], false);
    assert!(bytes.contains("\x1b[32m✓ Ready\x1b[0m"), "{bytes:?}");
    let names = stage
        .run(&["get", "nodes", "-o", "name"])
        .code(0)
        .lines()
        .len();
    assert_eq!(
        screen.trim_end().lines().count(),
        names + 1,
        "no line is broken:\n{screen}"
    );
    assert!(screen.lines().all(|l| l.width() <= 80));
    let (bytes, _) = on_a_terminal(&stage, &["get", "nodes"], true);
    assert!(
        bytes.contains("✓ Ready") && !bytes.contains('\x1b'),
        "{bytes:?}"
    );
    let (bytes, _) = on_a_terminal(&stage, &["get", "nodes", "--no-color", "--ascii"], false);
    assert!(bytes.contains("+ Ready") && bytes.is_ascii(), "{bytes:?}");
}

#[test]
fn a_person_who_waits_is_told_for_what_and_the_line_goes_away() {
    let stage = Stage::quiet();
    stage.platform.set_hanging(true);
    let mut pty = Program::new(MIDWATCH)
        .args(&["get", "runs"])
        .env("HOME", stage.home.path())
        .env("KUBECONFIG", stage.kubeconfig("oncall"))
        .spawn();
    pty.wait_for("waiting for demo/workflows", SOON);
    stage.platform.set_hanging(false);
    pty.wait_exit(SOON);
    pty.wait_for("No runs", SOON);
    assert!(!pty.screen().contains("waiting"), "{}", pty.screen());
}
