//! Why the journal cannot be written or read, and what to do about it. Pure.

use std::io;
use std::path::{Path, PathBuf};

/// Something is in the way of the journal. Nothing was added.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk is full, or a quota is.
    #[error(
        "the journal cannot be written: {path} is on a disk that is full ({free} left)",
        path = .path.display(), free = .free.map_or_else(|| "an unknown amount".to_owned(), size)
    )]
    Full {
        /// Which file.
        path: PathBuf,
        /// Bytes that are left to this user.
        free: Option<u64>,
    },
    /// Another console holds the lock for too long.
    #[error("the journal cannot be written: another midwatch holds {path}", path = .path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
    },
    /// The system refused something.
    #[error("the journal cannot be {doing}: {path}: {error}", path = .path.display())]
    Io {
        /// `written` or `read`.
        doing: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The record cannot be put in a line.
    #[error("the journal cannot be written: {0}")]
    Form(#[from] serde_json::Error),
    /// The record is longer than any that is read back.
    #[error("the journal cannot be written: the record has {0} bytes, more than fit in a line")]
    Long(usize),
}

impl JournalError {
    /// What to do next, one sentence.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Full { path, .. } => format!(
                "Nothing is sent without a journal. Make room on the disk of {}, or set XDG_STATE_HOME to a folder on another one.",
                path.parent().unwrap_or(path).display()
            ),
            Self::Busy { path } => {
                format!("Look for a midwatch that is stopped (fuser {}), and end it.", path.display())
            }
            Self::Io { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => {
                "The folder has to belong to you and be writable; or set XDG_STATE_HOME to another one.".to_owned()
            }
            Self::Io { error, .. } if error.kind() == io::ErrorKind::Unsupported => {
                "This file system knows no locks: set XDG_STATE_HOME to a folder on a local disk.".to_owned()
            }
            Self::Io { .. } => {
                "Set XDG_STATE_HOME to a folder that can be written.".to_owned()
            }
            Self::Form(_) | Self::Long(_) => String::new(),
        }
    }

    /// The disk is full.
    pub(super) fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }
}

/// An error of the system while writing.
pub(super) fn writing(path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    move |error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalError::Full {
            path: path.to_owned(),
            free: super::folder::free(path),
        },
        _ => JournalError::Io {
            doing: "written",
            path: path.to_owned(),
            error,
        },
    }
}

/// An error of the system while reading.
pub(super) fn reading(path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    move |error| JournalError::Io {
        doing: "read",
        path: path.to_owned(),
        error,
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}
