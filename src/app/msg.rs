//! What can happen. Past tense, data only. Pure.

use super::Setup;
use super::deed::Acted;
use super::note::Note;
use super::pointer::Button;
use crate::keys::Chord;
use crate::store::News;

/// One thing that happened.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Pressed(Chord),
    /// The mouse was used at a cell, column first.
    Clicked {
        /// The cell.
        at: (u16, u16),
        /// How.
        button: Button,
    },
    /// Text was pasted (sanitised before use, never run as keys).
    Pasted(String),
    /// The terminal has a new size, in cells.
    Resized(u16, u16),
    /// The feed has news.
    Arrived(News),
    /// Something was done, or could not be.
    Noted(Note),
    /// The person's files were read.
    SetUp(Box<Setup>),
    /// The action plane reports.
    Acted(Box<Acted>),
    /// A second has passed.
    Ticked,
}
