//! Adding records: where the chain goes on, rotation, a full disk. I/O; everything happens under the lock.
//!
//! Order: the line, fsync, the head, fsync. After a crash in between, the head is one record behind, which is no
//! mistake. When anything fails, the file is cut back to what it was, so that an error means that nothing was added.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;

use super::super::digest::sha256;
use super::Options;
use super::error::{JournalError, reading, writing};
use super::folder::{self, Numbered, make, narrow, private, settle};
use super::head::{self, Found, Head};
use super::line::{LONGEST, Line, VERSION, decode, encode};
use super::scan;
use super::tail::{End, Last, end};
use crate::domain::Clean;
use crate::plan::{Mended, Record, Stage};

/// Id of records that tell of the journal itself.
pub(super) const OWN: &str = "journal";
/// File that holds room for the records of an action that has begun, should the disk become full meanwhile.
pub(super) const RESERVE: &str = "reserve";
const RESERVED: usize = 256 << 10;

/// Adds one record.
pub(super) fn append(
    folder: &Path,
    options: &Options,
    (id, stage): (&str, Stage),
    now: Timestamp,
) -> Result<Record, JournalError> {
    make(folder)?;
    let _lock = folder::lock(folder, options.patience)?;
    let begins = matches!(stage, Stage::Intent(_));
    if begins {
        reserve(folder)?;
    }
    let mut added = add(folder, options, (id, &stage), now);
    if !begins && added.as_ref().is_err_and(JournalError::is_full) && release(folder) {
        added = add(folder, options, (id, &stage), now);
    }
    added
}

/// Takes room on the disk while there is some.
fn reserve(folder: &Path) -> Result<(), JournalError> {
    let path = folder.join(RESERVE);
    let wanted = u64::try_from(RESERVED).unwrap_or(u64::MAX);
    if fs::symlink_metadata(&path).is_ok_and(|m| m.is_file() && m.len() >= wanted) {
        return Ok(());
    }
    let taken = private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)
        .and_then(|mut file| {
            file.write_all(&vec![0; RESERVED])?;
            file.sync_all()
        });
    taken.map_err(|error| {
        let error = writing(&path)(error);
        // half of it is no use, and in the way of others
        let _ = fs::remove_file(&path);
        error
    })
}

/// Gives that room back. Whether there was any.
fn release(folder: &Path) -> bool {
    fs::remove_file(folder.join(RESERVE)).is_ok()
}

fn add(
    folder: &Path,
    options: &Options,
    (id, stage): (&str, &Stage),
    now: Timestamp,
) -> Result<Record, JournalError> {
    let known = head::read(folder)?;
    let mut found = end(folder)?;
    if found.file.is_none() && known == Found::Missing {
        head::write(folder, &Head::default())?;
    }
    let mut told = Vec::new();
    take_torn(folder, &mut found, &mut told)?;
    let mut at = next(folder, &known, &found, &mut told)?;
    let mut file = Place::open(folder, options, &found, &mut told)?;
    let stages = told.into_iter().map(|m| (OWN, Stage::Mended(m)));
    let mut last = None;
    // one line at a time: the head is never more than one record behind
    for (id, stage) in stages.chain([(id, stage.clone())]) {
        let (record, line) = chained(&mut at, id, stage, now)?;
        file.add(folder, &line, &at)?;
        last = Some(record);
    }
    last.ok_or_else(|| reading(folder)(io::ErrorKind::Other.into()))
}

/// Makes the record that follows, and its line.
fn chained(
    at: &mut Head,
    id: &str,
    stage: Stage,
    now: Timestamp,
) -> Result<(Record, String), JournalError> {
    let mut record = Record {
        v: VERSION,
        seq: at.seq + 1,
        at: now,
        id: id.to_owned(),
        stage,
        prev: at.hash.clone(),
        hash: String::new(),
    };
    let line = encode(&mut record)?;
    if line.len() > LONGEST {
        return Err(JournalError::Long(line.len()));
    }
    *at = Head {
        seq: record.seq,
        hash: record.hash.clone(),
    };
    Ok((record, line))
}

/// Takes what a crash left after the last line. A record that lacks only its line end is completed; anything else is
/// put aside.
fn take_torn(folder: &Path, found: &mut End, told: &mut Vec<Mended>) -> Result<(), JournalError> {
    let Some(file) = found.file.as_ref().filter(|_| !found.torn.is_empty()) else {
        return Ok(());
    };
    let opened = private().write(true).read(true).open(&file.path);
    let mut open = opened.map_err(writing(&file.path))?;
    if let Line::Whole(link) = decode(&found.torn) {
        let completed = add_at(&mut open, found.whole + length(&found.torn), b"\n");
        completed.map_err(writing(&file.path))?;
        found.whole += length(&found.torn) + 1;
        found.torn.clear();
        found.last = Last::Link(link);
        return Ok(());
    }
    let kept = put_aside(folder, file, &found.torn)?;
    let cut = open.set_len(found.whole).and_then(|()| open.sync_all());
    cut.map_err(writing(&file.path))?;
    told.push(Mended {
        what: Clean::new(&format!(
            "{} ended in the middle of a line, as after a crash or on a full disk: {} bytes were put aside",
            file.name(),
            found.torn.len()
        )),
        serious: false,
        kept,
        digest: sha256(&found.torn),
    });
    found.torn.clear();
    Ok(())
}

