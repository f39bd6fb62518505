//! The lines of the logs that one screen shows, merged by time, in bounded memory. Pure.

use std::collections::{BTreeSet, VecDeque};

use super::LogBatch;
use crate::domain::{LogLine, SourceId};

/// Most lines kept.
pub const LINES: usize = 100_000;

/// The lines of one screen.
#[derive(Debug, Default)]
pub struct LogBook {
    lines: VecDeque<LogLine>,
    sources: BTreeSet<SourceId>,
    dropped: u64,
}

impl LogBook {
    /// Takes lines in; true when a reader could see a change.
    pub fn apply(&mut self, batch: LogBatch) -> bool {
        self.sources.insert(batch.source);
        self.lines.extend(batch.lines);
        while self.lines.len() > LINES {
            self.lines.pop_front();
            self.dropped += 1;
        }
        true
    }

    /// Forgets a source; true when none is left.
    pub fn forget(&mut self, source: &SourceId) -> bool {
        self.sources.remove(source) && self.sources.is_empty()
    }

    /// The lines, oldest first.
    #[must_use]
    pub fn lines(&self) -> &VecDeque<LogLine> {
        &self.lines
    }

    /// Lines that were dropped to keep the memory bounded.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}
