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

const MODELS: [Model; 8] = [
    Model {
        name: "fraud-scorer",
        team: "fraud",
        namespace: "ml-fraud",
        about: "Scores card payments",
        versions: (43, 6),
        every: 168,
        since: 5,
        aliases: &[
            ("archived", 39),
            ("challenger", 42),
            ("champion", 41),
            ("shadow", 43),
        ],
        places: &[],
    },
    Model {
        name: "fraud-graph",
        team: "fraud",
        namespace: "ml-fraud",
        about: "Rings of accounts",
        versions: (9, 3),
        every: 330,
        since: 2,
        aliases: &[("champion", 8)],
        places: &[(9, "s3://ml-models/fraud-graph/9-corrupt")],
    },
    Model {
        name: "card-limits",
        team: "fraud",
        namespace: "ml-fraud",
        about: "",
        versions: (5, 2),
        every: 700,
        since: 900,
        aliases: &[("champion", 5)],
        places: &[],
    },
    Model {
        name: "churn",
        team: "churn",
        namespace: "ml-churn",
        about: "Who is about to leave",
        versions: (8, 3),
        every: 480,
        since: 26,
        // the service was rolled back to 7, the alias was not
        aliases: &[("champion", 8)],
        places: &[],
    },
    Model {
        name: "churn-summary",
        team: "churn",
        namespace: "ml-churn",
        about: "Why a customer left, in two sentences",
        versions: (2, 2),
        every: 1_200,
        since: 760,
        aliases: &[("champion", 2)],
        places: &[
            (2, "hf://acme/churn-summary-7b"),
            (1, "hf://acme/churn-summary-3b"),
        ],
    },
    Model {
        name: "ranker",
        team: "recsys",
        namespace: "recsys",
        about: "Orders the candidates of a page",
        versions: (19, 4),
        every: 310,
        since: 121,
        aliases: &[("champion", 19)],
        places: &[],
    },
    Model {
        name: "item-embed",
        team: "recsys",
        namespace: "recsys",
        about: "",
        versions: (6, 2),
        every: 900,
        since: 1_300,
        aliases: &[("champion", 6)],
        places: &[],
    },
    Model {
        name: "intent",
        team: "nlp",
        namespace: "ml-nlp",
        about: "",
        versions: (4, 3),
        every: 400,
        since: 30,
        aliases: &[("challenger", 4), ("champion", 3)],
        places: &[],
    },
];

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
    /// What stands there at the opening.
    pub(in crate::demo) fn at(opening: Timestamp) -> Self {
        let mut registry = Self::default();
        let now = opening.as_millisecond();
        for model in &MODELS {
            let (newest, count) = model.versions;
            let made = |version: u64| {
                let before = i64::try_from(newest - version).unwrap_or_default();
                now - (model.since + model.every * before) * 3_600_000
            };
            for version in newest + 1 - count..=newest {
                registry.runs.push(run(model, version, made(version)));
                registry
                    .versions
                    .push(self::version(model, version, made(version)));
            }
            let aliases: Vec<Value> = model
                .aliases
                .iter()
                .map(|(alias, version)| json!({"alias": alias, "version": version.to_string()}))
                .collect();
            registry
                .models
                .push(json!({"name": model.name, "description": model.about,
                "creation_timestamp": made(1), "last_updated_timestamp": made(newest),
                "tags": [{"key": "team", "value": model.team}], "aliases": aliases}));
        }
        registry
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

fn version(model: &Model, version: u64, made: i64) -> Value {
    let place = model.places.iter().find(|(v, _)| *v == version);
    let source = place.map_or_else(
        || format!("s3://ml-models/{}/{version}", model.name),
        |(_, p)| (*p).to_owned(),
    );
    let gates: Vec<Value> = GATES
        .iter()
        .map(|gate| {
            let failed = is_bad(model, version) && *gate == "bias";
            json!({"key": format!("gate.{gate}"), "value": if failed { "failed" } else { "passed" }})
        })
        .collect();
    json!({"name": model.name, "version": version.to_string(), "creation_timestamp": made,
        "last_updated_timestamp": made, "current_stage": "None", "description": "", "source": source,
        "run_id": run_id(model, version), "status": "READY", "run_link": "", "user_id": "pipeline", "tags": gates})
}

fn run(model: &Model, version: u64, made: i64) -> Value {
    #[allow(clippy::cast_precision_loss)]
    let step = version as f64;
    let auc = 0.91 + step * 0.0015;
    let workflow = format!("{}-train-{version}", model.name);
    let metric =
        |key: &str, value: Value| json!({"key": key, "value": value, "timestamp": made, "step": 0});
    let gap = if is_bad(model, version) { 0.08 } else { 0.01 };
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
