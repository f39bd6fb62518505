//! A part of a list, and what is told of one row. Pure.

use std::fmt;
use std::sync::Arc;

use super::column::{Cell, Fact};
use super::list::Listing;
use super::screen::Ctx;

type Keeps<R> = Arc<dyn Fn(&R) -> bool + Send + Sync>;

/// Which rows a list shows, and what it is called then.
#[derive(Clone)]
pub struct Only<R> {
    /// Heading of the list.
    pub title: String,
    keeps: Keeps<R>,
}

impl<R> Only<R> {
    /// Those that a question is answered for with yes.
    pub fn new(title: String, keeps: impl Fn(&R) -> bool + Send + Sync + 'static) -> Self {
        Self {
            title,
            keeps: Arc::new(keeps),
        }
    }

    /// The row is shown.
    #[must_use]
    pub fn keeps(&self, row: &R) -> bool {
        (self.keeps)(row)
    }
}

impl<R> fmt::Debug for Only<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Only({})", self.title)
    }
}

/// What is told of a row: its columns, then its facts.
pub fn evidence<L: Listing>(row: &L::Row, ctx: &Ctx<'_>) -> Vec<Fact> {
    let said = L::columns()
        .iter()
        .filter(|c| c.id != "name")
        .map(|column| {
            let text = match (column.cell)(row, ctx) {
                Cell::Bar(progress, _) => format!("{} of {}", progress.done, progress.total),
                cell => cell.word().to_owned(),
            };
            (column.id, text)
        });
    let mut facts: Vec<Fact> = said
        .filter(|(_, text)| !text.is_empty() && text != "-")
        .map(|(label, text)| Fact::new(label, text))
        .collect();
    facts.extend(L::facts(row, ctx));
    facts
}
