//! Answers of Prometheus, read as far as they can be. Pure.
//!
//! Own types instead of a client library's: those refuse a whole answer for one native histogram in it, and a series
//! without a plain value is only a series that cannot be used here.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::kinds::lenient::List;
use crate::slo::{Answer, Sample, Series};

/// What every answer is wrapped in.
#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(default)]
    pub(super) status: String,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) error: String,
    /// Not safe to show.
    #[serde(default)]
    pub(super) warnings: List<String>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(rename = "resultType", default)]
    sort: String,
    #[serde(borrow)]
    result: &'a RawValue,
}

#[derive(Deserialize)]
struct One {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    /// Missing in a series of native histograms.
    #[serde(default)]
    value: Option<Point>,
    #[serde(default)]
    values: Vec<Point>,
}

/// Unix seconds, and a value that is written as text: `"1"`, `"NaN"`, `"+Inf"`.
#[derive(Debug, Clone, Copy)]
struct Point(f64, f64);

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Point;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time and a value")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Point, A::Error> {
                let missing = || serde::de::Error::custom("half a point");
                let at = seq.next_element()?.ok_or_else(missing)?;
                let Value(value) = seq.next_element()?.ok_or_else(missing)?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Point(at, value))
            }
        }
        d.deserialize_seq(V)
    }
}

struct Value(f64);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, as text or bare")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
                // it takes `NaN`, `+Inf` and `-Inf` as well
                let number = text.parse().map_err(|_| E::custom("no number"))?;
                Ok(Value(number))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
                Ok(Value(number))
            }
            #[allow(clippy::cast_precision_loss)] // a counter, not a name
            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(Value(number as f64))
            }
            #[allow(clippy::cast_precision_loss)]
            fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
                Ok(Value(number as f64))
            }
        }
        d.deserialize_any(V)
    }
}

/// What was asked for: samples of an instant, or series over time. Warnings are not in it: they need cleaning.
pub(super) fn answer(envelope: &Envelope<'_>) -> Result<Answer, serde_json::Error> {
    let mut answer = Answer::default();
    let data: Data<'_> = serde_json::from_str(envelope.data.map_or("null", RawValue::get))?;
    if data.sort == "scalar" {
        let Point(at, value) = serde_json::from_str(data.result.get())?;
        let labels = BTreeMap::new();
        answer.samples.push(Sample { labels, at, value });
        return Ok(answer);
    }
    let found: Vec<One> = serde_json::from_str(data.result.get())?;
    for One {
        metric: labels,
        value,
        values,
    } in found
    {
        if let Some(Point(at, value)) = value {
            answer.samples.push(Sample { labels, at, value });
        } else if !values.is_empty() {
            let points = values.into_iter().map(|Point(at, value)| (at, value));
            answer.series.push(Series {
                labels,
                points: points.collect(),
            });
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &str) -> Result<Answer, serde_json::Error> {
        let body = format!(r#"{{"status":"success","data":{data}}}"#);
        let envelope: Envelope<'_> = serde_json::from_str(&body)?;
        answer(&envelope)
    }

    #[test]
    fn an_instant_and_a_span_are_read() {
        let got = read(
            r#"{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"x"},"value":[1795223942.041,"1"]}]}"#,
        )
        .unwrap();
        assert_eq!(got.samples.len(), 1);
        assert_eq!(got.samples[0].labels["job"], "x");
        assert!((got.samples[0].at - 1_795_223_942.041).abs() < 1e-6);
        let got = read(
            r#"{"result":[{"metric":{},"values":[[1,"0"],[2,"2.5"]]}],"resultType":"matrix"}"#,
        )
        .unwrap();
        assert_eq!(got.series[0].points, [(1.0, 0.0), (2.0, 2.5)]);
        let got = read(r#"{"resultType":"scalar","result":[1795223942.076,"2"]}"#).unwrap();
        assert_eq!(got.samples[0].value.to_bits(), 2.0_f64.to_bits());
    }

    #[test]
    fn what_is_not_a_number_is_kept_as_that() {
        let got = read(
            r#"{"resultType":"vector","result":[{"metric":{"a":"1"},"value":[1,"NaN"]},{"metric":{"a":"2"},"value":[1,"+Inf"]},{"metric":{"a":"3"},"value":[1,"-Inf"]}]}"#,
        )
        .unwrap();
        let values: Vec<f64> = got.samples.iter().map(|s| s.value).collect();
        assert!(values[0].is_nan());
        assert!(values[1] == f64::INFINITY && values[2] == f64::NEG_INFINITY);
    }

    #[test]
    fn native_histograms_take_no_other_series_with_them() {
        let got = read(
            r#"{"resultType":"vector","result":[{"metric":{"a":"h"},"histogram":[1,{"count":"5","sum":"2","buckets":[[0,"0","1","5"]]}]},{"metric":{"a":"v"},"value":[1,"7"]}]}"#,
        )
        .unwrap();
        assert_eq!(got.samples.len(), 1);
        let got = read(
            r#"{"resultType":"matrix","result":[{"metric":{},"histograms":[[1,{"count":"5"}]],"values":[[1,"7"]]}]}"#,
        )
        .unwrap();
        assert_eq!(got.series[0].points, [(1.0, 7.0)]);
    }

    #[test]
    fn garbage_is_an_error_and_no_data_is_none() {
        for data in ["null", "[]", r#"{"resultType":"vector"}"#, "5"] {
            assert!(read(data).is_err(), "{data}");
        }
        let wrong = r#"{"resultType":"vector","result":[{"metric":{},"value":[1,"many"]}]}"#;
        assert!(read(wrong).is_err());
        assert_eq!(
            read(r#"{"resultType":"vector","result":[]}"#).unwrap(),
            Answer::default()
        );
    }
}
