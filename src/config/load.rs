//! Everything a person can set, read and put together: the settings in force, keys, theme, and what is wrong. I/O.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{Files, read};
use super::names::{mistakes, nowhere};
use crate::app::Setup;
use crate::app::bindings::Bindings;
use crate::app::note::Note;
use crate::fault::Mistake;
use crate::runbook::{Shelf, Stands};
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
    /// All runbooks.
    pub shelf: Arc<Shelf>,
    /// What is wrong, in the order of the files.
    pub troubles: Vec<Trouble>,
    /// The folder of the files, left out where they are named on the screen.
    pub folder: Option<PathBuf>,
}

impl Loaded {
    /// For the console; each mistake becomes a note for the messages, and one tells how many there are.
    #[must_use]
    pub fn setup(&self) -> Setup {
        let troubles: Vec<Trouble> = self.troubles.iter().map(|t| self.short(t)).collect();
        let shown = match troubles.as_slice() {
            [] => None,
            [one] => Some(Note::warn(one.to_string())),
            [first, ..] => Some(Note::warn(format!(
                "{} mistakes in your files, the first: {first}",
                troubles.len()
            ))),
        };
        let more = if troubles.len() > 1 { &*troubles } else { &[] };
        Setup {
            settings: self.effective.settings.clone(),
            bindings: self.bindings.clone(),
            theme: self.theme.clone(),
            kept: more.iter().map(|t| Note::warn(t.to_string())).collect(),
            shown,
            runbooks: Some(self.shelf.clone()),
        }
    }

    /// With its file's name instead of its path.
    fn short(&self, trouble: &Trouble) -> Trouble {
        let folder = self.folder.as_deref().unwrap_or(Path::new(""));
        let mut trouble = trouble.clone();
        if let Ok(name) = Path::new(&trouble.place).strip_prefix(folder) {
            trouble.place = name.display().to_string();
        }
        trouble
    }
}

/// Reads the files, lays the environment and the command line over them, and loads what they name.
#[must_use]
pub fn load(files: &Files, var: &dyn Fn(&str) -> Option<String>, flags: &Layer) -> Loaded {
    let mut troubles = Vec::new();
    let (text, file) = settings_file(files, &mut troubles);
    let (env, wrong) = environment(var);
    troubles.extend(wrong.into_iter().map(|(name, what, hint)| Trouble {
        place: name,
        mistake: nowhere(what, hint),
    }));
    let found = effective(&[file, env, flags.clone()]);
    troubles.extend(named(files, &text, &found));
    let (theme, wrong) = Theme::load(&found.settings.theme, &|name| {
        read(&files.path_of("themes", name)?).ok()
    });
    troubles.extend(placed(files, &found, "theme", wrong));
    let (bindings, wrong) = bindings(&found.settings.keymap, &|name| {
        read(&files.path_of("keymaps", name)?).ok()
    });
    troubles.extend(placed(files, &found, "keymap", wrong));
    // those of the settings file first, by line; the others as they were found
    let settings = files
        .settings
        .as_ref()
        .map(|path| path.display().to_string());
    troubles.sort_by_key(|t| {
        let own = settings.as_ref() == Some(&t.place);
        (!own, if own { t.mistake.line } else { 0 })
    });
    Loaded {
        effective: found,
        bindings,
        theme,
        shelf: shelf(files, &mut troubles),
        troubles,
        folder: files
            .settings
            .as_ref()
            .and_then(|p| p.parent())
            .map(Path::to_owned),
    }
}

/// The person's runbooks over the built-in ones. One with mistakes is told as one line; the rest stays usable.
fn shelf(files: &Files, troubles: &mut Vec<Trouble>) -> Arc<Shelf> {
    let mut own = Vec::new();
    for name in files.names("runbooks") {
        let Some(path) = files.path_of("runbooks", &name) else {
            continue;
        };
        let place = path.display().to_string();
        match read(&path) {
            Ok(text) => own.push((name, place, text)),
            Err(error) => troubles.push(Trouble {
                place,
                mistake: nowhere(format!("it cannot be read: {error}"), String::new()),
            }),
        }
    }
    let shelf = Shelf::new(own);
    for volume in shelf.volumes() {
        if let (Stands::File(place), Err(mistakes)) = (&volume.stands, &volume.book)
            && let Some(first) = mistakes.first()
        {
            troubles.push(Trouble {
                place: place.clone(),
                mistake: first.clone(),
            });
        }
    }
    Arc::new(shelf)
}