/// Keeps bytes in a file of their own. Its name.
fn put_aside(folder: &Path, file: &Numbered, bytes: &[u8]) -> Result<String, JournalError> {
    for number in 1..10_000 {
        let name = format!("{}.torn-{number}", file.name());
        let path = folder.join(&name);
        let mut to = match private().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            opened => opened.map_err(writing(&path))?,
        };
        if let Err(error) = to.write_all(bytes).and_then(|()| to.sync_all()) {
            let error = writing(&path)(error);
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        settle(folder)?;
        return Ok(name);
    }
    Err(writing(&file.path)(io::ErrorKind::AlreadyExists.into()))
}

/// After which record the chain goes on. Where head and last line do not fit together, it goes on after the later of
/// the two, so that what is missing stays a gap for everyone to see, and says so.
fn next(
    folder: &Path,
    known: &Found,
    found: &End,
    told: &mut Vec<Mended>,
) -> Result<Head, JournalError> {
    let last = match &found.last {
        Last::Link(link) => Some(Head {
            seq: link.seq,
            hash: link.hash.clone(),
        }),
        Last::None => Some(Head::default()),
        Last::Bad => None,
    };
    if let (Found::Head(head), Some(last)) = (known, &last) {
        let behind = matches!(&found.last, Last::Link(link)
            if link.seq == head.seq + 1 && link.prev == head.hash);
        if behind {
            // another one that ends here before it names its record must not leave the head two behind
            head::write(folder, last)?;
        }
        if head == last || behind {
            return Ok(last.clone());
        }
    }
    if *known == Found::Missing && matches!(found.last, Last::None) && found.file.is_none() {
        return Ok(Head::default());
    }
    let (what, on) = goes_on(folder, known, last)?;
    told.push(Mended {
        what: Clean::new(&what),
        serious: true,
        kept: String::new(),
        digest: String::new(),
    });
    Ok(on)
}

fn goes_on(
    folder: &Path,
    known: &Found,
    last: Option<Head>,
) -> Result<(String, Head), JournalError> {
    Ok(match (known, last) {
        (Found::Head(head), Some(last)) => (
            format!(
                "the file head names record {}, and the last line is record {}: lines or the head were changed",
                head.seq, last.seq
            ),
            if last.seq > head.seq {
                last
            } else {
                head.clone()
            },
        ),
        (Found::Head(head), None) => (
            format!("the last line is not record {} as it was written", head.seq),
            head.clone(),
        ),
        (Found::Missing, Some(last)) => ("the file head is missing".to_owned(), last),
        (Found::Wrong, Some(last)) => ("the file head was changed".to_owned(), last),
        (Found::Missing | Found::Wrong, None) => (
            "the file head and the last line were changed".to_owned(),
            scan::greatest(folder)?,
        ),
    })
}

/// Where the lines go.
struct Place {
    file: File,
    at: Numbered,
    /// Its length now; it is cut back to it when something fails.
    length: u64,
    /// It was made for these lines.
    new: bool,
}

impl Place {
    fn open(
        folder: &Path,
        options: &Options,
        found: &End,
        told: &mut Vec<Mended>,
    ) -> Result<Self, JournalError> {
        let number = found.file.as_ref().map_or(1, |f| f.number);
        let full = found.file.is_some() && found.whole >= options.rotate.max(1);
        let at = Numbered::new(folder, if full { number + 1 } else { number });
        let new = full || found.file.is_none();
        let opened = private().write(true).create(true).open(&at.path);
        let file = opened.map_err(writing(&at.path))?;
        if let Some(mode) = narrow(&file).map_err(writing(&at.path))? {
            told.push(Mended {
                what: Clean::new(&format!(
                    "{} could be opened by others (mode {mode:o}); it is 600 again",
                    at.name()
                )),
                serious: false,
                kept: String::new(),
                digest: String::new(),
            });
        }
        Ok(Self {
            file,
            at,
            length: if new { 0 } else { found.whole },
            new,
        })
    }

    /// Adds a line, and names it in the head.
    fn add(&mut self, folder: &Path, line: &str, last: &Head) -> Result<(), JournalError> {
        let path = self.at.path.clone();
        let added = add_at(&mut self.file, self.length, line.as_bytes())
            .map_err(writing(&path))
            .and_then(|()| if self.new { settle(folder) } else { Ok(()) })
            .and_then(|()| head::write(folder, last));
        if added.is_err() {
            self.take_back();
        } else {
            self.length += length(line.as_bytes());
            self.new = false;
        }
        added
    }

    /// Nothing was added. Where even this fails, the next one to write finds a line too many, which the head does not
    /// name, and goes on after it.
    fn take_back(&self) {
        let _ = self.file.set_len(self.length);
        let _ = self.file.sync_all();
        if self.new {
            let _ = fs::remove_file(&self.at.path);
        }
    }
}

fn add_at(file: &mut File, at: u64, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    file.write_all_at(bytes, at)?;
    file.sync_data()
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
