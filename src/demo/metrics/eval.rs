//! The value of an expression at a time. Pure.
//!
//! Source: prometheus v3, `promql/engine.go`, `promql/functions.go`; ranges are open on the left.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::expr::{Aggregate, Expr, Selector};
use super::series::{Labels, SCRAPE, Series};
use super::{binary, functions};

/// One series at one time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub(super) labels: Labels,
    pub(super) value: f64,
}

/// One series over a range.
#[derive(Debug)]
pub(super) struct Points {
    pub(super) labels: Labels,
    pub(super) samples: Vec<(f64, f64)>,
    /// How many samples there were, where only the first and the last are kept.
    pub(super) count: usize,
}

#[derive(Debug)]
pub(super) enum Value {
    Scalar(f64),
    Text(String),
    Vector(Vec<Sample>),
    /// With the start and the end of the range.
    Matrix(Vec<Points>, (f64, f64)),
}

impl Value {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "scalar",
            Self::Text(_) => "string",
            Self::Vector(_) => "instant vector",
            Self::Matrix(..) => "range vector",
        }
    }
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) enum Trouble {
    /// The expression is wrong, or not one that is evaluated here.
    Bad(String),
    /// What it says cannot be done with the series there are.
    Execution(String),
}

/// Samples that one query may look at.
const MOST_SAMPLES: u64 = 20_000_000;
/// Step of a subquery that names none.
const STEP: f64 = 60.0;
const NAME: &str = "__name__";

/// What expressions are evaluated on.
pub(super) struct Machine<'a> {
    pub(super) series: &'a [Series],
    pub(super) looked: Cell<u64>,
}

pub(super) fn bad(why: impl Into<String>) -> Trouble {
    Trouble::Bad(why.into())
}