/// What is wrong in one settings file, and nothing else.
pub fn check_settings(path: &Path) -> std::io::Result<Vec<Trouble>> {
    let files = Files {
        settings: Some(path.to_owned()),
        named: true,
    };
    // a file that cannot be read is the caller's to tell
    read(path)?;
    let mut troubles = Vec::new();
    let (text, layer) = settings_file(&files, &mut troubles);
    troubles.extend(named(&files, &text, &effective(&[layer])));
    troubles.sort_by_key(|t| t.mistake.line);
    Ok(troubles)
}

/// What the settings name and is not there, each a mistake of whoever has set it.
fn named(files: &Files, text: &str, found: &Effective) -> Vec<Trouble> {
    let told = mistakes(text, found).into_iter();
    told.map(|(key, mistake)| of_setting(files, found, &key, mistake))
        .collect()
}

/// A mistake of whoever has set a key.
fn of_setting(files: &Files, found: &Effective, key: &str, mut mistake: Mistake) -> Trouble {
    let place = match found.origin(key) {
        Origin::Environment(name) => name,
        Origin::Flag(flag) => flag.to_owned(),
        Origin::File(line) => {
            if mistake.line == 0 {
                (mistake.line, mistake.column) = (line, 1);
            }
            let path = files.settings.as_ref();
            path.map_or_else(String::new, |p| p.display().to_string())
        }
        Origin::BuiltIn => "built in".to_owned(),
    };
    Trouble { place, mistake }
}

fn bindings(
    name: &str,
    find: &dyn Fn(&str) -> Option<String>,
) -> (Bindings, Vec<(String, Mistake)>) {
    Bindings::load(name, find)
}

/// The text of the settings file, and what it sets.
fn settings_file(files: &Files, troubles: &mut Vec<Trouble>) -> (String, Layer) {
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
            return (String::new(), Layer::default());
        }
    };
    let (layer, mistakes) = parse(&text);
    troubles.extend(mistakes.into_iter().map(|mistake| Trouble {
        place: place.clone(),
        mistake,
    }));
    (text, layer)
}

/// Mistakes of themes or keymaps with their files; one that is not there is a mistake of whoever named it.
fn placed(
    files: &Files,
    found: &Effective,
    key: &str,
    wrong: Vec<(String, Mistake)>,
) -> Vec<Trouble> {
    let folder = format!("{key}s");
    wrong
        .into_iter()
        .map(|(name, mistake)| {
            let own = files.path_of(&folder, &name).filter(|path| path.exists());
            let place = match own {
                _ if mistake.line == 0 => return of_setting(files, found, key, mistake),
                Some(path) => path.display().to_string(),
                None => format!("built-in {key} {name}"),
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
    fn mistakes_of_the_settings_come_first_and_by_line() {
        let text = "theme = 'drak'\nmuose = 1\nstart = 'rusn'";
        let (_home, files) = home(&[("config.toml", text)]);
        let loaded = load(&files, &|_| None, &Layer::default());
        let lines: Vec<usize> = loaded.troubles.iter().map(|t| t.mistake.line).collect();
        assert_eq!(lines, [1, 2, 3]);
        assert_eq!(loaded.troubles[2].mistake.hint, "did you mean `runs`?");
    }

    #[test]
    fn a_file_that_cannot_be_read_does_not_stop_anything() {
        let (_home, files) = home(&[]);
        let loaded = load(&files, &|_| None, &Layer::default());
        assert_eq!(loaded.effective, Effective::default());
        assert!(loaded.troubles[0].to_string().contains("cannot be read"));
    }
}
