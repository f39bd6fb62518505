//! Cells and orders that several lists share. Pure.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::app::list::Cell;
use crate::domain::{Phase, Span, age};
use crate::theme::{Mark, Role};

/// Age of something; a dash when it is not known.
#[must_use]
pub fn aged(then: Option<Timestamp>, now: Timestamp) -> Cell {
    Cell::dim(age(then, now))
}

/// Seconds since something; `None` when it is not known.
#[must_use]
pub fn since(then: Option<Timestamp>, now: Timestamp) -> Option<i64> {
    then.map(|then| Span::between(then, now).0)
}

/// Newest first, unknown last.
#[must_use]
pub fn newest(a: Option<Timestamp>, b: Option<Timestamp>) -> Ordering {
    b.cmp(&a)
}

/// The mark that repeats a phase's word.
#[must_use]
pub fn mark(phase: Phase) -> Mark {
    match phase {
        Phase::Failed | Phase::Error => Mark::Failed,
        Phase::Waiting => Mark::Waiting,
        Phase::Running => Mark::Running,
        Phase::Pending => Mark::Pending,
        Phase::Unknown => Mark::Unknown,
        Phase::Succeeded => Mark::Ok,
        Phase::Skipped | Phase::Omitted => Mark::Omitted,
    }
}

/// How a phase is painted.
#[must_use]
pub fn role(phase: Phase) -> Role {
    mark(phase).role()
}
