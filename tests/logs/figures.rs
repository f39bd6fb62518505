//! What a flood of lines costs, in figures: `cargo test --test logs -- --ignored --nocapture`.
//!
//! It prints and never judges: machines and profiles differ.

use std::time::{Duration, Instant};

use midwatch::app::Msg;
use midwatch::domain::{Clean, LogLine};
use midwatch::keys::Chord;
use midwatch::store::{LogBatch, News};

use crate::desk::{Desk, at, source};

const SECONDS: usize = 60;
/// Batches a second, and lines of each.
const BATCHES: usize = 50;
const LINES: usize = 1000;

#[test]
#[ignore = "prints figures"]
#[allow(clippy::print_stdout, clippy::cast_precision_loss)]
fn fifty_thousand_lines_a_second_for_a_minute() {
    let mut desk = Desk::failed();
    let scope = desk.scopes()[0].clone();
    let mut cost = Cost::default();
    for step in 0..SECONDS * BATCHES {
        let news = News::Log(Box::new(LogBatch {
            source: source(&scope),
            scope: scope.clone(),
            restart: false,
            lines: (0..LINES).map(|n| line(step * LINES + n)).collect(),
            lost: 0,
            end: None,
        }));
        let started = Instant::now();
        let _ = desk.tell(Msg::Arrived(news));
        cost.batches.push(started.elapsed());
        // data is drawn four times a second
        if step % (BATCHES / 4) == 0 {
            let started = Instant::now();
            desk.picture();
            cost.frames.push(started.elapsed());
        }
        if step % 7 == 0 {
            cost.keys.push(key(&mut desk, step / 7));
        }
        if step == SECONDS * BATCHES / 2 {
            search_and_filter(&mut desk);
        }
    }
    let book = desk.model.world.book(scope.view).unwrap();
    println!(
        "lines kept {}, dropped {}, {} MiB of lines",
        book.lines().len(),
        book.dropped(),
        book.bytes() / 1_048_576
    );
    println!("peak memory of the test {} MiB", peak() / 1024);
    let busy: Duration = cost
        .batches
        .iter()
        .chain(&cost.frames)
        .chain(&cost.keys)
        .sum();
    println!("busy {:.1} s of {SECONDS} s", busy.as_secs_f64());
    for (what, times) in [
        ("batch of 1000", &mut cost.batches),
        ("data frame", &mut cost.frames),
        ("key with its frame", &mut cost.keys),
    ] {
        times.sort();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
        println!(
            "{what}: p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms",
            at(50),
            at(99),
            at(100)
        );
    }
}

#[derive(Default)]
struct Cost {
    batches: Vec<Duration>,
    frames: Vec<Duration>,
    keys: Vec<Duration>,
}

fn line(n: usize) -> LogLine {
    let level = if n.is_multiple_of(997) {
        "ERROR"
    } else {
        "INFO "
    };
    LogLine {
        at: Some(at(0) + jiff::Span::new().microseconds(i64::try_from(n).unwrap() * 20)),
        text: Clean::new(&format!(
            "2026-11-21T03:02:44Z {level} step {n} loss 0.{:04} lr 3e-4 {} it/s shard {}",
            n % 9973,
            11 + n % 4,
            n % 200
        )),
        cut: 0,
    }
}

/// A key and the frame that shows what it did.
fn key(desk: &mut Desk, turn: usize) -> Duration {
    let keys = ['k', 'k', 'G', 'n', 'N', 'E', 'G', 'w', 'w', 't', 't'];
    let started = Instant::now();
    let _ = desk.tell(Msg::Pressed(Chord::char(keys[turn % keys.len()])));
    desk.picture();
    started.elapsed()
}

#[allow(clippy::print_stdout)]
fn search_and_filter(desk: &mut Desk) {
    let started = Instant::now();
    desk.press("&");
    desk.write("shard 1[0-9]*");
    let first = started.elapsed();
    let mut frames = 1;
    while desk.model.unfinished() {
        desk.picture();
        frames += 1;
    }
    println!(
        "a filter over 100,000 lines: first frame {:.1} ms, all in {frames} frames, {:.1} ms",
        first.as_secs_f64() * 1000.0,
        started.elapsed().as_secs_f64() * 1000.0
    );
    desk.press("Enter /");
    desk.write("ERROR");
    desk.press("Enter");
}

/// Kibibytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|l| l.starts_with("VmHWM"))
        .unwrap_or_default()
        .to_owned();
    line.split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(0)
}
