//! Chords: what a person presses, and how it is written. Pure.

mod chord;
mod text;

pub use chord::{Chord, Code, Mods};
pub use text::ChordError;
