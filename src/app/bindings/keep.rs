//! Keys without which nobody gets out or on: a keymap that takes them all away keeps the default ones. Pure.

use super::layer::Layer;
use super::load::DEFAULT;
use super::{Bindings, Bound, Found, written};
use crate::app::command::{COMMANDS, Command, Place};
use crate::keys::{Chord, built_in};

/// Commands that always have a key, at every place.
const KEPT: [&str; 3] = ["quit", "help", "back"];

/// Puts the default keys of [`KEPT`] back where none is left, and says so in the uppermost file.
pub fn keep(bound: &mut Vec<Bound>, layers: &mut [Layer]) {
    for name in KEPT {
        let Some(command) = COMMANDS.iter().find(|c| c.name == name) else {
            continue;
        };
        if has_key(command, &Bindings::new("", bound.clone())) {
            continue;
        }
        let Some(top) = layers.first_mut() else {
            return;
        };
        let keys = default_keys(command);
        let in_the_way = |b: &Bound| {
            keys.iter()
                .any(|k| b.chords.starts_with(k) || k.starts_with(&b.chords))
        };
        let at = top
            .bound
            .iter()
            .find(|(b, _)| in_the_way(b))
            .map_or(0, |(_, at)| *at);
        bound.retain(|b| !in_the_way(b));
        bound.extend(keys.iter().map(|chords| Bound {
            place: Place::Anywhere,
            chords: chords.clone(),
            command: Some(command),
        }));
        let words: Vec<String> = keys.iter().map(|k| format!("`{}`", written(k))).collect();
        top.mistake(
            at,
            format!("no key is left for {name}: {} stay", words.join(" and ")),
            format!("give {name} another key below [anywhere]"),
        );
    }
}

fn default_keys(command: &Command) -> Vec<Vec<Chord>> {
    let text = built_in(DEFAULT).unwrap_or_default().to_owned();
    let all = Layer::read(DEFAULT, text).bound.into_iter();
    all.filter(|(b, _)| b.command.is_some_and(|c| c.name == command.name))
        .map(|(b, _)| b.chords)
        .collect()
}

/// Is there a key that gives the command wherever the keys are?
fn has_key(command: &Command, bindings: &Bindings) -> bool {
    let free = |b: &&Bound| {
        COMMANDS.iter().all(|c| {
            let found = bindings.lookup(&b.chords, &[c.place]);
            matches!(found, Found::Command(f) if f.name == command.name)
        })
    };
    bindings
        .bound_to(command)
        .filter(|b| b.place == Place::Anywhere)
        .any(|b| free(&b))
}
