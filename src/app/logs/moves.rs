//! Where the person looks: the cursor, following, hits and errors. Pure.

use super::scan::{BUDGET, Scan};
use super::{LogScreen, Pattern};
use crate::app::command::Verb;
use crate::app::screen::Ctx;
use crate::domain::LogLevel;
use crate::store::{Line, LineKey, LogBook};

/// The lines that are shown, in order.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    floor: u64,
    end: u64,
    passing: Option<&'a Scan>,
}

impl Shown<'_> {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        let all = || usize::try_from(self.end.saturating_sub(self.floor)).unwrap_or(usize::MAX);
        self.passing.map_or_else(all, Scan::len)
    }

    /// None.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number in the book of the line at this place.
    #[must_use]
    pub fn number(&self, index: usize) -> Option<u64> {
        match self.passing {
            Some(scan) => scan.get(index),
            None => Some(self.floor + index as u64).filter(|n| *n < self.end),
        }
    }

    /// The place of a line, or of the next one that is shown.
    #[must_use]
    pub fn index(&self, number: u64) -> usize {
        match self.passing {
            Some(scan) => scan.before(number),
            None => usize::try_from(number.saturating_sub(self.floor)).unwrap_or(usize::MAX),
        }
    }
}

impl LogScreen {
    /// Number of the first line that was not cleared away.
    pub(super) fn floor(&self, book: &LogBook) -> u64 {
        self.cleared
            .map_or(book.front(), |key| book.number_after(key))
    }

