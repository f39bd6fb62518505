//! The journal's folder: its files, their modes, its lock. I/O.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use super::error::{JournalError, reading, writing};

/// File that is locked while someone writes. Nothing stands in it.
const LOCK: &str = "lock";
/// Between two tries for the lock.
const TRY: Duration = Duration::from_millis(5);

/// One file of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Numbered {
    /// Its number, from 1.
    pub number: u32,
    /// Where.
    pub path: PathBuf,
}

impl Numbered {
    pub(super) fn new(folder: &Path, number: u32) -> Self {
        Self {
            number,
            path: folder.join(name(number)),
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        name(self.number)
    }
}

/// Name of the file of this number.
pub(super) fn name(number: u32) -> String {
    format!("journal-{number:06}.jsonl")
}

/// Makes the folder where it is missing, and keeps others out.
pub(super) fn make(folder: &Path) -> Result<(), JournalError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(writing(folder))?;
    let mode = fs::metadata(folder)
        .map_err(writing(folder))?
        .permissions()
        .mode();
    if mode & 0o777 != 0o700 {
        fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(writing(folder))?;
    }
    Ok(())
}

/// The files of the journal, by number. None when there is no folder.
pub(super) fn files(folder: &Path) -> Result<Vec<Numbered>, JournalError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(reading(folder))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let file = entry.map_err(reading(folder))?.file_name();
        let number = file
            .to_str()
            .and_then(|n| n.strip_prefix("journal-")?.strip_suffix(".jsonl"))
            .and_then(|n| n.parse().ok());
        if let Some(number) = number
            && *file == *name(number)
        {
            found.push(Numbered::new(folder, number));
        }
    }
    found.sort_by_key(|f| f.number);
    Ok(found)
}

/// Holds the lock of the folder until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    _file: File,
}

/// Waits for the lock that lets one write.
pub(super) fn lock(folder: &Path, patience: Duration) -> Result<Held, JournalError> {
    let path = folder.join(LOCK);
    let file = private().write(true).create(true).open(&path);
    let file = file.map_err(writing(&path))?;
    held(file, &path, patience, File::try_lock)
}

/// Waits for the lock that keeps writers out. None where there is nothing to lock: nobody ever wrote, or it is a copy
/// that cannot be locked.
pub(super) fn lock_shared(folder: &Path, patience: Duration) -> Result<Option<Held>, JournalError> {
    let path = folder.join(LOCK);
    match private().read(true).open(&path) {
        Ok(file) => held(file, &path, patience, File::try_lock_shared).map(Some),
        Err(_) => Ok(None),
    }
}

fn held(
    file: File,
    path: &Path,
    patience: Duration,
    take: fn(&File) -> Result<(), TryLockError>,
) -> Result<Held, JournalError> {
    let begun = Instant::now();
    loop {
        match take(&file) {
            Ok(()) => return Ok(Held { _file: file }),
            Err(TryLockError::WouldBlock) if begun.elapsed() < patience => thread::sleep(TRY),
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError::Busy {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(writing(path)(error)),
        }
    }
}

/// For files of the journal: only the owner reads them, and a link is never followed.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
    options.mode(0o600).custom_flags(flags);
    options
}

/// Takes a file's rights from others. The rights it had, when they were wider.
pub(super) fn narrow(file: &File) -> io::Result<Option<u32>> {
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
        return Ok(Some(mode));
    }
    Ok(None)
}

/// Rights of others to a file.
pub(super) fn is_open(path: &Path) -> Option<u32> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Names that were made or changed in the folder are on disk after this.
pub(super) fn settle(folder: &Path) -> Result<(), JournalError> {
    let synced = File::open(folder).and_then(|f| f.sync_all());
    synced.map_err(writing(folder))
}

/// Bytes that are left to this user on the disk of a path.
pub(super) fn free(path: &Path) -> Option<u64> {
    let there = path.ancestors().find(|p| p.exists())?;
    let disk = rustix::fs::statvfs(there).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}
