//! The HTTP API of Prometheus. Pure.
//!
//! Source: prometheus v3, `web/api/v1/api.go`.

use std::cell::Cell;

use serde_json::{Map, Value as Json, json};

use super::eval::{Machine, Sample, Trouble, Value};
use super::parse;
use super::parse::duration;
use super::routes::Routes;
use super::rules;
use super::series::{self, Ground, Labels, Series};

/// Points of one series that a query over time may ask for.
const MOST_POINTS: f64 = 11_000.0;

/// What was asked for, decoded.
pub(in crate::demo) struct Question<'a> {
    /// Below the address of the server, with its slash.
    pub(in crate::demo) path: &'a str,
    /// A parameter of the query or of the form; empty when absent.
    pub(in crate::demo) get: &'a dyn Fn(&str) -> String,
}

/// An answer: status, and JSON or text.
#[derive(Debug, PartialEq)]
pub(in crate::demo) enum Reply {
    Json(u16, Json),
    Plain(u16, String),
    Html(u16, String),
}

/// Why a question is not answered: status, kind, words.
struct Refused(u16, &'static str, String);

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Bad(why) => invalid("query", &format!("1:1: parse error: {why}")),
            Trouble::Execution(why) => Self(422, "execution", why),
        }
    }
}

fn invalid(parameter: &str, why: &str) -> Refused {
    Refused(
        400,
        "bad_data",
        format!("invalid parameter {parameter:?}: {why}"),
    )
}

/// Answers as Prometheus does.
pub(in crate::demo) fn prometheus(routes: &Routes, ground: &Ground<'_>, q: &Question<'_>) -> Reply {
    let path = q.path.trim_end_matches('/');
    let found = match path {
        "/-/healthy" => return Reply::Plain(200, "Prometheus Server is Healthy.\n".to_owned()),
        "/-/ready" => return Reply::Plain(200, "Prometheus Server is Ready.\n".to_owned()),
        "/api/v1/status/buildinfo" => Ok(build()),
        "/api/v1/query" => instant(&series::all(routes, ground), ground.now, q),
        "/api/v1/query_range" => range(&series::all(routes, ground), q),
        "/api/v1/labels" => Ok(names(&series::all(routes, ground), |l| {
            l.keys().cloned().collect()
        })),
        "/api/v1/alerts" => {
            Ok(json!({"alerts": rules::alerts(&series::all(routes, ground), ground.now)}))
        }
        "/api/v1/rules" => Ok(rules::listed(&series::all(routes, ground), ground.now)),
        "/api/v1/targets" => Ok(targets(&series::all(routes, ground))),
        _ => match path
            .strip_prefix("/api/v1/label/")
            .and_then(|p| p.strip_suffix("/values"))
        {
            Some(label) => {
                let own = |l: &Labels| l.get(label).cloned().into_iter().collect();
                Ok(names(&series::all(routes, ground), own))
            }
            None => return Reply::Plain(404, "404 page not found\n".to_owned()),
        },
    };
    match found {
        Ok(data) => Reply::Json(200, json!({"status": "success", "data": data})),
        Err(Refused(code, kind, why)) => Reply::Json(
            code,
            json!({"status": "error", "errorType": kind, "error": why}),
        ),
    }
}

fn build() -> Json {
    json!({"version": "3.14.0", "revision": "midwatch-demo", "branch": "HEAD", "buildUser": "", "buildDate": "",
        "goVersion": "none"})
}

/// A number as samples carry it.
pub(super) fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}

/// Unix seconds, or a time in RFC 3339.
fn time(text: &str) -> Option<f64> {
    let seconds = text.parse::<f64>().ok().filter(|t| t.is_finite());
    #[allow(clippy::cast_precision_loss)]
    let stamp = || {
        text.parse::<jiff::Timestamp>()
            .ok()
            .map(|t| t.as_millisecond() as f64 / 1_000.0)
    };
    seconds.or_else(stamp)
}

fn wanted(q: &Question<'_>, key: &str) -> Result<f64, Refused> {
    let text = (q.get)(key);
    time(&text).ok_or_else(|| invalid(key, &format!("cannot parse {text:?} to a valid timestamp")))
}

