//! Simulated time and what is due when. Pure.
//!
//! Simulated milliseconds count from the moment the platform opened: before it (negative) the past that is made up
//! at the start, at the pace of the wall clock; after it the present, `speed` times faster.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::{SignedDuration, Timestamp};

/// Simulated time in milliseconds since the opening.
pub(super) type Moment = i64;

/// From simulated time to the stamps on objects, and back.
#[derive(Debug, Clone, Copy)]
pub(in crate::demo) struct Clock {
    /// Wall-clock time of the opening.
    pub(super) opening: Timestamp,
    /// How many simulated seconds pass in a real one.
    pub(super) speed: f64,
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn scale(milliseconds: i64, factor: f64) -> i64 {
    (milliseconds as f64 * factor) as i64
}

impl Clock {
    /// Opened at a time, running so many times faster than the wall clock.
    pub(in crate::demo) fn new(opening: Timestamp, speed: f64) -> Self {
        // whole milliseconds, so that simulated time and schedules agree
        let whole = Timestamp::from_millisecond(opening.as_millisecond());
        Self {
            opening: whole.unwrap_or(opening),
            speed,
        }
    }

    pub(super) fn pace(&self, at: Moment) -> f64 {
        if at < 0 { 1.0 } else { self.speed }
    }

    /// What the wall clock shows.
    pub(super) fn wall(&self, at: Moment) -> Timestamp {
        let real = scale(at, 1.0 / self.pace(at));
        let shown = self.opening.checked_add(SignedDuration::from_millis(real));
        shown.unwrap_or(self.opening)
    }

    /// What the wall clock shows, for a moment in microseconds.
    pub(super) fn wall_of_micros(&self, at: i64) -> Timestamp {
        let real = scale(at, 1.0 / self.pace(at));
        let shown = self.opening.checked_add(SignedDuration::from_micros(real));
        shown.unwrap_or(self.opening)
    }

    /// The moment when the wall clock shows a time.
    pub(super) fn moment(&self, wall: Timestamp) -> Moment {
        let real = wall.as_millisecond() - self.opening.as_millisecond();
        if real < 0 {
            real
        } else {
            scale(real, self.speed)
        }
    }

    /// What a calendar of the simulation shows: schedules follow it.
    pub(super) fn calendar(&self, at: Moment) -> Timestamp {
        let shown = self.opening.checked_add(SignedDuration::from_millis(at));
        shown.unwrap_or(self.opening)
    }
}

/// What is due, in order of time, then of entry.
#[derive(Debug)]
pub(super) struct Agenda<T> {
    heap: BinaryHeap<Reverse<(Moment, u64, T)>>,
    entries: u64,
}

impl<T: Ord> Agenda<T> {
    pub(super) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            entries: 0,
        }
    }

    pub(super) fn add(&mut self, at: Moment, what: T) {
        self.entries += 1;
        self.heap.push(Reverse((at, self.entries, what)));
    }

    /// When the next is due.
    pub(super) fn next(&self) -> Option<Moment> {
        self.heap.peek().map(|Reverse((at, _, _))| *at)
    }

    /// Takes the next that is due by then.
    pub(super) fn take(&mut self, by: Moment) -> Option<(Moment, T)> {
        if self.next()? > by {
            return None;
        }
        self.heap.pop().map(|Reverse((at, _, what))| (at, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_runs_at_real_pace_and_the_present_faster() {
        let clock = Clock {
            opening: Timestamp::from_second(1_000_000).unwrap(),
            speed: 10.0,
        };
        assert_eq!(clock.wall(-60_000).as_second(), 999_940);
        assert_eq!(clock.wall(60_000).as_second(), 1_000_006);
        for at in [-5_000, 0, 70_000] {
            assert_eq!(clock.moment(clock.wall(at)), at);
        }
    }

    #[test]
    fn what_is_due_comes_in_order() {
        let mut agenda = Agenda::new();
        for (at, what) in [(5, "b"), (3, "a"), (5, "c"), (9, "d")] {
            agenda.add(at, what);
        }
        let taken: Vec<_> = std::iter::from_fn(|| agenda.take(5)).collect();
        assert_eq!(taken, [(3, "a"), (5, "b"), (5, "c")]);
        assert_eq!(agenda.next(), Some(9));
    }
}
