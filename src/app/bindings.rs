//! Which keys give which command: the built-in keymaps, overlaid by the person's. Pure; `config` hands the files in.

mod keep;
mod layer;
mod load;

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::command::{Command, Place};
use crate::fault::Mistake;
use crate::keys::{Chord, Hit, Trie};

/// What keys pressed so far mean.
#[derive(Debug, Clone, Copy)]
pub enum Found {
    /// They give this command.
    Command(&'static Command),
    /// More keys are needed.
    Prefix,
    /// They give nothing.
    Nothing,
}

/// What may follow keys pressed so far.
#[derive(Debug, Clone, Copy)]
pub enum Next {
    /// This command.
    Command(&'static Command),
    /// Still more keys: so many sequences go on there.
    More(usize),
}

/// Keys at a place and what they give there; no command: they are taken away, also from the places around it.
#[derive(Debug, Clone)]
struct Bound {
    place: Place,
    chords: Vec<Chord>,
    command: Option<&'static Command>,
}

/// Keys and commands, as set.
#[derive(Debug, Clone)]
pub struct Bindings {
    name: String,
    /// In the order in which they are shown: those of the uppermost file first.
    bound: Vec<Bound>,
    tries: HashMap<Place, Trie<Option<&'static Command>>>,
}

/// Read once: every console starts with it.
static DEFAULT: LazyLock<Bindings> = LazyLock::new(|| load::load("default", &|_| None).0);

impl Default for Bindings {
    fn default() -> Self {
        DEFAULT.clone()
    }
}

impl Bindings {
    /// The keymap of this name. `find` gives the text of the person's keymap of a name; it overlays the built-in one of
    /// the same name. What is wrong is left out and told, with the name of the keymap that it stands in.
    #[must_use]
    pub fn load(
        name: &str,
        find: &dyn Fn(&str) -> Option<String>,
    ) -> (Self, Vec<(String, Mistake)>) {
        load::load(name, find)
    }

    fn new(name: &str, bound: Vec<Bound>) -> Self {
        let mut tries: HashMap<Place, Trie<_>> = HashMap::new();
        for b in &bound {
            tries.entry(b.place).or_default().bind(&b.chords, b.command);
        }
        Self {
            name: name.to_owned(),
            bound,
            tries,
        }
    }

    /// Name of the keymap.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What keys pressed in a row give at one of these places; the first place that knows them wins.
    #[must_use]
    pub fn lookup(&self, pressed: &[Chord], places: &[Place]) -> Found {
        for trie in self.around(places) {
            match trie.find(pressed) {
                Hit::End(Some(command)) => return Found::Command(command),
                Hit::End(None) => return Found::Nothing,
                Hit::More(_) => return Found::Prefix,
                Hit::Nothing => {}
            }
        }
        Found::Nothing
    }

    /// What may follow keys pressed in a row.
    #[must_use]
    pub fn follow(&self, pressed: &[Chord], places: &[Place]) -> Vec<(Chord, Next)> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for trie in self.around(places) {
            let Hit::More(more) = trie.find(pressed) else {
                continue;
            };
            for (chord, hit) in more.steps() {
                let next = match hit {
                    Hit::End(Some(command)) => Some(Next::Command(command)),
                    Hit::More(more) => Some(Next::More(more.steps().count())),
                    Hit::End(None) | Hit::Nothing => None,
                };
                if seen.insert(chord) {
                    found.extend(next.map(|n| (chord, n)));
                }
            }
        }
        found
    }

    /// The tries of these places and of everywhere, innermost first.
    fn around(&self, places: &[Place]) -> impl Iterator<Item = &Trie<Option<&'static Command>>> {
        let places = places.iter().chain(std::iter::once(&Place::Anywhere));
        places.filter_map(|place| self.tries.get(place))
    }

    /// The keys that give a command, as a person presses them; the first one is shown.
    #[must_use]
    pub fn keys(&self, command: &Command) -> Vec<String> {
        self.bound_to(command).map(|b| written(&b.chords)).collect()
    }

    /// Those of them that give it where the keys are now: none that an inner place uses for something else.
    #[must_use]
    pub fn keys_at(&self, command: &Command, places: &[Place]) -> Vec<String> {
        self.bound_to(command)
            .filter(|b| b.place == Place::Anywhere || places.contains(&b.place))
            .filter(|b| {
                matches!(self.lookup(&b.chords, places), Found::Command(c) if c.name == command.name)
            })
            .map(|b| written(&b.chords))
            .collect()
    }

    /// The sequences that give a command.
    pub fn sequences(&self, command: &Command) -> impl Iterator<Item = &[Chord]> {
        self.bound_to(command).map(|b| &*b.chords)
    }

    /// Every key with its place and command, in the order of the table.
    pub fn all(&self) -> impl Iterator<Item = (Place, String, &'static Command)> {
        let of = |command: &'static Command| {
            self.bound_to(command)
                .map(move |b| (b.place, written(&b.chords), command))
        };
        super::command::COMMANDS.iter().flat_map(of)
    }

    fn bound_to(&self, command: &Command) -> impl Iterator<Item = &Bound> {
        let name = command.name;
        self.bound
            .iter()
            .filter(move |b| b.command.is_some_and(|c| c.name == name))
    }
}

/// A sequence as it is written: its chords, with spaces between them.
#[must_use]
pub fn written(chords: &[Chord]) -> String {
    let words: Vec<String> = chords.iter().map(ToString::to_string).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests;
