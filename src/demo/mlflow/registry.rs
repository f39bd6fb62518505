//! Models, their versions, aliases and the runs that made them. Pure.

use jiff::Timestamp;
use serde_json::{Value, json};

/// A model as teams and their pipelines registered it.
struct Model {
    name: &'static str,
    team: &'static str,
    namespace: &'static str,
    about: &'static str,
    /// Newest version, and how many of those before it are still there.
    versions: (u64, u64),
    /// Hours between two versions.
    every: i64,
    /// Hours since the newest.
    since: i64,
    aliases: &'static [(&'static str, u64)],
    /// Versions whose place is not named by their number alone.
    places: &'static [(u64, &'static str)],
}

/// A model of a team and its namespace: versions, hours (between two, since the newest), aliases.
const fn model(
    name: &'static str,
    (team, namespace): (&'static str, &'static str),
    versions: (u64, u64),
    (every, since): (i64, i64),
    aliases: &'static [(&'static str, u64)],
) -> Model {
    Model {
        name,
        team,
        namespace,
        about: "",
        versions,
        every,
        since,
        aliases,
        places: &[],
    }
}

const FRAUD: (&str, &str) = ("fraud", "ml-fraud");
const CHURN: (&str, &str) = ("churn", "ml-churn");
const RECSYS: (&str, &str) = ("recsys", "recsys");

/// Aliases of the model that has them all. 42 does not pass its gates, 43 does.
const WHOLE_WAY: &[(&str, u64)] = &[
    ("archived", 39),
    ("challenger", 42),
    ("champion", 41),
    ("shadow", 43),
];

const MODELS: [Model; 8] = [
    Model {
        about: "Scores card payments",
        ..model("fraud-scorer", FRAUD, (43, 6), (168, 5), WHOLE_WAY)
    },
    Model {
        about: "Rings of accounts",
        places: &[(9, "s3://ml-models/fraud-graph/9-corrupt")],
        ..model("fraud-graph", FRAUD, (9, 3), (330, 2), &[("champion", 8)])
    },
    model("card-limits", FRAUD, (5, 2), (700, 900), &[("champion", 5)]),
    Model {
        about: "Who is about to leave",
        // the service was rolled back to 7, the alias was not
        ..model("churn", CHURN, (8, 3), (480, 26), &[("champion", 8)])
    },
    Model {
        about: "Why a customer left, in two sentences",
        places: &[
            (2, "hf://acme/churn-summary-7b"),
            (1, "hf://acme/churn-summary-3b"),
        ],
        ..model(
            "churn-summary",
            CHURN,
            (2, 2),
            (1_200, 760),
            &[("champion", 2)],
        )
    },
    Model {
        about: "Orders the candidates of a page",
        ..model("ranker", RECSYS, (19, 4), (310, 121), &[("champion", 19)])
    },
    model(
        "item-embed",
        RECSYS,
        (6, 2),
        (900, 1_300),
        &[("champion", 6)],
    ),
    model(
        "intent",
        ("nlp", "ml-nlp"),
        (4, 3),
        (400, 30),
        &[("challenger", 4), ("champion", 3)],
    ),
];

/// Models with one alias that points at another version than the one that is served.
const SERVED: [(&str, u64); 1] = [("churn", 7)];

/// Gates that a pipeline checks before it registers a version.
const GATES: [&str; 5] = ["accuracy", "regression", "latency", "data-quality", "bias"];

/// All that the server holds.
#[derive(Debug, Default)]
pub(in crate::demo) struct Registry {
    pub(super) models: Vec<Value>,
    pub(super) versions: Vec<Value>,
    pub(super) runs: Vec<Value>,
}

