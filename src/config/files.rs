//! The person's files: settings, themes, keymaps. I/O.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::fault::LARGEST;

/// Where the person's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The settings file; `None` when the system names no home folder.
    pub settings: Option<PathBuf>,
    /// The person named it: then it has to be there.
    pub named: bool,
}

impl Files {
    /// `--config PATH`, else `MIDWATCH_CONFIG`, else `config.toml` in the folder for settings
    /// (`$XDG_CONFIG_HOME/midwatch`, on Linux `~/.config/midwatch`). A folder stands for the `config.toml` in it.
    #[must_use]
    pub fn of(flag: Option<&Path>, var: impl Fn(&str) -> Option<OsString>) -> Self {
        let named = flag.map(Path::to_owned).or_else(|| {
            var("MIDWATCH_CONFIG")
                .filter(|path| !path.is_empty())
                .map(PathBuf::from)
        });
        if let Some(path) = named {
            let settings = if path.is_dir() {
                path.join("config.toml")
            } else {
                path
            };
            return Self {
                settings: Some(settings),
                named: true,
            };
        }
        Self {
            settings: ProjectDirs::from("", "", "midwatch")
                .map(|dirs| dirs.config_dir().join("config.toml")),
            named: false,
        }
    }

    /// The settings file's text; `None` when there is none and none has to be there.
    pub fn text(&self) -> io::Result<Option<String>> {
        let Some(path) = &self.settings else {
            return Ok(None);
        };
        match read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.named => Ok(None),
            text => text.map(Some),
        }
    }

    /// A folder beside the settings file: `themes`, `keymaps`, `runbooks`.
    #[must_use]
    pub fn folder(&self, name: &str) -> Option<PathBuf> {
        Some(self.settings.as_ref()?.parent()?.join(name))
    }

    /// Where a theme, keymap or runbook of the person's stands, or would stand.
    #[must_use]
    pub fn path_of(&self, folder: &str, name: &str) -> Option<PathBuf> {
        // a name is no path: nothing outside the folder is read
        let plain = !name.is_empty()
            && !name.starts_with('.')
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || "-_.".contains(c));
        plain.then(|| {
            Some(
                self.folder(folder)?
                    .join(format!("{name}.{}", ending(folder))),
            )
        })?
    }

    /// Names of the files in a folder, sorted.
    #[must_use]
    pub fn names(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = self
            .folder(folder)
            .and_then(|path| fs::read_dir(path).ok())
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let ours = path.extension().is_some_and(|e| e == ending(folder));
                let name = path.file_stem()?.to_str()?.to_owned();
                (ours && self.path_of(folder, &name).is_some()).then_some(name)
            })
            .collect();
        names.sort();
        names
    }
}

/// How the files of a folder end.
fn ending(folder: &str) -> &'static str {
    if folder == "runbooks" { "md" } else { "toml" }
}

/// Reads a file of text: an ordinary one, not larger than makes sense.
pub fn read(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    let mut text = String::new();
    // one byte more, so that the reader sees that it is too large
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX) + 1;
    File::open(path)?.take(most).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_file_comes_first_and_has_to_be_there() {
        let home = tempfile::tempdir().unwrap();
        let named = home.path().join("mine.toml");
        let var = |name: &str| (name == "MIDWATCH_CONFIG").then(|| home.path().into());
        let files = Files::of(Some(&named), var);
        assert_eq!(files.settings.as_deref(), Some(&*named));
        assert!(files.text().is_err());
        let files = Files::of(None, var);
        assert_eq!(files.settings, Some(home.path().join("config.toml")));
        let absent = Files {
            named: false,
            ..files
        };
        assert_eq!(absent.text().unwrap(), None);
    }

    #[test]
    fn names_lead_nowhere_outside_the_folder() {
        let files = Files {
            settings: Some(PathBuf::from("/home/x/config.toml")),
            named: false,
        };
        for name in ["../secret", "/etc/passwd", "", ".hidden", "a/b", "a\0b"] {
            assert_eq!(files.path_of("themes", name), None, "{name}");
        }
        assert_eq!(
            files.path_of("themes", "my-dark"),
            Some(PathBuf::from("/home/x/themes/my-dark.toml"))
        );
    }
}
