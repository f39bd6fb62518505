//! Functions of expressions. Pure.
//!
//! Source: prometheus v3, `promql/functions.go`, `promql/quantile.go`.

use std::collections::BTreeMap;

use regex::Regex;

use super::eval::{Machine, Points, Sample, Trouble, Value, bad, mapped};
use super::expr::Expr;
use super::series::{Labels, SCRAPE};

const NAME: &str = "__name__";

/// A function of the samples of a range; none where there are too few.
type OverTime = fn(&[(f64, f64)]) -> Option<f64>;
/// A function of a number.
type Plain = fn(f64) -> f64;

#[allow(clippy::cast_precision_loss)]
const OVER_TIME: [(&str, OverTime); 9] = [
    ("avg_over_time", |p| {
        Some(p.iter().map(|v| v.1).sum::<f64>() / p.len() as f64)
    }),
    ("sum_over_time", |p| Some(p.iter().map(|v| v.1).sum())),
    ("count_over_time", |p| Some(p.len() as f64)),
    ("max_over_time", |p| {
        Some(p.iter().map(|v| v.1).fold(f64::NAN, f64::max))
    }),
    ("min_over_time", |p| {
        Some(p.iter().map(|v| v.1).fold(f64::NAN, f64::min))
    }),
    ("last_over_time", |p| p.last().map(|v| v.1)),
    ("present_over_time", |_| Some(1.0)),
    ("resets", |p| {
        Some(p.windows(2).filter(|w| w[1].1 < w[0].1).count() as f64)
    }),
    ("changes", |p| {
        Some(
            p.windows(2)
                .filter(|w| w[1].1.to_bits() != w[0].1.to_bits())
                .count() as f64,
        )
    }),
];

const PLAIN: [(&str, Plain); 10] = [
    ("abs", f64::abs),
    ("ceil", f64::ceil),
    ("floor", f64::floor),
    // half of one goes up, also below nothing
    ("round", |v| (v + 0.5).floor()),
    ("sqrt", f64::sqrt),
    ("exp", f64::exp),
    ("ln", f64::ln),
    ("log2", f64::log2),
    ("log10", f64::log10),
    ("sgn", |v| if v == 0.0 { 0.0 } else { v.signum() }),
];

pub(super) fn call(
    machine: &Machine<'_>,
    name: &str,
    arguments: &[Expr],
    at: f64,
) -> Result<Value, Trouble> {
    if matches!(name, "rate" | "increase") {
        let [argument] = arguments else {
            return Err(wrong_count(name, 1, arguments.len()));
        };
        let (all, span) = matrix(machine, name, argument, at, true)?;
        let per_second = name == "rate";
        return Ok(over(all, |p| extrapolated(p, span, per_second)));
    }
    if let Some((_, function)) = OVER_TIME.iter().find(|(n, _)| *n == name) {
        let [argument] = arguments else {
            return Err(wrong_count(name, 1, arguments.len()));
        };
        let (all, _) = matrix(machine, name, argument, at, false)?;
        let found = over(all, |p| function(&p.samples));
        return Ok(found);
    }
    if let Some((_, function)) = PLAIN.iter().find(|(n, _)| *n == name) {
        let [argument] = arguments else {
            return Err(wrong_count(name, 1, arguments.len()));
        };
        return Ok(Value::Vector(mapped(
            vector(machine, name, argument, at)?,
            function,
        )));
    }
    special(machine, name, arguments, at)
}

fn special(
    machine: &Machine<'_>,
    name: &str,
    arguments: &[Expr],
    at: f64,
) -> Result<Value, Trouble> {
    let scalar = |expr: &Expr| match machine.of(expr, at)? {
        Value::Scalar(n) => Ok(n),
        other => Err(mistyped(name, "scalar", &other)),
    };
    match (name, arguments) {
        ("time", []) => Ok(Value::Scalar(at)),
        ("timestamp", [one]) => {
            // every series is scraped at the same moments
            let scraped = (at / SCRAPE).floor() * SCRAPE;
            let samples = vector(machine, name, one, at)?;
            Ok(Value::Vector(mapped(samples, |_| scraped)))
        }
        ("vector", [one]) => Ok(Value::Vector(vec![Sample {
            labels: Labels::new(),
            value: scalar(one)?,
        }])),
        ("scalar", [one]) => {
            let samples = vector(machine, name, one, at)?;
            let value = if let [only] = samples.as_slice() {
                only.value
            } else {
                f64::NAN
            };
            Ok(Value::Scalar(value))
        }
        ("clamp_min", [one, least]) => {
            let least = scalar(least)?;
            Ok(Value::Vector(mapped(
                vector(machine, name, one, at)?,
                |v| v.max(least),
            )))
        }
        ("clamp_max", [one, most]) => {
            let most = scalar(most)?;
            Ok(Value::Vector(mapped(
                vector(machine, name, one, at)?,
                |v| v.min(most),
            )))
        }
        ("absent", [one]) => {
            let none = vector(machine, name, one, at)?.is_empty();
            let labels = match one {
                Expr::Select(selector) => selector.equalities(),
                _ => Labels::new(),
            };
            let found = none.then_some(Sample { labels, value: 1.0 });
            Ok(Value::Vector(found.into_iter().collect()))
        }
        ("histogram_quantile", [q, one]) => Ok(Value::Vector(quantiles(
            scalar(q)?,
            vector(machine, name, one, at)?,
        ))),
        ("label_replace", [one, rest @ ..]) => {
            let mut words = Vec::new();
            for expr in rest {
                match expr {
                    Expr::Text(text) => words.push(text.as_str()),
                    other => return Err(mistyped(name, "string", &machine.of(other, at)?)),
                }
            }
            let [target, replacement, source, pattern] = words.as_slice() else {
                return Err(wrong_count(name, 5, arguments.len()));
            };
            let samples = vector(machine, name, one, at)?;
            replaced(samples, (target, replacement), (source, pattern)).map(Value::Vector)
        }
        _ => Err(bad(format!("unknown function with name {name:?}"))),
    }
}

