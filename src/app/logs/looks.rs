//! How lines are shown: with their times, broken, as they are written, scrolled sideways. Pure.

use super::LogScreen;
use crate::app::command::Verb;
use crate::app::screen::Turn;

/// Cells that one key scrolls sideways.
const SHIFT: usize = 20;

/// How lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looks {
    /// With the time of each.
    pub times: bool,
    /// Long lines go on below instead of beyond the edge.
    pub wrap: bool,
    /// JSON lines as they are written.
    pub raw: bool,
    /// Cells scrolled to the right.
    pub shift: usize,
}

impl LogScreen {
    pub(super) fn act_on_looks(&mut self, verb: Verb) -> Turn {
        match verb {
            Verb::LogTimes => self.looks.times = !self.looks.times,
            Verb::LogWrap => {
                self.looks.wrap = !self.looks.wrap;
                self.looks.shift = 0;
            }
            Verb::LogJson => self.looks.raw = !self.looks.raw,
            Verb::LogRight if !self.looks.wrap => {
                self.looks.shift = (self.looks.shift + SHIFT).min(crate::domain::LINE_CAP);
            }
            Verb::LogLeft => self.looks.shift = self.looks.shift.saturating_sub(SHIFT),
            Verb::LogRight => {}
            _ => return Turn::Unknown,
        }
        Turn::Taken
    }
}
