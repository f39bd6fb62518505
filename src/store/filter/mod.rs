//! What a person types to narrow a list. Pure; lists and the command line ask it row by row.
//!
//! | written | passes rows |
//! |---|---|
//! | `train` | with the word in any column, or its letters in this order in the name |
//! | `"out of memory"` | with exactly these letters somewhere |
//! | `ns:fraud` | with the text in that column; `ns:=ml-fraud`: with nothing else in it |
//! | `phase:failed\|error` | with one of them |
//! | `age:>2h` `restarts:>=3` | by size, in columns that have one |
//! | `label:team=nlp` `label:gpu` | that carry the label |
//! | `@mine` | that pass a saved filter |
//! | `!…` | that do not |
//!
//! All terms must pass. Letters in capitals are looked for as written, small ones in any case.

mod columns;
mod complete;
mod find;
mod near;
mod parse;
mod print;
mod quantity;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};

use crate::domain::Labels;

pub use complete::{Piece, Sought, quoted};
pub use find::{Finder, Rank};

/// What a column of numbers counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Seconds, written as `90s`, `10m`, `2h`, `3d`, `1w`.
    Seconds,
    /// Things, or per cent.
    Count,
}

/// A column as far as a filter has to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its id.
    pub id: &'static str,
    /// Rows can be compared by it.
    pub measure: Option<Measure>,
}

/// What may be written for one list.
#[derive(Debug, Clone, Copy)]
pub struct Grammar<'a> {
    /// Its columns, in the order of [`Subject::column`].
    pub fields: &'a [Field],
    /// Saved filters, by name.
    pub saved: &'a BTreeMap<String, String>,
}

/// A row, as a filter looks at it.
pub trait Subject {
    /// Its name.
    fn name(&self) -> &str;
    /// Its namespace; empty when it has none.
    fn namespace(&self) -> &str;
    /// Its cluster.
    fn cluster(&self) -> &str;
    /// What stands in a column.
    fn column(&self, index: usize, see: &mut dyn FnMut(&str));
    /// The size in a column that has one; `None` when it is not known.
    fn value(&self, index: usize) -> Option<i64>;
    /// Its labels.
    fn labels(&self) -> &Labels;
}

/// What is wrong with a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct FilterMistake {
    /// Which bytes of the text.
    pub at: Range<usize>,
    /// What is wrong with them, and what to write instead.
    pub what: String,
}

/// A filter, ready to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    terms: Vec<Term>,
    /// Columns that a word is looked for in: not sizes, in which any digit would be found, and not what every row has
    /// anyway.
    columns: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    not: bool,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// One of these texts, somewhere or in one place.
    Words(Option<Place>, Vec<Text>),
    /// One of these sizes.
    Sizes(Column, Vec<Size>),
    /// A label, with one of these values; with any when there are none.
    Label(String, Vec<Text>),
    /// A saved filter.
    Saved(String, Vec<Term>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Column {
    index: usize,
    id: &'static str,
    measure: Option<Measure>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Column(Column),
    Name,
    Namespace,
    Cluster,
}

impl Place {
    fn id(self) -> &'static str {
        match self {
            Self::Column(column) => column.id,
            Self::Name => "name",
            Self::Namespace => "namespace",
            Self::Cluster => "cluster",
        }
    }

    fn is_name(self) -> bool {
        self.id() == "name"
    }
}

/// A text to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Text {
    letters: String,
    /// Written in quotes: never taken apart.
    quoted: bool,
    /// Written with `=`: nothing else may stand there.
    whole: bool,
    /// Capitals matter, since there are some.
    cased: bool,
    /// Finds its letters apart.
    atom: Atom,
}

impl Text {
    fn new(text: String, quoted: bool, whole: bool) -> Self {
        let cased = text.chars().any(char::is_uppercase);
        let atom = Atom::new(
            &text,
            CaseMatching::Smart,
            Normalization::Never,
            AtomKind::Fuzzy,
            false,
        );
        Self {
            letters: text,
            quoted,
            whole,
            cased,
            atom,
        }
    }
}

/// How a size compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
}

/// A comparison with a size.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Size {
    sign: Sign,
    amount: i64,
    /// As it was written: `1h30m`.
    written: String,
}

impl Filter {
    /// Reads what was typed.
    pub fn parse(text: &str, grammar: &Grammar<'_>) -> Result<Self, FilterMistake> {
        match Self::right_part(text, grammar) {
            (filter, None) => Ok(filter),
            (_, Some(wrong)) => Err(wrong),
        }
    }

    /// Reads what is being typed: the terms that are right, and what is wrong with the first that is not. So a list
    /// stays narrowed by what is complete while the next term is typed.
    #[must_use]
    pub fn right_part(text: &str, grammar: &Grammar<'_>) -> (Self, Option<FilterMistake>) {
        let (terms, wrong) = parse::terms(text, grammar, 0);
        let fields = grammar.fields.iter().enumerate();
        let columns = fields
            .filter(|(_, f)| f.measure.is_none() && !columns::ALWAYS.contains(&f.id))
            .map(|(index, _)| index)
            .collect();
        (Self { terms, columns }, wrong)
    }

    /// Lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}
