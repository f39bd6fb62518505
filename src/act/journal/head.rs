//! The file that names the last record. Without it, cutting off the end of the journal would leave no trace. I/O.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::{JournalError, reading, writing};
use super::folder::{private, settle};

/// Name of the file.
pub(super) const NAME: &str = "head";
const NEW: &str = "head.new";

/// The last record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// Its number; 0 before the first.
    pub seq: u64,
    /// Its hash; empty before the first.
    pub hash: String,
}

/// What stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// This.
    Head(Head),
    /// There is none.
    Missing,
    /// Something else.
    Wrong,
}

impl Head {
    fn line(&self) -> String {
        format!("{{\"seq\":{},\"hash\":\"{}\"}}\n", self.seq, self.hash)
    }
}

/// Reads it.
pub(super) fn read(folder: &Path) -> Result<Found, JournalError> {
    let path = folder.join(NAME);
    let mut text = String::new();
    let opened = private().read(true).open(&path);
    match opened.and_then(|f| f.take(1000).read_to_string(&mut text)) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Missing),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(Found::Wrong),
        Err(error) => return Err(reading(&path)(error)),
    }
    let head = serde_json::from_str::<Head>(&text).ok();
    // to the letter: a changed blank is a change
    let head = head.filter(|h| h.line() == text);
    Ok(head.map_or(Found::Wrong, Found::Head))
}

/// Writes it: the old one or the new one is there, never a part.
pub(super) fn write(folder: &Path, head: &Head) -> Result<(), JournalError> {
    let new = folder.join(NEW);
    let written = (|| {
        let mut file = private()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&new)?;
        file.write_all(head.line().as_bytes())?;
        file.sync_data()?;
        fs::rename(&new, folder.join(NAME))
    })();
    written.map_err(writing(&new))?;
    settle(folder)
}
