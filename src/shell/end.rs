//! How a console ended, and what the person who started it is told. Pure.

use crate::term::Ended;

/// Why the loop ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Somebody pressed quit.
    Quit,
    /// Something else ended it.
    Alarm(Ended),
    /// A frame could not be made.
    Screen(String),
}

impl End {
    /// The exit code: 0 when it was asked for, 128 and the number for a signal, else 1.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Quit => 0,
            Self::Alarm(Ended::Signalled(_, number)) => 128 + number,
            Self::Alarm(Ended::Lost(_) | Ended::Panicked(_)) | Self::Screen(_) => 1,
        }
    }

    /// What is printed once the terminal is handed back; `None` when there is nothing to say, or it was said.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        match self {
            Self::Quit | Self::Alarm(Ended::Panicked(_)) => None,
            Self::Alarm(Ended::Signalled(name, _)) => Some(format!("ended by {name}")),
            Self::Alarm(Ended::Lost(why)) => Some(format!("the terminal is gone: {why}")),
            Self::Screen(why) => Some(format!("the screen could not be drawn: {why}")),
        }
    }
}
