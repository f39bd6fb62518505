//! Brings a list up to date: which rows pass, in which order, and where the selection is. Pure.

use std::sync::Arc;

use jiff::Timestamp;

use super::narrow::right_part;
use super::{Aim, ListScreen, Listing, rank};
use crate::app::screen::Ctx;
use crate::domain::Row;
use crate::store::{Finder, Rank, Table};

/// Milliseconds for which the order of many rows is kept while keys are pressed.
const PACE: i64 = 200;

/// Milliseconds after which a filter by age is asked again, though no row changed.
const AGING: i64 = 1_000;

/// So many rows take a part of a frame to filter and sort.
const MANY: usize = 1_000;

impl<L: Listing> ListScreen<L> {
    /// Collects the rows anew where something changed; cheap when nothing did.
    pub(super) fn bring_up(&mut self, ctx: &Ctx<'_>) {
        let version = version::<L>(ctx);
        // what a saved filter says may change with the settings
        if self.filter.contains('@') {
            self.narrow(ctx);
        }
        let typed = self.seen.is_none_or(|(_, edits)| edits != self.edits);
        let aged = self.narrowed.ages() && !self.collected_within(AGING, ctx.now);
        let same = self.seen == Some((version, self.edits)) && !aged;
        if same || (!typed && self.total >= MANY && self.collected_within(PACE, ctx.now)) {
            return;
        }
        self.narrow(ctx);
        self.seen = Some((version, self.edits));
        self.collected = Some(ctx.now);
        self.collect(ctx);
        self.reselect(ctx);
    }

    /// Reads the filter; what is wrong in it is left out.
    fn narrow(&mut self, ctx: &Ctx<'_>) {
        let (filter, wrong) = right_part::<L>(&self.filter, ctx.settings);
        self.mistake = wrong.map(|wrong| wrong.what);
        if filter != self.narrowed {
            self.narrowed = filter;
            self.seen = None;
        }
    }

    /// The rows that pass: what fits the words of the filter best comes first, the rest stays in order. The order of
    /// all rows is kept between keys, so a letter costs one look at each row.
    fn collect(&mut self, ctx: &Ctx<'_>) {
        self.put_in_order(ctx);
        if self.narrowed.is_empty() {
            self.rows.clone_from(&self.all);
            return;
        }
        let mut finder = Finder::default();
        let fits = |row: &Arc<L::Row>| {
            Some((
                rank::<L>(&self.narrowed, row, ctx, &mut finder)?,
                row.clone(),
            ))
        };
        let mut passing: Vec<(Rank, Arc<L::Row>)> = self.all.iter().filter_map(fits).collect();
        if self.sort.is_none() {
            passing.sort_by_key(|(rank, _)| *rank);
        }
        self.rows.clear();
        self.rows.extend(passing.into_iter().map(|(_, row)| row));
    }

    /// All rows in the order chosen.
    fn put_in_order(&mut self, ctx: &Ctx<'_>) {
        let Some(table) = ctx.world.table::<L::Row>() else {
            return;
        };
        let asked = Some((version::<L>(ctx), self.sort, self.turned));
        if self.ordered == asked {
            return;
        }
        self.ordered = asked;
        let only = self.only.as_ref();
        let keeps = |row: &&Arc<L::Row>| L::shows(row) && only.is_none_or(|o| o.keeps(row));
        let all = || table.iter().filter(keeps);
        self.total = all().count();
        self.summary = L::summary(&mut all().map(|r| &**r));
        if !table.is_empty() {
            self.marks.keep(|key| table.get(key).is_some());
        }
        let column = self.sort.and_then(|c| L::columns().get(c));
        // ranks are found once a row, not once a comparison: this runs on ten thousand rows while they change
        let rank = L::ranking(ctx);
        let urgency = |row: &Arc<L::Row>| match column {
            None => rank(row),
            Some(column) => column.by.map_or(0, |by| greatest_first(by(row, ctx))),
        };
        let mut ranked: Vec<(u64, &Arc<L::Row>)> = all().map(|r| (urgency(r), r)).collect();
        let order = column.map_or(L::order as fn(&_, &_) -> _, |c| c.order);
        ranked.sort_unstable_by(|(x, a), (y, b)| {
            let by = x.cmp(y).then_with(|| order(a, b));
            by.then_with(|| a.key().cmp(b.key()))
        });
        self.all.clear();
        self.all
            .extend(ranked.into_iter().map(|(_, row)| row.clone()));
        if self.turned {
            self.all.reverse();
        }
    }

    fn collected_within(&self, pace: i64, now: Timestamp) -> bool {
        let since = |then: Timestamp| now.as_millisecond() - then.as_millisecond();
        self.collected
            .is_some_and(|then| (0..pace).contains(&since(then)))
    }

    /// Puts the selection back on its row, or where it was when the row is gone.
    fn reselect(&mut self, ctx: &Ctx<'_>) {
        let aim = std::mem::replace(&mut self.aim, Aim::Stay);
        if aim == Aim::Top && !self.follow {
            self.top = 0;
            self.select(0);
            if !settled::<L>(ctx) {
                self.aim = aim;
            }
            return;
        }
        if aim == Aim::Best && !self.follow && !self.narrowed.is_empty() {
            self.top = 0;
            self.select(0);
            return;
        }
        let kept = self
            .selected
            .as_ref()
            .and_then(|key| self.rows.iter().position(|r| r.key() == key));
        if kept.is_none() && self.selected.is_some() && aim == Aim::Await && !whole::<L>(ctx) {
            self.aim = aim;
            self.index = self.index.min(self.rows.len().saturating_sub(1));
            return;
        }
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

/// Grows with every change that rows, or their order, could show.
fn version<L: Listing>(ctx: &Ctx<'_>) -> u64 {
    let own = ctx.world.table::<L::Row>().map_or(0, Table::version);
    // both only grow, so their sum is the same only when both are
    own + L::beside(ctx.world)
}

/// A number that is the less the greater a figure is; what is not known comes last.
fn greatest_first(figure: Option<f64>) -> u64 {
    const SIGN: u64 = 1 << 63;
    let Some(figure) = figure.filter(|f| !f.is_nan()) else {
        return u64::MAX;
    };
    let bits = figure.to_bits();
    let growing = if bits & SIGN == 0 { bits | SIGN } else { !bits };
    !growing
}

/// Every source of the list has told all it has, or why it cannot.
fn whole<L: Listing>(ctx: &Ctx<'_>) -> bool {
    L::FEEDS.iter().all(|feed| told(feed, ctx))
}

/// So has every source that its order depends on.
fn settled<L: Listing>(ctx: &Ctx<'_>) -> bool {
    whole::<L>(ctx) && L::BESIDE.iter().all(|feed| told(feed, ctx))
}

fn told(feed: &str, ctx: &Ctx<'_>) -> bool {
    use crate::domain::SourceState::{Connecting, Partial};
    let mut mine = ctx.world.feed(feed).peekable();
    mine.peek().is_some() && mine.all(|s| !matches!(s.state, Connecting | Partial))
}
