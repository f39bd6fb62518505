//! What the registry of the platform answers.

use super::*;

fn ask(
    registry: &mut Registry,
    method: &str,
    path: &str,
    parameters: &[(&str, &str)],
) -> (u16, Value) {
    let get = |key: &str| {
        let found = parameters.iter().find(|(k, _)| *k == key);
        found.map_or(String::new(), |(_, v)| (*v).to_owned())
    };
    let body: serde_json::Map<String, Value> = parameters
        .iter()
        .map(|(k, v)| ((*k).to_owned(), json!(v)))
        .collect();
    let body = if method == "get" {
        Vec::new()
    } else {
        Value::from(body).to_string().into_bytes()
    };
    let path = format!("/api/2.0/mlflow/{path}");
    match answer(
        registry,
        &Question {
            path: &path,
            get: &get,
        },
        method,
        &body,
    ) {
        Reply::Json(code, body) => (code, body),
        Reply::Plain(code, text) | Reply::Html(code, text) => (code, json!(text)),
    }
}

fn registry() -> Registry {
    Registry::at("2026-11-21T08:00:00Z".parse().unwrap(), |_| true)
}

#[test]
fn an_alias_is_moved_read_back_and_removed() {
    let mut r = registry();
    let champion = [("name", "fraud-scorer"), ("alias", "champion")];
    let version = |r: &mut Registry| {
        ask(r, "get", "registered-models/alias", &champion).1["model_version"]["version"].clone()
    };
    assert_eq!(version(&mut r), "41");
    let with = |version| {
        [
            ("name", "fraud-scorer"),
            ("alias", "champion"),
            ("version", version),
        ]
    };
    assert_eq!(
        ask(&mut r, "create", "registered-models/alias", &with("42")),
        (200, json!({}))
    );
    assert_eq!(version(&mut r), "42");
    let (_, whole) = ask(
        &mut r,
        "get",
        "model-versions/get",
        &[("name", "fraud-scorer"), ("version", "42")],
    );
    assert_eq!(
        whole["model_version"]["aliases"],
        json!(["challenger", "champion"])
    );
    assert_eq!(
        ask(&mut r, "create", "registered-models/alias", &with("99")).0,
        404
    );
    assert_eq!(
        ask(&mut r, "delete", "registered-models/alias", &champion).0,
        200
    );
    let gone = ask(&mut r, "get", "registered-models/alias", &champion);
    assert_eq!(
        (gone.0, &gone.1["error_code"]),
        (400, &json!("INVALID_PARAMETER_VALUE"))
    );
    let reserved = [("name", "fraud-scorer"), ("alias", "v3"), ("version", "42")];
    assert_eq!(
        ask(&mut r, "create", "registered-models/alias", &reserved).0,
        400
    );
}

#[test]
fn searches_come_in_pages_and_their_versions_without_aliases() {
    let mut r = registry();
    let (_, first) = ask(
        &mut r,
        "get",
        "registered-models/search",
        &[("max_results", "5")],
    );
    assert_eq!(first["registered_models"].as_array().unwrap().len(), 5);
    let token = first["next_page_token"].as_str().unwrap().to_owned();
    let (_, second) = ask(
        &mut r,
        "get",
        "registered-models/search",
        &[("max_results", "5"), ("page_token", &token)],
    );
    assert_eq!(second["registered_models"].as_array().unwrap().len(), 3);
    assert!(second["next_page_token"].is_null());
    let filter = [
        ("filter", "name = 'fraud-scorer'"),
        ("order_by", "version_number DESC"),
    ];
    let (_, versions) = ask(&mut r, "get", "model-versions/search", &filter);
    let all = versions["model_versions"].as_array().unwrap();
    assert_eq!((all[0]["version"].as_str(), all.len()), (Some("43"), 6));
    assert!(all[0]["aliases"].is_null());
    let run = all[0]["run_id"].as_str().unwrap().to_owned();
    let (code, run) = ask(&mut r, "get", "runs/get", &[("run_id", &run)]);
    assert_eq!(
        (code, &run["run"]["info"]["status"]),
        (200, &json!("FINISHED"))
    );
    let none = ask(
        &mut r,
        "get",
        "model-versions/search",
        &[("filter", "name = 'x'")],
    );
    assert_eq!(none, (200, json!({})));
    assert_eq!(
        ask(
            &mut r,
            "get",
            "model-versions/search",
            &[("filter", "status = 'x'")]
        )
        .0,
        400
    );
    assert_eq!(ask(&mut r, "get", "experiments/search", &[]).0, 400);
    assert_eq!(
        ask(&mut r, "get", "registered-models/get", &[("name", "x")]).0,
        404
    );
    let unknown = ask(&mut r, "get", "nothing", &[]);
    assert!(unknown.0 == 404 && unknown.1.as_str().unwrap().starts_with("<!doctype html>"));
}
