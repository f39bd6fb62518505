//! What was told of a log, so that it can be read on after a break without loss or doubles. Pure.
//!
//! The API server takes `sinceTime` in whole seconds, and the two outputs of a program are not strictly in order: a
//! log is asked for again from the second before its last line, and what was told of these two seconds is skipped.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;

/// Lines of one second that are remembered; of a second with more, those up to the last time are taken as told.
const MOST: usize = 1 << 16;

/// How often each line came, by its hash.
type Lines = HashMap<u64, u32>;

/// What was told.
#[derive(Debug, Default)]
pub(super) struct Told {
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    /// The second of the last line, and the one before it.
    now: Lines,
    before: Lines,
    /// More lines came in these seconds than are remembered.
    many: (bool, bool),
    /// Lines without a time were told.
    timeless: bool,
    skip: Option<Skip>,
    /// The log was not asked for from its beginning.
    part: bool,
}

/// What is skipped after a break.
#[derive(Debug)]
struct Skip {
    /// Lines up to this time were not asked for.
    first: Option<Timestamp>,
    last: Timestamp,
    lines: Lines,
    many: bool,
}

fn hash(at: Timestamp, text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (at, text).hash(&mut hasher);
    hasher.finish()
}

impl Told {
    /// Nothing so far; `part` when not the whole log was asked for.
    pub(super) fn new(part: bool) -> Self {
        Self {
            part,
            ..Self::default()
        }
    }

    /// Something was told.
    pub(super) fn any(&self) -> bool {
        self.last.is_some() || self.timeless
    }

    /// From when the log has to be asked for; none when it must be read anew.
    pub(super) fn since(&self) -> Option<Timestamp> {
        let last = self.last?;
        Timestamp::from_second(last.as_second() - 1).ok()
    }

    /// The stream begins again at [`Self::since`].
    pub(super) fn resume(&mut self) {
        let (Some(first), Some(last)) = (self.first, self.last) else {
            return;
        };
        let mut lines = self.now.clone();
        for (line, count) in &self.before {
            *lines.entry(*line).or_default() += count;
        }
        self.skip = Some(Skip {
            first: Some(first).filter(|f| self.part && *f < last),
            last,
            lines,
            many: self.many.0 || self.many.1,
        });
    }

    /// The log is read anew.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.part);
    }

    /// Whether a line was not told before; from now on it was.
    pub(super) fn is_new(&mut self, at: Option<Timestamp>, text: &[u8]) -> bool {
        let Some(at) = at else {
            self.timeless = true;
            return true;
        };
        let hash = hash(at, text);
        if let Some(skip) = &mut self.skip {
            if skip.takes(at, hash) {
                return false;
            }
            if at.as_second() > skip.last.as_second() {
                self.skip = None;
            }
        }
        self.remember(at, hash);
        true
    }

    fn remember(&mut self, at: Timestamp, hash: u64) {
        self.first = Some(self.first.map_or(at, |f| f.min(at)));
        let last = self.last.unwrap_or(at);
        let ahead = at.as_second() - last.as_second();
        if ahead > 0 {
            self.before = std::mem::take(&mut self.now);
            self.many = (false, self.many.0);
            if ahead > 1 {
                self.before.clear();
                self.many.1 = false;
            }
        }
        self.last = Some(last.max(at));
        let (lines, many) = match ahead {
            0.. => (&mut self.now, &mut self.many.0),
            -1 => (&mut self.before, &mut self.many.1),
            _ => return,
        };
        if lines.len() < MOST {
            *lines.entry(hash).or_default() += 1;
        } else {
            *many = true;
        }
    }
}

impl Skip {
    fn takes(&mut self, at: Timestamp, hash: u64) -> bool {
        if let Some(count) = self.lines.get_mut(&hash)
            && *count > 0
        {
            *count -= 1;
            return true;
        }
        // what lies before the first line was not asked for; it comes again because the question is in whole seconds
        self.first.is_some_and(|first| at <= first) || (self.many && at <= self.last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_000_000_000 + ms).unwrap()
    }

    /// Reads a log up to `cut`, then again as the server would give it, and tells what was new.
    fn read(log: &[(i64, String)], first: usize, cut: usize) -> Vec<(i64, String)> {
        let mut told = Told::new(first > 0);
        let mut out = Vec::new();
        let mut take = |told: &mut Told, line: &(i64, String)| {
            if told.is_new(Some(at(line.0)), line.1.as_bytes()) {
                out.push(line.clone());
            }
        };
        for line in log.get(first..cut).unwrap_or_default() {
            take(&mut told, line);
        }
        let since = told.since();
        told.resume();
        let from = if since.is_none() { first } else { 0 };
        for line in log.get(from..).unwrap_or_default() {
            if since.is_none_or(|s| at(line.0) >= s) {
                take(&mut told, line);
            }
        }
        out
    }

    #[test]
    fn a_broken_stream_goes_on_without_loss_or_doubles() {
        let log: Vec<(i64, String)> = (0..4_000)
            .map(|n| (n * 3 / 2, format!("line {}", n % 7)))
            .collect();
        for cut in [0, 1, 17, 1_999, 2_000, 3_999, 4_000] {
            assert_eq!(read(&log, 0, cut), log, "broken at {cut}");
        }
        assert_eq!(read(&log, 1_000, 1_400), log[1_000..]);
    }

    #[test]
    fn a_second_with_too_many_lines_to_remember_makes_no_doubles() {
        let log: Vec<(i64, String)> = (0..200_000)
            .map(|n| (n / 150, format!("line {n}")))
            .collect();
        let told = read(&log, 0, 150_000);
        assert_eq!(told.len(), log.len());
    }

    #[test]
    fn a_log_without_times_is_read_anew() {
        let mut told = Told::default();
        assert!(!told.any() && told.since().is_none());
        assert!(told.is_new(None, b"x"));
        assert!(told.any() && told.since().is_none());
    }

    proptest! {
        /// Two outputs of a program, a little out of order, equal lines among them: nothing is lost, nothing comes
        /// twice, wherever the stream breaks.
        #[test]
        fn any_break_is_mended(steps in proptest::collection::vec((0..700_i64, -40..40_i64, 0..3_u8), 1..60), cut in 0..60_usize) {
            let mut time = 0;
            let log: Vec<(i64, String)> = steps.iter().map(|(step, sway, word)| {
                time += step;
                (100 + time + sway, word.to_string())
            }).collect();
            let mut got = read(&log, 0, cut.min(log.len()));
            let mut want = log.clone();
            got.sort();
            want.sort();
            prop_assert_eq!(got, want);
        }
    }
}
