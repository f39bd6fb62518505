//! The file of last places: where a person was when the console ended, for each set of clusters. I/O; called by the
//! command line.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::app::history::LastPlace;

const NAME: &str = "places.json";

/// Most sets of clusters remembered.
const KEPT: usize = 20;

/// Most bytes read; a larger file is not ours.
const LARGEST: u64 = 256 << 10;

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
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

/// Where a person was last with these clusters, whatever their order; `None` when that is not known.
pub fn last_place(folder: &Path, clusters: &[&str]) -> Result<Option<LastPlace>, PlaceError> {
    let places = read(&folder.join(NAME))?;
    Ok(places.into_iter().find(|p| same(p, clusters)))
}

/// Keeps where a person is. The file is replaced in one piece: what is read later is the old or the new one.
pub fn keep_place(folder: &Path, place: LastPlace) -> Result<(), PlaceError> {
    let path = folder.join(NAME);
    // a broken file is not worth more than the place that is to be kept
    let mut places = read(&path).unwrap_or_default();
    let clusters: Vec<&str> = place.clusters.iter().map(String::as_str).collect();
    places.retain(|other| !same(other, &clusters));
    places.insert(0, place);
    places.truncate(KEPT);
    replace(&path, &places).map_err(|error| PlaceError::Io { path, error })
}

fn same(place: &LastPlace, clusters: &[&str]) -> bool {
    let mut these: Vec<&str> = place.clusters.iter().map(String::as_str).collect();
    let mut those = clusters.to_vec();
    these.sort_unstable();
    those.sort_unstable();
    these == those
}

fn read(path: &Path) -> Result<Vec<LastPlace>, PlaceError> {
    let text = match text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let path = path.to_owned();
            return Err(PlaceError::Io { path, error });
        }
    };
    serde_json::from_slice(&text).map_err(|why| PlaceError::Broken {
        path: path.to_owned(),
        why: why.to_string(),
    })
}

fn text(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path)?.take(LARGEST).read_to_end(&mut text)?;
    Ok(text)
}

fn replace(path: &Path, places: &[LastPlace]) -> io::Result<()> {
    let next = path.with_extension(format!("{}.tmp", std::process::id()));
    let done = write(&next, places).and_then(|()| fs::rename(&next, path));
    if done.is_err() {
        // nothing is left lying about; the first error is the one to tell
        let _ = fs::remove_file(&next);
    }
    done
}

fn write(path: &Path, places: &[LastPlace]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(&serde_json::to_vec_pretty(places)?)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn place(clusters: &[&str], screen: &str) -> LastPlace {
        LastPlace {
            clusters: clusters.iter().map(|c| (*c).to_owned()).collect(),
            screen: screen.to_owned(),
            ..LastPlace::default()
        }
    }

    #[test]
    fn each_set_of_clusters_has_its_own_place() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(last_place(folder.path(), &["eu"]).unwrap(), None);
        keep_place(folder.path(), place(&["eu", "us"], "pods")).unwrap();
        keep_place(folder.path(), place(&["eu"], "runs")).unwrap();
        keep_place(folder.path(), place(&["us", "eu"], "sources")).unwrap();
        let screen =
            |clusters: &[&str]| last_place(folder.path(), clusters).unwrap().unwrap().screen;
        assert_eq!(screen(&["eu", "us"]), "sources");
        assert_eq!(screen(&["eu"]), "runs");
        let file = fs::metadata(folder.path().join(NAME)).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "no other file is left"
        );
    }

    #[test]
    fn a_broken_file_is_said_and_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        for broken in ["", "{", "[{\"screen\": 5}]", "\u{0}\u{0}"] {
            fs::write(folder.path().join(NAME), broken).unwrap();
            let told = last_place(folder.path(), &["eu"]).unwrap_err().to_string();
            assert!(told.contains("places.json is broken"), "{told}");
        }
        keep_place(folder.path(), place(&["eu"], "pods")).unwrap();
        assert!(last_place(folder.path(), &["eu"]).unwrap().is_some());
    }

    #[test]
    fn the_oldest_places_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..=KEPT {
            keep_place(folder.path(), place(&[&format!("c{n}")], "runs")).unwrap();
        }
        assert!(last_place(folder.path(), &["c0"]).unwrap().is_none());
        assert!(last_place(folder.path(), &["c1"]).unwrap().is_some());
    }
}