impl Machine<'_> {
    pub(super) fn of(&self, expr: &Expr, at: f64) -> Result<Value, Trouble> {
        match expr {
            Expr::Number(n) => Ok(Value::Scalar(*n)),
            Expr::Text(text) => Ok(Value::Text(text.clone())),
            Expr::Select(selector) => match selector.range {
                None => self.instant(selector, at).map(Value::Vector),
                Some(range) => self.range(selector, range, at, false),
            },
            Expr::Subquery {
                inner,
                range,
                step,
                offset,
            } => self.subquery(inner, (*range, *step), at - offset),
            Expr::Call(name, arguments) => functions::call(self, name, arguments, at),
            Expr::Aggregate(operation, grouping, inner) => {
                let samples = self.vector(inner, at, "aggregation expression")?;
                Ok(Value::Vector(aggregate(*operation, grouping, samples)))
            }
            Expr::Binary(binary) => binary::value(self, binary, at),
            Expr::Negative(inner) => match self.of(inner, at)? {
                Value::Scalar(n) => Ok(Value::Scalar(-n)),
                Value::Vector(samples) => Ok(Value::Vector(mapped(samples, |v| -v))),
                other => Err(bad(format!(
                    "unary expression only allowed on expressions of type scalar or instant vector, got {:?}",
                    other.kind()
                ))),
            },
        }
    }

    /// The value where only an instant vector will do.
    pub(super) fn vector(&self, expr: &Expr, at: f64, place: &str) -> Result<Vec<Sample>, Trouble> {
        match self.of(expr, at)? {
            Value::Vector(samples) => Ok(samples),
            other => Err(bad(format!(
                "expected type instant vector in {place}, got {}",
                other.kind()
            ))),
        }
    }

    fn look(&self, samples: usize) -> Result<(), Trouble> {
        let looked = self.looked.get() + samples as u64;
        self.looked.set(looked);
        if looked > MOST_SAMPLES {
            return Err(Trouble::Execution(
                "query processing would load too many samples into memory in query execution"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    fn chosen<'s>(&'s self, selector: &'s Selector) -> impl Iterator<Item = &'s Series> {
        self.series
            .iter()
            .filter(|s| selector.matchers.iter().all(|m| m.fits(&s.labels)))
    }

    fn instant(&self, selector: &Selector, at: f64) -> Result<Vec<Sample>, Trouble> {
        self.look(self.series.len())?;
        let at = at - selector.offset;
        let own = self.chosen(selector).filter_map(|s| {
            let value = s.at(at)?;
            Some(Sample {
                labels: s.labels.clone(),
                value,
            })
        });
        Ok(own.collect())
    }

    /// Samples of a range; of counters the first and the last only, where that is all that is needed.
    pub(super) fn range(
        &self,
        selector: &Selector,
        range: f64,
        at: f64,
        ends: bool,
    ) -> Result<Value, Trouble> {
        let end = at - selector.offset;
        let start = end - range;
        let mut out = Vec::new();
        for series in self.chosen(selector) {
            // after the start, and not before the first scrape that saw it
            let first = ((start / SCRAPE).floor() + 1.0).max((series.from / SCRAPE).ceil());
            let last = (end.min(series.to) / SCRAPE).floor();
            if last < first {
                continue;
            }
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let count = (last - first) as usize + 1;
            let value = |number: f64| {
                let time = number * SCRAPE;
                series.at(time).map(|v| (time, v))
            };
            let points: Vec<(f64, f64)> = if ends && series.is_counter() && count > 1 {
                [first, last].into_iter().filter_map(value).collect()
            } else {
                self.look(count)?;
                let mut number = first;
                std::iter::from_fn(|| {
                    let now = number;
                    number += 1.0;
                    (now <= last).then_some(now)
                })
                .filter_map(value)
                .collect()
            };
            if !points.is_empty() {
                out.push(Points {
                    labels: series.labels.clone(),
                    samples: points,
                    count,
                });
            }
        }
        Ok(Value::Matrix(out, (start, end)))
    }

    fn subquery(
        &self,
        inner: &Expr,
        (range, step): (f64, f64),
        end: f64,
    ) -> Result<Value, Trouble> {
        let step = if step > 0.0 { step } else { STEP };
        let start = end - range;
        let mut found: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
        let mut at = ((start / step).floor() + 1.0) * step;
        while at <= end {
            match self.of(inner, at)? {
                Value::Scalar(value) => found.entry(Labels::new()).or_default().push((at, value)),
                Value::Vector(samples) => {
                    for sample in samples {
                        found
                            .entry(sample.labels)
                            .or_default()
                            .push((at, sample.value));
                    }
                }
                other => {
                    return Err(bad(format!(
                        "subquery is only allowed on instant vector, got {} instead",
                        other.kind()
                    )));
                }
            }
            at += step;
        }
        let of = |(labels, points): (Labels, Vec<(f64, f64)>)| Points {
            labels,
            count: points.len(),
            samples: points,
        };
        Ok(Value::Matrix(
            found.into_iter().map(of).collect(),
            (start, end),
        ))
    }
}

/// Every value changed, and the name dropped as the value is no longer that metric's.
pub(super) fn mapped(samples: Vec<Sample>, change: impl Fn(f64) -> f64) -> Vec<Sample> {
    let of = |mut sample: Sample| {
        sample.labels.remove(NAME);
        sample.value = change(sample.value);
        sample
    };
    samples.into_iter().map(of).collect()
}

fn aggregate(
    operation: Aggregate,
    (without, names): &(bool, Vec<String>),
    samples: Vec<Sample>,
) -> Vec<Sample> {
    let mut groups: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
    for mut sample in samples {
        if *without {
            sample.labels.retain(|k, _| k != NAME && !names.contains(k));
        } else {
            sample.labels.retain(|k, _| names.contains(k));
        }
        groups.entry(sample.labels).or_default().push(sample.value);
    }
    #[allow(clippy::cast_precision_loss)]
    let value = |all: &[f64]| match operation {
        Aggregate::Sum => all.iter().sum(),
        Aggregate::Count => all.len() as f64,
        Aggregate::Max => all.iter().copied().fold(f64::NAN, f64::max),
        Aggregate::Min => all.iter().copied().fold(f64::NAN, f64::min),
        Aggregate::Average => all.iter().sum::<f64>() / all.len() as f64,
    };
    groups
        .into_iter()
        .map(|(labels, all)| Sample {
            value: value(&all),
            labels,
        })
        .collect()
}
