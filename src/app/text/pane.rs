//! A text being read: where the person is, what is folded, what is searched for, what changed since. Pure.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::doc::{Doc, Line, id};
use crate::domain::Subject;

/// Most hits counted.
const HITS: usize = 10_000;

/// A text and where the person is in it.
#[derive(Debug, Default)]
pub struct Pane {
    doc: Doc,
    /// Numbers of the lines that are not in a closed fold.
    seen: Vec<usize>,
    /// What the person did to folds.
    touched: HashMap<u64, bool>,
    index: usize,
    /// First visible line, among those seen.
    pub top: usize,
    /// First visible column, while lines are not broken.
    pub left: usize,
    /// Lines are broken.
    pub wrap: bool,
    search: Option<Regex>,
    hits: Vec<(usize, usize)>,
    hit: Option<usize>,
    /// Where the search began.
    origin: usize,
    /// What each line said when the text was opened.
    opened: Option<HashMap<u64, u64>>,
    changed: HashSet<usize>,
}

impl Pane {
    /// Without a text yet; lines are broken.
    #[must_use]
    pub fn wrapped() -> Self {
        Self {
            wrap: true,
            ..Self::default()
        }
    }

    /// The text.
    #[must_use]
    pub fn doc(&self) -> &Doc {
        &self.doc
    }

    /// The lines that are not in a closed fold, from one of them on.
    pub fn seen(&self, from: usize) -> impl Iterator<Item = (usize, &Line)> {
        let known = self.seen.get(from..).unwrap_or_default();
        known
            .iter()
            .filter_map(|n| Some((*n, self.doc.lines.get(*n)?)))
    }

    /// How many those are.
    #[must_use]
    pub fn height(&self) -> usize {
        self.seen.len()
    }

    /// The line that the person is on, among those seen.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The number of that line, and the line.
    #[must_use]
    pub fn current(&self) -> Option<(usize, &Line)> {
        let number = *self.seen.get(self.index)?;
        Some((number, self.doc.lines.get(number)?))
    }

    /// The object that this line names.
    #[must_use]
    pub fn link(&self) -> Option<&Subject> {
        self.current().and_then(|(_, line)| line.link.as_ref())
    }

    /// Whether the fold of a line is closed.
    #[must_use]
    pub fn is_closed(&self, line: &Line) -> bool {
        line.fold
            .as_ref()
            .is_some_and(|f| self.touched.get(&line.id).copied().unwrap_or(f.closed))
    }

    /// Lines that say something else than when the text was opened.
    #[must_use]
    pub fn changes(&self) -> &HashSet<usize> {
        &self.changed
    }

    /// Takes a newer text; the person stays on the line about the same thing.
    pub fn show(&mut self, doc: Doc, follow_changes: bool) {
        let at = self.current().map(|(_, line)| line.id);
        let above = self.index.saturating_sub(self.top);
        self.doc = doc;
        if follow_changes {
            self.compare();
        }
        self.lay();
        let found = at.and_then(|at| {
            let is = |n: &usize| self.doc.lines.get(*n).is_some_and(|l| l.id == at);
            self.seen.iter().position(is)
        });
        self.go(found.unwrap_or(self.index));
        self.top = self.index.saturating_sub(above);
        self.find();
    }

    /// From now on changes are counted from the text that is shown next: a person asked for another one.
    pub fn begin_anew(&mut self) {
        self.opened = None;
        self.changed.clear();
    }

    fn compare(&mut self) {
        let lines = self.doc.lines.iter();
        let Some(opened) = &self.opened else {
            self.opened = Some(lines.map(|l| (l.id, id(l.text()))).collect());
            return;
        };
        let differs = |(_, l): &(usize, &Line)| opened.get(&l.id) != Some(&id(l.text()));
        self.changed = lines.enumerate().filter(differs).map(|(n, _)| n).collect();
    }

    /// Finds the lines that are not in a closed fold.
    fn lay(&mut self) {
        self.seen.clear();
        let mut at = 0;
        while let Some(line) = self.doc.lines.get(at) {
            self.seen.push(at);
            let closed = line.fold.as_ref().filter(|_| self.is_closed(line));
            at = closed.map_or(at + 1, |f| f.end.max(at + 1));
        }
        self.index = self.index.min(self.seen.len().saturating_sub(1));
    }

    /// Goes to a line among those seen.
    pub fn go(&mut self, index: usize) {
        self.index = index.min(self.seen.len().saturating_sub(1));
    }

    /// Goes to a line by its number; folds that hide it are opened.
    fn reveal(&mut self, number: usize) {
        let hides = |(at, line): &(usize, &Line)| {
            let inside = line
                .fold
                .as_ref()
                .is_some_and(|f| *at < number && number < f.end);
            inside && self.is_closed(line)
        };
        let above: Vec<u64> = self
            .doc
            .lines
            .iter()
            .enumerate()
            .filter(hides)
            .map(|(_, l)| l.id)
            .collect();
        if !above.is_empty() {
            self.touched.extend(above.into_iter().map(|id| (id, false)));
            self.lay();
        }
        if let Ok(index) = self.seen.binary_search(&number) {
            self.go(index);
        }
    }

