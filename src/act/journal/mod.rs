//! The journal: what was about to be done, what was sent, what was answered, what came of it. I/O.
//!
//! Lines of JSON in `journal-000001.jsonl` and so on, in a folder that only its owner can enter. Nothing is ever changed
//! in them, lines are only added, and each carries the hash of the one before it, so that they are the audit as well. A line is on
//! disk when [`Journal::append`] returns. Several consoles write to one journal: each takes the folder's lock, and
//! reads the end of the journal under it.
//!
//! | file | owns |
//! |---|---|
//! | `line` | one record as a line with its hash, and back |
//! | `folder` | files of the folder: modes, lock, numbers, how much is free |
//! | `head` | the file that names the last record, so that cutting off the end is found |
//! | `tail` | the last line of the last file, and what a crash left after it |
//! | `write` | adding records: where the chain goes on, rotation, a full disk |
//! | `scan` | reading all lines with bounded memory |
//! | `chain` | whether the lines are the ones that were written: what is edited, missing, moved, added |
//! | `report` | what `verify` tells |
//! | `error` | why the journal cannot be written or read, and what to do |
//!
//! The form of the lines is documented in `docs/audit.md`.

mod chain;
mod error;
mod folder;
mod head;
mod line;
mod report;
mod scan;
mod tail;
mod write;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::plan::{Entry, Record, Stage};

pub use error::JournalError;
pub use head::Head;
pub use report::{Mistake, MistakeKind, Report};

/// How a journal is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// A file that has grown to this many bytes is followed by a new one.
    pub rotate: u64,
    /// How long to wait for other consoles that are writing.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rotate: 16 << 20,
            patience: Duration::from_secs(5),
        }
    }
}

impl Options {
    /// With files of this many MiB.
    #[must_use]
    pub fn rotating(mebibytes: u32) -> Self {
        Self {
            rotate: u64::from(mebibytes) << 20,
            ..Self::default()
        }
    }
}

/// Everything that stands in a journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The records that are as they were written, in the order of the files.
    pub records: Vec<Record>,
    /// What is not as it was written.
    pub mistakes: Vec<Mistake>,
}

/// A journal in a folder. Cheap to clone. Every call blocks on the disk, and on other consoles that write.
#[derive(Debug, Clone)]
pub struct Journal {
    folder: Arc<PathBuf>,
    options: Options,
}

impl Journal {
    /// The journal in `folder`. Nothing is read or made yet.
    #[must_use]
    pub fn open(folder: &Path, options: Options) -> Self {
        Self {
            folder: Arc::new(folder.to_owned()),
            options,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds a record. It is on disk when this returns; on an error, nothing was added.
    pub fn append(&self, id: &str, stage: Stage) -> Result<Record, JournalError> {
        write::append(&self.folder, &self.options, (id, stage), Timestamp::now())
    }

    /// A new id for an action: when it began (UTC), and five letters or digits by chance.
    #[must_use]
    pub fn new_id(&self) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        let mut id = Timestamp::now()
            .to_zoned(TimeZone::UTC)
            .strftime("%y%m%d-%H%M%S-")
            .to_string();
        let mut chance = RandomState::new().build_hasher().finish();
        for _ in 0..5 {
            let at = usize::try_from(chance % 27).unwrap_or_default();
            id.push(LETTERS.get(at).map_or('x', |b| char::from(*b)));
            chance /= 27;
        }
        id
    }

    /// All records, and what is wrong with the others. For a journal of any size, see [`Self::each`].
    pub fn read(&self) -> Result<Reading, JournalError> {
        let mut records = Vec::new();
        let report = self.each(|record| records.push(record))?;
        Ok(Reading {
            records,
            mistakes: report.mistakes,
        })
    }

    /// Hands over each record that is as it was written, one after the other; only one is in memory at a time. Checks
    /// the chain on the way.
    pub fn each(&self, take: impl FnMut(Record)) -> Result<Report, JournalError> {
        scan::all(&self.folder, &self.options, take)
    }

    /// One action, told from its records. The newest files are read first, and no more of them than needed; the chain
    /// is not checked.
    pub fn entry(&self, id: &str) -> Result<Option<Entry>, JournalError> {
        let records = scan::of_action(&self.folder, &self.options, id)?;
        Ok(Entry::fold(records.iter()).pop())
    }

    /// Whether everything stands there as it was written.
    pub fn verify(&self) -> Result<Report, JournalError> {
        self.each(drop)
    }
}

#[cfg(test)]
pub(super) mod tests;
