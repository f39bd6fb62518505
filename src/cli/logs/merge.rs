//! Lines of several logs in the order of their times. Pure: the clock is given.
//!
//! A line is let go when every other log that still runs has come as far, or has had its chance.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// How long a line waits for earlier ones of other logs.
const HOLD: Duration = Duration::from_millis(400);
/// Most lines that wait.
const MOST: usize = 50_000;

/// Lines that wait for their turn; `S` names a log.
#[derive(Debug)]
pub struct Merge<S, L> {
    waiting: BTreeMap<(Timestamp, u64), (Instant, L)>,
    /// How far each log that still runs has come.
    reached: BTreeMap<S, Option<Timestamp>>,
    number: u64,
}

impl<S: Ord, L> Default for Merge<S, L> {
    fn default() -> Self {
        Self {
            waiting: BTreeMap::new(),
            reached: BTreeMap::new(),
            number: 0,
        }
    }
}

impl<S: Ord, L> Merge<S, L> {
    /// A log joins.
    pub fn join(&mut self, log: S) {
        self.reached.entry(log).or_default();
    }

    /// A log is at its end.
    pub fn leave(&mut self, log: &S) {
        self.reached.remove(log);
    }

    /// A line of a log; one without a time belongs to the line before it.
    pub fn push(&mut self, log: &S, at: Option<Timestamp>, line: L, now: Instant) {
        let reached = self.reached.get_mut(log);
        let before = reached.as_ref().and_then(|r| **r);
        let at = at.or(before).unwrap_or(Timestamp::MIN);
        if let Some(reached) = reached {
            *reached = Some(before.map_or(at, |b| b.max(at)));
        }
        self.number += 1;
        self.waiting.insert((at, self.number), (now, line));
    }

    /// The next line whose turn it is.
    pub fn next(&mut self, now: Instant) -> Option<L> {
        let entry = self.waiting.first_entry()?;
        let at = entry.key().0;
        let all = self.reached.values().all(|r| r.is_some_and(|r| r >= at));
        let held = entry.get().0 + HOLD <= now;
        if all || held || self.number_waiting() > MOST {
            return self.waiting.pop_first().map(|(_, (_, line))| line);
        }
        None
    }

    fn number_waiting(&self) -> usize {
        self.waiting.len()
    }

    /// When the next line is let go at the latest.
    pub fn due(&self) -> Option<Instant> {
        let first = self.waiting.first_key_value();
        first.map(|(_, (came, _))| *came + HOLD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Option<Timestamp> {
        Timestamp::from_second(s).ok()
    }

    fn ready(merge: &mut Merge<u8, &'static str>, now: Instant) -> Vec<&'static str> {
        std::iter::from_fn(|| merge.next(now)).collect()
    }

    #[test]
    fn lines_of_two_logs_come_in_the_order_of_their_times() {
        let (mut merge, now) = (Merge::default(), Instant::now());
        merge.join(1);
        merge.join(2);
        merge.push(&1, at(10), "a10", now);
        merge.push(&1, at(30), "a30", now);
        assert_eq!(
            ready(&mut merge, now),
            [""; 0],
            "the other may have an earlier one"
        );
        merge.push(&2, at(20), "b20", now);
        merge.push(&2, None, "b20 goes on", now);
        assert_eq!(ready(&mut merge, now), ["a10", "b20", "b20 goes on"]);
        merge.leave(&2);
        assert_eq!(ready(&mut merge, now), ["a30"]);
    }

    #[test]
    fn a_silent_log_does_not_hold_the_others_for_long() {
        let (mut merge, now) = (Merge::default(), Instant::now());
        merge.join(1);
        merge.join(2);
        merge.push(&1, at(10), "a10", now);
        assert_eq!(ready(&mut merge, now), [""; 0]);
        let due = merge.due().unwrap();
        assert_eq!(ready(&mut merge, due), ["a10"]);
    }
}
