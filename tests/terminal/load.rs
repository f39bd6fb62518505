//! What the console asks of a terminal: nothing when nothing happens, little when much does.

use std::time::{Duration, Instant};

use crate::home::{Cluster, Home, SOON, TITLE, opened};
use crate::support::process;

/// More than the console may ever need on an empty screen.
const MEMORY_KIB: u64 = 150 * 1024;

#[test]
fn idle_writes_not_one_byte_and_uses_no_cpu() {
    let home = Home::new();
    let cluster = Cluster::quiet();
    let program = home.midwatch().arg("--kubeconfig");
    let pty = program.arg(cluster.kubeconfig()).spawn();
    opened(&pty);
    pty.wait_for("live", SOON);
    pty.settle(Duration::from_secs(1), SOON);
    let (mark, ticks) = (pty.bytes(), process::cpu_ticks(pty.pid()).unwrap());
    let start = Instant::now();
    // Not a byte for five seconds on end. The header's minute, or its figure of our own load (once in ten seconds at
    // most), may change before that.
    pty.settle(Duration::from_secs(5), Duration::from_secs(40));
    let spent = process::cpu_ticks(pty.pid()).unwrap() - ticks;
    let told = pty.bytes_since(mark);
    assert!(told.len() <= 200, "{:?}", String::from_utf8_lossy(&told));
    let passed = start.elapsed();
    assert!(
        u128::from(spent) * 10 * 50 <= passed.as_millis(),
        "spent {spent} ticks of 10 ms in {passed:?}: more than 2 %"
    );
}

#[test]
fn a_storm_of_sizes_ends_on_the_last_one() {
    let home = Home::new();
    let mut pty = home.midwatch().spawn();
    opened(&pty);
    for n in 0..200_u16 {
        pty.resize(1 + n * 7 % 300, 1 + n * 3 % 100);
    }
    for (columns, rows) in [(1, 1), (300, 100), (1, 100), (300, 1), (2, 2), (120, 36)] {
        pty.resize(columns, rows);
    }
    pty.wait_for(TITLE, SOON);
    pty.resize(1, 1);
    pty.settle(Duration::from_millis(300), SOON);
    pty.resize(300, 100);
    pty.wait_for(TITLE, SOON);
    pty.send("q");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
}

#[test]
fn a_terminal_that_reads_nothing_slows_frames_but_not_keys_nor_memory() {
    let home = Home::new();
    let mut pty = home.midwatch().size(200, 60).spawn();
    opened(&pty);
    pty.pause();
    let before = process::resident_kib(pty.pid()).unwrap();
    // Each size is a full repaint: far more than the kernel takes for a terminal that does not read.
    for n in 0..400_u16 {
        pty.resize(200 + n % 50, 60);
    }
    pty.send_all(&["j", "k", "0", "2"]);
    process::rest(pty.pid(), Duration::from_millis(300));
    let after = process::resident_kib(pty.pid()).unwrap();
    assert!(after < MEMORY_KIB, "{after} KiB");
    assert!(after < before + 20 * 1024, "from {before} to {after} KiB");
    pty.resume();
    pty.resize(120, 36);
    pty.wait_for(TITLE, SOON);
    pty.settle(Duration::from_millis(300), SOON);
    // it caught up: nothing that was held back is painted over it
    pty.wait_for(TITLE, SOON);
}

#[test]
fn a_terminal_that_reads_nothing_does_not_keep_it_from_quitting() {
    let home = Home::new();
    let mut pty = home.midwatch().size(300, 100).spawn();
    opened(&pty);
    pty.pause();
    for n in 0..100_u16 {
        pty.resize(200 + n, 100);
    }
    pty.send("q");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
}

#[test]
fn more_keys_than_the_terminal_holds_at_once_all_arrive() {
    let home = Home::new();
    let mut pty = home.midwatch().spawn();
    opened(&pty);
    // Far more than a terminal's input buffer, typed ahead while the console is still drawing.
    pty.write(b"/");
    pty.write(&[b'x'; 3000]);
    pty.write(&[0x7f; 3000]);
    pty.write(b"zebra");
    pty.wait_for("zebra", SOON);
    pty.wait_until("the filter without the rest", SOON, |screen| {
        !screen.contents().contains("xzebra")
    });
    pty.send("C-c");
    pty.send("C-c");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
}

#[test]
fn a_long_paste_is_taken_whole_and_the_next_key_works() {
    let home = Home::new();
    let mut pty = home.midwatch().spawn();
    opened(&pty);
    pty.write(b"/");
    let paste = format!("\x1b[200~{}\x1b[201~", "y".repeat(10_000));
    pty.write(paste.as_bytes());
    pty.wait_for("yyyyyyyy", SOON);
    pty.send("C-u");
    pty.write(b"zebra");
    pty.wait_for("zebra", SOON);
    assert!(!pty.screen().contains("yyyy"), "{}", pty.screen());
}

#[test]
fn a_paste_is_never_run_as_keys() {
    let home = Home::new();
    let mut pty = home.midwatch().spawn();
    opened(&pty);
    pty.write(b"\x1b[200~q\rq\r\x03\x1b[201~");
    pty.resize(100, 30);
    pty.wait_until("a frame of the new size", SOON, |screen| {
        screen.size() == (30, 100) && screen.contents().contains(TITLE)
    });
    pty.settle(Duration::from_millis(200), SOON);
    assert!(process::cpu_ticks(pty.pid()).is_some(), "it still runs");
    pty.send("C-c");
    assert_eq!(pty.wait_exit(SOON).exit_code(), 0);
}