impl Registry {
    /// What stands there at the opening, with the troubles that are played: where a service was not rolled back every
    /// champion is what is served, and no gate fails where none is to.
    pub(in crate::demo) fn at(opening: Timestamp, played: impl Fn(&str) -> bool) -> Self {
        let drifting = played("rolled-back") || played("bad-model");
        let blocked = played("blocked");
        let mut registry = Self::default();
        let now = opening.as_millisecond();
        for model in &MODELS {
            let (newest, count) = model.versions;
            let made = |version: u64| {
                let before = i64::try_from(newest - version).unwrap_or_default();
                now - (model.since + model.every * before) * 3_600_000
            };
            for version in newest + 1 - count..=newest {
                registry
                    .runs
                    .push(run(model, version, (made(version), blocked)));
                registry
                    .versions
                    .push(self::version(model, version, (made(version), blocked)));
            }
            let aliases: Vec<Value> = model
                .aliases
                .iter()
                .map(|(alias, version)| {
                    let served = SERVED
                        .iter()
                        .find(|(name, _)| !drifting && *name == model.name);
                    let version = served.map_or(*version, |(_, served)| *served);
                    json!({"alias": alias, "version": version.to_string()})
                })
                .collect();
            registry
                .models
                .push(json!({"name": model.name, "description": model.about,
                "creation_timestamp": made(1), "last_updated_timestamp": made(newest),
                "tags": [{"key": "team", "value": model.team}], "aliases": aliases}));
        }
        registry
    }

    /// The version that an alias points at; empty where there is none.
    pub(in crate::demo) fn alias(&self, model: &str, alias: &str) -> &str {
        let mut all = self.models.iter();
        let model = all.find(|m| m["name"] == model);
        let mut aliases = model
            .and_then(|m| m["aliases"].as_array())
            .into_iter()
            .flatten();
        let found = aliases.find(|a| a["alias"] == alias);
        found
            .and_then(|a| a["version"].as_str())
            .unwrap_or_default()
    }

    /// A pipeline registers a new version of a model: its number, and where its files are. None where nobody knows the model.
    pub(in crate::demo) fn register(
        &mut self,
        name: &str,
        workflow: &str,
        at: Timestamp,
    ) -> Option<(u64, String)> {
        let model = MODELS.iter().find(|m| m.name == name)?;
        let own = self.versions.iter().filter(|v| v["name"] == name);
        let numbers = own.filter_map(|v| v["version"].as_str()?.parse::<u64>().ok());
        let next = numbers.max().unwrap_or_default() + 1;
        let made = at.as_millisecond();
        let version = self::version(model, next, (made, false));
        let source = version["source"].as_str().unwrap_or_default().to_owned();
        let mut run = run(model, next, (made, false));
        for tag in run["data"]["tags"].as_array_mut().into_iter().flatten() {
            if tag["key"] == "pipeline.run" {
                tag["value"] = json!(workflow);
            }
        }
        self.versions.push(version);
        self.runs.push(run);
        if let Some(model) = self.model(name) {
            model["last_updated_timestamp"] = json!(made);
        }
        Some((next, source))
    }

    /// The version that is the challenger of a model.
    pub(in crate::demo) fn challenger(&self, name: &str) -> Option<u64> {
        let model = self.models.iter().find(|m| m["name"] == name)?;
        let mut aliases = model["aliases"].as_array()?.iter();
        let found = aliases.find(|a| a["alias"] == "challenger")?;
        found["version"].as_str()?.parse().ok()
    }

    pub(super) fn model(&mut self, name: &str) -> Option<&mut Value> {
        self.models.iter_mut().find(|m| m["name"] == name)
    }

    pub(super) fn version(&mut self, name: &str, version: &str) -> Option<&mut Value> {
        let mut all = self.versions.iter_mut();
        all.find(|v| v["name"] == name && v["version"] == version)
    }

    /// The aliases of a version.
    pub(super) fn aliases_of(&self, name: &str, version: &str) -> Vec<Value> {
        let model = self.models.iter().find(|m| m["name"] == name);
        let all = model.and_then(|m| m["aliases"].as_array());
        let own = all
            .into_iter()
            .flatten()
            .filter(|a| a["version"] == version);
        own.map(|a| a["alias"].clone()).collect()
    }
}

