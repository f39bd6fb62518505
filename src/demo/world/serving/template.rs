//! What a service makes of its spec: the runtime that fits, containers, labels, annotations. Pure but for the lookup of
//! runtimes.

use serde_json::{Map, Value, json};

use super::super::list;
use super::{OF_SERVICE, World, kind};
use crate::demo::catalog::text;

/// Where the model of a pod comes from.
pub(super) const SOURCE: &str = "internal.serving.kserve.io/storage-initializer-sourceuri";

/// Annotations of a service that do not reach its pods.
const KEPT_BACK: [&str; 4] = [
    "autoscaling.knative.dev/min-scale",
    "autoscaling.knative.dev/max-scale",
    SOURCE,
    "kubectl.kubernetes.io/last-applied-configuration",
];

/// A runtime and the kind of it.
#[derive(Debug, Clone)]
pub(super) struct Runtime {
    pub(super) name: String,
    pub(super) cluster: bool,
    spec: Value,
}

/// What serves the model of a service, or why nothing does.
pub(super) fn runtime(world: &World, service: &Value) -> Result<Runtime, String> {
    let model = &service["spec"]["predictor"]["model"];
    let format = text(model, "/modelFormat/name");
    let asked = text(model, "/runtime");
    let store = world.site.store();
    let namespace = text(service, "/metadata/namespace");
    let own = store.list(kind(super::GROUP, "v1alpha1", "servingruntimes"), namespace);
    let shared = store.list(kind(super::GROUP, "v1alpha1", "clusterservingruntimes"), "");
    let all = own.map(|o| (false, o)).chain(shared.map(|o| (true, o)));
    let fits = |r: &Value| {
        list(&r["spec"], "supportedModelFormats")
            .any(|f| f["name"] == format && (!asked.is_empty() || f["autoSelect"] == true))
    };
    let mut found = all
        .map(|(cluster, o)| (cluster, o.value()))
        .filter(|(_, r)| {
            let named = asked.is_empty() || text(r, "/metadata/name") == asked;
            named && r["spec"]["disabled"] != true && fits(r)
        });
    match found.next() {
        Some((cluster, runtime)) => Ok(Runtime {
            name: text(&runtime, "/metadata/name").to_owned(),
            cluster,
            spec: runtime["spec"].clone(),
        }),
        None if asked.is_empty() => Err(format!(
            "No runtime found to support predictor with model type: {{{format} <nil>}}"
        )),
        None => Err(format!(
            "Specified runtime {asked} does not support the model or is not there"
        )),
    }
}

fn merged(parts: [&Value; 2]) -> Map<String, Value> {
    let mut all = Map::new();
    for (key, value) in parts.into_iter().filter_map(Value::as_object).flatten() {
        all.insert(key.clone(), value.clone());
    }
    all
}

/// Labels of all that the predictor of a service is made of.
pub(super) fn labels(service: &Value) -> Map<String, Value> {
    let own = &service["metadata"]["labels"];
    let mut all = merged([own, &service["spec"]["predictor"]["labels"]]);
    all.insert(OF_SERVICE.to_owned(), service["metadata"]["name"].clone());
    all.insert("component".to_owned(), json!("predictor"));
    all
}

/// Annotations of the pods of a predictor: those of the service but for some, those of the predictor, the source of the
/// model.
pub(super) fn annotations(service: &Value) -> Map<String, Value> {
    let predictor = &service["spec"]["predictor"];
    let mut all = merged([&service["metadata"]["annotations"], &Value::Null]);
    all.retain(|key, _| !KEPT_BACK.contains(&key.as_str()));
    all.extend(merged([&predictor["annotations"], &Value::Null]));
    all.insert(SOURCE.to_owned(), predictor["model"]["storageUri"].clone());
    all.retain(|_, value| value.is_string());
    all
}

/// What Knative reads of a predictor: how it scales.
pub(super) fn scaling(service: &Value) -> Map<String, Value> {
    let predictor = &service["spec"]["predictor"];
    let mut all = Map::new();
    let mut say = |key: &str, value: String| {
        all.insert(format!("autoscaling.knative.dev/{key}"), json!(value));
    };
    say("class", "kpa.autoscaling.knative.dev".to_owned());
    say(
        "min-scale",
        predictor["minReplicas"].as_u64().unwrap_or(1).to_string(),
    );
    if let Some(most) = predictor["maxReplicas"].as_u64().filter(|n| *n > 0) {
        say("max-scale", most.to_string());
    }
    if let Some(target) = predictor["scaleTarget"].as_u64() {
        say("target", target.to_string());
    }
    let metric = text(predictor, "/scaleMetric");
    if !metric.is_empty() {
        say("metric", metric.to_owned());
    }
    all
}

/// The containers of a predictor.
pub(super) fn containers(service: &Value, runtime: &Runtime) -> Value {
    let predictor = &service["spec"]["predictor"];
    let mut spec = json!({"containers": runtime.spec["containers"]});
    let main = &mut spec["containers"][0];
    main["name"] = json!("kserve-container");
    let own = &predictor["model"];
    for key in ["resources", "image", "env", "args"] {
        if !own[key].is_null() {
            main[key] = own[key].clone();
        }
    }
    if !main["args"].is_array() {
        let name = text(service, "/metadata/name");
        main["args"] = json!([
            format!("--model_name={name}"),
            "--model_dir=/mnt/models",
            "--http_port=8080"
        ]);
    }
    for key in [
        "nodeSelector",
        "tolerations",
        "serviceAccountName",
        "timeout",
    ] {
        if !predictor[key].is_null() {
            let place = if key == "timeout" {
                "timeoutSeconds"
            } else {
                key
            };
            spec[place] = predictor[key].clone();
        }
    }
    if let Some(count) = predictor["containerConcurrency"].as_u64() {
        spec["containerConcurrency"] = json!(count);
    }
    spec
}

/// The container that fetches a model before the server starts.
pub(super) fn fetcher(uri: &str) -> Value {
    json!([{"name": "storage-initializer", "image": "kserve/storage-initializer:v0.20.0", "args": [uri, "/mnt/models"]}])
}
