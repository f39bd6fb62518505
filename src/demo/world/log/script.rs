//! When which line of a log is printed. Pure.
//!
//! A line is found by its number alone, so a log of any length costs nothing until it is read.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::work::{Program, opening};
use super::{container_of, hostile, last};
use crate::demo::catalog::text;
use crate::demo::chance::Chance;
use crate::demo::world::clock::Clock;

/// Lines that a node keeps of a log; older ones were rotated away.
const KEPT: u64 = 200_000;
/// The last words come this long after the stamp of the end, which is in whole seconds.
const LAST: i64 = 950;

/// One printed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct Line {
    pub(in crate::demo) at: Timestamp,
    pub(in crate::demo) text: Vec<u8>,
}

/// The log of one attempt of a container.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Script {
    clock: Clock,
    seed: u64,
    program: Program,
    opening: Vec<String>,
    /// What is printed at the end; known only then.
    last: Vec<String>,
    start: Timestamp,
    end: Option<Timestamp>,
}

impl Script {
    /// The log of the attempt with this state; none before it has started.
    pub(in crate::demo) fn new(
        pod: &Value,
        container: &str,
        state: &Value,
        clock: Clock,
    ) -> Option<Self> {
        let at = |pointer: &str| text(state, pointer).parse::<Timestamp>().ok();
        let start = at("/running/startedAt").or_else(|| at("/terminated/startedAt"))?;
        let manifest = container_of(pod, container);
        let name = format!("{}/{container}", text(pod, "/metadata/uid"));
        let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
        });
        let program = Program::of(pod, &manifest);
        Some(Self {
            clock,
            seed,
            opening: opening(&program, pod, &manifest),
            last: last::words(&program, pod, &manifest, &state["terminated"]),
            program,
            start,
            end: at("/terminated/finishedAt"),
        })
    }

    /// The container has ended: no line comes after those that are there now.
    pub(in crate::demo) fn is_over(&self) -> bool {
        self.end.is_some()
    }

    /// Numbers of the lines that the node holds at a time: from the first kept to behind the last.
    pub(in crate::demo) fn lines(&self, now: Timestamp) -> std::ops::Range<u64> {
        let count = match self.end {
            Some(_) => self.worked() + self.opening.len() as u64 + self.last.len() as u64,
            None => self.printed(now),
        };
        count.saturating_sub(KEPT)..count
    }

    /// Where a reader that has come to this number while the container ran goes on: what is stamped as printed after
    /// the end never was.
    pub(in crate::demo) fn go_on(&self, number: u64) -> u64 {
        match self.end {
            Some(_) => number.min(self.opening.len() as u64 + self.worked()),
            None => number,
        }
    }

    /// The number of the first line printed at or after a time.
    pub(in crate::demo) fn since(&self, since: Timestamp, now: Timestamp) -> u64 {
        let all = self.lines(now);
        let (mut low, mut high) = (all.start, all.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.time(middle) < since {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// A line by its number.
    pub(in crate::demo) fn line(&self, number: u64) -> Line {
        let at = self.time(number);
        let opening = self.opening.len() as u64;
        let text = match usize::try_from(number)
            .ok()
            .and_then(|n| self.opening.get(n))
        {
            Some(text) => stamped(text, at).into_bytes(),
            None => {
                let step = number - opening;
                match self.ending(step) {
                    Some(text) => stamped(text, at).into_bytes(),
                    None if self.program == Program::Hostile => hostile::line(step),
                    None => {
                        let mut chance = self.chance(number);
                        stamped(&self.program.says(step, &mut chance), at).into_bytes()
                    }
                }
            }
        };
        Line { at, text }
    }

    /// When a line is printed.
    pub(in crate::demo) fn time(&self, number: u64) -> Timestamp {
        let opening = self.opening.len() as u64;
        if number < opening {
            let gap = i64::try_from(number).unwrap_or(0);
            return later(self.start, SignedDuration::from_micros(gap));
        }
        let step = number - opening;
        if let (Some(end), true) = (self.end, step >= self.worked()) {
            let more = i64::try_from(step - self.worked()).unwrap_or(0);
            return later(end, SignedDuration::from_micros(LAST * 1_000 + more * 40));
        }
        self.work_time(step)
    }

    /// Lines printed at work when the container has ended.
    fn worked(&self) -> u64 {
        let Some(end) = self.end else {
            return u64::MAX;
        };
        let end = later(end, SignedDuration::from_millis(LAST - 1));
        self.steps(end)
    }

    fn printed(&self, now: Timestamp) -> u64 {
        if now < self.start {
            return 0;
        }
        self.opening.len() as u64 + self.steps(now)
    }

    /// Lines of work printed until a time.
    fn steps(&self, until: Timestamp) -> u64 {
        let every = self.program.every();
        let span = if self.program.is_flood() {
            until.duration_since(self.start).as_micros()
        } else {
            let (from, to) = (self.clock.moment(self.start), self.clock.moment(until));
            i128::from(to - from) * 1_000
        };
        let guess = u64::try_from(span.max(0) / i128::from(every)).unwrap_or(0);
        // the last of these may sway beyond the end
        let late = (guess.saturating_sub(2)..guess).find(|step| self.work_time(*step) > until);
        late.unwrap_or(guess).min(self.program.most())
    }

    fn work_time(&self, step: u64) -> Timestamp {
        let every = self.program.every();
        let sway = self.chance(step).below(every.unsigned_abs() / 2);
        let micros = i64::try_from(step + 1)
            .unwrap_or(i64::MAX)
            .saturating_mul(every)
            .saturating_sub(i64::try_from(sway).unwrap_or(0));
        let nanos = i64::try_from(step.wrapping_mul(7_919) % 1_000).unwrap_or(0);
        let at = if self.program.is_flood() {
            later(self.start, SignedDuration::from_micros(micros))
        } else {
            let start = self.clock.moment(self.start).saturating_mul(1_000);
            self.clock
                .wall_of_micros(start.saturating_add(micros))
                .max(self.start)
        };
        later(at, SignedDuration::from_nanos(nanos))
    }

    /// What is printed after the work.
    fn ending(&self, step: u64) -> Option<&String> {
        self.end?;
        let at = step.checked_sub(self.worked())?;
        self.last.get(usize::try_from(at).ok()?)
    }

    fn chance(&self, number: u64) -> Chance {
        Chance::new(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(at)
}

/// A text with the time that the program itself writes.
fn stamped(text: &str, at: Timestamp) -> String {
    let mut out = String::with_capacity(text.len() + 24);
    for (n, part) in text.split("{t}").enumerate() {
        if n > 0 {
            out.push_str(&at.strftime("%Y-%m-%d %H:%M:%S,%3f").to_string());
        }
        out.push_str(part);
    }
    if out.contains("{z}") {
        return out.replace("{z}", &at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string());
    }
    if out.contains("{k}") {
        return out.replace("{k}", &at.strftime("%m%d %H:%M:%S.%6f").to_string());
    }
    out
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
