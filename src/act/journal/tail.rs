//! The end of the journal: its last line, and what a crash left after it. I/O; called under the lock.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::error::{JournalError, reading};
use super::folder::{Numbered, files, private};
use super::line::{Line, Link, decode};

/// Read from the end at first; more when the last line is longer.
const BLOCK: u64 = 64 << 10;

/// Where a journal ends.
#[derive(Debug)]
pub(super) struct End {
    /// The last file; none when there is none.
    pub file: Option<Numbered>,
    /// Bytes of it that are whole lines.
    pub whole: u64,
    /// What stands after them.
    pub torn: Vec<u8>,
    /// The last whole line.
    pub last: Last,
}

/// The last whole line.
#[derive(Debug)]
pub(super) enum Last {
    /// There is none, in no file.
    None,
    /// As it was written.
    Link(Box<Link>),
    /// Not what was written.
    Bad,
}

/// Looks where the journal ends. An empty last file (made before a crash) does not count.
pub(super) fn end(folder: &Path) -> Result<End, JournalError> {
    let mut found = End {
        file: None,
        whole: 0,
        torn: Vec::new(),
        last: Last::None,
    };
    for file in files(folder)?.into_iter().rev() {
        let part = last_line(&file.path).map_err(reading(&file.path))?;
        let first = found.file.is_none();
        if first {
            found.whole = part.whole;
            found.torn = part.torn;
            found.file = Some(file);
        } else if !part.torn.is_empty() {
            // only the last file may end in the middle of a line
            found.last = Last::Bad;
            return Ok(found);
        }
        if let Some(line) = part.line {
            found.last = match decode(&line) {
                Line::Whole(link) => Last::Link(link),
                Line::Bad(_) => Last::Bad,
            };
            return Ok(found);
        }
    }
    Ok(found)
}

struct Part {
    whole: u64,
    torn: Vec<u8>,
    line: Option<Vec<u8>>,
}

fn last_line(path: &Path) -> io::Result<Part> {
    let mut file = private().read(true).open(path)?;
    let length = file.metadata()?.len();
    let mut wanted = BLOCK;
    loop {
        let from = length.saturating_sub(wanted);
        let bytes = read_from(&mut file, from)?;
        let mut ends = bytes
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, b)| **b == b'\n')
            .map(|(at, _)| at);
        let (last, before) = (ends.next(), ends.next());
        if from > 0 && before.is_none() {
            wanted = wanted.saturating_mul(4);
            continue;
        }
        let start = before.map_or(0, |at| at + 1);
        let behind = last.map_or(0, |at| at + 1);
        return Ok(Part {
            whole: from + u64::try_from(behind).unwrap_or(u64::MAX),
            torn: bytes.get(behind..).unwrap_or_default().to_vec(),
            line: last.and_then(|at| bytes.get(start..at)).map(<[u8]>::to_vec),
        });
    }
}

fn read_from(file: &mut File, from: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}
