//! The REST API of `MLflow`, as far as a registry is read and promoted by it. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::filter::Filter;
use super::registry::Registry;
use crate::demo::metrics::{Question, Reply};

/// Why a call fails: status, code, message.
struct Refused(u16, &'static str, String);

type Answer = Result<Value, Refused>;

fn invalid(why: impl Into<String>) -> Refused {
    Refused(400, "INVALID_PARAMETER_VALUE", why.into())
}

fn absent(why: String) -> Refused {
    Refused(404, "RESOURCE_DOES_NOT_EXIST", why)
}

fn no_model(name: &str) -> Refused {
    absent(format!("Registered Model with name={name} not found"))
}

fn no_version(name: &str, version: &str) -> Refused {
    absent(format!(
        "Model Version (name={name}, version={version}) not found"
    ))
}

/// A call: parameters of the query, or the fields of the body.
struct Call<'a> {
    q: &'a Question<'a>,
    body: Value,
}

impl Call<'_> {
    fn text(&self, key: &str) -> String {
        match &self.body[key] {
            Value::String(text) => text.clone(),
            Value::Null => (self.q.get)(key),
            other => other.to_string(),
        }
    }

    fn needed(&self, key: &str) -> Result<String, Refused> {
        let found = self.text(key);
        if found.is_empty() {
            let why = format!(
                "Missing value for required parameter '{key}'. See the API docs for more information about request parameters."
            );
            return Err(invalid(why));
        }
        Ok(found)
    }
}

/// Answers as `MLflow` does; the method is the verb of the API server's proxy.
pub(in crate::demo) fn answer(
    registry: &mut Registry,
    q: &Question<'_>,
    method: &str,
    body: &[u8],
) -> Reply {
    match q.path.trim_end_matches('/') {
        "/health" => return Reply::Plain(200, "OK".to_owned()),
        "/version" => return Reply::Html(200, "3.17.2".to_owned()),
        _ => {}
    }
    let base = ["/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/"];
    let Some(call) = base.iter().find_map(|b| q.path.strip_prefix(b)) else {
        return page_not_found();
    };
    let body = serde_json::from_slice(body).unwrap_or(Value::Null);
    let ask = Call { q, body };
    let found = match (method, call) {
        ("get", "registered-models/search") => models(registry, &ask),
        ("get", "registered-models/get") => model(registry, &ask),
        ("get", "registered-models/alias") => by_alias(registry, &ask),
        ("create", "registered-models/alias") => set_alias(registry, &ask),
        ("delete", "registered-models/alias") => drop_alias(registry, &ask),
        ("get", "model-versions/search") => versions(registry, &ask),
        ("get", "model-versions/get") => version(registry, &ask),
        ("create", "model-versions/set-tag") => set_tag(registry, &ask),
        ("delete", "model-versions/delete-tag") => drop_tag(registry, &ask),
        ("get", "runs/get") => run(registry, &ask),
        ("get", "experiments/search") => experiments(&ask),
        _ => return page_not_found(),
    };
    match found {
        Ok(body) => Reply::Json(200, body),
        Err(Refused(status, code, message)) => {
            let class = match code {
                "RESOURCE_DOES_NOT_EXIST" => "RESOURCE_NOT_FOUND",
                other => other,
            };
            let body = json!({"error_code": code, "message": message, "sqlstate": "KAM00", "error_class": class});
            Reply::Json(status, body)
        }
    }
}

fn page_not_found() -> Reply {
    let text = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the server.</p>\n";
    Reply::Html(404, text.to_owned())
}

/// A page of what a search found, under a key; `{}` when that is nothing.
fn page(ask: &Call<'_>, key: &str, all: Vec<Value>, (default, most): (usize, usize)) -> Answer {
    let asked = ask.text("max_results");
    let size = match asked.as_str() {
        "" => default,
        number => number.parse::<usize>().ok().filter(|n| (1..=most).contains(n)).ok_or_else(|| {
            invalid(format!("Invalid value \"{number}\" for parameter 'max_results' supplied:  It must be at most {most}, and a positive integer"))
        })?,
    };
    let token = ask.text("page_token");
    let offset = if token.is_empty() {
        0
    } else {
        offset(&token).ok_or_else(|| invalid("Invalid page token, could not base64-decode"))?
    };
    let total = all.len();
    let rows: Vec<Value> = all.into_iter().skip(offset).take(size).collect();
    let mut body = json!({});
    let next = offset + rows.len();
    if !rows.is_empty() {
        body[key] = json!(rows);
    }
    if next < total {
        body["next_page_token"] = json!(STANDARD.encode(json!({"offset": next}).to_string()));
    }
    Ok(body)
}

