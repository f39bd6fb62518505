//! Which logs are read, as keys change it and as pods come. Pure.

use super::tails::{self, Containers, Standing, Tail};
use super::{LogScreen, next_view};
use crate::app::screen::Ctx;
use crate::domain::{PodRow, RunDetail};
use crate::store::{LogBook, Source, Table};

/// What `since` goes through, in seconds.
const SINCE: [Option<u32>; 4] = [None, Some(3600), Some(600), Some(60)];

impl LogScreen {
    /// Looks for the pods again when something about pods, steps or sources changed.
    pub(super) fn look_for_pods(&mut self, ctx: &Ctx<'_>) {
        let now = (
            ctx.world.table::<PodRow>().map_or(0, Table::version),
            ctx.world.table::<RunDetail>().map_or(0, Table::version),
            ctx.world.table::<Source>().map_or(0, Table::version),
        );
        if self.looked == Some(now) {
            return;
        }
        self.looked = Some(now);
        self.found = self.target.find(self.reading.back, ctx);
        let key = self.target.key().clone();
        tails::add(&mut self.tails, &self.found, &self.reading, &key, self.view);
        self.prefixes = tails::prefixes(&self.tails);
    }

    /// All logs ended, and no pod will join them.
    pub(super) fn nothing_comes(&self, ctx: &Ctx<'_>) -> bool {
        let runs = ctx.world.table::<RunDetail>();
        let run = runs.and_then(|t| t.get(self.target.key()));
        let book = self.book(ctx);
        let ended = |t: &Tail| matches!(t.standing(book, ctx), Standing::Complete | Standing::Gone);
        run.is_none_or(|r| r.row.phase.is_final())
            && !self.tails.is_empty()
            && self.tails.iter().all(ended)
    }

    /// Reads everything anew, since something else is read now.
    fn reread(&mut self) {
        self.view = next_view();
        self.tails.clear();
        self.prefixes.clear();
        self.looked = None;
        (self.cursor, self.top, self.left, self.cleared) = (None, None, None, None);
        self.marks.clear();
        self.opened.clear();
        self.follow = true;
        self.due.renew = true;
        self.seen = 0;
    }

    pub(super) fn next_since(&mut self) {
        let now = SINCE.iter().position(|s| *s == self.reading.since);
        let next = now.map_or(0, |at| (at + 1) % SINCE.len());
        self.reading.since = SINCE.get(next).copied().flatten();
        self.reread();
    }

    /// Main, all, then each by its name.
    pub(super) fn next_containers(&mut self) {
        let names = tails::names(&self.found);
        let named = |at: usize| names.get(at).cloned().map(Containers::Named);
        self.reading.containers = match &self.reading.containers {
            Containers::Main => Containers::All,
            Containers::All => named(0).unwrap_or_default(),
            Containers::Named(name) => {
                let at = names.iter().position(|n| n == name);
                at.and_then(|at| named(at + 1)).unwrap_or_default()
            }
        };
        self.reread();
    }

    pub(super) fn has_attempt_before(&self) -> bool {
        let rows = self.found.pods.iter().filter_map(|pick| pick.row.as_ref());
        let mut containers = rows.flat_map(|row| row.containers.iter());
        self.found.attempts > 1 || self.reading.previous || containers.any(|c| c.restarts > 0)
    }

    /// Of a retried step the attempt before, around to the last; else what the container printed before its last
    /// restart, and back.
    pub(super) fn attempt_before(&mut self) {
        if self.found.attempts > 1 {
            self.reading.back = (self.reading.back + 1) % self.found.attempts;
        } else if self.has_attempt_before() {
            self.reading.previous = !self.reading.previous;
        } else {
            "there was no attempt before this one".clone_into(&mut self.said);
            return;
        }
        self.reread();
    }

    /// The log that printed the line of the cursor.
    pub(super) fn tail_of_cursor(&self, ctx: &Ctx<'_>) -> Option<&Tail> {
        let book = self.book(ctx)?;
        let line = book.line_at(book.number(self.cursor?))?;
        self.tail_of(book, line.stream)
    }

    /// The log that a stream of the book is.
    #[must_use]
    pub fn tail_of(&self, book: &LogBook, stream: u16) -> Option<&Tail> {
        let scope = &book.streams().get(usize::from(stream))?.scope;
        self.tails.iter().find(|tail| &tail.scope == scope)
    }
}
