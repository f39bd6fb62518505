//! Chords: what a person presses, how it is written, sequences of them, and keymap files. Pure.

mod built_in;
mod chord;
mod file;
mod text;
mod trie;

pub use built_in::{BUILT_IN, built_in};
pub use chord::{Chord, Code, Mods};
pub use file::{Entry, KeyFile, Section, Word};
pub use text::ChordError;
pub use trie::{Clash, Hit, Trie};
