//! What lists are made of: cells, columns, facts. Pure.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::screen::Ctx;
use crate::domain::{Clean, Progress};
use crate::store::Measure;
use crate::theme::{Mark, Role};

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text with its meaning.
    Text(Cow<'static, str>, Role),
    /// Text from outside.
    Clean(Clean, Role),
    /// Mark and word.
    State(Mark, &'static str),
    /// A bar and "7/9".
    Bar(Progress, Role),
}

impl Cell {
    /// Static or computed text.
    pub fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(text.into(), Role::Text)
    }
    /// Text that is less important.
    pub fn dim(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(text.into(), Role::Dim)
    }
    /// Not known.
    #[must_use]
    pub fn unknown() -> Self {
        Self::Text(Cow::Borrowed("-"), Role::Dim)
    }
    /// Text from outside; a dash when empty.
    #[must_use]
    pub fn clean(text: &Clean) -> Self {
        if text.is_empty() {
            Self::unknown()
        } else {
            Self::Clean(text.clone(), Role::Text)
        }
    }
    /// What a filter sees.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Text(text, _) => text,
            Self::Clean(text, _) => text,
            Self::State(_, word) => word,
            Self::Bar(..) => "",
        }
    }
}

/// One column of a listing.
pub struct Column<R> {
    /// Its id, for filters and settings.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Least width, in cells.
    pub min: u16,
    /// Share of the width left over; 0 for a fixed width.
    pub grow: u16,
    /// When space is short the highest goes first; 0 never goes.
    pub drop: u8,
    /// Numbers stand to the right.
    pub right: bool,
    /// What stands in it.
    pub cell: fn(&R, &Ctx<'_>) -> Cell,
    /// Its order; the first row is what a person wants to see first.
    pub order: fn(&R, &R) -> Ordering,
    /// What rows are sorted by where that needs more than the row, the greatest first and the unknown last.
    pub by: Option<fn(&R, &Ctx<'_>) -> Option<f64>>,
    /// What rows are compared by, for `age:>2h`.
    pub size: Option<Size<R>>,
    /// Shown only when it is chosen in the settings; filters know it always.
    pub extra: bool,
}

/// What rows of a column are compared by.
pub struct Size<R> {
    /// What it counts.
    pub measure: Measure,
    /// How much; `None` when it is not known.
    pub of: fn(&R, &Ctx<'_>) -> Option<i64>,
}

impl<R> Column<R> {
    /// A column of a fixed width that always stays.
    #[must_use]
    pub const fn new(
        id: &'static str,
        title: &'static str,
        min: u16,
        cell: fn(&R, &Ctx<'_>) -> Cell,
        order: fn(&R, &R) -> Ordering,
    ) -> Self {
        Self {
            id,
            title,
            min,
            grow: 0,
            drop: 0,
            right: false,
            cell,
            order,
            by: None,
            size: None,
            extra: false,
        }
    }

    /// Is sorted by a figure, the greatest first.
    #[must_use]
    pub const fn by(self, by: fn(&R, &Ctx<'_>) -> Option<f64>) -> Self {
        Self {
            by: Some(by),
            ..self
        }
    }

    /// Can be compared by seconds.
    #[must_use]
    pub const fn seconds(self, of: fn(&R, &Ctx<'_>) -> Option<i64>) -> Self {
        let measure = Measure::Seconds;
        Self {
            size: Some(Size { measure, of }),
            ..self
        }
    }

    /// Can be compared by a number.
    #[must_use]
    pub const fn count(self, of: fn(&R, &Ctx<'_>) -> Option<i64>) -> Self {
        let measure = Measure::Count;
        Self {
            size: Some(Size { measure, of }),
            ..self
        }
    }

    /// Is shown only when it is chosen.
    #[must_use]
    pub const fn extra(self) -> Self {
        Self {
            extra: true,
            ..self
        }
    }

    /// Takes a share of the width that is left over.
    #[must_use]
    pub const fn grow(self, grow: u16) -> Self {
        Self { grow, ..self }
    }

    /// Goes when space is short, the highest first.
    #[must_use]
    pub const fn drop(self, drop: u8) -> Self {
        Self { drop, ..self }
    }

    /// Stands to the right.
    #[must_use]
    pub const fn right(self) -> Self {
        Self {
            right: true,
            ..self
        }
    }
}

/// A label and a value, for the pane below a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub label: &'static str,
    /// What it says.
    pub text: String,
    /// How it is painted.
    pub role: Role,
}

impl Fact {
    /// A plain fact.
    pub fn new(label: &'static str, text: impl Into<String>) -> Self {
        Self {
            label,
            text: text.into(),
            role: Role::Text,
        }
    }
    /// A fact with a meaning.
    pub fn with(label: &'static str, text: impl Into<String>, role: Role) -> Self {
        Self {
            label,
            text: text.into(),
            role,
        }
    }
}
