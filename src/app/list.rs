//! A list of rows with columns: filter, sort, selection that stays on its row. Pure.
//!
//! A new list is a file in `lists/` with a [`Listing`], nothing here changes.

use std::any::Any;
use std::cmp::Ordering;
use std::sync::Arc;

use jiff::Timestamp;

pub use super::column::{Cell, Column, Fact};
use super::command::{Place, Verb};
use super::screen::{Ctx, Question, Screen, Turn};
use crate::domain::{ClusterId, Key, Row};
use crate::store::{Filter, Scope, Table, Want};

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
    /// Columns, from left to right.
    fn columns() -> &'static [Column<Self::Row>];
    /// How much a row needs a person, 0 first; rows are ordered by it when nothing else was asked for.
    fn rank(_row: &Self::Row) -> u8 {
        0
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
    /// What is said when there are no rows although every source is live.
    const NOTHING: &'static str;
}

/// Milliseconds for which the order of many rows is kept while keys are pressed.
const PACE: i64 = 200;

/// So many rows take a part of a frame to filter and sort.
const MANY: usize = 1000;

/// A list on the screen.
#[derive(Debug)]
pub struct ListScreen<L: Listing> {
    rows: Vec<Arc<L::Row>>,
    total: usize,
    summary: String,
    seen: Option<(u64, u64)>,
    collected: Option<Timestamp>,
    filter: String,
    sort: Option<usize>,
    turned: bool,
    follow: bool,
    selected: Option<Key>,
    index: usize,
    /// First visible row.
    pub top: usize,
    edits: u64,
}

impl<L: Listing> Default for ListScreen<L> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            total: 0,
            summary: String::new(),
            seen: None,
            collected: None,
            filter: String::new(),
            sort: None,
            turned: false,
            follow: false,
            selected: None,
            index: 0,
            top: 0,
            edits: 0,
        }
    }
}

impl<L: Listing> ListScreen<L> {
    /// Makes the screen, for the registry.
    #[must_use]
    pub fn make() -> Box<dyn Screen> {
        Box::new(Self::default())
    }

    /// Rows that pass the filter, in order.
    #[must_use]
    pub fn rows(&self) -> &[Arc<L::Row>] {
        &self.rows
    }

    /// Rows before the filter.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// A few words about all rows.
    #[must_use]
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// Index of the selected row.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The selected row.
    #[must_use]
    pub fn selected(&self) -> Option<&Arc<L::Row>> {
        self.rows.get(self.index)
    }

    /// Column sorted by, and whether the order is turned around.
    #[must_use]
    pub fn sort(&self) -> (Option<usize>, bool) {
        (self.sort, self.turned)
    }

    /// Keeps to the newest row.
    #[must_use]
    pub fn follows(&self) -> bool {
        self.follow
    }

    fn select(&mut self, index: usize) {
        self.index = index.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(self.index).map(|row| row.key().clone());
    }

    fn sort_by(&mut self, step: isize) {
        let columns = L::columns().len();
        let now = self.sort.map_or(0, |c| c + 1);
        let next = (now.cast_signed() + step)
            .rem_euclid(columns.cast_signed() + 1)
            .cast_unsigned();
        self.sort = next.checked_sub(1);
        self.turned = false;
        self.edits += 1;
    }

    fn collect(&mut self, ctx: &Ctx<'_>) {
        let ids: Vec<&str> = L::columns().iter().map(|c| c.id).collect();
        let filter = Filter::parse(&self.filter, &ids);
        let table = ctx.world.table::<L::Row>();
        self.total = table.map_or(0, Table::len);
        self.summary = table.map_or_else(String::new, |t| L::summary(&mut t.iter().map(|r| &**r)));
        let passing = table
            .into_iter()
            .flat_map(Table::iter)
            .filter(|row| shown::<L>(row, &filter, ctx));
        let column = self.sort.and_then(|c| L::columns().get(c));
        // ranks are found once a row, not once a comparison: this runs on ten thousand rows while they change
        let mut ranked: Vec<(u8, Arc<L::Row>)> = match column {
            Some(_) => passing.map(|row| (0, row.clone())).collect(),
            None => passing.map(|row| (L::rank(row), row.clone())).collect(),
        };
        let order = column.map_or(L::order as fn(&_, &_) -> _, |c| c.order);
        let turned = self.turned;
        ranked.sort_unstable_by(|(x, a), (y, b)| {
            let by = x
                .cmp(y)
                .then_with(|| order(a, b))
                .then_with(|| a.key().cmp(b.key()));
            if turned { by.reverse() } else { by }
        });
        self.rows.clear();
        self.rows.extend(ranked.into_iter().map(|(_, row)| row));
    }

