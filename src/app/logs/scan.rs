//! Which lines of a book pass a test, found a part at a time: first from where the person looks to the end, then
//! back to the start, and from then on only what is new. Pure.

use std::collections::VecDeque;

use crate::store::{Line, LogBook};

/// What one frame may look at, in bytes of text and what a line costs besides.
pub const BUDGET: usize = 6 * 1024 * 1024;
/// What looking at a line costs besides its text.
const EACH: usize = 64;

/// Numbers of the lines that pass, among those looked at so far.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// Lines from here to `to` were looked at.
    from: u64,
    to: u64,
    hits: VecDeque<u64>,
}

impl Scan {
    /// Nothing looked at yet; begins at a line.
    #[must_use]
    pub fn at(number: u64) -> Self {
        Self {
            from: number,
            to: number,
            hits: VecDeque::new(),
        }
    }

    /// Lines from this number on are others now.
    pub fn cut(&mut self, number: u64) {
        if number >= self.to {
            return;
        }
        self.to = number;
        self.from = self.from.min(number);
        while self.hits.back().is_some_and(|hit| *hit >= number) {
            self.hits.pop_back();
        }
    }

    /// Looks at lines that were not looked at, from `floor` on, as far as the budget reaches.
    pub fn run(
        &mut self,
        book: &LogBook,
        floor: u64,
        budget: &mut usize,
        mut passes: impl FnMut(&Line) -> bool,
    ) {
        let end = book.end();
        self.from = self.from.clamp(floor.min(end), end);
        self.to = self.to.clamp(self.from, end);
        while self.hits.front().is_some_and(|hit| *hit < self.from) {
            self.hits.pop_front();
        }
        let mut afford = |line: &Line| {
            let cost = line.text.len() + EACH;
            let can = *budget > 0;
            *budget = budget.saturating_sub(cost);
            can
        };
        while let Some(line) = book.line_at(self.to) {
            if !afford(line) {
                return;
            }
            if passes(line) {
                self.hits.push_back(self.to);
            }
            self.to += 1;
        }
        while self.from > floor {
            let Some(line) = book.line_at(self.from - 1) else {
                return;
            };
            if !afford(line) {
                return;
            }
            self.from -= 1;
            if passes(line) {
                self.hits.push_front(self.from);
            }
        }
    }

    /// All lines from `floor` on were looked at.
    #[must_use]
    pub fn is_done(&self, book: &LogBook, floor: u64) -> bool {
        self.from <= floor.max(book.front()) && self.to >= book.end()
    }

    /// How many passed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hits.len()
    }

    /// None passed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }

    /// Number of the line that passed as the n-th.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<u64> {
        self.hits.get(index).copied()
    }

    /// How many of those that passed stand before a line.
    #[must_use]
    pub fn before(&self, number: u64) -> usize {
        self.hits.partition_point(|hit| *hit < number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Clean, ClusterId, LogLine, LogScope, SourceId};
    use crate::store::LogBatch;

    fn book(lines: usize) -> LogBook {
        let scope = LogScope {
            view: 1,
            namespace: String::new(),
            pod: "p".to_owned(),
            container: "main".to_owned(),
            previous: false,
            since: None,
            tail: None,
        };
        let line = |n: usize| LogLine {
            at: None,
            text: Clean::new(&n.to_string()),
            cut: 0,
        };
        let mut book = LogBook::default();
        book.apply(LogBatch {
            source: SourceId {
                cluster: ClusterId::new("eu"),
                feed: "logs",
                scope: scope.source(),
            },
            scope,
            restart: false,
            lines: (0..lines).map(line).collect(),
            lost: 0,
            end: None,
        });
        book
    }

    fn even(line: &Line) -> bool {
        line.text.parse::<u64>().unwrap() % 2 == 0
    }

    #[test]
    fn a_scan_begins_where_the_person_looks_and_ends_with_all() {
        let book = book(100);
        let mut scan = Scan::at(50);
        let mut looked = 0;
        while !scan.is_done(&book, 0) {
            let mut budget = 10 * EACH;
            scan.run(&book, 0, &mut budget, even);
            looked += 1;
            if looked == 4 {
                assert!(scan.get(0).is_some_and(|n| n >= 50), "first to the end");
            }
        }
        assert!(looked > 5, "in parts");
        let hits: Vec<u64> = (0..scan.len()).filter_map(|i| scan.get(i)).collect();
        assert_eq!(hits, (0..100).step_by(2).collect::<Vec<u64>>());
        assert_eq!(scan.before(51), 26);
    }

    #[test]
    fn lines_that_moved_are_looked_at_again_and_dropped_ones_forgotten() {
        let book = book(20);
        let mut scan = Scan::at(20);
        scan.run(&book, 0, &mut BUDGET.clone(), even);
        scan.cut(10);
        assert_eq!((scan.len(), scan.is_done(&book, 0)), (5, false));
        scan.run(&book, 4, &mut BUDGET.clone(), even);
        assert_eq!((scan.get(0), scan.len()), (Some(4), 8));
        scan.cut(0);
        assert!(scan.is_empty());
    }
}
