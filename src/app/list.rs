//! A list of rows with columns: filter, sort, selection that stays on its row. Pure.
//!
//! A new list is a file in `lists/` with a [`Listing`], nothing here changes.

mod act;
mod chosen;
mod collect;
mod listing;
mod marks;
mod narrow;

use std::sync::Arc;

use jiff::Timestamp;

pub use super::column::{Cell, Column, Fact, Size};
use super::command::{Place, Verb};
use super::deed;
use super::history::Spot;
use super::ladder;
pub use super::only::Only;
use super::pointer::{Hit, Window};
use super::screen::{Checked, Ctx, Screen, Turn};
use crate::domain::{ClusterId, Key, Row, Subject};
use crate::store::{Filter, Scope, Want};

pub use listing::{Listing, Ranking};
pub use marks::Marks;
pub use narrow::{check, fields, parse, rank};

/// Where the selection is to be when rows are collected anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// On the first row: nobody has chosen one, and rows or what orders them still come.
    Top,
    /// On its row, or where it was.
    Stay,
    /// On its row, which may still come: the list is not whole yet.
    Await,
    /// On the row that fits a filter best, unless the newest one is followed.
    Best,
}

/// A list on the screen.
#[derive(Debug)]
pub struct ListScreen<L: Listing> {
    /// All rows, in order, and what that order was made of.
    all: Vec<Arc<L::Row>>,
    ordered: Option<(u64, Option<usize>, bool)>,
    /// Those that pass the filter.
    rows: Vec<Arc<L::Row>>,
    total: usize,
    summary: String,
    seen: Option<(u64, u64)>,
    collected: Option<Timestamp>,
    /// The filter as it was typed last.
    filter: String,
    /// The filter in force: what of the typed one is right.
    narrowed: Filter,
    /// What is wrong with what was typed.
    mistake: Option<String>,
    sort: Option<usize>,
    turned: bool,
    follow: bool,
    marks: Marks,
    selected: Option<Key>,
    /// The filter and the selection before a filter was typed.
    before: Option<(String, Option<Key>)>,
    aim: Aim,
    index: usize,
    /// First visible row.
    pub top: usize,
    /// Where the rows were drawn.
    pub window: Window,
    edits: u64,
    only: Option<Only<L::Row>>,
}

impl<L: Listing> Default for ListScreen<L> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            ordered: None,
            rows: Vec::new(),
            total: 0,
            summary: String::new(),
            seen: None,
            collected: None,
            filter: String::new(),
            narrowed: Filter::default(),
            mistake: None,
            sort: None,
            turned: false,
            follow: false,
            marks: Marks::default(),
            selected: None,
            before: None,
            aim: Aim::Top,
            index: 0,
            top: 0,
            window: Window::default(),
            edits: 0,
            only: None,
        }
    }
}

impl<L: Listing> ListScreen<L> {
    /// Makes the screen, for the registry.
    #[must_use]
    pub fn make() -> Box<dyn Screen> {
        Box::new(Self::default())
    }

    /// Shows a part of the rows only.
    pub fn show_only(&mut self, only: Only<L::Row>) {
        self.only = Some(only);
        self.edits += 1;
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

    /// The filter in force.
    #[must_use]
    pub fn narrowed(&self) -> &Filter {
        &self.narrowed
    }

    /// What is wrong with the filter, so that a part of it is not in force. Not told while it is typed: the line says
    /// it then.
    #[must_use]
    pub fn mistake(&self) -> Option<&str> {
        self.mistake.as_deref().filter(|_| self.before.is_none())
    }

    /// The marks.
    #[must_use]
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Marked rows, in the order of their names, whether the filter shows them or not.
    #[must_use]
    pub fn marked(&self) -> Vec<Key> {
        self.marks.iter().cloned().collect()
    }

    /// The columns to show, by their index, as chosen in the settings.
    #[must_use]
    pub fn columns(ctx: &Ctx<'_>) -> Vec<usize> {
        chosen::columns::<L>(ctx.settings)
    }

    fn select(&mut self, index: usize) {
        self.index = index.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(self.index).map(|row| row.key().clone());
        self.aim = Aim::Stay;
    }
}

impl<L: Listing> Screen for ListScreen<L> {
    fn id(&self) -> &'static str {
        L::ID
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        let only = self.only.as_ref();
        only.map_or_else(|| L::TITLE.to_owned(), |only| only.title.clone())
    }

