//! `MLflow`: models, versions, aliases, runs, pages, and how it refuses.

use http::Method;
use serde_json::{Value, json};

use super::{Answer, Services};

const API: &str = "/api/2.0/mlflow/";
/// A model with versions, aliases and gates; every platform here has it.
const MODEL: &str = "fraud-scorer";

impl Services {
    async fn registry(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        self.read(&self.mlflow, &format!("{API}{path}"), query)
            .await
    }

    async fn write(&self, method: Method, path: &str, body: &Value) -> Answer {
        let path = format!("{}{API}{path}", self.mlflow);
        self.send(method, &path, body).await
    }

    async fn versions(&self, order: &str) -> Vec<Value> {
        let filter = format!("name='{MODEL}'");
        let query = [("filter", filter.as_str()), ("order_by", order)];
        let body = self
            .registry("model-versions/search", &query)
            .await
            .json(200);
        body["model_versions"].as_array().unwrap().clone()
    }
}

/// An error of the server itself.
#[track_caller]
fn refused(answer: Answer, status: u16, code: &str, words: &str) {
    let body = answer.json(status);
    assert_eq!(body["error_code"], code, "{body}");
    assert!(
        body["message"].as_str().unwrap().contains(words),
        "{body}, wanted {words}"
    );
    assert!(
        body["sqlstate"].is_string() && body["error_class"].is_string(),
        "{body}"
    );
}

fn number(version: &Value) -> u64 {
    // a version is a text
    version["version"].as_str().unwrap().parse().unwrap()
}

pub async fn it_says_that_it_is_well(services: &Services) {
    let health = services.read(&services.mlflow, "/health", &[]).await;
    assert_eq!(
        (health.code, health.kind.as_str(), health.text.as_str()),
        (200, "text/plain", "OK")
    );
    let version = services.read(&services.mlflow, "/version", &[]).await;
    assert_eq!((version.code, version.kind.as_str()), (200, "text/html"));
    assert!(version.text.starts_with("3."), "{version:?}");
}