fn expression(q: &Question<'_>) -> Result<super::expr::Expr, Refused> {
    let text = (q.get)("query");
    parse::parse(&text).map_err(|why| invalid("query", &format!("1:1: parse error: {why}")))
}

fn instant(series: &[Series], now: f64, q: &Question<'_>) -> Result<Json, Refused> {
    let at = if (q.get)("time").is_empty() {
        now
    } else {
        wanted(q, "time")?
    };
    let expr = expression(q)?;
    let machine = Machine {
        series,
        looked: Cell::new(0),
    };
    Ok(match machine.of(&expr, at)? {
        Value::Scalar(value) => json!({"resultType": "scalar", "result": [at, number(value)]}),
        Value::Text(text) => json!({"resultType": "string", "result": [at, text]}),
        Value::Vector(samples) => {
            let rows: Vec<Json> = samples
                .into_iter()
                .map(|s| json!({"metric": s.labels, "value": [at, number(s.value)]}))
                .collect();
            json!({"resultType": "vector", "result": rows})
        }
        Value::Matrix(all, _) => {
            let rows: Vec<Json> = all
                .into_iter()
                .map(|p| json!({"metric": p.labels, "values": pairs(&p.samples)}))
                .collect();
            json!({"resultType": "matrix", "result": rows})
        }
    })
}

fn pairs(points: &[(f64, f64)]) -> Vec<Json> {
    points
        .iter()
        .map(|(at, v)| json!([at, number(*v)]))
        .collect()
}

fn range(series: &[Series], q: &Question<'_>) -> Result<Json, Refused> {
    let (start, end) = (wanted(q, "start")?, wanted(q, "end")?);
    if end < start {
        return Err(invalid(
            "end",
            "end timestamp must not be before start time",
        ));
    }
    let text = (q.get)("step");
    let step = text.parse::<f64>().ok().or_else(|| duration(&text));
    let step = step.ok_or_else(|| {
        invalid(
            "step",
            &format!("cannot parse {text:?} to a valid duration"),
        )
    })?;
    if step <= 0.0 || step.is_nan() {
        return Err(invalid(
            "step",
            "zero or negative query resolution step widths are not accepted. Try a positive integer",
        ));
    }
    if (end - start) / step > MOST_POINTS {
        return Err(Refused(400, "bad_data", "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)".to_owned()));
    }
    let expr = expression(q)?;
    let machine = Machine {
        series,
        looked: Cell::new(0),
    };
    let mut found: std::collections::BTreeMap<Labels, Vec<(f64, f64)>> =
        std::collections::BTreeMap::new();
    let mut at = start;
    while at <= end {
        let samples = match machine.of(&expr, at)? {
            Value::Scalar(value) => vec![Sample {
                labels: Labels::new(),
                value,
            }],
            Value::Vector(samples) => samples,
            other => {
                let why = format!(
                    "invalid expression type {:?} for range query, must be Scalar or instant Vector",
                    other.kind()
                );
                return Err(invalid("query", &why));
            }
        };
        for sample in samples {
            found
                .entry(sample.labels)
                .or_default()
                .push((at, sample.value));
        }
        at += step;
    }
    let rows: Vec<Json> = found
        .into_iter()
        .map(|(labels, points)| json!({"metric": labels, "values": pairs(&points)}))
        .collect();
    Ok(json!({"resultType": "matrix", "result": rows}))
}

fn names(series: &[Series], of: impl Fn(&Labels) -> Vec<String>) -> Json {
    let mut all: Vec<String> = series.iter().flat_map(|s| of(&s.labels)).collect();
    all.sort_unstable();
    all.dedup();
    json!(all)
}

fn targets(series: &[Series]) -> Json {
    let up = series
        .iter()
        .filter(|s| s.labels.get("__name__").is_some_and(|n| n == "up"));
    let active: Vec<Json> = up
        .map(|s| {
            let mut labels: Map<String, Json> = Map::new();
            for (key, value) in s.labels.iter().filter(|(k, _)| *k != "__name__") {
                labels.insert(key.clone(), json!(value));
            }
            json!({"discoveredLabels": {}, "labels": labels, "scrapePool": s.labels.get("job"), "lastError": "",
                "health": "up", "scrapeInterval": "15s", "scrapeTimeout": "10s"})
        })
        .collect();
    json!({"activeTargets": active, "droppedTargets": []})
}