    /// The lines that are shown.
    #[must_use]
    pub fn shown(&self, book: &LogBook) -> Shown<'_> {
        Shown {
            floor: self.floor(book),
            end: book.end(),
            passing: self.passing.as_ref(),
        }
    }

    /// The line at a place among those shown.
    #[must_use]
    pub fn line<'a>(&self, book: &'a LogBook, index: usize) -> Option<&'a Line> {
        book.line_at(self.shown(book).number(index)?)
    }

    /// Place of the cursor among the lines shown.
    #[must_use]
    pub fn index(&self, book: &LogBook) -> usize {
        self.place_of(book, self.cursor)
    }

    /// Place of a line among the lines shown; of the last one for none.
    #[must_use]
    pub fn place_of(&self, book: &LogBook, line: Option<LineKey>) -> usize {
        let shown = self.shown(book);
        let last = shown.len().saturating_sub(1);
        line.map_or(last, |key| shown.index(book.number(key)).min(last))
    }

    /// The cursor's hit and how many there are, once something is looked for.
    #[must_use]
    pub fn hit(&self, book: &LogBook) -> Option<(Option<usize>, usize)> {
        self.search.as_ref()?;
        let at = self.cursor.map(|key| book.number(key));
        let on = at.filter(|n| self.hits.get(self.hits.before(*n)) == Some(*n));
        Some((on.map(|n| self.hits.before(n) + 1), self.hits.len()))
    }

    /// Lines below that came since following stopped.
    #[must_use]
    pub fn fresh(&self, book: &LogBook) -> usize {
        if self.follow {
            return 0;
        }
        let shown = self.shown(book);
        let old = self
            .left
            .map_or(0, |key| shown.index(book.number_after(key)));
        shown.len().saturating_sub(old)
    }

    /// A line passes the filters.
    pub(super) fn passes(&self, line: &Line) -> bool {
        passes(self.include.as_ref(), self.exclude.as_ref(), line)
    }

    /// All lines were looked at.
    #[must_use]
    pub fn is_scanned(&self, book: &LogBook) -> bool {
        let floor = self.floor(book);
        let passing = self.passing.as_ref();
        passing.is_none_or(|scan| scan.is_done(book, floor))
            && (self.search.is_none() || self.hits.is_done(book, floor))
    }

    /// Brings filter and search up to date, as far as one frame may.
    pub(super) fn scan(&mut self, book: &LogBook) {
        let floor = self.floor(book);
        if std::mem::take(&mut self.due.renew) {
            let from = self.asking.as_ref().and_then(super::Asking::from);
            let from = from.or(self.cursor);
            let from = from.map_or(book.end(), |key| book.number(key));
            let filters = self.include.is_some() || self.exclude.is_some();
            self.passing = filters.then(|| Scan::at(from));
            self.hits = Scan::at(from);
        }
        if let Some(from) = book.changed_since(self.seen) {
            self.hits.cut(from);
            if let Some(passing) = &mut self.passing {
                passing.cut(from);
            }
        }
        self.seen = book.version();
        let mut budget = BUDGET;
        let (include, exclude) = (self.include.as_ref(), self.exclude.as_ref());
        if let Some(passing) = &mut self.passing {
            passing.run(book, floor, &mut budget, |l| passes(include, exclude, l));
        }
        if let Some(search) = &self.search {
            let hit = |l: &Line| search.is_in(&l.text) && passes(include, exclude, l);
            self.hits.run(book, floor, &mut budget, hit);
        }
    }

    /// Keeps the cursor on a line that is shown; goes to the nearest hit of a new search.
    pub(super) fn settle(&mut self, book: &LogBook) {
        if self.due.jump {
            self.jump_to_hit(book);
        }
        let shown = self.shown(book);
        if shown.is_empty() {
            return;
        }
        if self.follow || self.cursor.is_none() {
            let last = self.line(book, shown.len() - 1);
            self.cursor = last.map(Line::key);
        } else if self.is_scanned(book) {
            let index = self.index(book);
            self.cursor = self.line(book, index).map(Line::key);
        }
    }

    fn jump_to_hit(&mut self, book: &LogBook) {
        let from = self.asking.as_ref().and_then(super::Asking::from);
        let from = from.or(self.cursor);
        let at = from.map_or(book.end(), |key| book.number(key));
        let above = self.hits.before(at + 1).checked_sub(1);
        let done = self.hits.is_done(book, self.floor(book));
        let below = || done.then(|| self.hits.get(0)).flatten();
        let target = above.and_then(|i| self.hits.get(i)).or_else(below);
        self.due.jump = target.is_none() && !done;
        match target {
            Some(number) => self.put(book, number),
            None if done => self.cursor = from,
            None => {}
        }
    }

    /// Puts the cursor on a line far away.
    fn put(&mut self, book: &LogBook, number: u64) {
        let Some(line) = book.line_at(number) else {
            return;
        };
        let moved = self.cursor != Some(line.key());
        self.centre |= moved;
        if moved {
            self.stay();
        }
        self.cursor = Some(line.key());
    }

    /// Stops following.
    pub(super) fn stay(&mut self) {
        if self.follow {
            self.follow = false;
            self.left = self.cursor;
        }
    }

    /// Keys that move.
    pub(super) fn go(&mut self, verb: Verb, ctx: &Ctx<'_>) {
        let Some(book) = self.book(ctx) else {
            if verb == Verb::Follow {
                self.follow = !self.follow;
            }
            return;
        };
        let page = self.page.max(2) - 1;
        let index = self.index(book);
        match verb {
            Verb::Last => self.follow = true,
            Verb::Follow if !self.follow => self.follow = true,
            Verb::Follow => self.stay(),
            Verb::Down => self.step(book, index + 1),
            Verb::Up => self.step(book, index.saturating_sub(1)),
            Verb::PageDown => self.step(book, index + page),
            Verb::PageUp => self.step(book, index.saturating_sub(page)),
            Verb::First => self.step(book, 0),
            Verb::NextHit => self.next_hit(book, 1),
            Verb::PrevHit => self.next_hit(book, -1),
            Verb::FirstError => self.next_error(book, None),
            _ => self.next_error(book, Some(index)),
        }
    }

    fn step(&mut self, book: &LogBook, index: usize) {
        let last = self.shown(book).len().saturating_sub(1);
        // at the end already: a key down goes on following or not, as before
        if self.follow && index > last {
            return;
        }
        self.stay();
        let line = self.line(book, index.min(last));
        self.cursor = line.map(Line::key).or(self.cursor);
    }

    /// The next hit down or up, around the end or the beginning.
    fn next_hit(&mut self, book: &LogBook, step: isize) {
        let Some(search) = &self.search else { return };
        if self.hits.is_empty() {
            self.said = if self.is_scanned(book) {
                format!("{} is in none of these lines", search.text())
            } else {
                "still looking".to_owned()
            };
            return;
        }
        let at = self.cursor.map_or(0, |key| book.number(key));
        let before = self.hits.before(at);
        let on = self.hits.get(before) == Some(at);
        let next = match step {
            1 => before + usize::from(on),
            _ => before.checked_sub(1).unwrap_or(usize::MAX),
        };
        let around = if step > 0 { 0 } else { self.hits.len() - 1 };
        if self.hits.get(next).is_none() {
            let edge = if step > 0 { "end" } else { "beginning" };
            self.said = format!("around the {edge}");
        }
        if let Some(number) = self.hits.get(next).or_else(|| self.hits.get(around)) {
            self.stay();
            self.put(book, number);
        }
    }

    /// The first error, or the first behind a place. Lines of one container that follow each other are one error.
    fn next_error(&mut self, book: &LogBook, behind: Option<usize>) {
        let shown = self.shown(book);
        let stream = |line: &Line| (line.level == LogLevel::Error).then_some(line.stream);
        let from = behind.map_or(0, |index| index + 1);
        let above = from.checked_sub(1).and_then(|i| self.line(book, i));
        let mut before = above.and_then(stream);
        for index in from..shown.len() {
            let Some(number) = shown.number(index) else {
                break;
            };
            let now = book.line_at(number).and_then(stream);
            if now.is_some() && now != before {
                self.stay();
                self.put(book, number);
                return;
            }
            before = now;
        }
        self.said = match behind {
            None => "no line tells of an error".to_owned(),
            Some(_) => "no error below".to_owned(),
        };
    }
}

fn passes(include: Option<&Pattern>, exclude: Option<&Pattern>, line: &Line) -> bool {
    include.is_none_or(|p| p.is_in(&line.text)) && !exclude.is_some_and(|p| p.is_in(&line.text))
}
