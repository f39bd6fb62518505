//! Folders of this user. I/O.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::PathBuf;

use directories::ProjectDirs;

/// A folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PathError {
    /// The system names no home folder.
    #[error("no home folder is known: set HOME, or XDG_STATE_HOME")]
    NoHome,
    /// It cannot be made or is not ours.
    #[error("the folder {path} cannot be used: {error}", path = .path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// The folder for what midwatch writes by itself (`$XDG_STATE_HOME/midwatch`, on Linux
/// `~/.local/state/midwatch`); made when missing, readable by its owner only.
pub fn state_folder() -> Result<PathBuf, PathError> {
    let dirs = ProjectDirs::from("", "", "midwatch").ok_or(PathError::NoHome)?;
    let path = dirs
        .state_dir()
        .unwrap_or_else(|| dirs.data_local_dir())
        .to_owned();
    match private(&path) {
        Ok(()) => Ok(path),
        Err(error) => Err(PathError::Unusable { path, error }),
    }
}

fn private(path: &PathBuf) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    // Also when it was there before, with wider rights.
    fs::set_permissions(path, Permissions::from_mode(0o700))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_folder_is_for_its_owner_only_even_if_it_was_open_before() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state").join("midwatch");
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(&path)
            .unwrap();
        private(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }

    #[test]
    fn a_file_in_the_way_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("midwatch");
        fs::write(&path, "").unwrap();
        assert!(private(&path).is_err());
    }
}
