//! Texts that a person keeps, in files of their own. I/O; off the loop, since a home folder can be slow.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use tokio::sync::mpsc::Sender;

use crate::app::Msg;
use crate::app::findings::{Kept, Noted};
use crate::app::note::Note;
use crate::config::{self, state_folder};

/// Files of one name that may lie beside each other.
const SAME: usize = 1000;

/// Writes a text to a new file in the state folder, and tells where it is or what failed.
pub fn save(text: String, name: String, tell: Sender<Msg>) {
    tokio::task::spawn_blocking(move || {
        let written = match state_folder() {
            Ok(folder) => write(&folder.join("saved"), &name, &text).map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let note = match written {
            Ok(path) => Note::info(format!("saved to {}", path.display())),
            Err(why) => Note::error(format!("{name} could not be saved: {why}")),
        };
        // nobody listens any more when the console has ended
        let _ = tell.blocking_send(Msg::Noted(note));
    });
}

/// Keeps what a person has seen of findings; a note tells what failed.
pub fn keep_seen(kept: Kept, tell: Sender<Msg>) {
    tokio::task::spawn_blocking(move || {
        let done = match state_folder() {
            Ok(folder) => config::keep_seen(&folder, &kept).map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = done {
            let text = format!("what you have seen is not kept for the next start: {why}");
            let _ = tell.blocking_send(Msg::Noted(Note::warn(text)));
        }
    });
}

/// Writes down what was found; a note tells what failed.
pub fn note_found(noted: Vec<Noted>, tell: Sender<Msg>) {
    tokio::task::spawn_blocking(move || {
        let done = match state_folder() {
            Ok(folder) => config::note_found(&folder, &noted).map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = done {
            let text = format!("what was found cannot be written down for a report: {why}");
            let _ = tell.blocking_send(Msg::Noted(Note::warn(text)));
        }
    });
}

/// A new file, never one that is there: `name`, else `name.2` and so on. Readable by its owner only.
fn write(folder: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let name = plain(name);
    for number in 1..=SAME {
        let path = match number {
            1 => folder.join(&name),
            n => folder.join(format!("{name}.{n}")),
        };
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        match file {
            Ok(mut file) => {
                let written = file
                    .write_all(text.as_bytes())
                    .and_then(|()| file.sync_all());
                if written.is_err() {
                    // half a file would be taken for a whole one
                    let _ = fs::remove_file(&path);
                }
                return written.map(|()| path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("there are too many files of this name"))
}

/// A name without folders, hidden files and signs that a shell would read; at most 200 bytes.
fn plain(name: &str) -> String {
    let sign = |c: char| {
        if c.is_ascii_alphanumeric() || "._-+".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = name
        .trim_start_matches('.')
        .chars()
        .map(sign)
        .take(200)
        .collect();
    if name.is_empty() {
        "unnamed".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_file_is_for_its_owner_and_never_overwritten() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("saved");
        let first = write(&folder, "a.log", "one\n").unwrap();
        let second = write(&folder, "a.log", "two\n").unwrap();
        assert_eq!(second, folder.join("a.log.2"));
        assert_eq!(fs::read_to_string(&first).unwrap(), "one\n");
        assert_eq!(
            fs::metadata(first).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn a_name_from_a_cluster_cannot_leave_the_folder() {
        assert_eq!(plain("../../etc/passwd"), "-..-etc-passwd");
        assert_eq!(plain("score(7:a b).log"), "score-7-a-b-.log");
        assert_eq!(plain(".."), "unnamed");
        assert_eq!(plain(&"x".repeat(900)).len(), 200);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("saved"), "").unwrap();
        assert!(write(&home.path().join("saved"), "a", "b").is_err());
    }
}
