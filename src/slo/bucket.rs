//! Histograms as they come: cumulative counts by upper bound, and what can be told from them. Pure.

use crate::domain::{Clean, Counted, Measure, Quantile};

/// Cumulative counts by upper bound in seconds, the smallest bound first; the last bound is infinite.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Buckets(Vec<Bucket>);

/// An upper bound, and the count of all events up to it.
type Bucket = (f64, f64);

/// Bounds that differ by less than this share of them are one: `0.05` and `50` ms.
const SAME: f64 = 1e-9;

impl Buckets {
    /// Adds a count to the bucket of a bound.
    pub fn add(&mut self, bound: f64, count: f64) {
        match self.0.iter_mut().find(|(b, _)| same(*b, bound)) {
            Some((_, sum)) => *sum += count,
            None => {
                let at = self.0.partition_point(|(b, _)| *b < bound);
                self.0.insert(at, (bound, count));
            }
        }
    }

    /// All events; none when the last bucket is missing, without which nothing can be said.
    #[must_use]
    pub fn total(&self) -> Option<f64> {
        let (bound, count) = self.0.last()?;
        bound.is_infinite().then_some(*count)
    }

    /// Events slower than a threshold.
    #[must_use]
    pub fn slower(&self, threshold: f64) -> Measure {
        let Some(total) = self.total() else {
            return Measure::NoData;
        };
        if total <= 0.0 {
            return Measure::NoTraffic;
        }
        // counts are extrapolated one by one: one bucket may come out a little above the next
        let bad = |count: f64| Counted {
            bad: (total - count).clamp(0.0, total),
            valid: total,
        };
        if let Some((_, count)) = self.0.iter().find(|(b, _)| same(*b, threshold)) {
            return Measure::Exact(bad(*count));
        }
        let (below, above) = self.around(threshold);
        match (below, above) {
            (Some((_, fast)), Some((_, slow))) => Measure::Between {
                least: bad(slow),
                most: bad(fast),
            },
            _ => Measure::Unmeasurable(self.out_of_range(threshold)),
        }
    }

    /// The finite bounds on both sides of a threshold, with their counts.
    #[must_use]
    pub fn around(&self, threshold: f64) -> (Option<Bucket>, Option<Bucket>) {
        let finite = || self.0.iter().copied().filter(|(b, _)| b.is_finite());
        (
            finite().rfind(|(b, _)| *b < threshold),
            finite().find(|(b, _)| *b > threshold),
        )
    }

    /// The finite bound at a threshold, else the next one above.
    #[must_use]
    pub fn at_or_above(&self, threshold: f64) -> Option<f64> {
        let bounds = self.0.iter().map(|(b, _)| *b);
        let mut finite = bounds.filter(|b| b.is_finite());
        finite.find(|b| same(*b, threshold) || *b > threshold)
    }

    fn out_of_range(&self, threshold: f64) -> Clean {
        let (below, above) = self.around(threshold);
        Clean::new(&match (below, above) {
            (None, Some((first, _))) => format!(
                "the first bucket ends at {}: nothing below it can be told apart",
                time(first)
            ),
            (Some((last, _)), None) => format!(
                "the last bucket ends at {}: nothing above it can be told apart",
                time(last)
            ),
            _ => format!("there is no bucket around {}", time(threshold)),
        })
    }

    /// A quantile, as `histogram_quantile` interpolates it, with the bounds of the bucket that it lies in.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<Quantile> {
        let total = self.total().filter(|t| *t > 0.0)?;
        let rank = q * total;
        let at = self.0.iter().position(|(_, count)| *count >= rank)?;
        let (below, count) = self.0[at];
        let (above, before) = match at.checked_sub(1) {
            Some(previous) => self.0[previous],
            None => (0.0, 0.0),
        };
        let seconds = if below.is_infinite() {
            above
        } else if count > before {
            above + (below - above) * (rank - before) / (count - before)
        } else {
            below
        };
        Some(Quantile {
            q,
            seconds,
            above,
            below,
        })
    }
}

/// An upper bound as it is written in the label `le`.
#[must_use]
pub fn bound(le: &str) -> Option<f64> {
    match le {
        "+Inf" | "Inf" => Some(f64::INFINITY),
        text => text.parse().ok().filter(|b: &f64| !b.is_nan()),
    }
}

fn same(one: f64, other: f64) -> bool {
    if one.is_infinite() || other.is_infinite() {
        return one.is_infinite() && other.is_infinite();
    }
    (one - other).abs() <= SAME * one.abs().max(other.abs())
}

