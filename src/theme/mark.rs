//! Marks: one column that repeats the word beside it. Pure.

use super::Role;

/// The marks of the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// Failed.
    Failed,
    /// Burning.
    Burning,
    /// At work.
    Running,
    /// Waits for a person.
    Waiting,
    /// Accepted, not started.
    Pending,
    /// As it should be.
    Ok,
    /// Skipped or omitted.
    Omitted,
    /// Not known.
    Unknown,
    /// Old.
    Stale,
    /// Told, and neither good nor bad.
    Plain,
}

impl Mark {
    /// The character, always one column wide.
    #[must_use]
    pub fn glyph(self, ascii: bool) -> &'static str {
        let (fine, plain) = match self {
            Self::Failed => ("✗", "x"),
            Self::Burning => ("!", "!"),
            Self::Running => ("●", "*"),
            Self::Waiting => ("◐", "~"),
            Self::Pending => ("○", "."),
            Self::Ok => ("✓", "+"),
            Self::Omitted => ("–", "-"),
            Self::Unknown => ("?", "?"),
            Self::Stale => ("◌", "z"),
            Self::Plain => (" ", " "),
        };
        if ascii { plain } else { fine }
    }

    /// What it means.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Self::Failed | Self::Burning => Role::Bad,
            Self::Running => Role::Busy,
            Self::Waiting | Self::Pending | Self::Unknown => Role::Warn,
            Self::Ok => Role::Good,
            Self::Omitted | Self::Stale => Role::Dim,
            Self::Plain => Role::Text,
        }
    }
}
