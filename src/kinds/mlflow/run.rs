//! The run that made a version: its metrics, parameters and datasets. Pure.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::{MOST, NotMlflow, Tags, millis, read, tags};
use crate::domain::{Clean, Dataset, Figure, Metric, ModelRun, names_pipeline, tag};
use crate::kinds::lenient::{Int, List, Obj, Word, otherwise};

/// What the tracking library writes for itself; too long and of no use to a person.
const OWN: &str = "mlflow.";

/// Most bytes kept of a text that tells where a dataset comes from.
const SOURCE: usize = 400;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    run: Obj<Slim>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Slim {
    info: Obj<Info>,
    data: Obj<Data>,
    inputs: Obj<Inputs>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Info {
    run_id: Clean,
    run_name: Clean,
    user_id: Clean,
    status: Clean,
    start_time: Int,
    end_time: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Data {
    metrics: List<Obj<SlimMetric>>,
    params: Tags,
    tags: Tags,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SlimMetric {
    key: Clean,
    value: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Inputs {
    dataset_inputs: List<Obj<Input>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Input {
    dataset: Obj<SlimDataset>,
    tags: Tags,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SlimDataset {
    name: Clean,
    digest: Clean,
    source_type: Clean,
    source: Text,
}

/// A text as it came; it is read further before it is shown.
#[derive(Debug, Default)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Word::deserialize(d).map(|word| Self(word.0.into_owned()))
    }
}

/// The value of a metric: a number, or one of the words for what is none.
#[derive(Debug, Default)]
struct Number(Option<f64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Number;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or NaN")
            }
            fn visit_f64<E>(self, v: f64) -> Result<Number, E> {
                Ok(Number(Some(v)))
            }
            #[allow(clippy::cast_precision_loss)] // a metric is a float
            fn visit_i64<E>(self, v: i64) -> Result<Number, E> {
                Ok(Number(Some(v as f64)))
            }
            #[allow(clippy::cast_precision_loss)] // a metric is a float
            fn visit_u64<E>(self, v: u64) -> Result<Number, E> {
                Ok(Number(Some(v as f64)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Number, E> {
                // `NaN`, `Infinity`, `-Infinity`, and numbers as text
                Ok(Number(v.trim().parse().ok()))
            }
            otherwise!(Number(None); bool null seq map);
        }
        d.deserialize_any(V)
    }
}

/// The answer of `runs/get`.
pub fn run(body: &[u8]) -> Result<ModelRun, NotMlflow> {
    let answer: Answer = read(body)?;
    let slim = answer.run.0.ok_or(NotMlflow)?;
    let info = slim.info.0.ok_or(NotMlflow)?;
    if info.run_id.is_empty() {
        return Err(NotMlflow);
    }
    let data = slim.data.0.unwrap_or_default();
    let all = tags(data.tags);
    let pipeline = all.iter().find(|t| names_pipeline(&t.key));
    let params = tags(data.params);
    let pipeline = pipeline.or_else(|| params.iter().find(|p| names_pipeline(&p.key)));
    Ok(ModelRun {
        id: info.run_id,
        name: info.run_name,
        status: info.status,
        user: info.user_id,
        started: millis(info.start_time),
        ended: millis(info.end_time),
        metrics: metrics(data.metrics),
        pipeline: pipeline.map(|t| t.value.clone()).unwrap_or_default(),
        params,
        tags: all
            .iter()
            .filter(|t| !t.key.starts_with(OWN))
            .cloned()
            .collect(),
        datasets: datasets(slim.inputs),
    })
}

fn metrics(slim: List<Obj<SlimMetric>>) -> Box<[Metric]> {
    let known = slim.0.into_iter().filter_map(|m| {
        let m = m.0?;
        Some(Metric {
            value: Figure(m.value.0?),
            name: m.key,
        })
    });
    let mut metrics: Vec<Metric> = known.take(MOST).collect();
    metrics.sort_by(|a, b| a.name.cmp(&b.name));
    metrics.into()
}

fn datasets(slim: Obj<Inputs>) -> Box<[Dataset]> {
    let inputs = slim.0.unwrap_or_default().dataset_inputs.0;
    let one = |input: Obj<Input>| {
        let input = input.0?;
        let set = input.dataset.0?;
        let about = tags(input.tags);
        Some(Dataset {
            context: tag(&about, "mlflow.data.context")
                .cloned()
                .unwrap_or_default(),
            source: place(&set.source.0, &set.source_type),
            name: set.name,
            digest: set.digest,
        })
    };
    inputs.into_iter().filter_map(one).take(MOST).collect()
}

/// Where a dataset comes from: JSON in a text, of which the address is what a person wants to read.
fn place(source: &str, sort: &Clean) -> Clean {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Address {
        uri: Clean,
        url: Clean,
        path: Clean,
        table_name: Clean,
    }
    let address: Address = serde_json::from_str(source).unwrap_or_default();
    let found = [address.uri, address.url, address.path, address.table_name];
    if let Some(found) = found.into_iter().find(|a| !a.is_empty()) {
        return found;
    }
    if source.is_empty() || source.starts_with('{') {
        return sort.clone();
    }
    Clean::from(source.chars().take(SOURCE).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: &str = r#"{"run":{"info":{"run_id":"35cd","run_name":"brave-owl-1","experiment_id":"1","user_id":"ci",
        "status":"FINISHED","start_time":1795223556627,"end_time":1795223560000,"lifecycle_stage":"active"},
        "data":{"metrics":[{"key":"auc","value":0.97,"timestamp":1,"step":0},{"key":"drift","value":"NaN"},
          {"key":"loss","value":1.7976931348623157e308},{"key":"epochs","value":12},{"key":"odd","value":[]}],
          "params":[{"key":"lr","value":"0.01"}],
          "tags":[{"key":"mlflow.user","value":"ci"},{"key":"argo_workflow","value":"train-nightly-x7k2p"},
            {"key":"team","value":"risk"}]},
        "inputs":{"dataset_inputs":[{"tags":[{"key":"mlflow.data.context","value":"training"}],
          "dataset":{"name":"tx-2026-11","digest":"9f3c","source_type":"s3","source":"{\"uri\":\"s3://lake/tx\"}",
          "schema":"{}","profile":"{}"}}]}}}"#;

    #[test]
    fn a_run_tells_metrics_parameters_datasets_and_its_pipeline() {
        let run = run(SEEN.as_bytes()).unwrap();
        assert_eq!(run.metric("auc"), Some(Figure(0.97)));
        assert_eq!(run.metric("drift"), Some(Figure(f64::NAN)));
        assert_eq!(run.metric("loss").unwrap().to_string(), "infinite");
        assert_eq!((run.metric("odd"), run.metrics.len()), (None, 4));
        assert_eq!(&*run.pipeline, "train-nightly-x7k2p");
        let tags: Vec<&str> = run.tags.iter().map(|t| &*t.key).collect();
        assert_eq!(tags, ["argo_workflow", "team"]);
        let set = &run.datasets[0];
        assert_eq!(
            (&*set.name, &*set.source, &*set.context),
            ("tx-2026-11", "s3://lake/tx", "training")
        );
        assert_eq!(&*tag(&run.params, "lr").unwrap().clone(), "0.01");
    }

    #[test]
    fn what_is_no_run_is_refused_and_odd_runs_are_not() {
        for other in [
            "{}",
            r#"{"run":{}}"#,
            r#"{"run":5}"#,
            "<html>",
            r#"{"run":{"info":{"run_id":""}}}"#,
        ] {
            assert_eq!(run(other.as_bytes()), Err(NotMlflow), "{other}");
        }
        let bare = run(br#"{"run":{"info":{"run_id":"a"},"data":"none","inputs":null}}"#).unwrap();
        assert_eq!((bare.metrics.len(), bare.started), (0, None));
    }

    #[test]
    fn a_dataset_of_an_unknown_sort_is_named_by_it() {
        let sort = Clean::new("delta");
        assert_eq!(&*place("{\"table_name\":\"lake.tx\"}", &sort), "lake.tx");
        assert_eq!(&*place("{\"blob\":1}", &sort), "delta");
        assert_eq!(&*place("s3://a\u{1b}[2J", &sort), "s3://a");
    }
}
