//! The lines of the logs that one screen shows, merged by time, in bounded memory. Pure.
//!
//! Lines stand in the order of their time, lines of one time in the order in which they came. A line without a time
//! stands behind the line that its container printed before it. Each line has a number that stays the same while
//! lines come at the end and go at the start; [`LogBook::changed_since`] tells a reader from which number on that
//! does not hold.

mod streams;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use jiff::Timestamp;

use super::LogBatch;
use crate::domain::{Clean, LogLevel, LogLine, SourceId};

pub use streams::LogStream;
use streams::Streams;

/// Most lines kept.
pub const LINES: usize = 100_000;
/// Most bytes kept, with what the memory of each line costs.
pub const BYTES: usize = 64 * 1024 * 1024;
/// Changes in the middle that are remembered for readers.
const EDITS: usize = 64;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Lines.
    pub lines: usize,
    /// Bytes.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lines: LINES,
            bytes: BYTES,
        }
    }
}

/// What orders lines: time, then arrival. Also the lasting name of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineKey {
    /// Nanoseconds since 1970; of the line before, for a line without a time.
    nanos: i64,
    arrival: u64,
}

/// One line as it is kept.
#[derive(Debug, Clone)]
pub struct Line {
    key: LineKey,
    /// What was printed.
    pub text: Clean,
    /// Bytes that it was longer than is kept.
    pub cut: u32,
    /// Which of [`LogBook::streams`] printed it.
    pub stream: u16,
    /// How much it matters, as far as its words tell.
    pub level: LogLevel,
    timed: bool,
}

impl Line {
    /// Its lasting name.
    #[must_use]
    pub fn key(&self) -> LineKey {
        self.key
    }

    /// When it was printed, if that is known.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        let at = || Timestamp::from_nanosecond(i128::from(self.key.nanos)).ok();
        self.timed.then(at).flatten()
    }

    /// Bytes of memory that it takes, about.
    fn cost(&self) -> usize {
        // the line, the counters and the padding of its text's allocation
        size_of::<Self>() + 32 + self.text.len()
    }
}

/// The lines of one screen.
#[derive(Debug)]
pub struct LogBook {
    limits: Limits,
    lines: VecDeque<Line>,
    bytes: usize,
    /// Number of the first line kept.
    front: u64,
    arrivals: u64,
    version: u64,
    /// Version and number: from this line on, that version has other lines than the one before it.
    edits: VecDeque<(u64, u64)>,
    streams: Streams,
    errors: usize,
    dropped: u64,
    lost: u64,
}

