//! What can happen. Past tense, data only. Pure.

use crate::keys::Chord;
use crate::store::News;

/// One thing that happened.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Pressed(Chord),
    /// Text was pasted (sanitised before use, never run as keys).
    Pasted(String),
    /// The terminal has a new size, in cells.
    Resized(u16, u16),
    /// The feed has news.
    Arrived(News),
    /// A second has passed.
    Ticked,
}
