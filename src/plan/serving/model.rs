//! Where the spec of a service keeps its model. Pure.

use serde_json::{Value, json};

use crate::plan::json;
use crate::plan::refused::Refused;

/// Fields of a predictor that hold a model: `model`, and the one named after its framework in old manifests.
const HOLDERS: &[&str] = &[
    "model",
    "sklearn",
    "xgboost",
    "tensorflow",
    "pytorch",
    "triton",
    "onnx",
    "huggingface",
    "pmml",
    "lightgbm",
    "paddle",
];

/// The field of `spec.predictor` that holds the model, and where the model comes from.
pub fn of(object: &Value) -> Result<(&'static str, &str), Refused> {
    let predictor = json::at(object, &["spec", "predictor"]).unwrap_or(&Value::Null);
    let holder = HOLDERS
        .iter()
        .find(|h| predictor.get(**h).is_some_and(Value::is_object));
    let Some(holder) = holder else {
        return Err(elsewhere("its predictor is a container of its own"));
    };
    let uri = json::text(predictor, &[holder, "storageUri"]);
    if !uri.is_empty() {
        return Ok((*holder, uri));
    }
    if json::at(predictor, &[holder, "storage"]).is_some_and(Value::is_object) {
        return Err(elsewhere(
            "its model is named by storage.key and storage.path",
        ));
    }
    if !json::list(predictor, &["storageUris"]).is_empty() {
        return Err(elsewhere("it has several models (storageUris)"));
    }
    Err(elsewhere("its spec names no storageUri"))
}

fn elsewhere(why: &str) -> Refused {
    Refused::new(&format!("The model cannot be set by its URI: {why}"))
        .instead("Change the manifest where it is kept, and apply it")
}

/// The patch that writes another model.
#[must_use]
pub fn patch(holder: &str, uri: &str) -> Value {
    json!({"spec": {"predictor": {holder: {"storageUri": uri}}}})
}

/// Puts one patch into another.
pub fn join(into: &mut Value, patch: Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                join(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, patch) => *into = patch,
    }
}
