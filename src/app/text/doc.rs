//! A text made of lines with roles, folds and links. Pure.

use std::hash::{Hash, Hasher};

use crate::domain::Subject;
use crate::theme::Role;

/// Lines below a line that can be put away, or the rest of a long line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// The first line that is not in it.
    pub end: usize,
    /// What is said in its place: `12 lines`.
    pub note: String,
    /// Closed until a person opens it.
    pub closed: bool,
    /// Bytes of the line itself that stay; all of them when `None`.
    pub keeps: Option<usize>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    text: String,
    /// Where each role ends, in bytes.
    cuts: Vec<(usize, Role)>,
    /// Columns that its continuation starts at when it is broken.
    pub hang: usize,
    /// What it is about, whatever it says and wherever it stands: equal in texts of two moments.
    pub id: u64,
    /// What it opens and closes.
    pub fold: Option<Fold>,
    /// The object that it names.
    pub link: Option<Subject>,
    /// Begins a part of the text.
    pub heading: bool,
}

impl Line {
    /// A line about something.
    #[must_use]
    pub fn new(id: u64) -> Self {
        Self {
            id,
            ..Self::default()
        }
    }

    /// Adds text. It must be safe to show.
    #[must_use]
    pub fn put(mut self, text: &str, role: Role) -> Self {
        if !text.is_empty() {
            self.text.push_str(text);
            self.cuts.push((self.text.len(), role));
        }
        self
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its parts with their roles.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Role)> {
        let mut from = 0;
        self.cuts.iter().map(move |(end, role)| {
            let part = self.text.get(from..*end).unwrap_or_default();
            from = *end;
            (part, *role)
        })
    }

    /// Nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// A text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doc {
    /// Its lines.
    pub lines: Vec<Line>,
}

impl Doc {
    /// All of it, folds open, as a file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            text.push_str(line.text());
            text.push('\n');
        }
        text
    }
}

/// A number for what a line is about.
#[must_use]
pub fn id(of: impl Hash) -> u64 {
    // the keys of this hasher are fixed: equal things have equal numbers in every run
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// `1 line`, `12 lines`, `4,812 lines`.
#[must_use]
pub fn count(n: usize, word: &str) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let plural = match (n, word.strip_suffix('y')) {
        (1, _) => word.to_owned(),
        (_, Some(stem)) => format!("{stem}ies"),
        _ => format!("{word}s"),
    };
    format!("{grouped} {plural}")
}