    /// Opens or closes the fold of the line, or the one that it stands in.
    pub fn toggle(&mut self) {
        let Some((number, line)) = self.current() else {
            return;
        };
        let holder = if line.fold.is_some() {
            Some(number)
        } else {
            let holds = |n: &usize| {
                let fold = self.doc.lines.get(*n).and_then(|l| l.fold.as_ref());
                fold.is_some_and(|f| f.end > number)
            };
            (0..number).rev().find(holds)
        };
        let Some(line) = holder.and_then(|n| self.doc.lines.get(n)) else {
            return;
        };
        let (of, closed) = (line.id, self.is_closed(line));
        self.touched.insert(of, !closed);
        self.lay();
        if let Some(Ok(index)) = holder.map(|n| self.seen.binary_search(&n)) {
            self.go(index);
        }
    }

    /// Opens or closes all folds.
    pub fn all(&mut self, closed: bool) {
        let number = self.current().map(|(n, _)| n);
        let folds = self.doc.lines.iter().filter(|l| l.fold.is_some());
        self.touched = folds.map(|l| (l.id, closed)).collect();
        self.lay();
        if let Some(number) = number {
            let index = self.seen.partition_point(|n| *n <= number);
            self.go(index.saturating_sub(1));
        }
    }

    /// A search begins where the person is.
    pub fn begin_search(&mut self) {
        self.origin = self.current().map_or(0, |(n, _)| n);
    }

    /// Searches for a text while it is typed; the case of letters counts once a capital is in it.
    pub fn search(&mut self, text: &str) {
        self.search = None;
        if !text.is_empty() {
            let plain = !text.chars().any(char::is_uppercase);
            self.search = RegexBuilder::new(&regex::escape(text))
                .case_insensitive(plain)
                .build()
                .ok();
        }
        self.find();
        let next = self.hits.iter().position(|(n, _)| *n >= self.origin);
        self.hit = next.or((!self.hits.is_empty()).then_some(0));
        let target = self.hit.and_then(|h| self.hits.get(h)).map(|(n, _)| *n);
        self.reveal(target.unwrap_or(self.origin));
    }

    fn find(&mut self) {
        let before = self.hit.and_then(|h| self.hits.get(h)).copied();
        self.hits.clear();
        let Some(search) = &self.search else {
            self.hit = None;
            return;
        };
        for (number, line) in self.doc.lines.iter().enumerate() {
            let room = HITS.saturating_sub(self.hits.len());
            if room == 0 {
                break;
            }
            let found = search.find_iter(line.text()).take(room);
            self.hits.extend(found.map(|m| (number, m.start())));
        }
        self.hit = before.and_then(|b| self.hits.iter().position(|h| *h == b));
    }

    /// The next hit, or the one before, around the end.
    pub fn next_hit(&mut self, forward: bool) {
        let all = self.hits.len();
        let Some((here, _)) = self.current() else {
            return;
        };
        if all == 0 {
            return;
        }
        let on = self
            .hit
            .filter(|h| self.hits.get(*h).is_some_and(|(n, _)| *n == here));
        let target = match (on, forward) {
            (Some(h), true) => (h + 1) % all,
            (Some(h), false) => (h + all - 1) % all,
            (None, true) => self.hits.iter().position(|(n, _)| *n > here).unwrap_or(0),
            (None, false) => self
                .hits
                .iter()
                .rposition(|(n, _)| *n < here)
                .unwrap_or(all - 1),
        };
        self.hit = Some(target);
        if let Some((number, _)) = self.hits.get(target).copied() {
            self.reveal(number);
        }
    }

    /// The next line that changed, around the end.
    pub fn next_change(&mut self) {
        let here = self.current().map_or(0, |(n, _)| n);
        let after = self.changed.iter().filter(|n| **n > here).min();
        if let Some(next) = after.or_else(|| self.changed.iter().min()).copied() {
            self.reveal(next);
        }
    }

    /// Ends the search; false when there was none.
    pub fn clear(&mut self) -> bool {
        let had = self.search.take().is_some();
        self.find();
        had
    }

    /// Which hit the person is on, from 1, and how many there are; `None` while nothing is searched for.
    #[must_use]
    pub fn hits(&self) -> Option<(Option<usize>, usize)> {
        self.search.as_ref()?;
        Some((self.hit.map(|h| h + 1), self.hits.len()))
    }

    /// Where the search hits a text, in bytes.
    #[must_use]
    pub fn hits_in(&self, text: &str) -> Vec<Range<usize>> {
        let search = self.search.iter();
        search
            .flat_map(|s| s.find_iter(text))
            .map(|m| m.range())
            .collect()
    }
}

#[cfg(test)]
#[path = "pane_tests.rs"]
mod tests;
