//! Kinds of `KServe` (source: kserve v0.20, config/crd), and what its webhook refuses
//! (source: `pkg/apis/serving/v1beta1/inference_service_validation.go`).

use serde_json::Value;

use super::{CUSTOM, Column, Resource, age, age_column, column, text};

const GROUP: &str = "serving.kserve.io";
/// Says how a service is deployed.
const MODE: &str = "/metadata/annotations/serving.kserve.io~1deploymentMode";

const SERVICE_COLUMNS: &[Column] = &[
    column("URL", "string"),
    column("Ready", "string"),
    column("Prev", "integer"),
    column("Latest", "integer"),
    column("PrevRolledoutRevision", "string"),
    column("LatestReadyRevision", "string"),
    age_column(),
];

pub(super) static INFERENCE_SERVICES: Resource = Resource {
    group: GROUP,
    version: "v1beta1",
    plural: "inferenceservices",
    singular: "inferenceservice",
    kind: "InferenceService",
    short: &["isvc"],
    status: true,
    columns: SERVICE_COLUMNS,
    cells: |object, now| {
        let row = |wanted: fn(&Value) -> bool| {
            let all = object["status"]["components"]["predictor"]["traffic"].as_array();
            let mut all = all.into_iter().flatten();
            all.find(|t| wanted(t)).cloned().unwrap_or_default()
        };
        let (prev, latest) = (
            row(|t| t["tag"] == "prev"),
            row(|t| t["latestRevision"] == true),
        );
        vec![
            Value::from(text(object, "/status/url")),
            Value::from(condition(object, "Ready")),
            prev["percent"].clone(),
            latest["percent"].clone(),
            prev["revisionName"].clone(),
            latest["revisionName"].clone(),
            age(object, now),
        ]
    },
    webhook: |old, new| refused(old, new).map(|why| denied(&why)),
    ..CUSTOM
};

pub(super) static LLM_INFERENCE_SERVICES: Resource = Resource {
    group: GROUP,
    version: "v1alpha2",
    plural: "llminferenceservices",
    singular: "llminferenceservice",
    kind: "LLMInferenceService",
    short: &["llmisvc"],
    status: true,
    columns: &[
        column("URL", "string"),
        column("Ready", "string"),
        column("Reason", "string"),
        age_column(),
    ],
    cells: |object, now| {
        vec![
            Value::from(text(object, "/status/url")),
            Value::from(condition(object, "Ready")),
            Value::from(reason(object, "Ready")),
            age(object, now),
        ]
    },
    ..CUSTOM
};

const RUNTIME_COLUMNS: &[Column] = &[
    column("Disabled", "boolean"),
    column("ModelType", "string"),
    column("Containers", "string"),
    age_column(),
];

fn runtime_cells(object: &Value, now: jiff::Timestamp) -> Vec<Value> {
    vec![
        object["spec"]["disabled"].clone(),
        object["spec"]["supportedModelFormats"][0]["name"].clone(),
        object["spec"]["containers"][0]["name"].clone(),
        age(object, now),
    ]
}

pub(super) static SERVING_RUNTIMES: Resource = Resource {
    group: GROUP,
    version: "v1alpha1",
    plural: "servingruntimes",
    singular: "servingruntime",
    kind: "ServingRuntime",
    columns: RUNTIME_COLUMNS,
    cells: runtime_cells,
    ..CUSTOM
};

pub(super) static CLUSTER_SERVING_RUNTIMES: Resource = Resource {
    group: GROUP,
    version: "v1alpha1",
    plural: "clusterservingruntimes",
    singular: "clusterservingruntime",
    kind: "ClusterServingRuntime",
    namespaced: false,
    columns: RUNTIME_COLUMNS,
    cells: runtime_cells,
    ..CUSTOM
};

/// The status of a condition; empty when there is none.
pub(super) fn condition<'a>(object: &'a Value, kind: &str) -> &'a str {
    of_condition(object, kind, "/status")
}

/// The reason of a condition; empty when there is none.
pub(super) fn reason<'a>(object: &'a Value, kind: &str) -> &'a str {
    of_condition(object, kind, "/reason")
}

fn of_condition<'a>(object: &'a Value, kind: &str, pointer: &str) -> &'a str {
    let all = object["status"]["conditions"].as_array();
    let mut all = all.into_iter().flatten();
    all.find(|c| c["type"] == kind)
        .map_or("", |c| text(c, pointer))
}

fn denied(why: &str) -> String {
    format!(
        "admission webhook \"inferenceservice.kserve-webhook-server.validator\" denied the request: {why}"
    )
}

/// One spelling for a mode: the words of before 0.16 are still accepted.
pub(super) fn mode(word: &str) -> &str {
    match word {
        "Serverless" => "Knative",
        "RawDeployment" => "Standard",
        other => other,
    }
}

