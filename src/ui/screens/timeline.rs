//! Where the time went: one bar a step, on the clock of the whole run. Pure.

use jiff::Timestamp;

use crate::domain::{Phase, RunDetail, Step};

/// The clock of a run: from its first start to its end, or now.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: i64,
    length: i64,
    now: Timestamp,
}

impl Clock {
    /// Of a run; `None` while nothing has started.
    pub fn of(run: &RunDetail, now: Timestamp) -> Option<Self> {
        let starts = run
            .tree
            .steps
            .iter()
            .filter_map(|s| s.started)
            .chain(run.row.started);
        let start = starts.map(Timestamp::as_millisecond).min()?;
        let ends = run
            .tree
            .steps
            .iter()
            .filter_map(|s| s.finished)
            .chain(run.row.finished);
        let last = ends.map(Timestamp::as_millisecond).max().unwrap_or(start);
        let end = if run.row.finished.is_some() {
            last
        } else {
            last.max(now.as_millisecond())
        };
        Some(Self {
            start,
            length: (end - start).max(1),
            now: run.row.finished.unwrap_or(now),
        })
    }

    /// The bar of a step in so many cells; steps on the critical path stand out.
    pub fn bar(&self, step: &Step, critical: bool, cells: usize, ascii: bool) -> String {
        let Some(start) = step
            .started
            .map(Timestamp::as_millisecond)
            .filter(|_| cells > 0 && !matches!(step.phase, Phase::Omitted | Phase::Skipped))
        else {
            return " ".repeat(cells);
        };
        let end = step
            .finished
            .unwrap_or(self.now)
            .as_millisecond()
            .max(start);
        let first = self.cell(start, cells).min(cells - 1);
        let last = self.cell(end, cells).clamp(first + 1, cells);
        let glyph = match (critical, ascii) {
            (true, false) => "▇",
            (false, false) => "▂",
            (true, true) => "#",
            (false, true) => "=",
        };
        format!(
            "{}{}{}",
            " ".repeat(first),
            glyph.repeat(last - first),
            " ".repeat(cells - last)
        )
    }

    fn cell(&self, at: i64, cells: usize) -> usize {
        let cells = i64::try_from(cells).unwrap_or(0);
        let place = (at - self.start)
            .clamp(0, self.length)
            .saturating_mul(cells)
            / self.length;
        usize::try_from(place).unwrap_or(0)
    }
}
