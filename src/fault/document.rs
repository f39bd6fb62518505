//! A file of a person's, read as far as it can be: what is wrong in one place does not take the rest with it. Pure.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::Mistake;

/// Largest file that is read, in bytes: more is a file that was put there by mistake.
pub const LARGEST: usize = 1 << 20;

/// Most mistakes told of one file; after so many it is not the file that it is taken for.
const MOST: usize = 100;

/// Where a value stands, in bytes of the text.
pub type Place = Range<usize>;

/// The entries of a TOML file, and what could not be read.
#[derive(Debug)]
pub struct Document<'a> {
    text: &'a str,
    entries: DeTable<'a>,
    mistakes: Vec<Mistake>,
}

impl<'a> Document<'a> {
    /// Reads a text.
    #[must_use]
    pub fn read(text: &'a str) -> Self {
        let (entries, errors) = if text.len() > LARGEST {
            (DeTable::new(), Vec::new())
        } else {
            let (entries, errors) = DeTable::parse_recoverable(text);
            (entries.into_inner(), errors)
        };
        let mut mistakes: Vec<Mistake> = Vec::new();
        if text.len() > LARGEST {
            let what = format!("the file is larger than {} kB", LARGEST >> 10);
            mistakes.push(Mistake::at(text, 0, what, ""));
        }
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            let what = error.message().lines().next().unwrap_or("not TOML");
            let mistake = Mistake::at(text, at, format!("not TOML: {what}"), "");
            // what follows on a line is most often the same mistake once more
            if mistakes.iter().all(|m| m.line != mistake.line) {
                mistakes.push(mistake);
            }
        }
        Self {
            text,
            entries,
            mistakes,
        }
    }

    /// The top level, sorted by name.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        entries(&self.entries)
    }

    /// The text it was read from.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// All mistakes, those found in the entries added, in the order of the file. Where the file is not TOML, what its
    /// remains mean is not asked.
    #[must_use]
    pub fn finish(self, found: Vec<Mistake>) -> Vec<Mistake> {
        let mut all = self.mistakes;
        let broken: Vec<usize> = all.iter().map(|m| m.line).collect();
        all.extend(found.into_iter().filter(|m| !broken.contains(&m.line)));
        all.sort_by_key(|m| (m.line, m.column));
        all.dedup();
        all.truncate(MOST);
        all
    }
}

/// One entry: its name, where that stands, its value, where that stands.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The name.
    pub name: &'a str,
    /// Where the name stands.
    pub at: Place,
    /// The value.
    pub value: &'a DeValue<'a>,
    /// Where the value stands.
    pub place: Place,
}

/// The entries of a table, sorted by name.
pub fn entries<'a>(table: &'a DeTable<'a>) -> impl Iterator<Item = Entry<'a>> {
    // a value that stands nowhere was made up where something else was written, which is a mistake of its own
    let real = |value: &DeValue<'_>, place: &Place| {
        !place.is_empty() || matches!(value, DeValue::Table(_))
    };
    table
        .iter()
        .map(|(name, value)| Entry {
            name: name.get_ref(),
            at: name.span(),
            value: value.get_ref(),
            place: value.span(),
        })
        .filter(move |entry| real(entry.value, &entry.place))
}

/// A word of a file as it may be shown: short, between backquotes, without anything that is not a letter on paper.
#[must_use]
pub fn quoted(word: &str) -> String {
    const LONGEST: usize = 40;
    let mut shown: String = word
        .chars()
        .take(LONGEST)
        .flat_map(char::escape_debug)
        .collect();
    if word.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("`{}`", shown.replace("\\\"", "\"").replace("\\'", "'"))
}

/// Whether a letter can be shown as it is: no control character, none that turns the line around or hides.
#[must_use]
pub fn showable(letter: char) -> bool {
    letter.escape_debug().nth(1).is_none() || "\"'\\".contains(letter)
}

/// What a value is, for saying that it should be something else.
#[must_use]
pub fn sort_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