fn refused(old: Option<&Value>, new: &Value) -> Option<String> {
    let asked = text(new, MODE);
    let was = old.map_or("", |o| text(o, "/status/deploymentMode"));
    let leaving = new["metadata"].get("deletionTimestamp").is_some();
    if !leaving && !was.is_empty() && !asked.is_empty() && mode(asked) != mode(was) {
        return Some(format!(
            "update rejected: deploymentMode cannot be changed from '{}' to '{}'",
            mode(was),
            mode(asked)
        ));
    }
    let name = text(new, "/metadata/name");
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    if !starts || name.contains('.') {
        return Some(format!(
            "the InferenceService {name:?} is invalid: a InferenceService name must consist of lower case alphanumeric characters or '-', and must start with alphabetical character. (e.g. \"my-name\" or \"abc-123\", regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
        ));
    }
    let wrong = ["predictor", "transformer"]
        .into_iter()
        .find_map(|part| component(&new["spec"][part]));
    wrong.or_else(|| canaries(new, mode(asked)))
}

/// What is wrong with a predictor or a transformer.
fn component(spec: &Value) -> Option<String> {
    if spec.is_null() {
        return None;
    }
    let number = |key: &str| spec[key].as_i64();
    let (least, most) = (number("minReplicas"), number("maxReplicas").unwrap_or(0));
    if least.is_some_and(|n| n < 0) {
        return Some("MinReplicas cannot be less than 0".to_owned());
    }
    if most < 0 {
        return Some("MaxReplicas cannot be less than 0".to_owned());
    }
    if most != 0 && least.is_some_and(|n| n > most) {
        return Some("MinReplicas cannot be greater than MaxReplicas".to_owned());
    }
    let percent = number("canaryTrafficPercent");
    (!percent.is_none_or(|p| (0..=100).contains(&p)))
        .then(|| "CanaryTrafficPercent must be between 0 and 100".to_owned())
}

/// What is wrong with the canaries of Standard mode.
fn canaries(service: &Value, mode: &str) -> Option<String> {
    let all = service["spec"]["canary"].as_array()?;
    if all.is_empty() {
        return None;
    }
    if mode != "Standard" {
        return Some("spec.canary is only supported in Standard deployment mode".to_owned());
    }
    if service["spec"]["predictor"]["model"].is_null() {
        return Some("spec.canary requires a model in the stable predictor".to_owned());
    }
    let mut names: Vec<&str> = all.iter().map(|c| text(c, "/predictor/name")).collect();
    if names.iter().any(|n| n.is_empty()) {
        return Some("every canary predictor must have a name".to_owned());
    }
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Some("names of canary predictors must be unique".to_owned());
    }
    let stable = &service["spec"]["predictor"]["minReplicas"];
    let stable = stable.as_i64().unwrap_or(1);
    let scaling = [
        "maxReplicas",
        "scaleTarget",
        "scaleMetric",
        "autoScaling",
        "workerSpec",
    ];
    for canary in all {
        let own = &canary["predictor"];
        if let Some(key) = scaling.into_iter().find(|k| !own[*k].is_null()) {
            return Some(format!("{key} is not allowed in a canary predictor"));
        }
        if own["minReplicas"].as_i64().is_some_and(|n| n > stable) {
            return Some(
                "minReplicas of a canary cannot be greater than that of the stable predictor"
                    .to_owned(),
            );
        }
    }
    let sum: i64 = all
        .iter()
        .filter_map(|c| c["trafficPercent"].as_i64())
        .sum();
    (sum > 100).then(|| {
        format!("the sum of trafficPercent of all canaries must not be greater than 100, got {sum}")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_webhook_refuses_what_the_real_one_refuses() {
        let service = |mode: &str, spec: Value| {
            json!({"metadata": {"name": "a", "annotations": {"serving.kserve.io/deploymentMode": mode}},
            "spec": spec, "status": {"deploymentMode": "Knative"}})
        };
        let model = || json!({"predictor": {"model": {}}});
        let old = service("Knative", model());
        assert_eq!(refused(Some(&old), &service("Serverless", model())), None);
        assert_eq!(
            refused(Some(&old), &service("Standard", model())).as_deref(),
            Some("update rejected: deploymentMode cannot be changed from 'Knative' to 'Standard'")
        );
        let canary = |percents: [i64; 2]| {
            json!({"predictor": {"model": {}, "minReplicas": 4}, "canary": [
            {"predictor": {"name": "b"}, "trafficPercent": percents[0]}, {"predictor": {"name": "c"}, "trafficPercent": percents[1]}]})
        };
        assert_eq!(refused(None, &service("Standard", canary([40, 60]))), None);
        let too_much = refused(None, &service("RawDeployment", canary([50, 60]))).unwrap();
        assert!(too_much.ends_with("got 110"), "{too_much}");
        assert!(refused(None, &service("Knative", canary([1, 1]))).is_some());
        let over = json!({"predictor": {"model": {}, "canaryTrafficPercent": 101}});
        assert!(refused(None, &service("Knative", over)).is_some());
        let turned = json!({"predictor": {"model": {}, "minReplicas": 3, "maxReplicas": 2}});
        assert!(refused(None, &service("Knative", turned)).is_some());
    }
}
