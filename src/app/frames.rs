//! When to draw: on change only, input at once, data at a pace. Pure: time is given.

use std::time::{Duration, Instant};

/// How often frames may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Least time between two frames asked for by input.
    pub input: Duration,
    /// Least time between two frames asked for by data.
    pub data: Duration,
}

impl Pace {
    /// On this machine: input 16 ms, data 4 times a second.
    pub const LOCAL: Self = Self {
        input: Duration::from_millis(16),
        data: Duration::from_millis(250),
    };
    /// Over SSH: input 16 ms, data 2 times a second.
    pub const REMOTE: Self = Self {
        input: Duration::from_millis(16),
        data: Duration::from_millis(500),
    };
}

impl Pace {
    /// Not more often than so many times a second; data at its own rate where one is given.
    #[must_use]
    pub fn capped(self, frames: u32, data: Option<u32>) -> Self {
        let gap = |a_second: u32| Duration::from_millis(u64::from(1000 / a_second.max(1)));
        let input = self.input.max(gap(frames));
        Self {
            input,
            data: data.map_or(self.data, gap).max(input),
        }
    }
}

/// Decides when the next frame is due.
#[derive(Debug)]
pub struct Frames {
    pace: Pace,
    last: Option<Instant>,
    due: Option<Instant>,
}

impl Frames {
    /// Nothing drawn yet, nothing due.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self {
            pace,
            last: None,
            due: None,
        }
    }

    /// Frames come at another pace from now on.
    pub fn pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// A person waits for a frame.
    pub fn ask_input(&mut self, now: Instant) {
        self.ask(now, self.pace.input);
    }

    /// Data changed what is shown.
    pub fn ask_data(&mut self, now: Instant) {
        self.ask(now, self.pace.data);
    }

    fn ask(&mut self, now: Instant, gap: Duration) {
        let at = self.last.map_or(now, |last| (last + gap).max(now));
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// When the next frame is due; `None` when nothing changed.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// A frame was drawn.
    pub fn drawn(&mut self, now: Instant) {
        self.last = Some(now);
        self.due = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_drawn_at_once_and_data_waits_its_turn() {
        let start = Instant::now();
        let mut frames = Frames::new(Pace::LOCAL);
        frames.ask_data(start);
        assert_eq!(frames.due(), Some(start));
        frames.drawn(start);
        assert_eq!(frames.due(), None);
        let later = start + Duration::from_millis(50);
        frames.ask_data(later);
        assert_eq!(frames.due(), Some(start + Duration::from_millis(250)));
        frames.ask_input(later);
        assert_eq!(frames.due(), Some(later));
    }

    #[test]
    fn a_cap_lowers_the_rate_of_all_frames_and_data_can_have_its_own() {
        let ms = Duration::from_millis;
        assert_eq!(Pace::LOCAL.capped(60, None), Pace::LOCAL);
        let slow = Pace::LOCAL.capped(2, None);
        assert_eq!((slow.input, slow.data), (ms(500), ms(500)));
        let data = Pace::LOCAL.capped(60, Some(1));
        assert_eq!((data.input, data.data), (ms(16), ms(1000)));
        assert_eq!(Pace::LOCAL.capped(60, Some(20)).data, ms(50));
    }

    #[test]
    fn keys_never_draw_more_often_than_every_16_ms() {
        let start = Instant::now();
        let mut frames = Frames::new(Pace::LOCAL);
        frames.drawn(start);
        frames.ask_input(start + Duration::from_millis(2));
        assert_eq!(frames.due(), Some(start + Duration::from_millis(16)));
    }
}
