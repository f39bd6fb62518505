//! Objectives of `OpenSLO` (`openslo/v1`): kind `SLO`, with its indicator inside or as an `SLI` of the same file. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::{Documents, Named, at, name, parse, period, slo};
use crate::fault::{Mistake, quoted};
use crate::slo::objective::{Counts, Custom, Slo, windowed};
use crate::slo::promql::seconds;
use crate::slo::window::Period;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    #[serde(default)]
    metadata: Metadata,
    spec: Spec,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    display_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    service: Spanned<String>,
    indicator: Option<Inline>,
    indicator_ref: Option<Spanned<String>>,
    #[serde(default)]
    time_window: Vec<TimeWindow>,
    #[serde(default)]
    budgeting_method: Option<Spanned<String>>,
    objectives: Vec<Spanned<Objective>>,
}

#[derive(Deserialize)]
struct Inline {
    spec: Indicator,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TimeWindow {
    duration: Spanned<String>,
    is_rolling: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Objective {
    #[serde(default)]
    display_name: String,
    target: Option<Spanned<f64>>,
    target_percent: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
struct SliObject {
    kind: String,
    metadata: Metadata,
    spec: Indicator,
}

/// An indicator.
#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(super) struct Indicator {
    ratio_metric: Option<Spanned<RatioMetric>>,
    threshold_metric: Option<Spanned<serde_json::Value>>,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
struct RatioMetric {
    good: Option<Metric>,
    bad: Option<Metric>,
    total: Option<Metric>,
    raw: Option<Metric>,
    raw_type: Option<String>,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
struct Metric {
    metric_source: Source,
}

#[derive(Deserialize, Clone)]
struct Source {
    #[serde(rename = "type")]
    sort: Option<Spanned<String>>,
    spec: SourceSpec,
}

#[derive(Deserialize, Clone)]
struct SourceSpec {
    query: Spanned<String>,
}

/// Indicators that stand on their own, by name.
pub(super) type Indicators = BTreeMap<String, Indicator>;

/// All `SLI` objects of a file.
pub(super) fn indicators(parts: &[String]) -> Indicators {
    parts
        .iter()
        .filter_map(|part| parse::<SliObject>(part).ok())
        .filter(|object| object.kind == "SLI")
        .map(|object| (object.metadata.name, object.spec))
        .collect()
}

pub(super) fn read(part: &str, indicators: &Indicators, found: &mut Documents) {
    let object = match parse::<Object>(part) {
        Ok(object) => object,
        Err(mistake) => {
            found.mistakes.push(mistake);
            return;
        }
    };
    let shared = shared(&object, indicators);
    for objective in &object.spec.objectives {
        let one = shared
            .clone()
            .and_then(|(custom, period)| one(&object, objective, custom, period));
        match one {
            Ok(slo) => found.slos.push(slo),
            Err(mistake) if found.mistakes.contains(&mistake) => {}
            Err(mistake) => found.mistakes.push(mistake),
        }
    }
}

/// What all objectives of a document have in common.
fn shared(object: &Object, indicators: &Indicators) -> Result<(Custom, Option<Period>), Mistake> {
    let spec = &object.spec;
    if let Some(method) = &spec.budgeting_method
        && method.value != "Occurrences"
    {
        return Err(at(
            &method.referenced,
            format!("{} is not counted here", quoted(&method.value)),
            "write budgetingMethod: Occurrences; budgets are counted in events",
        ));
    }
    let custom = match (&spec.indicator, &spec.indicator_ref) {
        (Some(inline), _) => counts(&inline.spec, &spec.service.referenced)?,
        (None, Some(named)) => {
            let indicator = indicators.get(&named.value).ok_or_else(|| {
                let what = format!("there is no SLI {} in this file", quoted(&named.value));
                at(&named.referenced, what, "write it into the same file")
            })?;
            counts(indicator, &named.referenced)?
        }
        (None, None) => {
            return Err(at(
                &spec.service.referenced,
                "the objective has no indicator",
                "write indicator or indicatorRef",
            ));
        }
    };
    Ok((custom, spec.time_window.first().map(window).transpose()?))
}

fn window(window: &TimeWindow) -> Result<Period, Mistake> {
    if let Some(rolling) = window.is_rolling.as_ref().filter(|r| !r.value) {
        return Err(at(
            &rolling.referenced,
            "a window of the calendar",
            "write isRolling: true; budgets roll",
        ));
    }
    let place = &window.duration.referenced;
    let seconds = seconds(window.duration.value.trim()).filter(|s| s.is_multiple_of(86_400));
    let days = seconds.ok_or_else(|| {
        let what = format!("{} is no number of days", quoted(&window.duration.value));
        at(place, what, "write 28d, 30d or 4w")
    })? / 86_400;
    period(days, place)
}

fn one(
    object: &Object,
    objective: &Spanned<Objective>,
    custom: Custom,
    period: Option<Period>,
) -> Result<Slo, Mistake> {
    let Objective {
        display_name,
        target,
        target_percent,
    } = &objective.value;
    let (percent, place) = match (target, target_percent) {
        (Some(share), _) => (share.value * 100.0, &share.referenced),
        (None, Some(percent)) => (percent.value, &percent.referenced),
        (None, None) => {
            let hint = "write target: 0.999 or targetPercent: 99.9";
            return Err(at(
                &objective.referenced,
                "the objective has no target",
                hint,
            ));
        }
    };
    let target = super::target(percent, place)?;
    let several = object.spec.objectives.len() > 1;
    let id = match (several, display_name.as_str()) {
        (true, some) if !some.is_empty() => format!("{}-{some}", object.metadata.name),
        _ => object.metadata.name.clone(),
    };
    let named = Named {
        namespace: &object.metadata.namespace,
        service: name(&object.spec.service)?,
        id: if id.is_empty() { "slo" } else { &id },
        title: &object.metadata.display_name,
    };
    Ok(slo(&named, target, period, custom))
}

fn counts(indicator: &Indicator, place: &Location) -> Result<Custom, Mistake> {
    if let Some(threshold) = &indicator.threshold_metric {
        return Err(at(
            &threshold.referenced,
            "a threshold on a value has no events to count",
            "write a ratioMetric: good (or bad) and total",
        ));
    }
    let Some(ratio) = &indicator.ratio_metric else {
        return Err(at(place, "the indicator has no ratioMetric", ""));
    };
    let RatioMetric {
        good,
        bad,
        total,
        raw,
        raw_type,
    } = &ratio.value;
    let counts = match (good, bad, total, raw) {
        (_, Some(bad), Some(total), _) => Counts::Bad {
            bad: query(bad)?,
            valid: query(total)?,
        },
        (Some(good), None, Some(total), _) => Counts::Good {
            good: query(good)?,
            valid: query(total)?,
        },
        (None, None, None, Some(raw)) => {
            let query = query(raw)?;
            Counts::Ratio(match raw_type.as_deref() {
                Some("failure") => query,
                _ => format!("1 - ({query})"),
            })
        }
        _ => {
            let hint = "write good (or bad) and total, or raw with rawType";
            return Err(at(&ratio.referenced, "a ratioMetric of two queries", hint));
        }
    };
    let rates = match &counts {
        Counts::Bad { valid, .. } | Counts::Good { valid, .. } => valid.contains("rate("),
        Counts::Ratio(_) => false,
    };
    Ok(Custom {
        counts,
        grouping: Vec::new(),
        rates,
    })
}

/// The query of a metric; the sum of a bare counter becomes what it grew by in the window.
fn query(metric: &Metric) -> Result<String, Mistake> {
    let source = &metric.metric_source;
    if let Some(sort) = &source.sort
        && !sort.value.eq_ignore_ascii_case("prometheus")
    {
        return Err(at(
            &sort.referenced,
            format!("{} cannot be asked", quoted(&sort.value)),
            "type: Prometheus can",
        ));
    }
    let given = &source.spec.query;
    let text = given.value.trim();
    if windowed(text, "") != text {
        return Ok(text.to_owned());
    }
    let inside = text
        .strip_prefix("sum(")
        .and_then(|rest| rest.strip_suffix(')'))
        .unwrap_or(text)
        .trim();
    if is_selector(inside) {
        return Ok(format!("sum(increase({inside}[{{{{.window}}}}]))"));
    }
    super::query(given)
}

/// A metric with or without matchers, and nothing else.
fn is_selector(text: &str) -> bool {
    let name = |t: &str| {
        !t.is_empty()
            && !t.starts_with(|c: char| c.is_ascii_digit())
            && t.chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
    };
    match text.split_once('{') {
        None => name(text),
        Some((metric, rest)) => {
            (metric.is_empty() || name(metric))
                && rest
                    .strip_suffix('}')
                    .is_some_and(|inner| !inner.contains(['{', '}', '(']) || is_quoted(inner))
        }
    }
}

/// Braces and brackets stand in quotes only.
fn is_quoted(inner: &str) -> bool {
    let outside: String = inner.split('"').step_by(2).collect();
    !outside.contains(['{', '}', '(', ')'])
}
