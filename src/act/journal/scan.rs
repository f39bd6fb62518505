//! Reading all lines, one at a time. I/O.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::Options;
use super::chain::{Chain, Place};
use super::error::{JournalError, reading};
use super::folder::{files, is_open, lock_shared, private};
use super::head::{self, Head};
use super::line::{LONGEST, Line, decode};
use super::report::Report;
use crate::domain::Clean;
use crate::plan::{Record, Stage};

/// Hands over each record that is as it was written, and checks the chain. Writers wait meanwhile.
pub(super) fn all(
    folder: &Path,
    options: &Options,
    mut take: impl FnMut(Record),
) -> Result<Report, JournalError> {
    let _lock = lock_shared(folder, options.patience)?;
    let known = head::read(folder)?;
    let mut chain = Chain::default();
    let mut open = Vec::new();
    for file in files(folder)? {
        if let Some(mode) = is_open(&file.path) {
            open.push(Clean::new(&format!(
                "{} can be opened by others (mode {mode:o}); the next write mends it",
                file.name()
            )));
        }
        chain.file(&file);
        lines(&file.path, |number, line, ended| {
            let place = Place {
                file: file.number,
                line: number,
            };
            let decoded = decode(line);
            if let Some(record) = chain.line(place, decoded, ended) {
                take(record);
            }
        })
        .map_err(reading(&file.path))?;
    }
    let mut report = chain.finish(&known);
    report.notes.extend(open);
    Ok(report)
}

/// The records of one action, in order.
pub(super) fn of_action(
    folder: &Path,
    options: &Options,
    id: &str,
) -> Result<Vec<Record>, JournalError> {
    let _lock = lock_shared(folder, options.patience)?;
    let mut found: Vec<Record> = Vec::new();
    for file in files(folder)?.iter().rev() {
        let mut here = Vec::new();
        let read = lines(&file.path, |_, line, _| {
            if let Line::Whole(link) = decode(line)
                && link.id == id
            {
                here.extend(link.record);
            }
        });
        read.map_err(reading(&file.path))?;
        here.append(&mut found);
        found = here;
        if found.iter().any(|r| matches!(r.stage, Stage::Intent(_))) {
            break;
        }
    }
    Ok(found)
}

/// The record with the greatest number that can be read.
pub(super) fn greatest(folder: &Path) -> Result<Head, JournalError> {
    let mut found = Head::default();
    for file in files(folder)? {
        lines(&file.path, |_, line, _| {
            if let Line::Whole(link) = decode(line)
                && link.seq > found.seq
            {
                found = Head {
                    seq: link.seq,
                    hash: link.hash,
                };
            }
        })
        .map_err(reading(&file.path))?;
    }
    Ok(found)
}

/// Each line of a file, with its number and whether a line end follows. Of a line that is longer than any record, only
/// the beginning.
fn lines(path: &Path, mut take: impl FnMut(u64, &[u8], bool)) -> io::Result<()> {
    let mut file = BufReader::with_capacity(256 << 10, private().read(true).open(path)?);
    let mut line = Vec::new();
    let most = u64::try_from(LONGEST + 1).unwrap_or(u64::MAX);
    let mut number = 0;
    loop {
        line.clear();
        if file.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        number += 1;
        let ended = line.pop_if(|b| *b == b'\n').is_some() || rest(&mut file, line.len())?;
        take(number, &line, ended);
    }
}

/// Skips the rest of a line that is too long. Whether a line end follows.
fn rest(file: &mut BufReader<File>, read: usize) -> io::Result<bool> {
    if read <= LONGEST {
        return Ok(false);
    }
    file.skip_until(b'\n')?;
    Ok(true)
}
