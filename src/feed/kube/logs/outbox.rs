//! Lines that wait for room in the channel: the newest ones, in bounded memory. Pure.

use std::collections::VecDeque;

use crate::domain::{LogEnd, LogLine};

/// Most lines in one batch, so that taking it in costs the loop less than a frame.
pub(super) const BATCH: usize = 1_000;
/// Most lines that wait.
const LINES: usize = 20_000;
/// Most bytes of text that wait.
const BYTES: usize = 16 << 20;

/// What was not sent yet.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    lines: VecDeque<LogLine>,
    bytes: usize,
    lost: u64,
    restart: bool,
    end: Option<LogEnd>,
}

/// What one batch brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parcel {
    pub(super) restart: bool,
    pub(super) lines: Vec<LogLine>,
    pub(super) lost: u64,
    pub(super) end: Option<LogEnd>,
}

impl Outbox {
    /// A new line; the oldest make room for it.
    pub(super) fn push(&mut self, line: LogLine) {
        self.bytes += line.text.len();
        self.lines.push_back(line);
        while self.lines.len() > LINES || self.bytes > BYTES {
            let Some(old) = self.lines.pop_front() else {
                return;
            };
            self.bytes -= old.text.len();
            self.lost += 1;
        }
    }

    /// The log is read anew: what waits is superseded.
    pub(super) fn restart(&mut self) {
        *self = Self {
            restart: true,
            ..Self::default()
        };
    }

    /// No more lines come.
    pub(super) fn end(&mut self, end: LogEnd) {
        self.end = Some(end);
    }

    /// So many wait that reading on would push lines out.
    pub(super) fn is_crowded(&self) -> bool {
        self.lines.len() > LINES / 2 || self.bytes > BYTES / 2
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.lost == 0 && !self.restart && self.end.is_none()
    }

    /// A full batch waits, or the end.
    pub(super) fn is_urgent(&self) -> bool {
        self.lines.len() >= BATCH || self.restart || self.end.is_some()
    }

    /// The next batch.
    pub(super) fn take(&mut self) -> Parcel {
        let count = self.lines.len().min(BATCH);
        let lines: Vec<LogLine> = self.lines.drain(..count).collect();
        self.bytes -= lines.iter().map(|l| l.text.len()).sum::<usize>();
        let last = self.lines.is_empty();
        if last && self.lines.capacity() > 2 * BATCH {
            self.lines = VecDeque::new();
        }
        Parcel {
            restart: std::mem::take(&mut self.restart),
            lost: std::mem::take(&mut self.lost),
            end: if last { self.end.take() } else { None },
            lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Clean;

    fn line(text: &str) -> LogLine {
        LogLine {
            at: None,
            text: Clean::new(text),
            cut: 0,
        }
    }

    fn all(outbox: &mut Outbox) -> (Vec<String>, u64, Option<LogEnd>) {
        let (mut lines, mut lost, mut end) = (Vec::new(), 0, None);
        while !outbox.is_empty() {
            assert_eq!(end, None, "the end comes last");
            let parcel = outbox.take();
            assert!(parcel.lines.len() <= BATCH);
            lost += parcel.lost;
            lines.extend(parcel.lines.iter().map(|l| l.text.to_string()));
            end = parcel.end;
        }
        (lines, lost, end)
    }

    #[test]
    fn the_newest_lines_wait_and_the_dropped_are_counted() {
        let mut outbox = Outbox::default();
        for n in 0..LINES + 500 {
            outbox.push(line(&n.to_string()));
        }
        outbox.end(LogEnd::Complete);
        let (lines, lost, end) = all(&mut outbox);
        assert_eq!((lines.len(), lost), (LINES, 500));
        assert_eq!(lines.first().map(String::as_str), Some("500"));
        assert_eq!(end, Some(LogEnd::Complete));
    }

    #[test]
    fn long_lines_are_bounded_by_their_bytes() {
        let mut outbox = Outbox::default();
        for _ in 0..2_000 {
            outbox.push(line(&"x".repeat(16_000)));
        }
        assert!(outbox.bytes <= BYTES);
        let (lines, lost, _) = all(&mut outbox);
        assert_eq!(lines.len() as u64 + lost, 2_000);
        assert_eq!(outbox.bytes, 0);
    }

    #[test]
    fn what_is_read_anew_replaces_what_waits() {
        let mut outbox = Outbox::default();
        outbox.push(line("old"));
        outbox.restart();
        outbox.push(line("new"));
        let parcel = outbox.take();
        assert!(parcel.restart && parcel.lost == 0);
        assert_eq!(parcel.lines, [line("new")]);
    }
}
