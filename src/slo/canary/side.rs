//! What is counted of one revision. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{HOUR, STEP};
use crate::domain::{Counted, Measure, Quantile};
use crate::slo::ask::Sample;
use crate::slo::bucket::{Buckets, bound};
use crate::slo::objective::{Runtime, Sli, defaults};
use crate::slo::source::{Form, LabelSet, Source, is_failure};

/// Counts of one revision.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Side {
    pub outcome: Option<Counted>,
    pub times: Option<Buckets>,
    pub gauge: Option<f64>,
    pub trend: BTreeMap<i64, Counted>,
}

/// Adds a series to counts of failures and of all.
pub(super) fn count(counted: &mut Counted, source: &Source, labels: &LabelSet, value: f64) {
    counted.valid += value;
    if let Form::Codes(label) = source.form {
        let code = labels.get(label).map_or("", String::as_str);
        if is_failure(code) {
            counted.bad += value;
        }
    }
}

impl Side {
    pub fn add(&mut self, source: &Source, sample: &Sample) {
        match source.form {
            Form::Buckets(unit) => {
                let bound = sample.labels.get("le").and_then(|le| bound(le));
                if let Some(bound) = bound {
                    let times = self.times.get_or_insert_default();
                    times.add(bound * unit, sample.value);
                }
            }
            Form::Gauge => *self.gauge.get_or_insert(0.0) += sample.value,
            _ => count(
                self.outcome.get_or_insert_default(),
                source,
                &sample.labels,
                sample.value,
            ),
        }
    }

    /// Events slower than a bound that is a bucket of both sides.
    pub fn slower(&self, bound: f64) -> Option<Counted> {
        let times = self.times.as_ref()?;
        match times.slower(bound) {
            Measure::Exact(counted) => Some(counted),
            _ => None,
        }
    }

    pub fn quantiles(&self) -> Box<[Quantile]> {
        let of = |q| self.times.as_ref()?.quantile(q);
        [0.5, 0.95, 0.99].into_iter().filter_map(of).collect()
    }
}

/// Thresholds of the default objectives with their names, as the buckets of both sides can tell them: one that no
/// bucket ends at is taken at the next one above, on both sides the same.
pub(super) fn bounds(sides: &[Side; 2]) -> Vec<(f64, f64)> {
    let [Some(canary), Some(stable)] = [&sides[0].times, &sides[1].times] else {
        return Vec::new();
    };
    let mut all: Vec<(f64, f64)> = Vec::new();
    for slo in defaults(Runtime::Predictive) {
        let Sli::Latency { threshold, .. } = slo.sli else {
            continue;
        };
        let snapped = canary.at_or_above(threshold);
        if let Some(bound) = snapped.filter(|b| stable.at_or_above(threshold) == Some(*b))
            && !all.iter().any(|(b, _)| (b - bound).abs() < f64::EPSILON)
        {
            all.push((bound, threshold));
        }
    }
    all
}

/// Error ratios of the last hour in equal steps, oldest first.
pub(super) fn points(side: &Side, at: Timestamp) -> Box<[Option<f64>]> {
    let step = i64::from(STEP);
    let count = i64::from(HOUR / STEP);
    (0..=count)
        .map(|place| {
            let wanted = at.as_second() - (count - place) * step;
            let range = (wanted - step / 2)..=(wanted + step / 2);
            side.trend.range(range).next().and_then(|(_, c)| c.ratio())
        })
        .collect()
}
