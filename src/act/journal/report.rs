//! What checking a journal tells. Pure data.

use serde::Serialize;

use super::head::Head;
use crate::domain::Clean;

/// Most mistakes that are told one by one.
const MOST: usize = 1000;

/// The state of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Files.
    pub files: usize,
    /// Lines that are as they were written.
    pub records: u64,
    /// The last of them.
    pub last: Head,
    /// What is not as it was written.
    pub mistakes: Vec<Mistake>,
    /// Mistakes beyond those.
    pub more: usize,
    /// What is worth knowing and no mistake: lines that a crash left unfinished, modes.
    pub notes: Vec<Clean>,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mistake {
    /// What happened to it.
    pub kind: MistakeKind,
    /// Name of the file; of what is missing, the file it stood in as far as is known.
    pub file: String,
    /// Line, from 1; of what is missing, the line that stands in its place, or one more than there are.
    pub line: u64,
    /// Number of the record, where it is known.
    pub seq: Option<u64>,
    /// Number of the last one, where several in a row are missing.
    pub to: Option<u64>,
    /// The action; empty where it is not known.
    pub id: Clean,
    /// In one sentence.
    pub what: Clean,
}

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MistakeKind {
    /// Its text is not what was written.
    Edited,
    /// It is not there.
    Removed,
    /// It stands in another place.
    Moved,
    /// It was put there later.
    Inserted,
    /// It ends too early.
    Truncated,
    /// The file that names the last record was changed or removed.
    Head,
}

impl MistakeKind {
    /// One word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Removed => "removed",
            Self::Moved => "moved",
            Self::Inserted => "inserted",
            Self::Truncated => "truncated",
            Self::Head => "head",
        }
    }
}

impl Report {
    /// Everything stands there as it was written.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.mistakes.is_empty()
    }

    pub(super) fn tell(&mut self, mistake: Mistake) {
        if self.mistakes.len() < MOST {
            self.mistakes.push(mistake);
        } else {
            self.more += 1;
        }
    }
}
