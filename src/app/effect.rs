//! What the core asks the shell to do. Data only. Pure.

use super::deed::Order;
use super::findings::{Kept, Noted, Ring};
use crate::domain::ClusterId;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// End the program.
    Quit,
    /// Draw soon, since a person waits for it.
    Draw,
    /// Draw at the pace of data.
    DrawData,
    /// Hand the terminal back to the shell that started us (Ctrl-Z).
    Suspend,
    /// Ask all sources again now instead of waiting for the next try.
    Reconnect,
    /// Read again what can only be asked, not watched, of a cluster: something was changed there.
    Reread(ClusterId),
    /// Put a text on the clipboard of the terminal; a note tells that it was done.
    Copy {
        /// The text.
        text: String,
        /// What it is, for the note: `the name`.
        what: String,
    },
    /// Hand the terminal to a program that shows or edits a text.
    Show {
        /// The text, safe to show.
        text: String,
        /// Name of the file, for the program's title: `train-x7k2p.yaml`.
        name: String,
        /// Which program.
        with: Program,
    },
    /// Something for the action plane.
    Act(Order),
    /// Tell with a sound that something new was found.
    Ring(Ring),
    /// Write down what was found, for a report.
    NoteFound(Vec<Noted>),
    /// Keep what a person has seen, for the next start.
    KeepSeen(Kept),
    /// Write a text to a file in the person's folder; a note tells where.
    Save {
        /// The text, safe to show.
        text: String,
        /// Name of the file.
        name: String,
    },
}

/// A program that takes the terminal for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `$PAGER`, or `less`.
    Pager,
    /// `$VISUAL`, `$EDITOR`, or `vi`, on a copy.
    Editor,
}

/// What one message asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects(pub Vec<Effect>);

impl Effects {
    /// Nothing to do.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One thing to do.
    #[must_use]
    pub fn one(effect: Effect) -> Self {
        Self(vec![effect])
    }

    /// Is asked for.
    #[must_use]
    pub fn has(&self, effect: &Effect) -> bool {
        self.0.contains(effect)
    }
}
