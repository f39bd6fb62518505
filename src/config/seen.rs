//! The file of what a person has seen of findings, for all clusters and sessions. I/O; called by the shell and the command
//! line.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::kept::{KeptError, read, replace};
use crate::app::findings::{Kept, Seen};

const NAME: &str = "seen.json";

/// Most kept; the oldest go first.
const MOST: usize = 500;

/// Changes of one process come one after the other.
static TURN: Mutex<()> = Mutex::new(());

/// Everything that was seen.
pub fn seen_in(folder: &Path) -> Result<Vec<Seen>, KeptError> {
    read(&folder.join(NAME))
}

/// Changes the file. What other sessions have put there stays.
pub fn keep_seen(folder: &Path, kept: &Kept) -> Result<(), KeptError> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let path = folder.join(NAME);
    // a broken file is not worth more than what is to be kept
    let mut all: Vec<Seen> = read(&path).unwrap_or_default();
    let named = |one: &Seen, other: &Seen| one.key() == other.key();
    let changed = |one: &Seen| kept.put.iter().chain(&kept.drop).any(|c| named(c, one));
    all.retain(|one| !changed(one));
    all.extend(kept.put.iter().cloned());
    all.sort_by_key(|one| std::cmp::Reverse(one.at));
    all.truncate(MOST);
    replace(&path, &all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, at: i64) -> Seen {
        Seen {
            cluster: "eu".to_owned(),
            name: name.to_owned(),
            at,
            ..Seen::default()
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let all = seen_in(folder).unwrap();
        all.into_iter().map(|one| one.name).collect()
    }

    #[test]
    fn two_sessions_do_not_forget_what_the_other_has_seen() {
        let folder = tempfile::tempdir().unwrap();
        assert!(names(folder.path()).is_empty());
        let put = |put| Kept { put, drop: vec![] };
        keep_seen(folder.path(), &put(vec![seen("a", 1), seen("b", 2)])).unwrap();
        keep_seen(folder.path(), &put(vec![seen("c", 3)])).unwrap();
        let drop = Kept {
            put: vec![],
            drop: vec![seen("a", 1)],
        };
        keep_seen(folder.path(), &drop).unwrap();
        assert_eq!(names(folder.path()), ["c", "b"]);
        // once more is not twice
        keep_seen(folder.path(), &put(vec![seen("b", 9)])).unwrap();
        assert_eq!(names(folder.path()), ["b", "c"]);
    }

    #[test]
    fn a_broken_file_is_said_and_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NAME), "{").unwrap();
        let told = seen_in(folder.path()).unwrap_err().to_string();
        assert!(told.contains("seen.json is broken"), "{told}");
        let kept = Kept {
            put: vec![seen("a", 1)],
            drop: vec![],
        };
        keep_seen(folder.path(), &kept).unwrap();
        assert_eq!(names(folder.path()), ["a"]);
    }
}
