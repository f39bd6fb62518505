//! Lines as text, for a file and for the clipboard. Pure.

use jiff::Timestamp;

use super::LogScreen;
use crate::app::Effect;
use crate::app::screen::{Ctx, Turn};
use crate::store::LogBook;

impl LogScreen {
    /// Asks for the lines to be written to a file.
    pub(super) fn save(&mut self, ctx: &Ctx<'_>) -> Turn {
        match self.book(ctx).map(|book| self.text(book)) {
            Some(text) if !text.is_empty() => Turn::Do(Effect::Save {
                text,
                name: self.file_name(ctx.now),
            }),
            _ => {
                "there is nothing to save yet".clone_into(&mut self.said);
                Turn::Taken
            }
        }
    }

    /// Asks for the line of the cursor on the clipboard.
    pub(super) fn copy(&mut self, ctx: &Ctx<'_>) -> Turn {
        let line = self.book(ctx).zip(self.cursor).and_then(|(book, key)| {
            let line = book.line_at(book.number(key))?;
            Some(line.text.to_string())
        });
        line.map_or(Turn::Taken, |text| {
            Turn::Do(Effect::Copy {
                text,
                what: "the line".to_owned(),
            })
        })
    }

    /// The lines that pass the filter as they are shown: with their time and who printed them where that is on the
    /// screen, always with all of their text.
    pub(super) fn text(&self, book: &LogBook) -> String {
        let mut text = String::new();
        let floor = self.floor(book);
        for number in floor..book.end() {
            let Some(line) = book.line_at(number).filter(|line| self.passes(line)) else {
                continue;
            };
            if let Some(at) = line.at().filter(|_| self.looks.times) {
                text.push_str(&at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ ").to_string());
            }
            let prefix = self.prefix_of(book, line.stream);
            if !prefix.is_empty() {
                text.push_str(prefix);
                text.push_str(" | ");
            }
            text.push_str(&line.text);
            text.push('\n');
        }
        text
    }

    /// What stands before the lines of a stream.
    #[must_use]
    pub fn prefix_of(&self, book: &LogBook, stream: u16) -> &str {
        let scope = book.streams().get(usize::from(stream)).map(|s| &s.scope);
        let index = self.tails.iter().position(|t| Some(&t.scope) == scope);
        index
            .and_then(|i| self.prefixes.get(i))
            .map_or("", String::as_str)
    }

    /// `train-nightly-x7k2p-train-20261121T031244Z.log`
    pub(super) fn file_name(&self, now: Timestamp) -> String {
        let mut name = self.target.key().name.to_string();
        if let Some(label) = self.one_label() {
            name = format!("{name}-{label}");
        }
        format!("{name}-{}.log", now.strftime("%Y%m%dT%H%M%SZ"))
    }

    fn one_label(&self) -> Option<&str> {
        let first = self.tails.first()?;
        let same = self.tails.iter().all(|t| t.label == first.label);
        (same && first.label != self.target.key().name).then_some(&*first.label)
    }
}