    /// Many rows come up to date at the pace of data, also when keys draw more often.
    fn just_collected(&self, now: Timestamp) -> bool {
        let since = |then: Timestamp| now.as_millisecond() - then.as_millisecond();
        self.rows.len() >= MANY
            && self
                .collected
                .is_some_and(|then| (0..PACE).contains(&since(then)))
    }

    /// Puts the selection back on its row, or where it was when the row is gone.
    fn reselect(&mut self) {
        let kept = self
            .selected
            .as_ref()
            .and_then(|key| self.rows.iter().position(|r| r.key() == key));
        let newest = || {
            self.rows
                .iter()
                .enumerate()
                .max_by_key(|(_, r)| r.created())
                .map(|(i, _)| i)
        };
        let target = if self.follow { newest().or(kept) } else { kept };
        let before = self.index;
        self.select(target.unwrap_or(before));
        // the row stays where the eye is while others move around it
        self.top = (self.top + self.index).saturating_sub(before);
    }
}

fn shown<L: Listing>(row: &L::Row, filter: &Filter, ctx: &Ctx<'_>) -> bool {
    filter.is_empty()
        || filter.passes(&|emit: &mut dyn FnMut(&str, &str)| {
            for column in L::columns() {
                emit(column.id, (column.cell)(row, ctx).word());
            }
        })
}

impl<L: Listing> Screen for ListScreen<L> {
    fn id(&self) -> &'static str {
        L::ID
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        L::TITLE.to_owned()
    }

    fn places(&self) -> &'static [Place] {
        &[Place::List, Place::Object]
    }

    fn wants(&self, clusters: &[ClusterId]) -> Vec<Want> {
        let want = |cluster: &ClusterId, feed| Want {
            cluster: cluster.clone(),
            feed,
            scope: Scope::All,
        };
        clusters
            .iter()
            .flat_map(|c| L::FEEDS.iter().map(move |feed| want(c, *feed)))
            .collect()
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        let page = ctx.page.saturating_sub(1).max(1);
        let target = match verb {
            Verb::Down => self.index + 1,
            Verb::Up => self.index.saturating_sub(1),
            Verb::PageDown => self.index + page,
            Verb::PageUp => self.index.saturating_sub(page),
            Verb::First => 0,
            Verb::Last => usize::MAX,
            _ => return self.act_on_list(verb),
        };
        self.follow = false;
        self.select(target);
        Turn::Taken
    }

    fn offers(&self, verb: Verb) -> bool {
        verb != Verb::Open || (L::OPENS && !self.rows.is_empty())
    }

    fn refuses(&self, verb: Verb, _ctx: &Ctx<'_>) -> Option<String> {
        match verb {
            Verb::Open if !L::OPENS => Some("rows of this list cannot be opened".to_owned()),
            Verb::Open if self.rows.is_empty() => Some("nothing is selected".to_owned()),
            other => (!self.offers(other)).then(|| "does nothing in this list".to_owned()),
        }
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        let version = ctx.world.table::<L::Row>().map_or(0, Table::version);
        let typed = self.seen.is_none_or(|(_, edits)| edits != self.edits);
        if self.seen == Some((version, self.edits)) || (!typed && self.just_collected(ctx.now)) {
            return;
        }
        self.seen = Some((version, self.edits));
        self.collected = Some(ctx.now);
        self.collect(ctx);
        self.reselect();
    }

    fn typed(&mut self, text: &str) {
        text.clone_into(&mut self.filter);
        self.edits += 1;
    }

    fn filter(&self) -> Option<&str> {
        (!self.filter.is_empty()).then_some(&*self.filter)
    }

    fn clear(&mut self) -> bool {
        let had = !self.filter.is_empty();
        self.typed("");
        had
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<L: Listing> ListScreen<L> {
    fn act_on_list(&mut self, verb: Verb) -> Turn {
        match verb {
            Verb::SortNext => self.sort_by(1),
            Verb::SortPrev => self.sort_by(-1),
            Verb::SortTurn => {
                self.turned = !self.turned;
                self.edits += 1;
            }
            Verb::Follow => {
                self.follow = !self.follow;
                self.edits += 1;
            }
            Verb::Filter => {
                return Turn::Ask(Question {
                    label: "/",
                    hint: "words, field:word, !not",
                    text: self.filter.clone(),
                });
            }
            Verb::Open => {
                return self
                    .selected()
                    .and_then(|row| L::open(row))
                    .map_or(Turn::Taken, Turn::Open);
            }
            _ => return Turn::Unknown,
        }
        Turn::Taken
    }
}
