//! What limits the trust in figures, one sentence each. Pure.

use jiff::Timestamp;

use crate::domain::{Clean, Measure, Span, WindowBurn};
use crate::fault::Fault;
use crate::slo::bucket::{percent, time};
use crate::slo::desk::{Known, Told};
use crate::slo::promql::duration;
use crate::slo::window::PairSpec;

use super::jobs::HOUR;
use super::judge;
use super::read::Table;

/// Doubts about the figures of one objective, in the order in which they matter.
#[derive(Debug, Default)]
pub(super) struct Notes {
    lines: Vec<String>,
    missing: Vec<u32>,
    waiting: Vec<u32>,
    older: Vec<u32>,
    oldest: Option<Timestamp>,
    fault: Option<Fault>,
    warnings: Vec<Clean>,
    /// Ratios are given, not counts.
    uncounted: bool,
    now: Option<Timestamp>,
}

impl Notes {
    pub fn add(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// Ratios are given and no counts: how much was asked is not known.
    pub fn uncounted(&mut self) {
        self.uncounted = true;
        self.add("a ratio is given and no counts: how much was asked is not known");
    }

    /// Takes note of how an answer came.
    pub fn window(&mut self, seconds: u32, known: &Known<'_, Table>, now: Timestamp) {
        self.now = Some(now);
        match known {
            Known::Fresh(told) => self.warned(told),
            Known::Older(told, fault) => {
                self.warned(told);
                self.older.push(seconds);
                self.oldest = Some(self.oldest.map_or(told.at, |o| o.min(told.at)));
                self.failed(*fault);
            }
            Known::Nothing(Some(fault)) => {
                self.missing.push(seconds);
                self.failed(Some(fault));
            }
            Known::Nothing(None) => self.waiting.push(seconds),
        }
    }

    fn warned(&mut self, told: &Told<Table>) {
        for warning in &told.warnings {
            if !self.warnings.contains(warning) {
                self.warnings.push(warning.clone());
            }
        }
    }

    fn failed(&mut self, fault: Option<&Fault>) {
        if self.fault.is_none() {
            self.fault = fault.cloned();
        }
    }

    /// Some answers may be partial.
    pub fn partial(&self) -> bool {
        !self.warnings.is_empty()
    }

    /// A threshold between two buckets.
    pub fn bounds(&mut self, windows: &[WindowBurn], threshold: f64) {
        let unmeasurable = windows.iter().find_map(|w| match &w.measure {
            Measure::Unmeasurable(why) => Some(why),
            _ => None,
        });
        if let Some(why) = unmeasurable {
            let line = format!("{why}; the objective is at {}", time(threshold));
            if !self.lines.iter().any(|l| l.contains("mean")) {
                self.lines.push(line);
            }
        }
        let hour = judge::of(windows, HOUR);
        let between = [hour]
            .into_iter()
            .chain(windows.iter().map(|w| &w.measure))
            .find_map(|m| match m {
                Measure::Between { least, most } => Some((least.ratio()?, most.ratio()?)),
                _ => None,
            });
        if let Some((least, most)) = between {
            self.lines.push(format!(
                "no bucket ends at {}: between {} and {} are slower, by the buckets around it; only the least counts",
                time(threshold),
                percent(least),
                percent(most)
            ));
        }
    }

    /// Pairs that cannot fire with this budget.
    pub fn plain(&mut self, all: &[PairSpec], possible: &[PairSpec], budget: f64) {
        if all.iter().any(|p| p.pages && p.factor * budget >= 1.0) && !possible.is_empty() {
            self.lines.push(format!(
                "a budget of {} cannot burn fast enough to page: a ticket when more are bad over 1h and 5m",
                percent(budget)
            ));
        }
    }

    /// Windows in which a single failure fires a pair.
    pub fn traffic(&mut self, windows: &[WindowBurn], pairs: &[PairSpec], budget: f64) {
        if self.uncounted {
            return;
        }
        let few = pairs.iter().find_map(|pair| {
            let (Measure::Exact(counted) | Measure::Between { least: counted, .. }) =
                judge::of(windows, pair.long)
            else {
                return None;
            };
            let enough = 1.0 / (pair.factor * budget);
            (counted.valid > 0.0 && counted.valid < enough).then_some((pair, counted.valid, enough))
        });
        if let Some((pair, valid, enough)) = few {
            let does = if pair.pages { "page" } else { "make a ticket" };
            self.lines.push(format!(
                "low traffic: {valid:.0} in {}, under {:.0} one failure is enough to {does}",
                duration(pair.long),
                enough.ceil()
            ));
        }
    }

    /// Data that does not reach back as far as the budget.
    pub fn covers(&mut self, covers: Option<u32>, period: u32) {
        if let Some(seconds) = covers {
            self.lines.push(format!(
                "the budget covers {} of {}: older data is missing",
                Span(seconds.into()).short(),
                Span(period.into()).short()
            ));
        }
    }

    /// All of them.
    pub fn told(self) -> Box<[Clean]> {
        let names = |windows: &[u32]| -> String {
            let words: Vec<String> = windows.iter().map(|w| duration(*w)).collect();
            words.join(", ")
        };
        let why = |text: String| match &self.fault {
            Some(fault) => format!("{text}: {}", fault.told()),
            None => text,
        };
        let mut lines = Vec::new();
        if !self.missing.is_empty() {
            lines.push(why(format!("no answer for {}", names(&self.missing))));
        }
        if let (Some(oldest), Some(now)) = (self.oldest, self.now) {
            let age = Span::between(oldest, now).short();
            let text = format!("{} measured {age} ago", names(&self.older));
            lines.push(if self.missing.is_empty() {
                why(text)
            } else {
                text
            });
        }
        if let Some(warning) = self.warnings.first() {
            lines.push(format!("the answer may be partial: {warning}"));
        }
        if !self.waiting.is_empty() {
            lines.push(format!("not measured yet: {}", names(&self.waiting)));
        }
        lines.extend(self.lines);
        lines.iter().map(|l| Clean::new(l)).collect()
    }
}
