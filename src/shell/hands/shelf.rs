//! Reading the journal off the loop: a state folder can be slow.

use std::sync::Arc;

use crate::act::{Journal, lives};
use crate::domain::Clean;
use crate::plan::{Entry, Record, Sitting};

/// Most actions that a screen is given, the newest.
const MOST: usize = 2_000;

/// The journal, as it was read.
#[derive(Debug, Clone, Default)]
pub struct Pages {
    /// The actions, oldest first.
    pub entries: Vec<Entry>,
    /// What is wrong with the files.
    pub mistakes: Vec<Clean>,
    /// Runs of runbooks that have not ended, and that no process of this machine is at, oldest first.
    pub left: Vec<Sitting>,
}

impl Pages {
    /// Tells the actions from their records.
    pub fn of<'a>(records: impl Iterator<Item = &'a Record>, mistakes: Vec<Clean>) -> Self {
        let mut entries = Entry::fold(records);
        let old = entries.len().saturating_sub(MOST);
        entries.drain(..old);
        Self {
            entries,
            mistakes,
            left: Vec::new(),
        }
    }
}

/// It has not ended, and the process that was at it is gone.
fn is_left(sitting: &Sitting) -> bool {
    let other = |pid: &u32| *pid != std::process::id();
    let busy = sitting.process().filter(other).is_some_and(lives);
    sitting.ended.is_none() && !busy
}

type Read = dyn Fn() -> Result<Pages, String> + Send + Sync;

/// Where the journal is read.
#[derive(Clone)]
pub struct Shelf(Arc<Read>);

impl std::fmt::Debug for Shelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shelf")
    }
}

impl Shelf {
    /// Reads it this way; the reading may block. The error is told as it is: what was tried, and what came back.
    pub fn new(read: impl Fn() -> Result<Pages, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// Reads a journal on disk.
    #[must_use]
    pub fn of(journal: Journal) -> Self {
        Self::new(move || {
            let mut records = Vec::new();
            let read = journal.each(|record| records.push(record));
            let report = read.map_err(|error| format!("{error}. {}", error.hint()))?;
            let mistakes = report.mistakes.into_iter().map(|m| m.what);
            let mut pages = Pages::of(records.iter(), mistakes.collect());
            pages.left = Sitting::fold(records.iter());
            pages.left.retain(is_left);
            Ok(pages)
        })
    }

    /// Reads it.
    pub(super) async fn read(&self) -> Result<Pages, String> {
        let read = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || read()).await;
        done.unwrap_or_else(|error| Err(format!("reading it failed: {error}")))
    }
}
