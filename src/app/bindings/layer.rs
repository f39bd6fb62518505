//! One keymap file against the table of commands: what can be bound, and every mistake with its place. Pure.

use std::collections::HashMap;

use super::{Bound, written};
use crate::app::command::{COMMANDS, Command, Place};
use crate::fault::Mistake;
use crate::keys::{Clash, Entry, KeyFile, Section, Trie, Word};

/// Takes keys away.
const NONE: &str = "none";

/// What a file binds.
#[derive(Debug)]
pub struct Layer {
    /// Its keymap's name.
    pub name: String,
    /// Its text, to find lines in.
    pub text: String,
    /// Its bindings in their order, each with its byte in the text.
    pub bound: Vec<(Bound, usize)>,
    /// The keymap it builds on, as written.
    pub inherits: Option<Word>,
    /// What is wrong with it.
    pub mistakes: Vec<Mistake>,
}

/// Where keys of one place were bound, to tell of clashes.
type Taken = HashMap<Place, Trie<(usize, String)>>;

impl Layer {
    /// Reads a file.
    pub fn read(name: &str, text: String) -> Self {
        let file = KeyFile::read(&text);
        let mut layer = Self {
            name: name.to_owned(),
            text,
            bound: Vec::new(),
            inherits: file.inherits,
            mistakes: file.mistakes,
        };
        let mut taken = Taken::new();
        for section in file.sections {
            match place(&section.place.text) {
                Some(place) => layer.take(place, section, &mut taken),
                None => layer.unknown_place(&section.place),
            }
        }
        layer.mistakes.sort_by_key(|m| (m.line, m.column));
        layer
    }

    fn take(&mut self, place: Place, section: Section, taken: &mut Taken) {
        for entry in section.entries {
            let command = match meant(place, &entry) {
                Ok(command) => command,
                Err((what, hint)) => {
                    self.mistake(entry.command.at, what, hint);
                    continue;
                }
            };
            let trie = taken.entry(place).or_default();
            if let Some(clash) = trie.clash(&entry.chords) {
                let what = told(&entry, &clash, &self.text);
                let hint = "keys that are bound cannot begin others: take one of the two away";
                self.mistake(entry.keys.at, what, hint.to_owned());
                continue;
            }
            let at = entry.keys.at;
            trie.bind(&entry.chords, (at, entry.command.text));
            let bound = Bound {
                place,
                chords: entry.chords,
                command,
            };
            self.bound.push((bound, at));
        }
    }

    fn unknown_place(&mut self, word: &Word) {
        let names: Vec<String> = places().into_iter().map(Place::name).collect();
        let hint = format!("places are {}", names.join(", "));
        self.mistake(word.at, format!("`{}` is no place", word.text), hint);
    }

    /// Tells a mistake at a byte of the text.
    pub fn mistake(&mut self, at: usize, what: String, hint: String) {
        self.mistakes.push(Mistake::at(&self.text, at, what, hint));
    }
}

/// Every place that a command stands in.
fn places() -> Vec<Place> {
    let mut places: Vec<Place> = vec![Place::Anywhere];
    for command in COMMANDS {
        if !places.contains(&command.place) {
            places.push(command.place);
        }
    }
    places
}

fn place(name: &str) -> Option<Place> {
    places().into_iter().find(|p| p.name() == name)
}

/// The command that an entry names, if it can be given at this place.
fn meant(place: Place, entry: &Entry) -> Result<Option<&'static Command>, (String, String)> {
    let name = &*entry.command.text;
    if name == NONE {
        return Ok(None);
    }
    let Some(command) = COMMANDS.iter().find(|c| c.name == name) else {
        let hint = match nearest(name) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "`midwatch keys` lists all commands".to_owned(),
        };
        return Err((format!("`{name}` is no command"), hint));
    };
    if command.place != Place::Anywhere && command.place != place {
        let what = format!("`{name}` does nothing at [{}]", place.name());
        return Err((what, format!("write it below [{}]", command.place.name())));
    }
    Ok(Some(command))
}

/// The command whose name is most like a word.
fn nearest(word: &str) -> Option<&'static str> {
    let like = |c: &Command| strsim::jaro_winkler(c.name, word);
    COMMANDS
        .iter()
        .map(|c| (like(c), c.name))
        .filter(|(like, _)| *like > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

fn told(entry: &Entry, clash: &Clash<'_, (usize, String)>, text: &str) -> String {
    let keys = written(&entry.chords);
    let line = |at: usize| Mistake::at(text, at, "", "").line;
    match clash {
        Clash::Same((at, command)) => {
            format!(
                "`{keys}` is bound already, to {command} on line {}",
                line(*at)
            )
        }
        Clash::Longer((at, command), count) => {
            let first = written(entry.chords.get(..*count).unwrap_or_default());
            format!(
                "`{keys}` begins with `{first}`, which is bound to {command} on line {}",
                line(*at)
            )
        }
        Clash::Shorter | Clash::Empty => {
            format!("`{keys}` begins other keys that are bound above")
        }
    }
}