pub async fn models_come_by_name_in_pages(services: &Services) {
    let whole = services
        .registry("registered-models/search", &[])
        .await
        .json(200);
    let names = |body: &Value| -> Vec<String> {
        let all = body["registered_models"].as_array().unwrap();
        all.iter()
            .map(|m| m["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = names(&whole);
    assert!(all.is_sorted() && all.iter().any(|n| n == MODEL), "{all:?}");
    assert!(whole.get("next_page_token").is_none(), "{whole}");
    let (mut paged, mut token) = (Vec::new(), String::new());
    while paged.len() < all.len() {
        let mut query = vec![("max_results", "3")];
        if !token.is_empty() {
            query.push(("page_token", &token));
        }
        let page = services
            .registry("registered-models/search", &query)
            .await
            .json(200);
        paged.extend(names(&page));
        match page["next_page_token"].as_str() {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    assert_eq!(paged, all);
    let none = services
        .registry("registered-models/search", &[("filter", "name='nosuch'")])
        .await;
    assert_eq!(none.json(200), json!({}), "nothing is an empty object");
    let model = whole["registered_models"]
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["name"] == MODEL)
        .unwrap();
    assert!(
        model["creation_timestamp"].is_i64() && model["last_updated_timestamp"].is_i64(),
        "{model}"
    );
    let aliases = model["aliases"].as_array().unwrap();
    assert!(
        aliases
            .iter()
            .any(|a| a["alias"] == "champion" && a["version"].is_string()),
        "{model}"
    );
    // of each stage the newest, and there is one stage
    assert_eq!(
        model["latest_versions"].as_array().unwrap().len(),
        1,
        "{model}"
    );
}

pub async fn versions_come_as_asked(services: &Services) {
    let down: Vec<u64> = services
        .versions("version_number DESC")
        .await
        .iter()
        .map(number)
        .collect();
    let up: Vec<u64> = services
        .versions("version_number ASC")
        .await
        .iter()
        .map(number)
        .collect();
    assert!(up.len() > 3 && up.is_sorted(), "{up:?}");
    assert_eq!(down, up.iter().rev().copied().collect::<Vec<u64>>());
    let newest = services.versions("version_number DESC").await.remove(0);
    assert_eq!(
        (&newest["status"], &newest["current_stage"]),
        (&json!("READY"), &json!("None"))
    );
    assert!(
        newest["creation_timestamp"].is_i64() && newest["run_id"].is_string(),
        "{newest}"
    );
    assert!(
        newest["source"].as_str().unwrap().starts_with("s3://"),
        "{newest}"
    );
    let gate = newest["tags"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["key"].as_str().unwrap().starts_with("gate."));
    assert!(gate.is_some_and(|t| t["value"].is_string()), "{newest}");
}

pub async fn a_version_names_its_aliases_and_a_search_does_not(services: &Services) {
    assert!(
        services
            .versions("version_number DESC")
            .await
            .iter()
            .all(|v| v.get("aliases").is_none())
    );
    let query = [("name", MODEL), ("alias", "champion")];
    let champion = services
        .registry("registered-models/alias", &query)
        .await
        .json(200);
    let version = champion["model_version"]["version"]
        .as_str()
        .unwrap()
        .to_owned();
    let query = [("name", MODEL), ("version", version.as_str())];
    let same = services
        .registry("model-versions/get", &query)
        .await
        .json(200);
    assert_eq!(same, champion);
    assert!(
        same["model_version"]["aliases"]
            .as_array()
            .unwrap()
            .contains(&json!("champion")),
        "{same}"
    );
}

pub async fn numbers_that_are_none_are_text(services: &Services) {
    let newest = services.versions("version_number DESC").await.remove(0);
    let query = [("run_id", newest["run_id"].as_str().unwrap())];
    let run = services.registry("runs/get", &query).await.json(200)["run"].clone();
    let metrics = run["data"]["metrics"].as_array().unwrap();
    let value = |key: &str| {
        metrics
            .iter()
            .find(|m| m["key"] == key)
            .unwrap_or_else(|| panic!("{run}"))["value"]
            .clone()
    };
    assert_eq!(value("calibration_error"), "NaN");
    assert!(value("auc").is_f64());
    assert_eq!(run["info"]["run_id"], newest["run_id"]);
    assert!(
        run["info"]["start_time"].is_i64() && run["info"]["status"] == "FINISHED",
        "{run}"
    );
    let dataset = &run["inputs"]["dataset_inputs"][0]["dataset"];
    assert!(
        dataset["name"].is_string() && dataset["digest"].is_string(),
        "{run}"
    );
    // JSON inside a text
    let source: Value = serde_json::from_str(dataset["source"].as_str().unwrap()).unwrap();
    assert!(source.is_object(), "{dataset}");
}

pub async fn what_is_not_there_is_told_with_its_code(services: &Services) {
    let gone = "RESOURCE_DOES_NOT_EXIST";
    for (path, query, words) in [
        (
            "registered-models/get",
            vec![("name", "nosuch")],
            "Registered Model with name=nosuch not found",
        ),
        (
            "registered-models/alias",
            vec![("name", "nosuch"), ("alias", "a")],
            "Registered Model with name=nosuch not found",
        ),
        (
            "model-versions/get",
            vec![("name", MODEL), ("version", "4100")],
            "Model Version (name=fraud-scorer, version=4100) not found",
        ),
        (
            "runs/get",
            vec![("run_id", "nosuch")],
            "Run with id=nosuch not found",
        ),
    ] {
        refused(services.registry(path, &query).await, 404, gone, words);
    }
    // an alias that is not there is a wrong question
    let query = [("name", MODEL), ("alias", "nosuch")];
    let answer = services.registry("registered-models/alias", &query).await;
    refused(
        answer,
        400,
        "INVALID_PARAMETER_VALUE",
        "Registered model alias nosuch not found.",
    );
    let page = services.registry("nothing", &[]).await;
    assert_eq!(
        (page.code, page.kind.as_str()),
        (404, "text/html"),
        "{page:?}"
    );
}

pub async fn what_cannot_be_asked_is_refused_with_its_code(services: &Services) {
    for (path, query, words) in [
        (
            "registered-models/get",
            vec![],
            "Missing value for required parameter 'name'",
        ),
        (
            "runs/get",
            vec![],
            "Missing value for required parameter 'run_id'",
        ),
        (
            "registered-models/search",
            vec![("max_results", "1001")],
            "for parameter 'max_results' supplied",
        ),
        (
            "model-versions/search",
            vec![("max_results", "200001")],
            "for parameter 'max_results' supplied",
        ),
        (
            "registered-models/search",
            vec![("page_token", "xx")],
            "Invalid page token",
        ),
        (
            "model-versions/search",
            vec![("filter", "name='a' OR name='b'")],
            "Invalid clause(s) in filter string",
        ),
        (
            "model-versions/search",
            vec![("filter", "current_stage='None'")],
            "Invalid attribute key 'current_stage' specified",
        ),
        (
            "model-versions/search",
            vec![("order_by", "nosuch DESC")],
            "Invalid attribute key 'nosuch' specified",
        ),
        (
            "experiments/search",
            vec![],
            "for parameter 'max_results' supplied",
        ),
    ] {
        refused(
            services.registry(path, &query).await,
            400,
            "INVALID_PARAMETER_VALUE",
            words,
        );
    }
}

pub async fn an_alias_is_set_moved_and_taken_away(services: &Services) {
    let numbers: Vec<u64> = services
        .versions("version_number DESC")
        .await
        .iter()
        .map(number)
        .collect();
    let path = "registered-models/alias";
    let points = async || {
        let query = [("name", MODEL), ("alias", "suite")];
        let answer = services.registry(path, &query).await;
        (answer.code == 200).then(|| number(&answer.body["model_version"]))
    };
    let before = services
        .registry("registered-models/get", &[("name", MODEL)])
        .await
        .json(200);
    for version in [numbers[0], numbers[1], numbers[1]] {
        let body = json!({"name": MODEL, "alias": "suite", "version": version.to_string()});
        assert_eq!(
            services.write(Method::POST, path, &body).await.json(200),
            json!({})
        );
        assert_eq!(points().await, Some(version));
    }
    let updated = |body: &Value| body["registered_model"]["last_updated_timestamp"].clone();
    let after = services
        .registry("registered-models/get", &[("name", MODEL)])
        .await
        .json(200);
    assert_eq!(
        updated(&after),
        updated(&before),
        "a move of an alias is no change of the model"
    );
    let body = json!({"name": MODEL, "alias": "suite"});
    for _ in 0..2 {
        assert_eq!(
            services.write(Method::DELETE, path, &body).await.json(200),
            json!({})
        );
        assert_eq!(points().await, None);
    }
    for (alias, words) in [
        ("v3", "Version alias name 'v3' is reserved."),
        (
            "latest",
            "'latest' alias name (case insensitive) is reserved.",
        ),
    ] {
        let body = json!({"name": MODEL, "alias": alias, "version": numbers[0].to_string()});
        refused(
            services.write(Method::POST, path, &body).await,
            400,
            "INVALID_PARAMETER_VALUE",
            words,
        );
    }
    let body = json!({"name": MODEL, "alias": "suite", "version": "4100"});
    refused(
        services.write(Method::POST, path, &body).await,
        404,
        "RESOURCE_DOES_NOT_EXIST",
        "version=4100) not found",
    );
    let body = json!({"name": MODEL, "version": "4100", "key": "a", "value": "b"});
    refused(
        services
            .write(Method::POST, "model-versions/set-tag", &body)
            .await,
        404,
        "RESOURCE_DOES_NOT_EXIST",
        "version=4100) not found",
    );
}