fn offset(token: &str) -> Option<usize> {
    let bytes = STANDARD.decode(token).ok()?;
    let value: Value = serde_json::from_slice(&bytes).ok()?;
    usize::try_from(value["offset"].as_u64()?).ok()
}

/// Sorts by `key` or `key DESC`.
fn ordered(all: &mut [Value], order: &str, keys: &[&str]) -> Result<(), Refused> {
    let mut words = order.split_whitespace();
    let key = words.next().unwrap_or("name");
    if !keys.contains(&key) {
        return Err(invalid(format!(
            "Invalid attribute key '{key}' specified. Valid keys are '{keys:?}'"
        )));
    }
    let down = match words.next() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("asc") => false,
        Some(word) if word.eq_ignore_ascii_case("desc") => true,
        Some(word) => return Err(invalid(format!("Invalid ordering key: {word}"))),
    };
    let rank = |v: &Value| match key {
        "version_number" => (
            v["version"]
                .as_str()
                .and_then(|n| n.parse().ok())
                .unwrap_or(0_i64),
            String::new(),
        ),
        "name" => (0, v["name"].as_str().unwrap_or_default().to_owned()),
        key => (v[key].as_i64().unwrap_or_default(), String::new()),
    };
    all.sort_by(|a, b| {
        if down {
            rank(b).cmp(&rank(a))
        } else {
            rank(a).cmp(&rank(b))
        }
    });
    Ok(())
}

/// A model as it is shown: with the newest version of each stage, of which there is one.
fn shown(registry: &Registry, model: &Value) -> Value {
    let mut model = model.clone();
    let own = registry
        .versions
        .iter()
        .filter(|v| v["name"] == model["name"]);
    if let Some(newest) =
        own.max_by_key(|v| v["version"].as_str().and_then(|n| n.parse::<u64>().ok()))
    {
        model["latest_versions"] = json!([newest]);
    }
    for key in ["aliases", "tags"] {
        if model[key].as_array().is_none_or(Vec::is_empty) {
            model.as_object_mut().map(|m| m.remove(key));
        }
    }
    model
}

fn models(registry: &Registry, ask: &Call<'_>) -> Answer {
    let filter = Filter::read(&ask.text("filter"), &["name"]).map_err(invalid)?;
    let mut all: Vec<Value> = registry
        .models
        .iter()
        .filter(|m| filter.fits(m))
        .map(|m| shown(registry, m))
        .collect();
    ordered(
        &mut all,
        &ask.text("order_by"),
        &["name", "creation_timestamp", "last_updated_timestamp"],
    )?;
    page(ask, "registered_models", all, (100, 1_000))
}

fn model(registry: &Registry, ask: &Call<'_>) -> Answer {
    let name = ask.needed("name")?;
    let found = registry.models.iter().find(|m| m["name"] == name.as_str());
    let found = found.ok_or_else(|| no_model(&name))?;
    Ok(json!({"registered_model": shown(registry, found)}))
}

/// One version, which unlike those of a search names its aliases.
fn whole(registry: &Registry, name: &str, version: &str) -> Answer {
    let mut all = registry.versions.iter();
    let found = all.find(|v| v["name"] == name && v["version"] == version);
    let mut found = found.cloned().ok_or_else(|| no_version(name, version))?;
    let aliases = registry.aliases_of(name, version);
    if !aliases.is_empty() {
        found["aliases"] = json!(aliases);
    }
    Ok(json!({"model_version": found}))
}

fn version(registry: &Registry, ask: &Call<'_>) -> Answer {
    whole(registry, &ask.needed("name")?, &ask.needed("version")?)
}

fn versions(registry: &Registry, ask: &Call<'_>) -> Answer {
    let keys = ["name", "run_id", "source_path", "version_number"];
    let filter = Filter::read(&ask.text("filter"), &keys).map_err(invalid)?;
    let mut all: Vec<Value> = registry
        .versions
        .iter()
        .filter(|v| filter.fits(v))
        .cloned()
        .collect();
    let order = match ask.text("order_by") {
        none if none.is_empty() => "last_updated_timestamp DESC".to_owned(),
        given => given,
    };
    let keys = [
        "name",
        "version_number",
        "creation_timestamp",
        "last_updated_timestamp",
    ];
    ordered(&mut all, &order, &keys)?;
    page(ask, "model_versions", all, (10_000, 200_000))
}

