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
        let version = ctx.world.table::<L::Row>().map_or(0, Table::version);
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

    fn collect(&mut self, ctx: &Ctx<'_>) {
        let table = ctx.world.table::<L::Row>();
        let only = self.only.as_ref();
        let kept = |row: &&Arc<L::Row>| only.is_none_or(|only| only.keeps(row));
        let all = || table.into_iter().flat_map(Table::iter).filter(kept);
        self.total = only.map_or_else(|| table.map_or(0, Table::len), |_| all().count());
        self.summary = table.map_or_else(String::new, |_| L::summary(&mut all().map(|r| &**r)));
        let column = self.sort.and_then(|c| L::columns().get(c));
        let mut finder = Finder::default();
        // ranks are found once a row, not once a comparison: this runs on ten thousand rows while they change
        let fits = |row: &Arc<L::Row>| -> Option<(Rank, u8, Arc<L::Row>)> {
            let fit = rank::<L>(&self.narrowed, row, ctx, &mut finder)?;
            Some(match column {
                Some(_) => (Rank::default(), 0, row.clone()),
                None => (fit, L::rank(row), row.clone()),
            })
        };
        let mut ranked: Vec<_> = all().filter_map(fits).collect();
        let order = column.map_or(L::order as fn(&_, &_) -> _, |c| c.order);
        let turned = self.turned;
        ranked.sort_unstable_by(|(f, x, a), (g, y, b)| {
            let by = x.cmp(y).then_with(|| order(a, b));
            let by = by.then_with(|| a.key().cmp(b.key()));
            // what fits best is first also when the order is turned around
            f.cmp(g).then(if turned { by.reverse() } else { by })
        });
        self.rows.clear();
        self.rows.extend(ranked.into_iter().map(|(.., row)| row));
        if let Some(table) = table.filter(|t| !t.is_empty()) {
            self.marks.keep(|key| table.get(key).is_some());
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
        if aim == Aim::Best && !self.narrowed.is_empty() {
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

/// Every source of the list has told all it has, or why it cannot.
fn whole<L: Listing>(ctx: &Ctx<'_>) -> bool {
    use crate::domain::SourceState::{Connecting, Partial};
    L::FEEDS.iter().all(|feed| {
        let mut mine = ctx.world.feed(feed).peekable();
        mine.peek().is_some() && mine.all(|s| !matches!(s.state, Connecting | Partial))
    })
}
