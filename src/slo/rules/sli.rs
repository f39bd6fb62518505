//! Expressions of rules: the ratio of an objective in a window, by namespace and service. Pure.

use crate::slo::bucket::time;
use crate::slo::objective::{Counts, Custom, Sli, Slo, windowed};
use crate::slo::promql::{duration, quoted};
use crate::slo::query::series;
use crate::slo::source::{Form, Source, Tells};

/// How an objective is measured.
pub(super) enum Expr<'a> {
    /// By counters, the first that has data; each with the bucket that tells the threshold.
    Sources(Vec<(&'static Source, Option<f64>)>),
    /// By queries of a document.
    Custom(&'a Custom),
}

/// What has to be told for an objective.
pub(super) fn tells(slo: &Slo) -> Option<Tells> {
    match slo.sli {
        Sli::Errors => Some(Tells::Errors),
        Sli::Latency { of, .. } => Some(Tells::Latency(of)),
        Sli::ColdStarts { .. } => Some(Tells::Replicas),
        Sli::Custom(_) => None,
    }
}

impl<'a> Expr<'a> {
    /// None where no source tells of it.
    pub fn of(
        slo: &'a Slo,
        sources: Vec<&'static Source>,
        notes: &mut Vec<String>,
    ) -> Option<Self> {
        let threshold = match &slo.sli {
            Sli::Custom(custom) => return Some(Self::Custom(custom)),
            Sli::Latency { threshold, .. } => Some(*threshold),
            _ => None,
        };
        let mut all = Vec::new();
        for source in sources {
            let Some(threshold) = threshold else {
                all.push((source, None));
                continue;
            };
            let bound = buckets(source)
                .iter()
                .copied()
                .find(|b| *b >= threshold - 1e-9);
            let Some(bound) = bound else { continue };
            if bound > threshold + 1e-9 {
                notes.push(format!(
                    "{}: {} has no bucket at {}: counted at {}",
                    slo.id,
                    source.name,
                    time(threshold),
                    time(bound)
                ));
            }
            all.push((source, Some(bound)));
        }
        (!all.is_empty()).then_some(Self::Sources(all))
    }

    /// Share of bad events in a window.
    pub fn ratio(&self, window: u32) -> String {
        match self {
            Self::Custom(Custom {
                counts: Counts::Ratio(ratio),
                ..
            }) => windowed(ratio, &duration(window)),
            _ => {
                let (bad, valid) = self.counts(window).unwrap_or_default();
                format!("(\n{}\n)\n/\n(\n{}\n> 0)", indent(&bad), indent(&valid))
            }
        }
    }

    /// Bad and all events per second; none where a ratio is all there is.
    pub fn counts(&self, window: u32) -> Option<(String, String)> {
        match self {
            Self::Sources(sources) => {
                let of = |part: fn(&Source, Option<f64>, u32) -> String| -> String {
                    let all: Vec<String> =
                        sources.iter().map(|(s, b)| part(s, *b, window)).collect();
                    all.join("\nor\n")
                };
                Some((of(bad), of(valid)))
            }
            Self::Custom(custom) => {
                let text = duration(window);
                let at = |query: &str| windowed(query, &text);
                match &custom.counts {
                    // no error series yet is no error, where requests are counted
                    Counts::Bad { bad, valid } => {
                        let (bad, valid) = (at(bad), at(valid));
                        Some((format!("(({bad}) or ({valid}) * 0)"), format!("({valid})")))
                    }
                    Counts::Good { good, valid } => {
                        let (good, valid) = (at(good), at(valid));
                        let bad = format!("(({valid}) - (({good}) or ({valid}) * 0))");
                        Some((bad, format!("({valid})")))
                    }
                    Counts::Ratio(_) => None,
                }
            }
        }
    }
}

fn indent(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|l| format!("  {l}")).collect();
    lines.join("\n")
}

/// All events of a source per second.
fn valid(source: &Source, bound: Option<f64>, window: u32) -> String {
    let more = match bound {
        Some(_) => r#"le="+Inf""#,
        None => "",
    };
    let of = |metric, more: &str| {
        summed(
            source,
            &series(
                "rate",
                source,
                (metric, component(source, more).as_str()),
                window,
            ),
        )
    };
    match source.form {
        // two counters make the whole
        Form::Outcomes { failed } => {
            let (good, bad) = (of(source.metric, more), of(failed, more));
            format!("({good} + {bad} or {good} or {bad})")
        }
        _ => of(source.metric, more),
    }
}

/// Bad events of a source per second; 0 where there are only good ones.
fn bad(source: &Source, bound: Option<f64>, window: u32) -> String {
    let of = |metric, more: &str| {
        summed(
            source,
            &series(
                "rate",
                source,
                (metric, component(source, more).as_str()),
                window,
            ),
        )
    };
    let all = valid(source, bound, window);
    match (source.form, bound) {
        (Form::Buckets(unit), Some(bound)) => {
            let good = of(source.metric, &le(bound / unit));
            format!("({all} - {good})")
        }
        (Form::Outcomes { failed }, _) => format!("({} or {all} * 0)", of(failed, "")),
        (Form::Codes(label), _) => {
            let failed = of(source.metric, &format!(r#"{label}=~"5..""#));
            format!("({failed} or {all} * 0)")
        }
        _ => all,
    }
}

/// A bucket by its bound, as old servers write it (`1`) and as new ones do (`1.0`).
fn le(bound: f64) -> String {
    let text = crate::slo::promql::number(bound);
    let escaped = regex_syntax::escape(&text);
    if text.contains('.') {
        format!("le=~{}", quoted(&escaped))
    } else {
        format!("le=~{}", quoted(&format!("{escaped}(\\.0)?")))
    }
}

/// Transformers and explainers answer the same requests once more.
fn component(source: &Source, more: &str) -> String {
    let (_, label) = source.naming.place;
    let only = if label == "model_name" || label == "model" || label == "pod" {
        String::new()
    } else {
        format!(r#"{label}!~".+-(transformer|explainer)(-default)?""#)
    };
    match (only.as_str(), more) {
        // joined names are not those of the counters
        _ if source.naming.joined => more.to_owned(),
        ("", more) => more.to_owned(),
        (only, "") => only.to_owned(),
        (only, more) => format!("{only},{more}"),
    }
}

/// Sums by namespace and service, whatever the labels are called that name them.
fn summed(source: &Source, series: &str) -> String {
    let (namespace, component) = source.naming.place;
    let regex = match component {
        "pod" => r"(.+)-(?:predictor|kserve)-.+",
        _ => r"(?:isvc\.)?(.+?)(?:-predictor)?(?:-default)?",
    };
    let service = format!(
        "label_replace({series}, \"service\", \"$1\", {}, {})",
        quoted(component),
        quoted(regex)
    );
    let both = if namespace == "namespace" {
        service
    } else {
        format!(
            "label_replace({service}, \"namespace\", \"$1\", {}, \"(.+)\")",
            quoted(namespace)
        )
    };
    format!("sum by (namespace, service) ({both})")
}

/// Starts from zero in an hour, by namespace and service.
pub(super) fn starts(sources: &[&'static Source]) -> Option<String> {
    let of = |source: &&'static Source| {
        let metric = source.metric;
        summed(source, &format!("resets(({metric} <= bool 0)[1h:30s])"))
    };
    let all: Vec<String> = sources.iter().map(of).collect();
    (!all.is_empty()).then(|| format!("({})", all.join("\nor\n")))
}

/// Bounds in seconds that a source has unless somebody chose others.
fn buckets(source: &Source) -> &'static [f64] {
    match source.id {
        // OpenCensus, in milliseconds (knative/serving, pkg/queue)
        "knative-118-time" => &[
            0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5,
            0.6, 0.7, 0.8, 0.9, 1.0, 2.0, 5.0, 10.0,
        ],
        "istio-time" => &[
            0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
            60.0,
        ],
        "vllm-first-token" => &[
            0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5,
            10.0,
        ],
        "vllm-next-token" => &[
            0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5,
        ],
        // the defaults of the Python client and of OpenTelemetry as Knative sets them
        _ => &[
            0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
        ],
    }
}