fn run_id(model: &Model, version: u64) -> String {
    let text = format!("{}/{version}", model.name);
    let hash = |seed: u64| {
        text.bytes().fold(seed, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
        })
    };
    format!(
        "{:016x}{:016x}",
        hash(0xcbf2_9ce4_8422_2325),
        hash(0x5bd1_e995_9d1b_54a5)
    )
}

fn is_bad(model: &Model, version: u64) -> bool {
    (model.name, version) == ("fraud-scorer", 42)
}

fn version(model: &Model, version: u64, (made, blocked): (i64, bool)) -> Value {
    let place = model.places.iter().find(|(v, _)| *v == version);
    let source = place.map_or_else(
        || format!("s3://ml-models/{}/{version}", model.name),
        |(_, p)| (*p).to_owned(),
    );
    let gates: Vec<Value> = GATES
        .iter()
        .map(|gate| {
            let failed = blocked && is_bad(model, version) && *gate == "bias";
            json!({"key": format!("gate.{gate}"), "value": if failed { "failed" } else { "passed" }})
        })
        .collect();
    json!({"name": model.name, "version": version.to_string(), "creation_timestamp": made,
        "last_updated_timestamp": made, "current_stage": "None", "description": "", "source": source,
        "run_id": run_id(model, version), "status": "READY", "run_link": "", "user_id": "pipeline", "tags": gates})
}

fn run(model: &Model, version: u64, (made, blocked): (i64, bool)) -> Value {
    #[allow(clippy::cast_precision_loss)]
    let step = version as f64;
    let auc = 0.91 + step * 0.0015;
    let workflow = format!("{}-train-{version}", model.name);
    let metric =
        |key: &str, value: Value| json!({"key": key, "value": value, "timestamp": made, "step": 0});
    let gap = if blocked && is_bad(model, version) {
        0.08
    } else {
        0.01
    };
    let pair = |key: &str, value: String| json!({"key": key, "value": value});
    json!({"info": {"run_id": run_id(model, version), "run_uuid": run_id(model, version), "run_name": workflow,
            "experiment_id": "1", "user_id": "pipeline", "status": "FINISHED", "start_time": made - 3_000_000,
            "end_time": made, "artifact_uri": format!("mlflow-artifacts:/1/{}/artifacts", run_id(model, version)),
            "lifecycle_stage": "active"},
        "data": {
            "metrics": [metric("auc", json!(auc)), metric("accuracy", json!(auc - 0.01)), metric("bias_gap", json!(gap)),
                metric("latency_p95_ms", json!(38.0 + step / 4.0)),
                // what a division by no samples leaves behind
                metric("calibration_error", json!("NaN"))],
            "params": [pair("learning_rate", "0.05".to_owned()), pair("max_depth", "8".to_owned()), pair("seed", version.to_string())],
            "tags": [pair("mlflow.source.type", "JOB".to_owned()), pair("mlflow.user", "pipeline".to_owned()),
                pair("team", model.team.to_owned()), pair("pipeline.engine", "argo".to_owned()),
                pair("pipeline.namespace", model.namespace.to_owned()), pair("pipeline.run", workflow.clone())]},
        "inputs": {"dataset_inputs": [{"tags": [{"key": "mlflow.data.context", "value": "training"}],
            "dataset": {"name": format!("{}-train", model.name), "digest": format!("d{version:07}"), "source_type": "s3",
                "source": json!({"uri": format!("s3://datasets/{}/{version}", model.name)}).to_string()}}]}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_is_registered_is_the_newest_and_knows_its_run() {
        let now = Timestamp::UNIX_EPOCH;
        let mut registry = Registry::at(now, |_| false);
        let made = registry.register("ranker", "retrain-ranker-x", now);
        assert_eq!(made, Some((20, "s3://ml-models/ranker/20".to_owned())));
        let again = registry.register("ranker", "retrain-ranker-y", now);
        assert_eq!(again.map(|(number, _)| number), Some(21));
        let run = registry.runs.last().map(Value::to_string);
        assert!(run.is_some_and(|run| run.contains("retrain-ranker-y")));
        assert_eq!(registry.register("nobody", "x", now), None);
    }
}
