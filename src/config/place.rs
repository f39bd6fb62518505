//! The file of last places: where a person was when the console ended, for each set of clusters. I/O; called by the
//! command line.

use std::path::Path;

use super::kept::{KeptError, read, replace};
use crate::app::history::LastPlace;

const NAME: &str = "places.json";

/// Most sets of clusters remembered.
const KEPT: usize = 20;

/// Where a person was last with these clusters, whatever their order; `None` when that is not known.
pub fn last_place(folder: &Path, clusters: &[&str]) -> Result<Option<LastPlace>, KeptError> {
    let places: Vec<LastPlace> = read(&folder.join(NAME))?;
    Ok(places.into_iter().find(|p| same(p, clusters)))
}

/// Keeps where a person is. The file is replaced in one piece: what is read later is the old or the new one.
pub fn keep_place(folder: &Path, place: LastPlace) -> Result<(), KeptError> {
    let path = folder.join(NAME);
    // a broken file is not worth more than the place that is to be kept
    let mut places: Vec<LastPlace> = read(&path).unwrap_or_default();
    let clusters: Vec<&str> = place.clusters.iter().map(String::as_str).collect();
    places.retain(|other| !same(other, &clusters));
    places.insert(0, place);
    places.truncate(KEPT);
    replace(&path, &places)
}

fn same(place: &LastPlace, clusters: &[&str]) -> bool {
    let mut these: Vec<&str> = place.clusters.iter().map(String::as_str).collect();
    let mut those = clusters.to_vec();
    these.sort_unstable();
    those.sort_unstable();
    these == those
}

#[cfg(test)]
mod tests {
    use std::fs;
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
