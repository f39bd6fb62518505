//! Operators between two values, and which samples of both belong together. Pure.
//!
//! Source: prometheus v3, `promql/engine.go` (`VectorBinop` and the set operators).

use std::collections::BTreeMap;

use super::eval::{Machine, Sample, Trouble, Value, bad};
use super::expr::{Binary, Matching, Operator};
use super::series::Labels;

const NAME: &str = "__name__";

pub(super) fn value(machine: &Machine<'_>, b: &Binary, at: f64) -> Result<Value, Trouble> {
    let (left, right) = (machine.of(&b.left, at)?, machine.of(&b.right, at)?);
    match (left, right) {
        (Value::Scalar(x), Value::Scalar(y)) => {
            if b.operator.is_of_sets() {
                return Err(bad("set operator not allowed in binary scalar expression"));
            }
            if b.operator.compares() && !b.boolean {
                return Err(bad("comparisons between scalars must use BOOL modifier"));
            }
            Ok(Value::Scalar(b.operator.of(x, y)))
        }
        (Value::Vector(samples), Value::Scalar(y)) => with_scalar(b, samples, |v| (v, y)),
        (Value::Scalar(x), Value::Vector(samples)) => with_scalar(b, samples, |v| (x, v)),
        (Value::Vector(left), Value::Vector(right)) => {
            let found = match b.operator {
                Operator::Or => either(&b.matching, left, right),
                Operator::And => kept(&b.matching, left, &right, true),
                Operator::Unless => kept(&b.matching, left, &right, false),
                _ => joined(b, left, right)?,
            };
            Ok(Value::Vector(found))
        }
        _ => Err(bad(
            "binary expression must contain only scalar and instant vector types",
        )),
    }
}

fn with_scalar(
    b: &Binary,
    samples: Vec<Sample>,
    order: impl Fn(f64) -> (f64, f64),
) -> Result<Value, Trouble> {
    if b.operator.is_of_sets() {
        return Err(bad("set operator not allowed in binary scalar expression"));
    }
    let filters = b.operator.compares() && !b.boolean;
    let of = |mut sample: Sample| {
        let (x, y) = order(sample.value);
        let value = b.operator.of(x, y);
        if filters {
            return (value > 0.0).then_some(sample);
        }
        sample.labels.remove(NAME);
        sample.value = value;
        Some(sample)
    };
    Ok(Value::Vector(samples.into_iter().filter_map(of).collect()))
}

/// The labels by which samples are matched.
fn signature(matching: &Matching, labels: &Labels) -> Labels {
    let kept = |k: &String| {
        if matching.on {
            matching.labels.contains(k)
        } else {
            k != NAME && !matching.labels.contains(k)
        }
    };
    let own = labels.iter().filter(|(k, _)| kept(k));
    own.map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn either(matching: &Matching, mut left: Vec<Sample>, right: Vec<Sample>) -> Vec<Sample> {
    let there: Vec<Labels> = left
        .iter()
        .map(|s| signature(matching, &s.labels))
        .collect();
    let more = right
        .into_iter()
        .filter(|s| !there.contains(&signature(matching, &s.labels)));
    left.extend(more.collect::<Vec<Sample>>());
    left
}

fn kept(matching: &Matching, left: Vec<Sample>, right: &[Sample], wanted: bool) -> Vec<Sample> {
    let there: Vec<Labels> = right
        .iter()
        .map(|s| signature(matching, &s.labels))
        .collect();
    let fits = |s: &Sample| there.contains(&signature(matching, &s.labels)) == wanted;
    left.into_iter().filter(fits).collect()
}

fn told(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// Arithmetic and comparisons: one to one, or many to one where that is said.
fn joined(b: &Binary, left: Vec<Sample>, right: Vec<Sample>) -> Result<Vec<Sample>, Trouble> {
    let many_left = b.matching.group.as_ref().is_none_or(|(left, _)| *left);
    let (many, one) = if many_left {
        (left, right)
    } else {
        (right, left)
    };
    let side = if many_left { "right" } else { "left" };
    let mut ones: BTreeMap<Labels, Sample> = BTreeMap::new();
    for sample in one {
        let key = signature(&b.matching, &sample.labels);
        if let Some(other) = ones.get(&key) {
            return Err(Trouble::Execution(format!(
                "found duplicate series for the match group {} on the {side} hand-side of the operation: [{}, {}];many-to-many matching not allowed: matching labels must be unique on one side",
                told(&key),
                told(&sample.labels),
                told(&other.labels)
            )));
        }
        ones.insert(key, sample);
    }
    let mut out: BTreeMap<Labels, Sample> = BTreeMap::new();
    for sample in many {
        let Some(partner) = ones.get(&signature(&b.matching, &sample.labels)) else {
            continue;
        };
        let (x, y) = if many_left {
            (sample.value, partner.value)
        } else {
            (partner.value, sample.value)
        };
        let result = b.operator.of(x, y);
        let filters = b.operator.compares() && !b.boolean;
        if filters && result <= 0.0 {
            continue;
        }
        let labels = result_labels(b, &sample.labels, &partner.labels, filters);
        let value = if filters { x } else { result };
        if out
            .insert(labels.clone(), Sample { labels, value })
            .is_some()
        {
            let why = if b.matching.group.is_some() {
                "multiple matches for labels: grouping labels must ensure unique matches"
            } else {
                "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
            };
            return Err(Trouble::Execution(why.to_owned()));
        }
    }
    Ok(out.into_values().collect())
}

fn result_labels(b: &Binary, many: &Labels, one: &Labels, keeps_name: bool) -> Labels {
    let mut labels = many.clone();
    if !keeps_name {
        labels.remove(NAME);
    }
    match &b.matching.group {
        None if b.matching.on => labels.retain(|k, _| b.matching.labels.contains(k)),
        None => labels.retain(|k, _| !b.matching.labels.contains(k)),
        Some((_, taken)) => {
            for label in taken {
                match one.get(label) {
                    Some(value) => labels.insert(label.clone(), value.clone()),
                    None => labels.remove(label),
                };
            }
        }
    }
    labels
}