    fn places(&self) -> &'static [Place] {
        L::PLACES
    }

    fn wants(&self, clusters: &[ClusterId]) -> Vec<Want> {
        let want = |cluster: &ClusterId, feed| Want {
            cluster: cluster.clone(),
            feed,
            scope: Scope::All,
        };
        clusters
            .iter()
            .flat_map(|c| {
                L::FEEDS
                    .iter()
                    .chain(L::BESIDE)
                    .map(move |feed| want(c, *feed))
            })
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
            _ => return self.act_on_list(verb, ctx),
        };
        self.follow = false;
        self.select(target);
        Turn::Taken
    }

    fn offers(&self, verb: Verb) -> bool {
        match verb {
            Verb::Logs => L::LOGS && !self.rows.is_empty(),
            Verb::Open => L::OPENS && !self.rows.is_empty(),
            Verb::Undo => !self.rows.is_empty(),
            Verb::Why => {
                let one = self.selected().and_then(|row| L::why(row));
                one.is_some_and(|subject| ladder::fits(&subject))
            }
            Verb::Acknowledge => L::SEEN && !self.rows.is_empty(),
            Verb::Describe | Verb::Yaml | Verb::Events | Verb::Copy => {
                self.selected().is_some_and(|row| L::subject(row).is_some())
            }
            Verb::Actions => {
                let subject = self.selected().and_then(|row| L::target(row));
                subject.is_some_and(|s| deed::acts_on(s.feed))
            }
            _ => true,
        }
    }

    fn logs(&self, _ctx: &Ctx<'_>) -> Option<Box<dyn Screen>> {
        self.selected().and_then(|row| L::logs(row))
    }

    fn refuses(&self, verb: Verb, _ctx: &Ctx<'_>) -> Option<String> {
        match verb {
            Verb::Open if !L::OPENS => Some("rows of this list cannot be opened".to_owned()),
            Verb::Open if self.rows.is_empty() => Some("nothing is selected".to_owned()),
            other => (!self.offers(other)).then(|| "does nothing in this list".to_owned()),
        }
    }

    fn click(&mut self, at: (u16, u16)) -> Hit {
        let row = self.window.row(at).filter(|row| *row < self.rows.len());
        let Some(row) = row else {
            return Hit::Nothing;
        };
        if row == self.index {
            return Hit::Again;
        }
        self.follow = false;
        self.select(row);
        Hit::Selected
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        self.bring_up(ctx);
    }

    fn touched(&mut self) {
        if self.aim == Aim::Top {
            self.aim = Aim::Stay;
        }
    }

    fn typed(&mut self, text: &str) {
        if self.filter != text {
            text.clone_into(&mut self.filter);
            self.edits += 1;
            self.aim = Aim::Best;
        }
    }

    fn answered(&mut self, kept: bool) {
        let before = self.before.take().filter(|_| !kept);
        if let Some((filter, selected)) = before {
            self.filter = filter;
            self.selected = selected;
            self.aim = Aim::Stay;
            self.edits += 1;
        }
    }

    fn check(&self, text: &str, cursor: usize, ctx: &Ctx<'_>) -> Checked {
        check::<L>(text, cursor, ctx)
    }

    fn subject(&self, _ctx: &Ctx<'_>) -> Option<Subject> {
        self.selected().and_then(|row| L::subject(row))
    }

    fn aim(&self, _ctx: &Ctx<'_>) -> deed::Aim {
        let selected = self.selected().map(|row| row.key());
        let others = self.marks.iter().filter(|key| Some(*key) != selected);
        deed::Aim {
            marked: others.count(),
            ..deed::Aim::at(self.selected().and_then(|row| L::target(row)))
        }
    }

    fn why(&self, _ctx: &Ctx<'_>) -> Option<Subject> {
        self.selected().and_then(|row| L::why(row))
    }

    fn evidence(&self, ctx: &Ctx<'_>) -> Vec<Fact> {
        self.selected()
            .map_or_else(Vec::new, |row| super::only::evidence::<L>(row, ctx))
    }

    fn filter(&self) -> Option<&str> {
        (!self.filter.is_empty()).then_some(&*self.filter)
    }

    fn clear(&mut self) -> bool {
        if self.filter.is_empty() {
            return self.marks.clear();
        }
        self.typed("");
        self.aim = Aim::Stay;
        true
    }

    fn clears(&self) -> bool {
        !self.filter.is_empty() || !self.marks.is_empty()
    }

    fn columns(&self) -> Vec<&'static str> {
        L::columns().iter().map(|c| c.id).collect()
    }

    fn spot(&self) -> Spot {
        let sort = self.sort.and_then(|c| L::columns().get(c));
        Spot {
            filter: self.filter.clone(),
            sort: sort.map(|c| c.id.to_owned()),
            turned: self.turned,
            follow: self.follow,
            selected: self.selected.clone(),
        }
    }

    fn go(&mut self, spot: &Spot) {
        self.filter.clone_from(&spot.filter);
        let sort = spot.sort.as_ref();
        self.sort = sort.and_then(|id| L::columns().iter().position(|c| c.id == id));
        self.turned = spot.turned;
        self.follow = spot.follow;
        self.aim = Aim::Await;
        self.selected.clone_from(&spot.selected);
        self.edits += 1;
    }
}