fn wrong_count(name: &str, wanted: usize, got: usize) -> Trouble {
    bad(format!(
        "expected {wanted} argument(s) in call to {name:?}, got {got}"
    ))
}

fn mistyped(name: &str, wanted: &str, got: &Value) -> Trouble {
    bad(format!(
        "expected type {wanted} in call to function {name:?}, got {}",
        got.kind()
    ))
}

fn vector(machine: &Machine<'_>, name: &str, expr: &Expr, at: f64) -> Result<Vec<Sample>, Trouble> {
    machine.vector(expr, at, &format!("call to function {name:?}"))
}

fn matrix(
    machine: &Machine<'_>,
    name: &str,
    expr: &Expr,
    at: f64,
    ends: bool,
) -> Result<(Vec<Points>, (f64, f64)), Trouble> {
    let value = match expr {
        Expr::Select(selector) if selector.range.is_some() => {
            machine.range(selector, selector.range.unwrap_or_default(), at, ends)?
        }
        other => machine.of(other, at)?,
    };
    match value {
        Value::Matrix(all, span) => Ok((all, span)),
        other => Err(mistyped(name, "range vector", &other)),
    }
}

fn over(all: Vec<Points>, function: impl Fn(&Points) -> Option<f64>) -> Value {
    let of = |mut points: Points| {
        let value = function(&points)?;
        points.labels.remove(NAME);
        Some(Sample {
            labels: points.labels,
            value,
        })
    };
    Value::Vector(all.into_iter().filter_map(of).collect())
}

/// The growth of a counter over a range, carried on to its ends as Prometheus carries it.
fn extrapolated(p: &Points, (start, end): (f64, f64), per_second: bool) -> Option<f64> {
    let (first, last) = (p.samples.first()?, p.samples.last()?);
    if p.count < 2 || last.0 <= first.0 {
        return None;
    }
    let mut growth = last.1 - first.1;
    for pair in p.samples.windows(2).filter(|w| w[1].1 < w[0].1) {
        growth += pair[0].1;
    }
    let sampled = last.0 - first.0;
    #[allow(clippy::cast_precision_loss)]
    let between = sampled / (p.count - 1) as f64;
    let threshold = between * 1.1;
    let bounded = |gap: f64| if gap >= threshold { between / 2.0 } else { gap };
    let mut before = bounded(first.0 - start);
    if growth > 0.0 && first.1 >= 0.0 {
        // it cannot have been below zero
        before = before.min(sampled * (first.1 / growth));
    }
    let factor = (sampled + before + bounded(end - last.0)) / sampled;
    Some(if per_second {
        growth * factor / (end - start)
    } else {
        growth * factor
    })
}

fn replaced(
    samples: Vec<Sample>,
    (target, replacement): (&str, &str),
    (source, pattern): (&str, &str),
) -> Result<Vec<Sample>, Trouble> {
    let whole = Regex::new(&format!("^(?s:{pattern})$")).map_err(|_| {
        bad(format!(
            "invalid regular expression in label_replace(): {pattern}"
        ))
    })?;
    let of = |mut sample: Sample| {
        let value = sample.labels.get(source).cloned().unwrap_or_default();
        if let Some(found) = whole.captures(&value) {
            let mut text = String::new();
            found.expand(replacement, &mut text);
            if text.is_empty() {
                sample.labels.remove(target);
            } else {
                sample.labels.insert(target.to_owned(), text);
            }
        }
        sample
    };
    Ok(samples.into_iter().map(of).collect())
}

/// The quantile of each histogram among the samples, interpolated inside its bucket.
fn quantiles(q: f64, samples: Vec<Sample>) -> Vec<Sample> {
    let mut histograms: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
    for mut sample in samples {
        let bound = sample.labels.remove("le").and_then(|le| match le.as_str() {
            "+Inf" => Some(f64::INFINITY),
            number => number.parse().ok(),
        });
        sample.labels.remove(NAME);
        if let Some(bound) = bound {
            histograms
                .entry(sample.labels)
                .or_default()
                .push((bound, sample.value));
        }
    }
    let of = |(labels, buckets): (Labels, Vec<(f64, f64)>)| {
        Some(Sample {
            labels,
            value: quantile(q, buckets)?,
        })
    };
    histograms.into_iter().filter_map(of).collect()
}

fn quantile(q: f64, mut buckets: Vec<(f64, f64)>) -> Option<f64> {
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (bound, total) = *buckets.last()?;
    if bound.is_finite() || buckets.len() < 2 || total <= 0.0 {
        return Some(f64::NAN);
    }
    if q < 0.0 {
        return Some(f64::NEG_INFINITY);
    }
    if q > 1.0 {
        return Some(f64::INFINITY);
    }
    let rank = q * total;
    let at = buckets
        .iter()
        .position(|b| b.1 >= rank)
        .unwrap_or(buckets.len() - 1);
    if at == buckets.len() - 1 {
        return buckets.get(at.checked_sub(1)?).map(|b| b.0);
    }
    let (high, count) = buckets[at];
    let (low, below) = match at.checked_sub(1).and_then(|i| buckets.get(i)) {
        Some(before) => *before,
        None if high <= 0.0 => return Some(high),
        None => (0.0, 0.0),
    };
    Some(low + (high - low) * (rank - below) / (count - below))
}
