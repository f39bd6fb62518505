//! The model registry against a real `MLflow` server: what the console says is what `MLflow`'s own client knows.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::schema::assert_valid;
use super::support::rig;

/// What `MLflow`'s own client tells of all models, with the runs of their versions.
const ASK: &str = r#"
import json, math, sys
from mlflow import MlflowClient
client = MlflowClient(tracking_uri=sys.argv[1], registry_uri=sys.argv[1])
number = lambda v: v if math.isfinite(v) and abs(v) < 1.7e308 else str(v)
told = {}
for model in client.search_registered_models(max_results=1000):
    versions = {}
    for version in client.search_model_versions(f"name='{model.name}'"):
        run = client.get_run(version.run_id) if version.run_id else None
        metrics = {k: number(v) for k, v in run.data.metrics.items()} if run else None
        versions[str(version.version)] = {"source": version.source, "metrics": metrics,
            "parameters": run.data.params if run else None}
    told[model.name] = {"aliases": {a: int(v) for a, v in model.aliases.items()}, "versions": versions}
print(json.dumps(told))
"#;

fn client() -> Value {
    let output = Command::new(rig("MIDWATCH_RIG_MLFLOW_PYTHON"))
        .args(["-c", ASK, &rig("MIDWATCH_RIG_MLFLOW")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Through the API server's proxy, as a cluster's own `MLflow` is reached.
fn midwatch(args: &[&str]) -> (Option<i32>, Value, String) {
    let kubeconfig = PathBuf::from(rig("MIDWATCH_RIG_KUBECONFIG_ADMIN"));
    let output = Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .args(["get", "-o", "json", "--kubeconfig"])
        .arg(kubeconfig)
        .args(args)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        !text.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']),
        "{text}"
    );
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    let json: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}\n{err}"));
    assert_valid(&json);
    (output.status.code(), json, err)
}

#[test]
#[ignore = "needs tests/rig/live"]
fn models_and_aliases_are_those_that_mlflows_own_client_knows() {
    let theirs = client();
    let (code, ours, err) = midwatch(&["models"]);
    assert_eq!(code, Some(0), "{err}");
    let models = ours["items"].as_array().unwrap();
    assert_eq!(models.len(), theirs.as_object().unwrap().len());
    for model in models {
        let known = &theirs[model["name"].as_str().unwrap()];
        let mut aliases = serde_json::Map::new();
        for alias in model["aliases"].as_array().unwrap() {
            aliases.insert(
                alias["name"].as_str().unwrap().to_owned(),
                alias["version"].clone(),
            );
        }
        assert_eq!(Value::Object(aliases), known["aliases"], "{model}");
        let versions = known["versions"].as_object().unwrap();
        assert_eq!(model["versions"], versions.len(), "{model}");
        let newest = versions.keys().map(|v| v.parse::<u64>().unwrap()).max();
        assert_eq!(model["newestVersion"].as_u64(), newest, "{model}");
    }
}

#[test]
#[ignore = "needs tests/rig/live"]
fn versions_have_the_metrics_and_parameters_of_their_runs_also_those_that_are_no_number() {
    let theirs = client();
    let (name, known) = theirs.as_object().unwrap().iter().next().unwrap();
    let (code, ours, err) = midwatch(&["versions", name]);
    assert_eq!(code, Some(0), "{err}");
    let rows = ours["items"].as_array().unwrap();
    assert_eq!(rows.len(), known["versions"].as_object().unwrap().len());
    let mut read = 0;
    for row in rows {
        let version = &known["versions"][row["version"].to_string()];
        assert_eq!(row["source"], version["source"], "{row}");
        if version["metrics"].is_null() {
            assert!(row["run"].is_null(), "{row}");
            continue;
        }
        let metrics = row["run"]["metrics"].to_string().replace("NaN", "nan");
        assert_eq!(
            serde_json::from_str::<Value>(&metrics).unwrap(),
            version["metrics"],
            "{row}"
        );
        assert_eq!(row["run"]["parameters"], version["parameters"], "{row}");
        read += 1;
    }
    assert!(read > 0, "no run was read: {ours}");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_model_that_is_not_there_is_told() {
    let (code, ours, err) = midwatch(&["versions", "no-such-model"]);
    assert_eq!(code, Some(4), "{err}");
    assert!(
        err.contains("there is no registered model no-such-model"),
        "{err}"
    );
    assert_eq!(ours["items"].as_array().map(Vec::len), Some(0));
}
