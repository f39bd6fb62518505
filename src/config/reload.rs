//! Files of the person's, read again when they change. I/O: a thread of its own.
//!
//! It looks at times and sizes every two seconds instead of asking the system to tell: that also works on a home folder
//! of another machine, with a folder that is not there yet, and with links into another folder; it needs no further
//! library, and a dozen files cost nothing. Nothing is sent while nothing changes.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::WeakSender;

use super::files::Files;
use super::load::load;
use crate::app::Msg;
use crate::app::note::Note;
use crate::settings::Layer;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// A file that is being written is left alone until it rests for so long.
const REST: Duration = Duration::from_millis(100);

/// Most looks at files that do not come to rest.
const PATIENCE: usize = 50;

/// What is looked at and how it is read.
#[derive(Debug, Clone)]
pub struct Reload {
    /// The files.
    pub files: Files,
    /// What the command line sets.
    pub flags: Layer,
}

impl Reload {
    /// Starts looking; what was read arrives as [`Msg::SetUp`] until nobody listens any more.
    pub fn start(self, to: WeakSender<Msg>) -> std::io::Result<()> {
        let mut last = prints(&self.files);
        thread::Builder::new()
            .name("reload".to_owned())
            .spawn(move || {
                loop {
                    thread::sleep(LOOK);
                    let now = prints(&self.files);
                    if now == last {
                        if to.upgrade().is_none() {
                            return;
                        }
                        continue;
                    }
                    let now = rested(&self.files, now);
                    let changed = differing(&last, &now);
                    last = now;
                    let Some(to) = to.upgrade() else { return };
                    if to.blocking_send(self.read(&changed)).is_err() {
                        return;
                    }
                }
            })?;
        Ok(())
    }

    /// Reads everything again. `changed` are the files that changed, for the note.
    #[must_use]
    pub fn read(&self, changed: &[String]) -> Msg {
        let loaded = load(&self.files, &|name| std::env::var(name).ok(), &self.flags);
        let mut setup = loaded.setup();
        let what = changed.join(", ");
        tracing::info!(changed = %what, mistakes = loaded.troubles.len(), "settings read again");
        if setup.shown.is_none() {
            setup.shown = Some(Note::info(format!("{what} read again: in force now")));
        }
        Msg::SetUp(Box::new(setup))
    }
}

/// What tells one state of a file from another.
type Print = (PathBuf, SystemTime, u64, u64);

fn prints(files: &Files) -> Vec<Print> {
    let folders = ["themes", "keymaps"];
    let named = folders.iter().flat_map(|folder| {
        let names = files.names(folder);
        names
            .into_iter()
            .filter_map(|name| files.path_of(folder, &name))
    });
    files
        .settings
        .iter()
        .cloned()
        .chain(named)
        .filter_map(|path| {
            let meta = fs::metadata(&path).ok()?;
            Some((path, meta.modified().ok()?, meta.len(), meta.ino()))
        })
        .collect()
}

/// The state when it no longer changes: an editor may empty a file before it writes it.
fn rested(files: &Files, mut now: Vec<Print>) -> Vec<Print> {
    for _ in 0..PATIENCE {
        thread::sleep(REST);
        let next = prints(files);
        if next == now {
            break;
        }
        now = next;
    }
    now
}

/// Names of files that came, went or changed.
fn differing(last: &[Print], now: &[Print]) -> Vec<String> {
    let one = |a: &[Print], b: &[Print]| -> Vec<PathBuf> {
        let gone = a.iter().filter(|print| !b.contains(print));
        gone.map(|(path, ..)| path.clone()).collect()
    };
    let mut paths = one(now, last);
    paths.extend(one(last, now));
    paths.sort();
    paths.dedup();
    let name = |path: &PathBuf| {
        let name = path.file_name().map_or(path.as_path(), Path::new);
        name.display().to_string()
    };
    paths.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_came_went_or_changed_are_told() {
        let home = tempfile::tempdir().unwrap();
        let files = Files::of(Some(home.path()), |_| None);
        let none = prints(&files);
        fs::create_dir(home.path().join("themes")).unwrap();
        fs::write(home.path().join("config.toml"), "mouse = true").unwrap();
        fs::write(home.path().join("themes/mine.toml"), "").unwrap();
        let two = prints(&files);
        assert_eq!(differing(&none, &two), ["config.toml", "mine.toml"]);
        assert_eq!(differing(&two, &prints(&files)), Vec::<String>::new());
        fs::write(home.path().join("config.toml"), "mouse = false").unwrap();
        assert_eq!(differing(&two, &prints(&files)), ["config.toml"]);
        fs::remove_file(home.path().join("themes/mine.toml")).unwrap();
        assert_eq!(
            differing(&two, &prints(&files)),
            ["config.toml", "mine.toml"]
        );
    }
}