fn by_alias(registry: &Registry, ask: &Call<'_>) -> Answer {
    let (name, alias) = (ask.needed("name")?, ask.needed("alias")?);
    let model = registry.models.iter().find(|m| m["name"] == name.as_str());
    let model = model.ok_or_else(|| no_model(&name))?;
    let mut all = model["aliases"].as_array().into_iter().flatten();
    let found = all
        .find(|a| a["alias"] == alias.as_str())
        .and_then(|a| a["version"].as_str());
    let found =
        found.ok_or_else(|| invalid(format!("Registered model alias {alias} not found.")))?;
    whole(registry, &name, found)
}

fn set_alias(registry: &mut Registry, ask: &Call<'_>) -> Answer {
    let (name, alias, version) = (
        ask.needed("name")?,
        ask.needed("alias")?,
        ask.needed("version")?,
    );
    let numbered = alias
        .strip_prefix('v')
        .is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()));
    if alias.eq_ignore_ascii_case("latest") {
        return Err(invalid(
            "'latest' alias name (case insensitive) is reserved.",
        ));
    }
    if numbered {
        return Err(invalid(format!(
            "Version alias name '{alias}' is reserved."
        )));
    }
    if registry.version(&name, &version).is_none() {
        return Err(no_version(&name, &version));
    }
    let model = registry.model(&name).ok_or_else(|| no_model(&name))?;
    let mut all = model["aliases"].as_array().cloned().unwrap_or_default();
    all.retain(|a| a["alias"] != alias.as_str());
    all.push(json!({"alias": alias, "version": version}));
    all.sort_by_key(|a| a["alias"].as_str().map(str::to_owned));
    model["aliases"] = json!(all);
    Ok(json!({}))
}

fn drop_alias(registry: &mut Registry, ask: &Call<'_>) -> Answer {
    let (name, alias) = (ask.needed("name")?, ask.needed("alias")?);
    let model = registry.model(&name).ok_or_else(|| no_model(&name))?;
    if let Some(all) = model["aliases"].as_array_mut() {
        all.retain(|a| a["alias"] != alias.as_str());
    }
    Ok(json!({}))
}

fn set_tag(registry: &mut Registry, ask: &Call<'_>) -> Answer {
    let (name, version, key) = (
        ask.needed("name")?,
        ask.needed("version")?,
        ask.needed("key")?,
    );
    let value = ask.text("value");
    let found = registry
        .version(&name, &version)
        .ok_or_else(|| no_version(&name, &version))?;
    let mut all = found["tags"].as_array().cloned().unwrap_or_default();
    all.retain(|t| t["key"] != key.as_str());
    all.push(json!({"key": key, "value": value}));
    found["tags"] = json!(all);
    Ok(json!({}))
}

fn drop_tag(registry: &mut Registry, ask: &Call<'_>) -> Answer {
    let (name, version, key) = (
        ask.needed("name")?,
        ask.needed("version")?,
        ask.needed("key")?,
    );
    let found = registry
        .version(&name, &version)
        .ok_or_else(|| no_version(&name, &version))?;
    if let Some(all) = found["tags"].as_array_mut() {
        all.retain(|t| t["key"] != key.as_str());
    }
    Ok(json!({}))
}

fn run(registry: &Registry, ask: &Call<'_>) -> Answer {
    let id = ask.needed("run_id")?;
    let found = registry
        .runs
        .iter()
        .find(|r| r["info"]["run_id"] == id.as_str());
    let found = found.ok_or_else(|| absent(format!("Run with id={id} not found")))?;
    Ok(json!({"run": found}))
}

fn experiments(ask: &Call<'_>) -> Answer {
    if ask.text("max_results").is_empty() {
        return Err(invalid(
            "Invalid value 0 for parameter 'max_results' supplied: It must be a positive integer",
        ));
    }
    let all = vec![
        json!({"experiment_id": "1", "name": "pipelines", "lifecycle_stage": "active",
        "artifact_location": "mlflow-artifacts:/1"}),
    ];
    page(ask, "experiments", all, (1_000, 50_000))
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
