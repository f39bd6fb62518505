//! One line of text while it is typed. Pure.

use unicode_segmentation::UnicodeSegmentation;

use super::screen::Question;
use crate::domain::Clean;
use crate::keys::{Chord, Code};

/// A line with its cursor at the end, and what stood there before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prompt {
    /// What is asked for.
    pub question: Question,
    text: String,
}

/// What a key did to the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// The text changed.
    Changed,
    /// Nothing.
    Nothing,
    /// Enter: keep it.
    Kept,
    /// Escape: as it was before.
    Dropped,
}

impl Prompt {
    /// Starts with what the question proposes.
    #[must_use]
    pub fn new(question: Question) -> Self {
        Self {
            text: question.text.clone(),
            question,
        }
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes a key.
    pub fn press(&mut self, chord: Chord) -> Typed {
        match (chord.code, chord.mods.ctrl, chord.mods.alt) {
            (Code::Enter, false, false) => Typed::Kept,
            (Code::Esc, _, _) | (Code::Char('c'), true, false) => {
                self.text.clone_from(&self.question.text);
                Typed::Dropped
            }
            (Code::Backspace, false, false) | (Code::Char('h'), true, false) => {
                let keep = self
                    .text
                    .grapheme_indices(true)
                    .next_back()
                    .map_or(0, |(at, _)| at);
                self.text.truncate(keep);
                Typed::Changed
            }
            (Code::Char('u'), true, false) => {
                self.text.clear();
                Typed::Changed
            }
            (Code::Char('w'), true, false) => {
                let keep = self
                    .text
                    .trim_end()
                    .rfind(char::is_whitespace)
                    .map_or(0, |at| at + 1);
                self.text.truncate(keep);
                Typed::Changed
            }
            (Code::Char(c), false, false) => self.push(c.encode_utf8(&mut [0; 4])),
            _ => Typed::Nothing,
        }
    }

    /// Takes pasted or typed text; at most 200 characters stay.
    pub fn push(&mut self, text: &str) -> Typed {
        let room = 200usize.saturating_sub(self.text.chars().count());
        let clean: String = Clean::new(text).chars().take(room).collect();
        self.text.push_str(&clean);
        if clean.is_empty() {
            Typed::Nothing
        } else {
            Typed::Changed
        }
    }
}
