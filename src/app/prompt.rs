//! One line of text while it is typed: what keys do to it, completing it, and lines typed before. Pure.

mod line;

use super::screen::{Checked, Question};
use crate::keys::{Chord, Code};
use line::Line;

/// Most characters of a line.
const LONGEST: usize = 200;

/// A line with its cursor, and what stood there before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prompt {
    /// What is asked for.
    pub question: Question,
    line: Line,
    checked: Checked,
    cycle: Option<Cycle>,
    /// Lines typed before, oldest first.
    past: Vec<String>,
    /// Which of them stands here, and what was typed before it was called up.
    recalled: Option<(usize, String)>,
    /// Most characters, where it is not the usual number.
    longest: Option<usize>,
}

/// Completions that are being gone through.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cycle {
    offered: Vec<String>,
    at: usize,
    /// The line around what is completed.
    before: String,
    after: String,
}

/// What a key did to the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// The text or the cursor changed.
    Changed,
    /// Nothing.
    Nothing,
    /// Enter: keep it.
    Kept,
    /// Escape: as it was before.
    Dropped,
}

fn changed(really: bool) -> Typed {
    if really {
        Typed::Changed
    } else {
        Typed::Nothing
    }
}

impl Prompt {
    /// Starts with what the question proposes.
    #[must_use]
    pub fn new(question: Question) -> Self {
        Self {
            line: Line::of(question.text.clone()),
            question,
            ..Self::default()
        }
    }

    /// With another limit than 200 characters.
    #[must_use]
    pub fn up_to(self, characters: usize) -> Self {
        Self {
            longest: Some(characters),
            ..self
        }
    }

    /// With lines typed before, oldest first, to be called up again.
    #[must_use]
    pub fn with_past(self, past: Vec<String>) -> Self {
        Self { past, ..self }
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> &str {
        self.line.text()
    }

    /// Where the cursor is, in bytes.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.line.cursor()
    }

    /// What is thought of the line.
    #[must_use]
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// Takes what is thought of the line.
    pub fn check(&mut self, checked: Checked) {
        self.checked = checked;
    }

    /// How the line could go on, and which of it stands there now. Nothing is offered before a letter is typed.
    #[must_use]
    pub fn offered(&self) -> (&[String], Option<usize>) {
        match &self.cycle {
            Some(cycle) => (&cycle.offered, Some(cycle.at)),
            None if self.piece().is_empty() => (&[], None),
            None => (&self.checked.completions, None),
        }
    }

    /// What is typed of the word to complete, with the sign that leads to it.
    fn piece(&self) -> &str {
        let before = self.line.head();
        let from = self.checked.from.min(before.len());
        match before.get(from..).unwrap_or_default() {
            "" => before
                .get(from.saturating_sub(1)..from)
                .unwrap_or_default()
                .trim(),
            some => some,
        }
    }

    /// Takes a key.
    pub fn press(&mut self, chord: Chord) -> Typed {
        match (chord.code, chord.mods.ctrl, chord.mods.alt) {
            (Code::Enter, false, false) => return Typed::Kept,
            (Code::Esc, _, _) | (Code::Char('c'), true, false) => {
                self.put(self.question.text.clone());
                return Typed::Dropped;
            }
            (Code::Tab, false, false) => return self.complete(1),
            (Code::BackTab, false, false) => return self.complete(-1),
            _ => {}
        }
        self.cycle = None;
        match (chord.code, chord.mods.ctrl, chord.mods.alt) {
            (Code::Up, false, false) | (Code::Char('p'), true, false) => self.recall(-1),
            (Code::Down, false, false) | (Code::Char('n'), true, false) => self.recall(1),
            (Code::Char(c), false, false) => self.insert(c.encode_utf8(&mut [0; 4])),
            _ => changed(self.line.moved(chord) || self.line.cut(chord)),
        }
    }

    /// Takes pasted or typed text at the cursor; at most 200 characters stay.
    pub fn push(&mut self, text: &str) -> Typed {
        self.cycle = None;
        self.insert(text)
    }

    fn insert(&mut self, text: &str) -> Typed {
        changed(self.line.insert(text, self.longest.unwrap_or(LONGEST)))
    }

    fn put(&mut self, text: String) {
        self.line = Line::of(text);
        self.cycle = None;
    }

