//! Makes any text into one safe line. Pure; called by `Clean::new` alone.
//!
//! Laws, held by tests: the result holds no forbidden code point, is no longer than [`CAP`], and sanitising it
//! again changes nothing.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

use super::escape::{self, Escape};
use super::points::{self, Point};

/// Most bytes of a line.
pub(super) const CAP: usize = 16 * 1024;
/// Kept free at the end for the note that more was there.
const NOTE: usize = 48;
/// Combining marks kept on one base.
const MARKS: usize = 4;
/// Columns between tab stops.
const TAB: usize = 8;

/// Nothing has to be done: printable ASCII within the cap.
pub(super) fn is_plain(raw: &str) -> bool {
    raw.len() <= CAP && raw.bytes().all(|b| (0x20..0x7f).contains(&b))
}

/// One safe line.
pub(super) fn sanitise(raw: &str) -> String {
    let text = raw.trim_end_matches(['\n', '\r']);
    let mut line = Line::new(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let behind = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match escape::measure(rest) {
            Some(Escape::Sequence(len)) => rest.get(len..).unwrap_or_default(),
            Some(Escape::Broken) => {
                line.show(c);
                behind
            }
            None => line.take(c, behind),
        };
        if line.is_full(text.len() - rest.len()) {
            return line.cut(text.len());
        }
    }
    line.out
}

/// A line being written.
struct Line {
    out: String,
    /// Columns taken so far, for tab stops.
    column: usize,
    /// The last character written that is not a combining mark's extra.
    last: Option<char>,
    /// Marks on the last base.
    marks: usize,
    /// Length of the output, and bytes of input read, when the note last still had room.
    mark: (usize, usize),
}

impl Line {
    fn new(len: usize) -> Self {
        Self {
            out: String::with_capacity(len.min(CAP)),
            column: 0,
            last: None,
            marks: 0,
            mark: (0, 0),
        }
    }

    /// Writes one character that introduces no escape sequence; the text still to read.
    fn take<'a>(&mut self, c: char, behind: &'a str) -> &'a str {
        match (c, points::point(c)) {
            ('\t', _) => {
                for _ in 0..TAB - self.column % TAB {
                    self.put(' ');
                }
            }
            ('\n', _) => self.put('⏎'),
            ('\r', _) if behind.starts_with('\n') => {}
            (_, Point::Base) => self.put(c),
            (_, Point::Mark) => self.combine(c),
            (_, Point::Selector) if self.last.is_some_and(|last| points::takes(last, c)) => {
                self.push(c);
            }
            (_, Point::Joiner) if self.may_join(behind) => self.push(c),
            _ => self.show(c),
        }
        behind
    }

    /// What it joins must follow in the result as well: a mark too many would be left out.
    fn may_join(&self, behind: &str) -> bool {
        let (Some(last), Some(next)) = (self.last, behind.chars().next()) else {
            return false;
        };
        let room = match points::point(next) {
            Point::Mark => MARKS.saturating_sub(1),
            _ => MARKS,
        };
        points::joins(last, next) && self.marks < room
    }

    /// A character that takes cells.
    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += c.width().unwrap_or(0);
        self.last = Some(c);
        self.marks = 0;
    }

    /// A character that takes none.
    fn push(&mut self, c: char) {
        self.out.push(c);
        self.last = Some(c);
        self.marks += 1;
    }

    /// A combining mark: at most four on a base, never on the border of the screen or on a space.
    fn combine(&mut self, c: char) {
        if self.last.is_none_or(|last| last == ' ') {
            self.put('\u{25cc}');
        }
        if self.marks < MARKS {
            self.push(c);
        }
    }

    /// Makes a character visible that must not stand as it is.
    fn show(&mut self, c: char) {
        if let Point::Control(picture) = points::point(c) {
            self.put(picture);
        } else {
            for shown in format!("‹U+{:04X}›", u32::from(c)).chars() {
                self.put(shown);
            }
        }
    }

    /// True when the cap is passed.
    fn is_full(&mut self, read: usize) -> bool {
        if self.out.len() <= CAP - NOTE {
            self.mark = (self.out.len(), read);
        }
        self.out.len() > CAP
    }

    /// The line up to where the note has room, and the note.
    fn cut(mut self, all: usize) -> String {
        let (len, read) = self.mark;
        self.out.truncate(len);
        while self.out.ends_with(['\u{200c}', '\u{200d}']) {
            self.out.pop();
        }
        // writing to a string cannot fail
        let _ = write!(self.out, " … {} bytes more", all - read);
        self.out
    }
}
