//! Everything a person can set, read and put together: the settings in force, keys, theme, and what is wrong. I/O.

use std::fmt;
use std::path::Path;

use super::files::{Files, read};
use crate::app::Setup;
use crate::app::bindings::Bindings;
use crate::app::note::Note;
use crate::fault::Mistake;
use crate::settings::{Effective, Layer, Origin, effective, environment, parse};
use crate::theme::Theme;

/// A mistake and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The file, the variable or the flag.
    pub place: String,
    /// The mistake; line 0 when it stands on none.
    pub mistake: Mistake,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mistake {
            line,
            column,
            what,
            hint,
        } = &self.mistake;
        f.write_str(&self.place)?;
        if *line > 0 {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {what}")?;
        if hint.is_empty() {
            Ok(())
        } else {
            write!(f, "; {hint}")
        }
    }
}

/// What was read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings, and where each comes from.
    pub effective: Effective,
    /// Keys and commands.
    pub bindings: Bindings,
    /// The theme.
    pub theme: Theme,
    /// What is wrong, in the order of the files.
    pub troubles: Vec<Trouble>,
}

impl Loaded {
    /// For the console; each mistake becomes a note for the messages, and one tells how many there are.
    #[must_use]
    pub fn setup(&self) -> Setup {
        let shown = match self.troubles.as_slice() {
            [] => None,
            [one] => Some(Note::warn(one.to_string())),
            [first, ..] => Some(Note::warn(format!(
                "{} mistakes in your files, the first: {first}",
                self.troubles.len()
            ))),
        };
        let more = if self.troubles.len() > 1 {
            &*self.troubles
        } else {
            &[]
        };
        Setup {
            settings: self.effective.settings.clone(),
            bindings: self.bindings.clone(),
            theme: self.theme.clone(),
            kept: more.iter().map(|t| Note::warn(t.to_string())).collect(),
            shown,
        }
    }
}

/// Reads the files, lays the environment and the command line over them, and loads what they name.
#[must_use]
pub fn load(files: &Files, var: &dyn Fn(&str) -> Option<String>, flags: &Layer) -> Loaded {
    let mut troubles = Vec::new();
    let file = settings_file(files, &mut troubles);
    let (env, wrong) = environment(var);
    troubles.extend(wrong.into_iter().map(|(name, what, hint)| Trouble {
        place: name,
        mistake: nowhere(what, hint),
    }));
    let found = effective(&[file, env, flags.clone()]);
    let (theme, wrong) = Theme::load(&found.settings.theme, &|name| {
        read(&files.path_of("themes", name)?).ok()
    });
    troubles.extend(placed(files, &found, "theme", wrong));
    let (bindings, wrong) = bindings(&found.settings.keymap, &|name| {
        read(&files.path_of("keymaps", name)?).ok()
    });
    troubles.extend(placed(files, &found, "keymap", wrong));
    Loaded {
        effective: found,
        bindings,
        theme,
        troubles,
    }
}

/// What is wrong in one settings file, and nothing else.
pub fn check_settings(path: &Path) -> std::io::Result<Vec<Trouble>> {
    let (_, mistakes) = parse(&read(path)?);
    let place = path.display().to_string();
    Ok(mistakes
        .into_iter()
        .map(|mistake| Trouble {
            place: place.clone(),
            mistake,
        })
        .collect())
}

fn bindings(
    name: &str,
    find: &dyn Fn(&str) -> Option<String>,
) -> (Bindings, Vec<(String, Mistake)>) {
    Bindings::load(name, find)
}

fn settings_file(files: &Files, troubles: &mut Vec<Trouble>) -> Layer {
    let place = files
        .settings
        .as_ref()
        .map_or_else(String::new, |path| path.display().to_string());
    let text = match files.text() {
        Ok(text) => text.unwrap_or_default(),
        Err(error) => {
            troubles.push(Trouble {
                place,
                mistake: nowhere(
                    format!("the settings cannot be read: {error}"),
                    "midwatch config --init writes a file to begin with".to_owned(),
                ),
            });
            return Layer::default();
        }
    };
    let (layer, mistakes) = parse(&text);
    troubles.extend(mistakes.into_iter().map(|mistake| Trouble {
        place: place.clone(),
        mistake,
    }));
    layer
}

fn nowhere(what: String, hint: String) -> Mistake {
    Mistake {
        line: 0,
        column: 0,
        what,
        hint,
    }
}

/// Mistakes of themes or keymaps with their files; one that is not there is a mistake of whoever named it.
fn placed(
    files: &Files,
    found: &Effective,
    key: &str,
    wrong: Vec<(String, Mistake)>,
) -> Vec<Trouble> {
    let settings = || {
        let path = files.settings.as_ref();
        path.map_or_else(String::new, |p| p.display().to_string())
    };
    let folder = format!("{key}s");
    wrong
        .into_iter()
        .map(|(name, mut mistake)| {
            let own = files.path_of(&folder, &name).filter(|path| path.exists());
            let place = match (mistake.line, found.origin(key), own) {
                (0, Origin::File(line), _) => {
                    (mistake.line, mistake.column) = (line, 1);
                    settings()
                }
                (0, Origin::Environment(name), _) => name,
                (0, Origin::Flag(flag), _) => flag.to_owned(),
                (_, _, Some(path)) => path.display().to_string(),
                _ => format!("built-in {key} {name}"),
            };
            Trouble { place, mistake }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(files: &[(&str, &str)]) -> (tempfile::TempDir, Files) {
        let home = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let files = Files::of(Some(home.path()), |_| None);
        (home, files)
    }

    #[test]
    fn settings_and_theme_are_read_and_each_mistake_names_its_file() {
        let (home, files) = home(&[
            ("config.toml", "theme = 'night'\nmuose = true"),
            (
                "themes/night.toml",
                "inherits = 'dark'\n[roles]\nbad = { fg = 'rde' }",
            ),
        ]);
        let loaded = load(&files, &|_| None, &Layer::default());
        assert_eq!(loaded.theme.name, "night");
        let told: Vec<String> = loaded
            .troubles
            .iter()
            .map(|t| {
                t.to_string()
                    .replace(&home.path().display().to_string(), "HOME")
            })
            .collect();
        assert_eq!(
            told,
            [
                "HOME/config.toml:2:1: `muose` is not a setting; did you mean `mouse`?",
                "HOME/themes/night.toml:3:14: `rde` is neither in the palette nor an ANSI colour; did you mean `red`?",
            ]
        );
        assert!(
            loaded
                .setup()
                .shown
                .unwrap()
                .text
                .starts_with("2 mistakes in your files")
        );
    }

    #[test]
    fn a_theme_that_is_not_there_is_a_mistake_of_the_line_that_names_it() {
        let (home, files) = home(&[("config.toml", "\ntheme = 'drak'")]);
        let loaded = load(&files, &|_| None, &Layer::default());
        let place = home.path().join("config.toml").display().to_string();
        assert_eq!(
            loaded.troubles[0].to_string(),
            format!("{place}:2:1: there is no theme `drak`; did you mean `dark`?")
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_does_not_stop_anything() {
        let (_home, files) = home(&[]);
        let loaded = load(&files, &|_| None, &Layer::default());
        assert_eq!(loaded.effective, Effective::default());
        assert!(loaded.troubles[0].to_string().contains("cannot be read"));
    }
}