    /// Puts the next completion in the place of what is typed of it, around the end.
    fn complete(&mut self, step: isize) -> Typed {
        let cycle = self.cycle.take().or_else(|| {
            let offered = self.checked.completions.clone();
            let before = self.line.head();
            let before = before
                .get(..self.checked.from.min(before.len()))?
                .to_owned();
            let after = self.line.tail().to_owned();
            // the first step goes to the first, or back to the last
            let at = if step > 0 {
                offered.len().checked_sub(1)?
            } else {
                0
            };
            (!offered.is_empty()).then_some(Cycle {
                offered,
                at,
                before,
                after,
            })
        });
        let Some(mut cycle) = cycle else {
            return Typed::Nothing;
        };
        let count = cycle.offered.len().cast_signed();
        cycle.at = (cycle.at.cast_signed() + step)
            .rem_euclid(count)
            .cast_unsigned();
        let chosen = cycle.offered.get(cycle.at).cloned().unwrap_or_default();
        self.line = Line::around(&format!("{}{chosen}", cycle.before), &cycle.after);
        // a single completion is done: Tab goes on to what follows it
        self.cycle = (count > 1).then_some(cycle);
        Typed::Changed
    }

    /// Calls up a line typed before; past the newest comes what was being typed.
    fn recall(&mut self, step: isize) -> Typed {
        let (at, typed) = match self.recalled.take() {
            Some((at, typed)) => (at, typed),
            None => (self.past.len(), self.line.text().to_owned()),
        };
        let to = at.saturating_add_signed(step).min(self.past.len());
        match self.past.get(to) {
            Some(line) => self.put(line.clone()),
            None => self.put(typed.clone()),
        }
        self.recalled = (to < self.past.len()).then_some((to, typed));
        Typed::Changed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    use super::*;

    fn prompt(text: &str) -> Prompt {
        Prompt::new(Question {
            text: text.to_owned(),
            ..Question::default()
        })
    }

    fn press(prompt: &mut Prompt, keys: &str) {
        for key in keys.split(' ') {
            let _ = prompt.press(key.parse().unwrap());
        }
    }

    #[test]
    fn letters_go_in_and_out_at_the_cursor() {
        let mut line = prompt("ns:fraud");
        press(&mut line, "home x right right del");
        assert_eq!((line.text(), line.cursor()), ("xnsfraud", 3));
        press(&mut line, "C-e C-w");
        assert_eq!(line.text(), "");
    }

    #[test]
    fn words_are_gone_over_and_taken_away() {
        let mut line = prompt("one two:three");
        press(&mut line, "A-b A-b");
        assert_eq!(line.cursor(), 4);
        press(&mut line, "C-k");
        assert_eq!(line.text(), "one ");
        press(&mut line, "C-a A-f C-u");
        assert_eq!(line.text(), " ");
    }

    #[test]
    fn tab_goes_through_what_is_offered_and_around() {
        let mut line = prompt("a na");
        line.check(Checked {
            completions: vec!["name:".to_owned(), "namespace:".to_owned()],
            from: 2,
            mistake: None,
        });
        press(&mut line, "tab");
        assert_eq!((line.text(), line.offered().1), ("a name:", Some(0)));
        press(&mut line, "tab");
        assert_eq!(line.text(), "a namespace:");
        press(&mut line, "tab");
        assert_eq!(line.text(), "a name:");
        press(&mut line, "S-tab x");
        assert_eq!((line.text(), line.offered().1), ("a namespace:x", None));
    }

    #[test]
    fn lines_typed_before_come_back_and_what_was_being_typed_too() {
        let mut line = prompt("new").with_past(vec!["one".to_owned(), "two".to_owned()]);
        press(&mut line, "up");
        assert_eq!(line.text(), "two");
        press(&mut line, "up up");
        assert_eq!(line.text(), "one");
        press(&mut line, "down down down");
        assert_eq!(line.text(), "new");
    }

    proptest! {
        #[test]
        fn whatever_is_pressed_the_cursor_stands_between_two_letters(
            text in ".{0,20}",
            keys in prop::collection::vec(prop::sample::select(vec![
                "left", "right", "home", "end", "del", "backspace", "C-w", "C-k", "C-d", "A-b", "A-f", "A-d", "tab",
                "S-tab", "up", "down", "é", "\u{301}", "漢", "C-u",
            ]), 0..30),
        ) {
            let mut line = prompt("");
            let _ = line.push(&text);
            for key in keys {
                line.check(Checked { completions: vec!["e\u{301}".to_owned(), "b".to_owned()], from: 0, mistake: None });
                match key.parse() {
                    Ok(chord) => drop(line.press(chord)),
                    Err(_) => drop(line.push(key)),
                }
                let between = line.text().grapheme_indices(true).any(|(at, _)| at == line.cursor());
                prop_assert!(between || line.cursor() == line.text().len(), "{:?}", line);
            }
        }
    }
}
