//! Which keys give which command. Pure.

use super::command::{COMMANDS, Command, Place};
use crate::keys::Chord;

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

/// Keys and commands, as set.
#[derive(Debug, Clone, Default)]
pub struct Bindings {}

impl Bindings {
    /// What keys pressed in a row give at one of these places; the first place that knows them wins.
    #[must_use]
    pub fn lookup(&self, pressed: &[Chord], places: &[Place]) -> Found {
        let [chord] = pressed else {
            return Found::Nothing;
        };
        places
            .iter()
            .chain(std::iter::once(&Place::Anywhere))
            .find_map(|place| {
                COMMANDS
                    .iter()
                    .find(|c| c.place == *place && c.chords.contains(chord))
            })
            .map_or(Found::Nothing, Found::Command)
    }

    /// The keys that give a command, as a person presses them; the first one is shown.
    #[must_use]
    pub fn keys(&self, command: &Command) -> Vec<String> {
        command.chords.iter().map(ToString::to_string).collect()
    }
}
