//! Objectives of pyrra: the resource `ServiceLevelObjective`. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Documents, Named, at, name, parse, period, slo, target};
use crate::fault::{Mistake, quoted};
use crate::slo::objective::{Counts, Custom, Slo};
use crate::slo::promql::{number, seconds};

#[derive(Deserialize)]
struct Resource {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Deserialize)]
struct Metadata {
    name: Spanned<String>,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(default)]
    description: String,
    target: Spanned<String>,
    window: Spanned<String>,
    indicator: Spanned<Indicator>,
}

#[derive(Deserialize)]
struct Indicator {
    ratio: Option<Ratio>,
    latency: Option<Latency>,
    #[serde(alias = "latencyNative")]
    latency_native: Option<Native>,
    #[serde(alias = "boolGauge")]
    bool_gauge: Option<Gauge>,
}

#[derive(Deserialize)]
struct Metric {
    metric: Spanned<String>,
}

#[derive(Deserialize)]
struct Ratio {
    errors: Metric,
    total: Metric,
    #[serde(default)]
    grouping: Vec<String>,
}

#[derive(Deserialize)]
struct Latency {
    success: Metric,
    total: Metric,
    #[serde(default)]
    grouping: Vec<String>,
}

#[derive(Deserialize)]
struct Native {
    latency: Spanned<String>,
    total: Metric,
    #[serde(default)]
    grouping: Vec<String>,
}

#[derive(Deserialize)]
struct Gauge {
    metric: Spanned<String>,
    #[serde(default)]
    grouping: Vec<String>,
}

/// The service that an objective is of, where a label says so: its own name is that of the objective.
const SERVICE: &str = "serving.kserve.io/inferenceservice";

pub(super) fn read(part: &str, found: &mut Documents) {
    match parse::<Resource>(part).and_then(|resource| one(&resource)) {
        Ok(slo) => found.slos.push(slo),
        Err(mistake) => found.mistakes.push(mistake),
    }
}

fn one(resource: &Resource) -> Result<Slo, Mistake> {
    let Resource { metadata, spec } = resource;
    let id = name(&metadata.name)?;
    let named = Named {
        namespace: &metadata.namespace,
        service: metadata.labels.get(SERVICE).map_or(id, String::as_str),
        id,
        title: &spec.description,
    };
    let percent = spec.target.value.trim().parse::<f64>().map_err(|_| {
        let what = format!("{} is no number", quoted(&spec.target.value));
        at(
            &spec.target.referenced,
            what,
            "write a percentage: \"99.9\"",
        )
    })?;
    let target = target(percent, &spec.target.referenced)?;
    let window = seconds(spec.window.value.trim()).filter(|s| s.is_multiple_of(86_400));
    let days = window.ok_or_else(|| {
        let what = format!("{} is no number of days", quoted(&spec.window.value));
        at(&spec.window.referenced, what, "write 4w, 28d or 30d")
    })? / 86_400;
    let period = period(days, &spec.window.referenced)?;
    let custom = custom(&spec.indicator)?;
    Ok(slo(&named, target, Some(period), custom))
}

fn custom(indicator: &Spanned<Indicator>) -> Result<Custom, Mistake> {
    let (counts, grouping) = match &indicator.value {
        Indicator {
            ratio: Some(ratio), ..
        } => (
            Counts::Bad {
                bad: counted("increase", &ratio.errors.metric, &ratio.grouping)?,
                valid: counted("increase", &ratio.total.metric, &ratio.grouping)?,
            },
            &ratio.grouping,
        ),
        Indicator {
            latency: Some(latency),
            ..
        } => (
            Counts::Good {
                good: counted("increase", &latency.success.metric, &latency.grouping)?,
                valid: counted("increase", &latency.total.metric, &latency.grouping)?,
            },
            &latency.grouping,
        ),
        Indicator {
            latency_native: Some(native),
            ..
        } => (self::native(native)?, &native.grouping),
        Indicator {
            bool_gauge: Some(gauge),
            ..
        } => (
            Counts::Good {
                good: counted("sum_over_time", &gauge.metric, &gauge.grouping)?,
                valid: counted("count_over_time", &gauge.metric, &gauge.grouping)?,
            },
            &gauge.grouping,
        ),
        _ => {
            return Err(at(
                &indicator.referenced,
                "the indicator is none that is known",
                "write ratio, latency, latencyNative or bool_gauge",
            ));
        }
    };
    Ok(Custom {
        counts,
        grouping: grouping.clone(),
        rates: false,
    })
}

/// Native histograms tell any threshold.
fn native(native: &Native) -> Result<Counts, Mistake> {
    let text = native.latency.value.trim();
    let threshold = text
        .strip_suffix("ms")
        .and_then(|ms| ms.parse::<f64>().ok())
        .map(|ms| ms / 1000.0)
        .or_else(|| text.strip_suffix('s').and_then(|s| s.parse::<f64>().ok()))
        .filter(|t| *t > 0.0 && t.is_finite())
        .ok_or_else(|| {
            let what = format!("{} is no duration", quoted(text));
            at(&native.latency.referenced, what, "write 200ms or 1.5s")
        })?;
    let histogram = counted("increase", &native.total.metric, &native.grouping)?;
    let threshold = number(threshold);
    Ok(Counts::Good {
        good: format!(
            "histogram_fraction(0, {threshold}, {histogram}) * histogram_count({histogram})"
        ),
        valid: format!("histogram_count({histogram})"),
    })
}

fn counted(
    function: &str,
    metric: &Spanned<String>,
    grouping: &[String],
) -> Result<String, Mistake> {
    let selector = metric.value.trim();
    if selector.is_empty() {
        return Err(at(&metric.referenced, "an empty metric", ""));
    }
    let by = if grouping.is_empty() {
        String::new()
    } else {
        format!(" by ({})", grouping.join(", "))
    };
    Ok(format!("sum{by} ({function}({selector}[{{{{.window}}}}]))"))
}
