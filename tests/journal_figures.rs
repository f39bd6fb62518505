//! What the journal costs: records a second, and checking 100,000 of them. Prints and never judges:
//! `cargo test --release --test journal_figures -- --ignored --nocapture`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use midwatch::act::journal::{Journal, Options};
use midwatch::plan::{Answered, Stage};

const APPENDS: usize = 500;
const RECORDS: usize = 100_000;

fn answer(words: &str) -> Stage {
    Stage::Answer(Answered {
        step: 0,
        status: 200,
        words: words.into(),
        resource_version: "18".to_owned(),
        millis: 12,
    })
}

#[test]
#[ignore = "prints figures"]
fn records_a_second_and_checking_a_hundred_thousand() {
    let home = tempfile::tempdir().unwrap();
    let journal = Journal::open(&home.path().join("journal"), Options::default());
    let start = Instant::now();
    for _ in 0..APPENDS {
        journal.append("figures", answer("stored")).unwrap();
    }
    let took = start.elapsed();
    println!(
        "append, on disk each: {:.0} records/s ({:.2} ms each)",
        APPENDS as f64 / took.as_secs_f64(),
        took.as_secs_f64() * 1000.0 / APPENDS as f64
    );

    let big = home.path().join("big");
    fs::create_dir(&big).unwrap();
    let bytes = fill(&big);
    let journal = Journal::open(&big, Options::default());
    let start = Instant::now();
    let report = journal.verify().unwrap();
    let took = start.elapsed();
    assert_eq!(report.records, RECORDS as u64);
    assert!(report.is_intact(), "{:?}", report.mistakes.first());
    println!(
        "verify {RECORDS} records, {:.0} MB: {:.2} s ({:.0} records/s)",
        bytes as f64 / 1e6,
        took.as_secs_f64(),
        RECORDS as f64 / took.as_secs_f64()
    );
    let start = Instant::now();
    journal.append("figures", answer("stored")).unwrap();
    println!(
        "one more record behind them: {:.2} ms",
        start.elapsed().as_secs_f64() * 1000.0
    );
}

/// Lines as the journal writes them, made here because a hundred thousand fsyncs tell nothing more. About 700 bytes each, as an
/// action's records have on average.
fn fill(folder: &std::path::Path) -> usize {
    let words = "x".repeat(400);
    let mut text = String::new();
    let mut prev = String::new();
    for seq in 1..=RECORDS {
        let body = format!(
            "{{\"v\":1,\"seq\":{seq},\"at\":\"2026-10-12T22:04:13Z\",\"id\":\"act-{}\",\"stage\":\"answer\",\"step\":0,\
             \"status\":200,\"words\":\"{words}\",\"resourceVersion\":\"18\",\"millis\":12,\"prev\":\"{prev}\"",
            seq / 4
        );
        prev = midwatch::act::sha256(format!("{body}}}").as_bytes());
        writeln!(text, "{body},\"hash\":\"{prev}\"}}").unwrap();
    }
    fs::write(folder.join("journal-000001.jsonl"), &text).unwrap();
    let head = format!("{{\"seq\":{RECORDS},\"hash\":\"{prev}\"}}\n");
    fs::write(folder.join("head"), head).unwrap();
    text.len()
}
