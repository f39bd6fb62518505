//! A text with a cursor in it: moving over letters and words, putting in, taking away. Pure; the prompt keeps one.

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::Clean;
use crate::keys::{Chord, Code};

/// The text and its cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Line {
    text: String,
    /// In bytes, between two graphemes.
    cursor: usize,
}

impl Line {
    /// A text with the cursor at its end.
    pub(super) fn of(text: String) -> Self {
        Self {
            cursor: text.len(),
            text,
        }
    }

    /// A text with the cursor between its two parts.
    pub(super) fn around(before: &str, after: &str) -> Self {
        let mut line = Self {
            text: format!("{before}{after}"),
            cursor: before.len(),
        };
        line.settle();
        line
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where the cursor is, in bytes.
    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    /// Puts a text in at the cursor, as much of it as there may be; false when that is nothing.
    pub(super) fn insert(&mut self, text: &str, most: usize) -> bool {
        let room = most.saturating_sub(self.text.chars().count());
        let clean: String = Clean::new(text).chars().take(room).collect();
        if clean.is_empty() {
            return false;
        }
        self.text.insert_str(self.cursor, &clean);
        self.cursor += clean.len();
        self.settle();
        true
    }

    /// A letter may join the one before it: the cursor never stands within a grapheme.
    fn settle(&mut self) {
        let end = self.text.len();
        let mut places = self.text.grapheme_indices(true).map(|(at, _)| at);
        self.cursor = places.find(|at| *at >= self.cursor).unwrap_or(end);
    }

    /// Takes the cursor where a key takes it; false when it is no such key.
    pub(super) fn moved(&mut self, chord: Chord) -> bool {
        let target = self.target(chord);
        if let Some(to) = target {
            self.cursor = to;
            self.settle();
        }
        target.is_some()
    }

    /// Where a key takes the cursor; `None` when it is no such key.
    fn target(&self, chord: Chord) -> Option<usize> {
        let (ctrl, alt) = (chord.mods.ctrl, chord.mods.alt);
        Some(match chord.code {
            Code::Left if ctrl || alt => self.word_before(),
            Code::Right if ctrl || alt => self.word_after(),
            Code::Char('b') if alt => self.word_before(),
            Code::Char('f') if alt => self.word_after(),
            Code::Left => self.before(),
            Code::Right => self.after(),
            Code::Char('b') if ctrl => self.before(),
            Code::Char('f') if ctrl => self.after(),
            Code::Home => 0,
            Code::End => self.text.len(),
            Code::Char('a') if ctrl => 0,
            Code::Char('e') if ctrl => self.text.len(),
            _ => return None,
        })
    }

    /// Takes away what a key takes away; false when it is no such key.
    pub(super) fn cut(&mut self, chord: Chord) -> bool {
        let cursor = self.cursor;
        let range = match (chord.code, chord.mods.ctrl, chord.mods.alt) {
            (Code::Backspace, false, false) | (Code::Char('h'), true, false) => {
                self.before()..cursor
            }
            (Code::Delete, false, false) | (Code::Char('d'), true, false) => cursor..self.after(),
            (Code::Char('w'), true, false) => self.space_before()..cursor,
            (Code::Backspace, _, true) => self.word_before()..cursor,
            (Code::Char('d'), false, true) => cursor..self.word_after(),
            (Code::Char('u'), true, false) => 0..cursor,
            (Code::Char('k'), true, false) => cursor..self.text.len(),
            _ => return false,
        };
        self.cursor = range.start;
        self.text.replace_range(range, "");
        self.settle();
        true
    }

    /// What stands before the cursor.
    pub(super) fn head(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    /// What stands behind it.
    pub(super) fn tail(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    fn before(&self) -> usize {
        let last = self.head().grapheme_indices(true).next_back();
        last.map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.cursor + self.tail().graphemes(true).next().map_or(0, str::len)
    }

    /// After the last space before the word that ends at the cursor.
    fn space_before(&self) -> usize {
        let head = self.head().trim_end();
        let space = head.char_indices().rfind(|(_, c)| c.is_whitespace());
        space.map_or(0, |(at, c)| at + c.len_utf8())
    }

    fn word_before(&self) -> usize {
        let head = self.head().trim_end_matches(|c: char| !c.is_alphanumeric());
        let sign = head.char_indices().rfind(|(_, c)| !c.is_alphanumeric());
        sign.map_or(0, |(at, c)| at + c.len_utf8())
    }

    fn word_after(&self) -> usize {
        let tail = self.tail();
        let word = tail.trim_start_matches(|c: char| !c.is_alphanumeric());
        let end = word
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(word.len());
        self.cursor + tail.len() - word.len() + end
    }
}
