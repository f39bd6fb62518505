//! Tests of the book of log lines: its order, its bounds, what it tells readers. Pure.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::{ClusterId, LogEnd, LogScope};

fn scope(pod: &str) -> LogScope {
    LogScope {
        view: 1,
        namespace: "ml".to_owned(),
        pod: pod.to_owned(),
        container: "main".to_owned(),
        previous: false,
        since: None,
        tail: None,
    }
}

fn batch(pod: &str, lines: Vec<LogLine>) -> LogBatch {
    let scope = scope(pod);
    LogBatch {
        source: SourceId {
            cluster: ClusterId::new("eu"),
            feed: "logs",
            scope: scope.source(),
        },
        scope,
        restart: false,
        lines,
        lost: 0,
        end: None,
    }
}

fn line(second: Option<i64>, text: &str) -> LogLine {
    LogLine {
        at: second.map(|s| Timestamp::from_second(s).unwrap()),
        text: Clean::new(text),
        cut: 0,
    }
}

fn texts(book: &LogBook) -> Vec<String> {
    book.lines().map(|l| l.text.to_string()).collect()
}

#[test]
fn containers_are_merged_by_time_and_a_line_without_one_stays_behind_its_own() {
    let mut book = LogBook::default();
    book.apply(batch(
        "a",
        vec![line(Some(1), "a1"), line(None, "a1+"), line(Some(5), "a5")],
    ));
    book.apply(batch(
        "b",
        vec![
            line(Some(0), "b0"),
            line(Some(1), "b1"),
            line(Some(9), "b9"),
        ],
    ));
    assert_eq!(texts(&book), ["b0", "a1", "a1+", "b1", "a5", "b9"]);
}

#[test]
fn the_oldest_go_when_there_are_too_many_lines_or_bytes_and_are_counted() {
    let mut book = LogBook::new(Limits {
        lines: 3,
        bytes: BYTES,
    });
    book.apply(batch(
        "a",
        (0..5).map(|n| line(Some(n), &n.to_string())).collect(),
    ));
    assert_eq!(
        (texts(&book), book.dropped(), book.front()),
        (vec!["2".into(), "3".into(), "4".into()], 2, 2)
    );
    let mut book = LogBook::new(Limits {
        lines: 99,
        bytes: 4000,
    });
    book.apply(batch(
        "a",
        (0..5).map(|n| line(Some(n), &"x".repeat(1500))).collect(),
    ));
    assert!(
        book.bytes() <= 4000 && book.lines().len() == 2,
        "{}",
        book.lines().len()
    );
}

#[test]
fn a_log_read_anew_replaces_its_lines_and_no_others() {
    let mut book = LogBook::default();
    book.apply(batch("a", vec![line(Some(1), "a1")]));
    book.apply(batch("b", vec![line(Some(2), "ERROR b2")]));
    let seen = book.version();
    let again = LogBatch {
        restart: true,
        ..batch("b", vec![line(Some(3), "b3")])
    };
    book.apply(again);
    assert_eq!(
        (texts(&book), book.errors()),
        (vec!["a1".into(), "b3".into()], 0)
    );
    assert_eq!(book.changed_since(seen), Some(0));
}

#[test]
fn a_forgotten_source_takes_its_lines_with_it() {
    let mut book = LogBook::default();
    let source = |pod: &str| batch(pod, Vec::new()).source;
    book.apply(batch("a", vec![line(Some(1), "a1")]));
    book.apply(batch("b", vec![line(Some(2), "b2")]));
    assert!(!book.forget(&source("a")));
    assert_eq!(texts(&book), ["b2"]);
    assert!(!book.forget(&source("a")), "once is enough");
    assert!(book.forget(&source("b")));
}

#[test]
fn an_end_is_news_once() {
    let mut book = LogBook::default();
    let ended = || LogBatch {
        end: Some(LogEnd::Complete),
        ..batch("a", Vec::new())
    };
    assert!(book.apply(ended()));
    assert!(!book.apply(ended()));
    assert_eq!(book.streams()[0].end, Some(LogEnd::Complete));
}

#[test]
fn the_lines_of_a_traceback_are_errors_up_to_what_was_raised() {
    let mut book = LogBook::default();
    let lines = [
        "start",
        "Traceback (most recent call last):",
        "  File \"x.py\"",
        "    go()",
        "KeyError: 'a'",
        "  idle",
    ];
    book.apply(batch("a", lines.iter().map(|l| line(None, l)).collect()));
    let bad: Vec<bool> = book.lines().map(|l| l.level == LogLevel::Error).collect();
    assert_eq!(bad, [false, true, true, true, true, false]);
}

fn any_batch() -> impl Strategy<Value = (usize, bool, Vec<(Option<i64>, String)>)> {
    let time = prop::option::weighted(0.8, 0i64..40);
    let lines = prop::collection::vec((time, ".{0,12}"), 0..12);
    (0usize..4, prop::bool::weighted(0.1), lines)
}

proptest! {
    #[test]
    fn the_book_is_its_lines_sorted_by_time_and_arrival(batches in prop::collection::vec(any_batch(), 0..30)) {
        let mut book = LogBook::default();
        let mut wanted: Vec<(i64, usize, usize, String)> = Vec::new();
        let (mut last, mut count) = ([i64::MIN; 4], 0);
        for (pod, restart, lines) in batches {
            if restart {
                wanted.retain(|w| w.2 != pod);
                last[pod] = i64::MIN;
            }
            for (at, text) in &lines {
                last[pod] = at.map_or(last[pod], |s| s * 1_000_000_000);
                wanted.push((last[pod], count, pod, Clean::new(text).to_string()));
                count += 1;
            }
            let lines = lines.into_iter().map(|(at, text)| line(at, &text)).collect();
            book.apply(LogBatch { restart, ..batch(&pod.to_string(), lines) });
        }
        wanted.sort();
        let wanted: Vec<String> = wanted.into_iter().map(|w| w.3).collect();
        prop_assert_eq!(texts(&book), wanted);
    }

    #[test]
    fn a_small_book_is_never_too_big_and_tells_readers_what_moved(batches in prop::collection::vec(any_batch(), 0..200)) {
        let mut book = LogBook::new(Limits { lines: 20, bytes: 3000 });
        let mut seen: Vec<(u64, LineKey)> = Vec::new();
        let mut version = 0;
        for (index, (pod, restart, lines)) in batches.into_iter().enumerate() {
            let lines = lines.into_iter().map(|(at, text)| line(at, &text)).collect();
            book.apply(LogBatch { restart, ..batch(&pod.to_string(), lines) });
            prop_assert!(book.lines().len() <= 20 && book.bytes() <= 3000);
            // a reader that looks from time to time
            if index % 3 == 0 {
                let from = book.changed_since(version).unwrap_or(u64::MAX);
                for (number, key) in seen.iter().filter(|(n, _)| *n < from && *n >= book.front()) {
                    prop_assert_eq!(book.line_at(*number).map(Line::key), Some(*key));
                }
                version = book.version();
                seen = (book.front()..book.end()).filter_map(|n| Some((n, book.line_at(n)?.key()))).collect();
            }
            for number in book.front()..book.end() {
                let key = book.line_at(number).unwrap().key();
                prop_assert_eq!(book.number(key), number);
            }
        }
    }
}