impl Default for LogBook {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl LogBook {
    /// An empty book that keeps so much.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            lines: VecDeque::new(),
            bytes: 0,
            front: 0,
            arrivals: 0,
            version: 0,
            edits: VecDeque::new(),
            streams: Streams::default(),
            errors: 0,
            dropped: 0,
            lost: 0,
        }
    }

    /// Takes lines in; true when a reader could see a change.
    pub fn apply(&mut self, batch: LogBatch) -> bool {
        let (stream, fresh) = self.streams.enter(&batch.source, &batch.scope);
        self.version += 1;
        if batch.restart && !fresh {
            self.take_out(stream);
        }
        let ended = self.streams.ended(stream, batch.end);
        self.lost += batch.lost;
        let changed = fresh || ended || batch.restart || batch.lost > 0 || !batch.lines.is_empty();
        if changed {
            self.merge(stream, batch.lines);
            self.shed();
        } else {
            self.version -= 1;
        }
        changed
    }

    /// Forgets a source and its lines; true when no source is left.
    pub fn forget(&mut self, source: &SourceId) -> bool {
        let Some(stream) = self.streams.leave(source) else {
            return false;
        };
        self.version += 1;
        self.take_out(stream);
        self.streams.is_empty()
    }

    fn take_out(&mut self, stream: u16) {
        let before = self.lines.len();
        self.lines.retain(|line| line.stream != stream);
        if self.lines.len() != before {
            self.edited(self.front);
            self.bytes = self.lines.iter().map(Line::cost).sum();
            self.errors = self.lines.iter().filter(|l| is_error(l)).count();
        }
        self.streams.restart(stream);
    }

    fn edited(&mut self, from: u64) {
        if self.edits.len() == EDITS {
            self.edits.pop_front();
        }
        self.edits.push_back((self.version, from));
    }

    /// Puts the lines of one stream in: at the end when they are the newest, as most are; else those at the end that
    /// are newer than the first of them are merged with them.
    fn merge(&mut self, stream: u16, lines: Vec<LogLine>) {
        let mut fresh: Vec<Line> = Vec::with_capacity(lines.len());
        for line in lines {
            fresh.push(self.line(stream, line));
        }
        if !fresh.is_sorted_by_key(|line| line.key) {
            fresh.sort_by_key(|line| line.key);
        }
        let Some(first) = fresh.first().map(|line| line.key) else {
            return;
        };
        self.bytes += fresh.iter().map(Line::cost).sum::<usize>();
        self.errors += fresh.iter().filter(|line| is_error(line)).count();
        let at = self.lines.partition_point(|line| line.key < first);
        let newer = self.lines.split_off(at);
        if newer.is_empty() {
            self.lines.extend(fresh);
            return;
        }
        self.edited(self.front + at as u64);
        let (mut old, mut new) = (newer.into_iter().peekable(), fresh.into_iter().peekable());
        while let (Some(a), Some(b)) = (old.peek(), new.peek()) {
            let next = if a.key < b.key {
                old.next()
            } else {
                new.next()
            };
            self.lines.extend(next);
        }
        self.lines.extend(old);
        self.lines.extend(new);
    }

    fn line(&mut self, stream: u16, line: LogLine) -> Line {
        self.arrivals += 1;
        let at = line
            .at
            .map(|at| i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX));
        let (nanos, level) = self.streams.printed(stream, at, &line.text);
        Line {
            key: LineKey {
                nanos,
                arrival: self.arrivals,
            },
            text: line.text,
            cut: u32::try_from(line.cut).unwrap_or(u32::MAX),
            stream,
            level,
            timed: line.at.is_some(),
        }
    }

    /// Drops the oldest lines until the rest is inside the limits.
    fn shed(&mut self) {
        while self.lines.len() > self.limits.lines || self.bytes > self.limits.bytes {
            let Some(line) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= line.cost();
            self.errors -= usize::from(is_error(&line));
            self.front += 1;
            self.dropped += 1;
        }
    }

    /// Number of the first line kept.
    #[must_use]
    pub fn front(&self) -> u64 {
        self.front
    }

    /// Number behind the last line.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.front + self.lines.len() as u64
    }

    /// The line with this number.
    #[must_use]
    pub fn line_at(&self, number: u64) -> Option<&Line> {
        let index = usize::try_from(number.checked_sub(self.front)?).ok()?;
        self.lines.get(index)
    }

    /// Number of the line with this name, or of the next one when it is gone.
    #[must_use]
    pub fn number(&self, key: LineKey) -> u64 {
        self.front + self.lines.partition_point(|line| line.key < key) as u64
    }

    /// Number of the first line behind the line with this name.
    #[must_use]
    pub fn number_after(&self, key: LineKey) -> u64 {
        self.front + self.lines.partition_point(|line| line.key <= key) as u64
    }

    /// The lines, oldest first.
    #[must_use]
    pub fn lines(&self) -> impl ExactSizeIterator<Item = &Line> + DoubleEndedIterator {
        self.lines.iter()
    }

    /// Goes up with every change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The first number that stands for another line than it did at that version; `None` when lines only came at the
    /// end and went at the start.
    #[must_use]
    pub fn changed_since(&self, version: u64) -> Option<u64> {
        // older than what is remembered: nothing of it holds
        if self.edits.len() == EDITS && self.edits.front().is_some_and(|(v, _)| *v > version + 1) {
            return Some(0);
        }
        let later = self.edits.iter().filter(|(v, _)| *v > version);
        later.map(|(_, from)| *from).min()
    }

    /// Who printed the lines; [`Line::stream`] is an index into it.
    #[must_use]
    pub fn streams(&self) -> &[LogStream] {
        self.streams.all()
    }

    /// Lines kept that tell of an error.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Lines that were dropped to keep the memory bounded.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Lines that came faster than they could be taken.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Bytes of memory that the lines take, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

fn is_error(line: &Line) -> bool {
    line.level == LogLevel::Error
}
