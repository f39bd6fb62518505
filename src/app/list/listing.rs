//! What is particular to one list. Pure; each file in `lists/` has one, and [`ListScreen`](super::ListScreen) shows it.

use std::cmp::Ordering;

use super::{Column, Fact};
use crate::app::command::Place;
use crate::app::screen::{Ctx, Screen};
use crate::domain::{Row, Subject};
use crate::store::World;

/// How much rows need a person, 0 first.
pub type Ranking<'a, R> = Box<dyn Fn(&R) -> u64 + 'a>;

/// What is particular to one list.
pub trait Listing: std::fmt::Debug + Send + Sync + 'static {
    /// Its rows.
    type Row: Row;
    /// Id of the screen.
    const ID: &'static str;
    /// Heading of the screen.
    const TITLE: &'static str;
    /// Feeds it reads.
    const FEEDS: &'static [&'static str];
    /// Feeds that only add to its rows: without them the list is whole.
    const BESIDE: &'static [&'static str] = &[];
    /// Feeds of its rows whose kind need not be installed.
    const OPTIONAL: &'static [&'static str] = &[];
    /// Columns, from left to right.
    fn columns() -> &'static [Column<Self::Row>];
    /// The row stands in the list; one that does not is told where another row is opened.
    fn shows(_row: &Self::Row) -> bool {
        true
    }
    /// How much a row needs a person, 0 first; rows are ordered by it when nothing else was asked for.
    fn rank(_row: &Self::Row) -> u8 {
        0
    }
    /// The same, where it depends on more than the row; made anew each time that rows are put in order.
    #[must_use]
    fn ranking<'a>(_ctx: &Ctx<'a>) -> Ranking<'a, Self::Row> {
        Box::new(|row| u64::from(Self::rank(row)))
    }
    /// Grows when rows of other tables change that the order depends on; equal numbers mean equal contents.
    #[must_use]
    fn beside(_world: &World) -> u64 {
        0
    }
    /// What is to be known before figures beside the rows are believed; none while all is well.
    #[must_use]
    fn caveat(_ctx: &Ctx<'_>) -> Option<String> {
        None
    }
    /// What is told below the rows of all that they do not tell of.
    #[must_use]
    fn below(_ctx: &Ctx<'_>) -> Option<String> {
        None
    }
    /// Order of rows of one rank.
    fn order(a: &Self::Row, b: &Self::Row) -> Ordering;
    /// Name of that order.
    const ORDER: &'static str;
    /// A few words about all rows, for the heading.
    fn summary(_rows: &mut dyn Iterator<Item = &Self::Row>) -> String {
        String::new()
    }
    /// What is told of the selected row below the list.
    fn facts(_row: &Self::Row, _ctx: &Ctx<'_>) -> Vec<Fact> {
        Vec::new()
    }
    /// Rows can be opened.
    const OPENS: bool = false;
    /// What opening a row shows.
    fn open(_row: &Self::Row) -> Option<Box<dyn Screen>> {
        None
    }
    /// Rows print logs.
    const LOGS: bool = false;
    /// What shows the logs of a row.
    fn logs(_row: &Self::Row) -> Option<Box<dyn Screen>> {
        None
    }
    /// A person can say of rows that they are seen.
    const SEEN: bool = false;
    /// The object that commands on a row are about.
    fn subject(_row: &Self::Row) -> Option<Subject> {
        None
    }
    /// The object that actions on a row are done to, where commands that show it do not know it.
    fn target(row: &Self::Row) -> Option<Subject> {
        Self::subject(row)
    }
    /// The object whose ladder is shown, where the row is about no single one.
    fn why(row: &Self::Row) -> Option<Subject> {
        Self::subject(row)
    }
    /// All words that can stand in the column `state`, where they are known.
    const STATES: &'static [&'static str] = &[];
    /// What is said when there are no rows although every source is live.
    const NOTHING: &'static str;
    /// The same, where it depends on more.
    #[must_use]
    fn nothing(_ctx: &Ctx<'_>) -> &'static str {
        Self::NOTHING
    }
    /// Where the keys are, innermost first.
    const PLACES: &'static [Place] = &[Place::List, Place::Object];
}
