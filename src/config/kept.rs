//! Small files of what is kept between sessions: JSON, for the owner only, replaced in one piece. I/O; the files beside
//! this one say what is in theirs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Most bytes read; a larger file is not ours.
const LARGEST: u64 = 256 << 10;

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// It cannot be read or written.
    #[error("{path}: {error}", path = .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It is not what was written.
    #[error("{path} is broken ({why}): it is ignored, and written anew at the end", path = .path.display())]
    Broken {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// What is in the file; nothing when it is not there.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, KeptError> {
    let text = match text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let path = path.to_owned();
            return Err(KeptError::Io { path, error });
        }
    };
    serde_json::from_slice(&text).map_err(|why| KeptError::Broken {
        path: path.to_owned(),
        why: why.to_string(),
    })
}

fn text(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path)?.take(LARGEST).read_to_end(&mut text)?;
    Ok(text)
}

/// Replaces the file in one piece: what is read later is the old or the new one.
pub(super) fn replace<T: Serialize>(path: &Path, all: &[T]) -> Result<(), KeptError> {
    let next = path.with_extension(format!("{}.tmp", std::process::id()));
    let done = write(&next, all).and_then(|()| fs::rename(&next, path));
    if done.is_err() {
        // nothing is left lying about; the first error is the one to tell
        let _ = fs::remove_file(&next);
    }
    done.map_err(|error| KeptError::Io {
        path: path.to_owned(),
        error,
    })
}

fn write<T: Serialize>(path: &Path, all: &[T]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(&serde_json::to_vec_pretty(all)?)?;
    file.sync_all()
}
