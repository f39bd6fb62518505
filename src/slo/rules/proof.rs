//! Tests of the rules for promtool: each pair of windows fires above its limit and is silent at it. Pure.

use std::collections::BTreeMap;

use crate::slo::promql::{duration, number};

use super::{BURN, Ruled, alert, labels, ratio_name, selector, targets};

/// One test.
pub(super) struct Proof {
    /// What it says.
    pub name: String,
    /// Series and their values.
    pub series: Vec<(String, String)>,
    /// When it is looked at.
    pub at: String,
    /// The alert.
    pub alert: &'static str,
    /// Labels and annotations that are expected to fire; none for silence.
    pub fires: Option<(BTreeMap<String, String>, BTreeMap<String, String>)>,
}

/// Minutes between two samples, and two evaluations: promtool takes minutes for hours that are played in minutes.
pub(super) const STEP: u32 = 15;

/// The tests of an objective: the recorded ratios are given, so that they hold for whichever query makes them.
pub(super) fn of(ruled: &Ruled<'_>, services: &[(String, String)]) -> Vec<Proof> {
    let mut proofs = Vec::new();
    for select in targets(ruled.slo, services) {
        let mut given = labels(ruled.slo);
        given.extend(select.clone());
        given
            .entry("namespace")
            .or_insert_with(|| "ml-fraud".to_owned());
        given
            .entry("service")
            .or_insert_with(|| "fraud-scorer".to_owned());
        for pair in &ruled.pairs {
            let limit = pair.factor * ruled.slo.budget();
            let minutes = (pair.hold / 60).div_ceil(STEP) * STEP + STEP;
            let series = |value: f64| -> Vec<(String, String)> {
                let one = |window| {
                    let name = format!("{}{}", ratio_name(window), selector(&given));
                    (name, format!("{}x{}", number(value), minutes / STEP + 1))
                };
                vec![one(pair.long), one(pair.short)]
            };
            let rule = alert(ruled, pair, &select);
            let windows = format!(
                "{} over {} and {}",
                ruled.slo.id,
                duration(pair.long),
                duration(pair.short)
            );
            proofs.push(Proof {
                name: format!("{windows}: above its limit it fires"),
                series: series(f64::midpoint(limit, 1.0)),
                at: format!("{minutes}m"),
                alert: BURN,
                fires: Some(told(&rule, &given)),
            });
            proofs.push(Proof {
                name: format!("{windows}: at its limit it is silent"),
                series: series(limit),
                at: format!("{minutes}m"),
                alert: BURN,
                fires: None,
            });
        }
    }
    proofs
}

type Told = (BTreeMap<String, String>, BTreeMap<String, String>);

/// What an alert says of a series.
fn told(rule: &super::Rule, given: &BTreeMap<&'static str, String>) -> Told {
    let text = |map: &BTreeMap<&'static str, String>| -> BTreeMap<String, String> {
        map.iter()
            .map(|(k, v)| ((*k).to_owned(), v.clone()))
            .collect()
    };
    let mut labels = text(given);
    labels.extend(text(&rule.labels));
    let fill = |line: &String| {
        let of = |name: &str| given.get(name).cloned().unwrap_or_default();
        line.replace("{{ $labels.namespace }}", &of("namespace"))
            .replace("{{ $labels.service }}", &of("service"))
    };
    let annotations = rule
        .annotations
        .iter()
        .map(|(k, v)| ((*k).to_owned(), fill(v)))
        .collect();
    (labels, annotations)
}
