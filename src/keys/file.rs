//! A keymap file as it is written: `inherits`, and a table of keys for each place. Which places and commands there are
//! is not known here. Pure; `app::bindings` reads files through it.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Chord;
use crate::fault::Mistake;

/// Longest file that is read, in bytes.
const LONGEST: usize = 256 * 1024;

/// Most chords in a row.
const CHORDS: usize = 8;

/// A word of the file and its first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Its first byte in the file.
    pub at: usize,
}

/// One binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The chords, as written.
    pub keys: Word,
    /// The chords.
    pub chords: Vec<Chord>,
    /// Name of the command.
    pub command: Word,
}

/// The bindings of one place, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Name of the place.
    pub place: Word,
    /// The bindings.
    pub entries: Vec<Entry>,
}

/// What could be read of a file, and what could not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyFile {
    /// The keymap that this one builds on.
    pub inherits: Option<Word>,
    /// A table for each place.
    pub sections: Vec<Section>,
    /// What could not be read.
    pub mistakes: Vec<Mistake>,
}

impl KeyFile {
    /// Reads a file. What is wrong is left out and told; the rest is kept.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut file = Self::default();
        if text.len() > LONGEST {
            file.mistakes.push(Mistake::at(
                text,
                0,
                format!("the file is longer than {} KiB", LONGEST / 1024),
                "a keymap has a few hundred lines: is this the right file?",
            ));
            return file;
        }
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            let what = error.message().trim().replace('\n', ": ");
            file.mistakes
                .push(Mistake::at(text, at, what, "this is not TOML"));
        }
        for (key, value) in in_order(table.get_ref()) {
            file.take(text, word(key), value);
        }
        file.mistakes.sort_by_key(|m| (m.line, m.column));
        // what the parser says after its first word about a place is a consequence
        file.mistakes.dedup_by_key(|m| (m.line, m.column));
        file
    }

    fn take(&mut self, text: &str, key: Word, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::String(name) if key.text == "inherits" => {
                self.inherits = Some(Word {
                    text: name.to_string(),
                    at: value.span().start,
                });
            }
            DeValue::Table(table) => {
                let mut entries = Vec::new();
                for (keys, command) in in_order(table) {
                    match entry(text, word(keys), command) {
                        Ok(entry) => entries.push(entry),
                        Err(mistake) => self.mistakes.push(mistake),
                    }
                }
                self.sections.push(Section {
                    place: key,
                    entries,
                });
            }
            _ => {
                let (what, hint) = if key.text == "inherits" {
                    ("`inherits` is not a name", "inherits = \"default\"")
                } else {
                    (
                        "a key stands outside of a place",
                        "write it below a place such as [list] or [anywhere]",
                    )
                };
                self.mistakes.push(Mistake::at(text, key.at, what, hint));
            }
        }
    }
}

fn entry(text: &str, keys: Word, command: &Spanned<DeValue<'_>>) -> Result<Entry, Mistake> {
    let DeValue::String(name) = command.get_ref() else {
        return Err(Mistake::at(
            text,
            command.span().start,
            format!("`{}` is bound to something that is no command", keys.text),
            "a command is a name in quotes, such as \"open\"; \"none\" takes the keys away",
        ));
    };
    let command = Word {
        text: name.to_string(),
        at: command.span().start,
    };
    let mistake = |what: String| {
        let hint = "keys are written as in \"g g\", \"C-x k\", \"S-tab\", \"enter\"";
        Mistake::at(text, keys.at, what, hint)
    };
    let chords: Vec<Chord> = keys
        .text
        .split_whitespace()
        .map(|chord| chord.parse().map_err(|e| mistake(format!("{e}"))))
        .collect::<Result<_, _>>()?;
    match chords.len() {
        0 => Err(mistake("there is no key between the quotes".to_owned())),
        1..=CHORDS => Ok(Entry {
            keys,
            chords,
            command,
        }),
        many => Err(mistake(format!(
            "{many} keys in a row are more than {CHORDS}"
        ))),
    }
}

fn word(key: &Spanned<impl AsRef<str>>) -> Word {
    Word {
        text: key.get_ref().as_ref().to_owned(),
        at: key.span().start,
    }
}

/// The entries of a table as they stand in the file.
fn in_order<'a, 'i>(
    table: &'a DeTable<'i>,
) -> Vec<(
    &'a Spanned<std::borrow::Cow<'i, str>>,
    &'a Spanned<DeValue<'i>>,
)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_the_order_of_the_file() {
        let file =
            KeyFile::read("inherits = \"vim\"\n[list]\n\"z\" = \"open\"\n\"g g\" = \"none\"\n");
        assert_eq!(file.mistakes, []);
        assert_eq!(file.inherits.unwrap().text, "vim");
        let keys: Vec<_> = file.sections[0]
            .entries
            .iter()
            .map(|e| (&*e.keys.text, e.chords.len(), &*e.command.text))
            .collect();
        assert_eq!(keys, [("z", 1, "open"), ("g g", 2, "none")]);
    }

    #[test]
    fn each_mistake_has_its_place_and_the_rest_is_kept() {
        let text = "x = \"open\"\n[list]\n\"entr\" = \"open\"\n\"o\" = 3\n\"\" = \"open\"\n\"j\" = \"list-down\"\n= 3\n";
        let file = KeyFile::read(text);
        let told: Vec<_> = file.mistakes.iter().map(|m| (m.line, m.column)).collect();
        assert_eq!(
            told,
            [(1, 1), (3, 1), (4, 7), (5, 1), (7, 1)],
            "{:#?}",
            file.mistakes
        );
        assert!(file.mistakes.iter().all(|m| !m.hint.is_empty()));
        assert_eq!(file.sections[0].entries.len(), 1);
    }
}
