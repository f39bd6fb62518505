//! The file of what was found when, one finding a line: a report is made from it. I/O; called by the shell and the command
//! line.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::app::findings::Noted;

const NAME: &str = "findings.jsonl";
const BEFORE: &str = "findings.1.jsonl";

/// A larger file is followed by a new one; one of them is kept.
const LARGEST: u64 = 4 << 20;

/// Lines of one process come one after the other.
static TURN: Mutex<()> = Mutex::new(());

/// Writes down what was found.
pub fn note_found(folder: &Path, noted: &[Noted]) -> io::Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let path = folder.join(NAME);
    if fs::metadata(&path).is_ok_and(|file| file.len() > LARGEST) {
        fs::rename(&path, folder.join(BEFORE))?;
    }
    let mut lines = Vec::new();
    for one in noted {
        lines.extend(serde_json::to_vec(one)?);
        lines.push(b'\n');
    }
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    // one write, so that lines of two consoles do not mix
    file.write_all(&lines)
}

/// Everything that was written down, oldest first, and how many lines could not be read.
pub fn found(folder: &Path) -> io::Result<(Vec<Noted>, usize)> {
    let (mut all, mut broken) = (Vec::new(), 0);
    for name in [BEFORE, NAME] {
        let file = match File::open(folder.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for line in BufReader::new(file.take(LARGEST * 2)).split(b'\n') {
            match serde_json::from_slice(&line?) {
                Ok(noted) => all.push(noted),
                Err(_) => broken += 1,
            }
        }
    }
    all.sort_by_key(|noted: &Noted| noted.at);
    Ok((all, broken))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::findings::How;

    #[test]
    fn a_line_that_a_crash_cut_off_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        assert!(found(folder.path()).unwrap().0.is_empty());
        let noted = |at: i64| Noted {
            at: jiff::Timestamp::from_second(at).unwrap(),
            cluster: "eu".into(),
            namespace: "ml".into(),
            name: "burn a".into(),
            what: "a".into(),
            state: "Burning".into(),
            sentence: "it burns".into(),
            how: How::Found,
        };
        note_found(folder.path(), &[noted(2), noted(3)]).unwrap();
        let path = folder.path().join(NAME);
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(b"{\"at\":\n").unwrap();
        note_found(folder.path(), &[noted(4)]).unwrap();
        let (all, broken) = found(folder.path()).unwrap();
        assert_eq!((all.len(), broken), (3, 1));
    }
}
