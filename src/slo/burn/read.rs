//! Answers as tables by service. Pure. A value that is no number is left out: it is not 0.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::Counted;
use crate::slo::ask::{Answer, Sample};
use crate::slo::bucket::{Buckets, bound};
use crate::slo::source::{Form, LabelSet, Service, Source, is_failure, names_of};

/// What an answer was read as.
#[derive(Debug)]
pub(super) enum Table {
    /// Metrics there are, with the reporter of Istio (empty for others).
    Names(BTreeSet<(String, String)>),
    /// Bounds of buckets in seconds, as they are written, by service.
    Bounds(BTreeMap<Service, Vec<(f64, String)>>),
    /// Counts in a window.
    Counts(BTreeMap<Service, Counts>),
    /// Gauges.
    Gauge(BTreeMap<Service, f64>),
    /// Counts over time, oldest first.
    Trend(BTreeMap<Service, Vec<(f64, Counts)>>),
    /// When a service was first seen, in Unix seconds.
    Since(BTreeMap<Service, f64>),
    /// Figures of a custom query, by the values of its grouping.
    Figures(BTreeMap<Vec<String>, f64>),
}

/// Counts of one service in one window.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Counts {
    /// Failed, and all.
    Outcome(Counted),
    /// By duration.
    Times(Buckets),
    /// Something was counted, and no share can be told of it.
    Mean(f64),
}

impl Counts {
    fn none(form: Form) -> Self {
        match form {
            Form::Buckets(_) => Self::Times(Buckets::default()),
            Form::MeanOnly => Self::Mean(0.0),
            _ => Self::Outcome(Counted::default()),
        }
    }

    /// Adds the count of one series, by the label that splits them.
    fn add(&mut self, source: &Source, labels: &LabelSet, value: f64) {
        match (self, source.form) {
            (Self::Outcome(counted), Form::Codes(label)) => {
                counted.valid += value;
                if is_failure(labels.get(label).map_or("", String::as_str)) {
                    counted.bad += value;
                }
            }
            (Self::Outcome(counted), _) => {
                counted.valid += value;
                if labels.get("outcome").is_some_and(|o| o == "bad") {
                    counted.bad += value;
                }
            }
            (Self::Times(buckets), Form::Buckets(unit)) => {
                if let Some(bound) = labels.get("le").and_then(|le| bound(le)) {
                    buckets.add(bound * unit, value);
                }
            }
            (Self::Mean(sum), _) => *sum += value,
            (Self::Times(_), _) => {}
        }
    }
}

/// Values that count: neither NaN nor infinite.
fn real(samples: &[Sample]) -> impl Iterator<Item = &Sample> {
    samples.iter().filter(|s| s.value.is_finite())
}

pub(super) fn names(answer: &Answer) -> Table {
    Table::Names(names_of(answer))
}

pub(super) fn bounds(source: &Source, answer: &Answer) -> Table {
    let Form::Buckets(unit) = source.form else {
        return Table::Bounds(BTreeMap::new());
    };
    let mut all: BTreeMap<Service, Vec<(f64, String)>> = BTreeMap::new();
    for sample in &answer.samples {
        let Some(le) = sample.labels.get("le") else {
            continue;
        };
        if let (Some(service), Some(b)) = ((source.naming.service)(&sample.labels), bound(le)) {
            all.entry(service).or_default().push((b * unit, le.clone()));
        }
    }
    Table::Bounds(all)
}

pub(super) fn counts(source: &Source, answer: &Answer) -> Table {
    let mut all = BTreeMap::new();
    for sample in real(&answer.samples) {
        if let Some(service) = (source.naming.service)(&sample.labels) {
            let counts: &mut Counts = all
                .entry(service)
                .or_insert_with(|| Counts::none(source.form));
            counts.add(source, &sample.labels, sample.value);
        }
    }
    Table::Counts(all)
}

pub(super) fn gauge(source: &Source, answer: &Answer) -> Table {
    let mut all = BTreeMap::new();
    for sample in real(&answer.samples) {
        if let Some(service) = (source.naming.service)(&sample.labels) {
            *all.entry(service).or_insert(0.0) += sample.value;
        }
    }
    Table::Gauge(all)
}

pub(super) fn trend(source: &Source, answer: &Answer) -> Table {
    let mut all: BTreeMap<Service, Vec<(f64, Counts)>> = BTreeMap::new();
    for series in &answer.series {
        let Some(service) = (source.naming.service)(&series.labels) else {
            continue;
        };
        let points = all.entry(service).or_default();
        for (at, value) in series.points.iter().filter(|(_, v)| v.is_finite()) {
            let place = points.partition_point(|(t, _)| t < at);
            if points.get(place).is_none_or(|(t, _)| t > at) {
                points.insert(place, (*at, Counts::none(source.form)));
            }
            points[place].1.add(source, &series.labels, *value);
        }
    }
    Table::Trend(all)
}

pub(super) fn since(source: &Source, answer: &Answer) -> Table {
    let mut all: BTreeMap<Service, f64> = BTreeMap::new();
    for series in &answer.series {
        let service = (source.naming.service)(&series.labels);
        if let (Some(service), Some((at, _))) = (service, series.points.first()) {
            let first = all.entry(service).or_insert(*at);
            *first = first.min(*at);
        }
    }
    Table::Since(all)
}

pub(super) fn figures(grouping: &[String], answer: &Answer) -> Table {
    let mut all = BTreeMap::new();
    for sample in real(&answer.samples) {
        let group = grouping
            .iter()
            .map(|name| sample.labels.get(name).cloned().unwrap_or_default())
            .collect();
        *all.entry(group).or_insert(0.0) += sample.value;
    }
    Table::Figures(all)
}