/// Of bounds as they are written, those that are needed to tell a threshold: the one that ends there, else both
/// neighbours.
#[must_use]
pub fn needed(bounds: &[(f64, String)], threshold: f64) -> Vec<&str> {
    if bounds.iter().any(|(b, _)| same(*b, threshold)) {
        let exact = bounds.iter().filter(|(b, _)| same(*b, threshold));
        return exact.map(|(_, text)| text.as_str()).collect();
    }
    let finite = || bounds.iter().filter(|(b, _)| b.is_finite());
    let below = finite()
        .filter(|(b, _)| *b < threshold)
        .map(|(b, _)| *b)
        .fold(f64::NAN, f64::max);
    let above = finite()
        .filter(|(b, _)| *b > threshold)
        .map(|(b, _)| *b)
        .fold(f64::NAN, f64::min);
    let near = finite().filter(|(b, _)| same(*b, below) || same(*b, above));
    near.map(|(_, text)| text.as_str()).collect()
}

/// A length of time as people say it: `50 ms`, `1.5 s`.
#[must_use]
pub fn time(seconds: f64) -> String {
    if seconds < 1.0 {
        let ms = seconds * 1000.0;
        let digits = usize::from(ms < 10.0);
        let text = format!("{ms:.digits$}");
        let text = if digits > 0 {
            text.trim_end_matches(".0")
        } else {
            &text
        };
        format!("{text} ms")
    } else {
        let text = format!("{seconds:.2}");
        format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A share as people say it: `4.1 %`, `0.08 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    let digits = match value.abs() {
        v if v >= 10.0 => 0,
        v if v >= 1.0 => 1,
        v if v >= 0.01 || v == 0.0 => 2,
        _ => 4,
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(all: &[(f64, f64)]) -> Buckets {
        let mut buckets = Buckets::default();
        for (bound, count) in all {
            buckets.add(*bound, *count);
        }
        buckets
    }

    #[test]
    fn a_bucket_that_ends_at_the_threshold_tells_exactly() {
        let some = buckets(&[
            (0.25, 97.0),
            (0.1, 90.0),
            (f64::INFINITY, 100.0),
            (0.05, 40.0),
        ]);
        let Measure::Exact(counted) = some.slower(0.05) else {
            panic!("{:?}", some.slower(0.05));
        };
        assert_eq!((counted.bad, counted.valid), (60.0, 100.0));
    }

    #[test]
    fn a_threshold_between_two_buckets_is_between_their_counts() {
        let some = buckets(&[(0.1, 90.0), (0.25, 97.0), (f64::INFINITY, 100.0)]);
        let Measure::Between { least, most } = some.slower(0.2) else {
            panic!("{:?}", some.slower(0.2));
        };
        assert_eq!((least.bad, most.bad), (3.0, 10.0));
    }

    #[test]
    fn a_threshold_outside_of_the_buckets_cannot_be_told() {
        // vLLM's first bucket
        let some = buckets(&[(0.3, 90.0), (f64::INFINITY, 100.0)]);
        let Measure::Unmeasurable(why) = some.slower(0.2) else {
            panic!("{:?}", some.slower(0.2));
        };
        assert!(why.contains("300 ms"), "{why}");
        assert_eq!(buckets(&[(0.3, 90.0)]).slower(0.3), Measure::NoData);
        assert_eq!(
            buckets(&[(0.3, 0.0), (f64::INFINITY, 0.0)]).slower(0.3),
            Measure::NoTraffic
        );
    }

    #[test]
    fn a_quantile_is_interpolated_and_says_between_which_bounds() {
        // as `histogram_quantile` does it: 95 of 100 lie in 0.1 to 0.25
        let some = buckets(&[(0.1, 90.0), (0.25, 98.0), (f64::INFINITY, 100.0)]);
        let p95 = some.quantile(0.95).unwrap();
        assert!((p95.seconds - 0.193_75).abs() < 1e-9, "{p95:?}");
        assert_eq!((p95.above, p95.below), (0.1, 0.25));
        let p99 = some.quantile(0.99).unwrap();
        assert!((p99.seconds - 0.25).abs() < 1e-9 && p99.below.is_infinite());
        assert_eq!(
            buckets(&[(0.1, 0.0), (f64::INFINITY, 0.0)]).quantile(0.5),
            None
        );
    }

    #[test]
    fn times_and_shares_read_well() {
        assert_eq!(time(0.05), "50 ms");
        assert_eq!(time(0.0005), "0.5 ms");
        assert_eq!(time(1.5), "1.5 s");
        assert_eq!(percent(0.041), "4.1 %");
        assert_eq!(percent(0.0008), "0.08 %");
        assert_eq!(percent(0.5), "50 %");
        assert_eq!(percent(0.0), "0 %");
    }
}
