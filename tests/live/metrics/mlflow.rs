//! The model registry as its own client filled it.

use reqwest::StatusCode;

use super::{Value, at, get, rig, tls};

const API: &str = "/api/2.0/mlflow/";

async fn call(path: &str, query: &[(&str, &str)]) -> Value {
    get(at(
        &rig("MIDWATCH_RIG_MLFLOW"),
        &format!("{API}{path}"),
        query,
    ))
    .await
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn mlflow_refuses_a_foreign_host_with_plain_text() {
    tls();
    let url = format!(
        "{}{API}registered-models/search",
        rig("MIDWATCH_RIG_MLFLOW")
    );
    let request = reqwest::Client::new()
        .get(url)
        .header("Host", "mlflow.mlops.svc.cluster.local:5000");
    let reply = request.send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::FORBIDDEN);
    let kind = reply.headers()["content-type"].to_str().unwrap().to_owned();
    let said = reply.text().await.unwrap();
    assert!(
        kind.starts_with("text/plain") && said.contains("Invalid Host header"),
        "{kind}: {said}"
    );
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn models_have_versions_aliases_gates_and_the_runs_that_made_them() {
    let model =
        &call("registered-models/get", &[("name", "fraud-scorer")]).await["registered_model"];
    let aliases = model["aliases"].as_array().unwrap();
    for (alias, version) in [
        ("champion", "41"),
        ("challenger", "42"),
        ("shadow", "40"),
        ("archived", "39"),
    ] {
        assert!(
            aliases
                .iter()
                .any(|a| a["alias"] == alias && a["version"] == version),
            "{alias}: {aliases:?}"
        );
    }
    let order = [
        ("filter", "name='fraud-scorer'"),
        ("order_by", "version_number DESC"),
    ];
    let versions = &call("model-versions/search", &order).await["model_versions"];
    assert_eq!(versions.as_array().unwrap().len(), 42);
    let newest = &versions[0];
    assert_eq!(newest["source"], "s3://ml-models/fraud-scorer/42");
    assert!(
        newest.get("aliases").is_none(),
        "rows of a search have no aliases: {newest}"
    );
    let tags = newest["tags"].as_array().unwrap();
    assert!(
        tags.iter()
            .any(|t| t["key"] == "gate.bias" && t["value"] == "failed"),
        "{tags:?}"
    );

    let run = &call(
        "runs/get",
        &[("run_id", newest["run_id"].as_str().unwrap())],
    )
    .await["run"];
    let of = |list: &Value, key: &str| {
        let all = list.as_array().unwrap();
        all.iter()
            .find(|each| each["key"] == key)
            .unwrap_or_else(|| panic!("{key}: {all:?}"))["value"]
            .clone()
    };
    assert_eq!(of(&run["data"]["metrics"], "calibration_error"), "NaN");
    assert!(of(&run["data"]["metrics"], "auc").as_f64().unwrap() > 0.9);
    assert_eq!(of(&run["data"]["params"], "max_depth"), "8");
    assert_eq!(
        of(&run["data"]["tags"], "pipeline.run"),
        "fraud-scorer-train-42"
    );
    assert_eq!(
        run["inputs"]["dataset_inputs"][0]["dataset"]["name"],
        "fraud-scorer-train"
    );
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_tag_with_terminal_codes_comes_back_as_it_was_written() {
    let version = call(
        "model-versions/get",
        &[("name", "intent"), ("version", "2")],
    )
    .await;
    let tags = version["model_version"]["tags"].as_array().unwrap().clone();
    let note = tags.iter().find(|t| t["key"] == "note").unwrap()["value"]
        .as_str()
        .unwrap();
    assert!(
        note.contains("\u{1b}]52;c;") && note.contains('\u{202e}') && note.contains('\u{9b}'),
        "{note:?}"
    );
    // nothing points at a model without versions
    let empty = call("registered-models/get", &[("name", "never-trained")]).await;
    assert!(
        empty["registered_model"].get("latest_versions").is_none(),
        "{empty}"
    );
}
