//! The place where a session ended is where the next one begins, however it ended; a broken file is told.

use std::fs;

use rustix::process::Signal;

use crate::home::{Home, SOON, opened};
use crate::support::pty::Pty;

fn start(home: &Home) -> Pty {
    let pty = home.midwatch().spawn();
    opened(&pty);
    pty
}

fn file(home: &Home) -> String {
    fs::read_to_string(home.path("state/midwatch/places.json")).unwrap()
}

#[test]
fn the_next_start_begins_where_the_last_session_ended() {
    let home = Home::new();
    let mut pty = start(&home);
    pty.wait_for(" Runs ", SOON);
    pty.send("0");
    pty.wait_for(" Sources ", SOON);
    pty.send_all(&["/", "d", "o", "w", "Enter"]);
    pty.wait_for("filter dow", SOON);
    pty.kill(Signal::TERM);
    let _ = pty.wait_exit(SOON);
    assert!(file(&home).contains("\"sources\""), "{}", file(&home));
    let mut pty = start(&home);
    pty.wait_for("filter dow", SOON);
    pty.send("q");
    let _ = pty.wait_exit(SOON);
}

#[test]
fn a_broken_file_of_places_is_told_and_does_not_keep_the_console_from_starting() {
    let home = Home::new();
    fs::create_dir_all(home.path("state/midwatch")).unwrap();
    fs::write(home.path("state/midwatch/places.json"), "[{").unwrap();
    let mut pty = start(&home);
    pty.wait_for("places.json is broken", SOON);
    pty.send("q");
    assert!(pty.wait_exit(SOON).success());
    assert!(file(&home).contains("\"runs\""), "it is written anew");
}
