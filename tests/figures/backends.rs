//! A cluster with many services, its Prometheus and its `MLflow`, in a process of their own: what they cost is not what
//! the console costs. Answers are as long as those of the real ones and follow the question: the window, the labels it
//! groups by, the buckets it wants, pages.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub const SERVICES: usize = 500;
pub const MODELS: usize = 1_000;
pub const VERSIONS: usize = 10;

/// Where the address is written to when the process is asked to be the servers.
pub const ADDRESS: &str = "MIDWATCH_FIGURES_ADDRESS";

/// Requests and bytes of answers, by backend.
type Load = HashMap<&'static str, (u64, u64)>;

struct Site {
    services: Vec<Value>,
    revisions: Vec<Value>,
    models: Vec<Value>,
    versions: Vec<Value>,
    load: Mutex<Load>,
}

/// Serves until the process is ended.
pub async fn serve(file: &str) {
    let site = Site {
        services: (0..SERVICES).map(service).collect(),
        revisions: (0..SERVICES).flat_map(revisions).collect(),
        models: (0..MODELS).map(model).collect(),
        versions: (0..MODELS).flat_map(versions).collect(),
        load: Mutex::default(),
    };
    let site: &'static Site = Box::leak(Box::new(site));
    let router = axum::Router::new().fallback(answer).with_state(site);
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // a reader sees the whole address or none
    let half = format!("{file}.new");
    std::fs::write(&half, address).unwrap();
    std::fs::rename(&half, file).unwrap();
    axum::serve(listener, router).await.unwrap();
}

async fn answer(
    State(site): State<&'static Site>,
    Query(mut given): Query<HashMap<String, String>>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    if path == "/load" {
        let load = site.load.lock().unwrap();
        return Json(json!(*load)).into_response();
    }
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    given.extend(form(&body));
    let (backend, text) = if let Some(path) = path.strip_prefix("/prometheus/api/v1/") {
        ("prometheus", prometheus(path, &given))
    } else if let Some(path) = path.strip_prefix("/mlflow/api/2.0/mlflow/") {
        ("mlflow", mlflow(site, path, &given))
    } else if given.get("watch").is_some_and(|w| w != "false") {
        count(site, "kubernetes", 0);
        return watched(&given);
    } else {
        ("kubernetes", kubernetes(site, &path, &given))
    };
    count(site, backend, text.len());
    ([("content-type", "application/json")], text).into_response()
}

fn count(site: &Site, backend: &'static str, bytes: usize) {
    let mut load = site.load.lock().unwrap();
    let one = load.entry(backend).or_default();
    one.0 += 1;
    one.1 += bytes as u64;
}

fn form(body: &Bytes) -> Vec<(String, String)> {
    let body = String::from_utf8_lossy(body);
    let url = reqwest::Url::parse(&format!("http://h/?{body}")).unwrap();
    url.query_pairs().into_owned().collect()
}

/// Nothing happens until the time of the watch is over.
fn watched(given: &HashMap<String, String>) -> Response {
    let seconds = given.get("timeoutSeconds").and_then(|s| s.parse().ok());
    let time = Duration::from_secs(seconds.unwrap_or(60));
    let quiet = futures::stream::once(async move {
        tokio::time::sleep(time).await;
        Ok::<_, Infallible>(Bytes::new())
    });
    Body::from_stream(quiet).into_response()
}

fn kubernetes(site: &Site, path: &str, given: &HashMap<String, String>) -> String {
    let all: &[Value] = match path.rsplit('/').next().unwrap() {
        "version" => {
            return json!({"major": "1", "minor": "33", "gitVersion": "v1.33.2"}).to_string();
        }
        "inferenceservices" => &site.services,
        "revisions" => &site.revisions,
        _ => &[],
    };
    let number = |name: &str| given.get(name).and_then(|n| n.parse::<usize>().ok());
    let (from, most) = (
        number("continue").unwrap_or(0),
        number("limit").unwrap_or(all.len()),
    );
    let end = all.len().min(from + most);
    let mut metadata = json!({"resourceVersion": "1000"});
    if end < all.len() {
        metadata["continue"] = end.to_string().into();
        metadata["remainingItemCount"] = (all.len() - end).into();
    }
    json!({"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": all[from..end]})
        .to_string()
}

pub fn place(n: usize) -> (String, String) {
    (format!("team-{:02}", n % 25), format!("svc-{n:04}"))
}

fn service(n: usize) -> Value {
    let (namespace, name) = place(n);
    let condition = |sort: &str| json!({"type": sort, "status": "True", "severity": "Info", "lastTransitionTime": "2026-11-20T08:00:00Z"});
    let conditions: Vec<Value> = [
        "IngressReady",
        "LatestDeploymentReady",
        "PredictorConfigurationReady",
        "PredictorReady",
        "PredictorRouteReady",
        "Ready",
        "RoutesReady",
        "Stopped",
    ]
    .map(condition)
    .to_vec();
    let revision = |number: usize| format!("{name}-predictor-{number:05}");
    let spec = json!({"predictor": {"minReplicas": 1, "maxReplicas": 6, "canaryTrafficPercent": n.is_multiple_of(10).then_some(10),
        "model": {"modelFormat": {"name": "sklearn"}, "storageUri": format!("s3://ml-models/model-{n:04}/10"),
            "resources": {"limits": {"cpu": "2", "memory": "4Gi"}, "requests": {"cpu": "500m", "memory": "2Gi"}}}}});
    let traffic = if n.is_multiple_of(10) {
        json!([{"latestRevision": true, "percent": 10, "revisionName": revision(3)},
            {"latestRevision": false, "percent": 90, "revisionName": revision(2), "tag": "prev"}])
    } else {
        json!([{"latestRevision": true, "percent": 100, "revisionName": revision(3)}])
    };
    let rolled = revision(if n.is_multiple_of(10) { 2 } else { 3 });
    json!({"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
        "metadata": {"name": name, "namespace": namespace, "uid": format!("5f1c2c1e-0000-4000-8000-{n:012}"),
            "resourceVersion": "900", "generation": 3, "creationTimestamp": "2026-10-01T08:00:00Z",
            "labels": {"team": format!("t{}", n % 25), "app.kubernetes.io/part-of": "serving"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": spec.to_string(),
                "serving.kserve.io/deploymentMode": "Knative"},
            "managedFields": [{"manager": "argocd-controller", "operation": "Apply", "fieldsType": "FieldsV1",
                "fieldsV1": {"f:spec": {"f:predictor": {"f:model": {"f:storageUri": {}}}}}}]},
        "spec": spec,
        "status": {"observedGeneration": 3, "deploymentMode": "Knative", "conditions": conditions,
            "url": format!("http://{name}.{namespace}.example.com"), "clusterServingRuntimeName": "kserve-sklearnserver",
            "components": {"predictor": {"latestCreatedRevision": revision(3), "latestReadyRevision": revision(3),
                "latestRolledoutRevision": rolled, "previousRolledoutRevision": revision(2), "traffic": traffic}},
            "modelStatus": {"transitionStatus": "UpToDate",
                "states": {"activeModelState": "Loaded", "targetModelState": "Loaded"}}}})
}

fn revisions(n: usize) -> Vec<Value> {
    let (namespace, name) = place(n);
    let one = |number: usize| {
        json!({"metadata": {"name": format!("{name}-predictor-{number:05}"), "namespace": namespace,
            "uid": format!("r-{n}-{number}"), "resourceVersion": "800", "creationTimestamp": "2026-11-01T08:00:00Z",
            "labels": {"serving.kserve.io/inferenceservice": name, "serving.knative.dev/service": format!("{name}-predictor")}},
            "status": {"actualReplicas": 2, "desiredReplicas": 2, "conditions": [
                {"type": "Active", "status": "True"}, {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-01T08:01:00Z"}]}})
    };
    [2, 3].map(one).to_vec()
}

fn model(n: usize) -> Value {
    json!({"name": format!("model-{n:04}"), "creation_timestamp": 1_790_000_000_000_u64, "last_updated_timestamp": 1_795_000_000_000_u64,
        "description": "scores what comes in", "tags": [{"key": "team", "value": format!("t{}", n % 25)}],
        "aliases": [{"alias": "champion", "version": "10"}, {"alias": "challenger", "version": "9"}]})
}

fn versions(n: usize) -> impl Iterator<Item = Value> {
    (1..=VERSIONS).rev().map(move |v| {
        json!({"name": format!("model-{n:04}"), "version": v.to_string(), "creation_timestamp": 1_790_000_000_000_u64,
            "last_updated_timestamp": 1_795_000_000_000_u64, "current_stage": "None", "status": "READY",
            "run_id": format!("{n:016x}{v:016x}"), "source": format!("s3://ml-models/model-{n:04}/{v}"),
            "tags": [{"key": "accuracy", "value": "0.97"}]})
    })
}

fn mlflow(site: &Site, path: &str, given: &HashMap<String, String>) -> String {
    let (key, all) = match path {
        "registered-models/search" => ("registered_models", &site.models),
        "model-versions/search" => ("model_versions", &site.versions),
        _ => return json!({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": path}).to_string(),
    };
    let number = |name: &str| given.get(name).and_then(|n| n.parse::<usize>().ok());
    let from = number("page_token").unwrap_or(0);
    let end = all.len().min(from + number("max_results").unwrap_or(100));
    let mut body = json!({key: all[from..end]});
    if end < all.len() {
        body["next_page_token"] = end.to_string().into();
    }
    body.to_string()
}

/// Labels of one series besides those of its service, and how much it counts of each request.
type Split = (&'static str, &'static str, f64);

static CODES: [Split; 2] = [
    ("response_code", "200", 0.999_5),
    ("response_code", "503", 0.000_5),
];
static TIMES: [Split; 8] = [
    ("le", "25", 0.40),
    ("le", "50", 0.70),
    ("le", "100", 0.90),
    ("le", "250", 0.985),
    ("le", "500", 0.997),
    ("le", "1000", 0.999),
    ("le", "2500", 1.0),
    ("le", "+Inf", 1.0),
];

fn prometheus(path: &str, given: &HashMap<String, String>) -> String {
    if path == "status/buildinfo" {
        return json!({"status": "success", "data": {"version": "3.4.0"}}).to_string();
    }
    let query = given.get("query").map_or("", String::as_str);
    if query.starts_with("count by (__name__") {
        return names();
    }
    let (labels, splits) = asked(query);
    // what the query does not group by is summed
    let grouped = query.split(')').next().unwrap_or_default();
    let parts: Vec<&Split> = match splits.first() {
        Some((label, ..)) if !grouped.contains(label) => vec![&("", "", 1.0)],
        _ => splits.iter().filter(|s| wanted(query, s)).collect(),
    };
    let seconds = window_of(query);
    let at = times(given);
    let sort = if at.is_some() { "matrix" } else { "vector" };
    let mut out = format!(r#"{{"status":"success","data":{{"resultType":"{sort}","result":["#);
    let empty = out.len();
    for n in 0..SERVICES {
        for (label, value, share) in parts.iter().copied() {
            if out.len() > empty {
                out.push(',');
            }
            let count = match query {
                // no start from zero
                gauge if gauge.contains("resets(") => 0.0,
                gauge if gauge.contains("kn_revision_pods_count") => 2.0,
                _ => share_of(n, value, *share) * seconds,
            };
            series(&mut out, (n, labels), (label, value), at.as_deref(), count);
        }
    }
    out.push_str("]}}");
    out
}

/// The labels that name a service in the metric of a query, and how its series are split.
fn asked(query: &str) -> ([&'static str; 2], &'static [Split]) {
    let service = [
        "destination_service_namespace",
        "destination_canonical_service",
    ];
    if query.contains("kn_revision_pods_count") {
        (["k8s_namespace_name", "kn_service_name"], &[("", "", 1.0)])
    } else if query.contains("(istio_requests_total") {
        (service, &CODES)
    } else if query.contains("istio_request_duration_milliseconds_bucket") {
        (service, &TIMES)
    } else {
        (service, &[])
    }
}

/// A bucket that the query wants; everything that is no bucket.
fn wanted(query: &str, (label, value, _): &Split) -> bool {
    let matcher = query.split("le=~\"").nth(1);
    let matcher = matcher.and_then(|m| m.split('"').next());
    let named = |m: &str| m.replace('\\', "").split('|').any(|v| v == *value);
    *label != "le" || matcher.is_none_or(named)
}

/// Seconds of the window of a query; 1 where it has none.
fn window_of(query: &str) -> f64 {
    let text = query.split('[').nth(1).and_then(|w| w.split(']').next());
    text.map_or(1.0, window)
}

/// Requests a second; every hundredth service fails one in twenty-five.
#[allow(clippy::cast_precision_loss)]
fn share_of(n: usize, value: &str, share: f64) -> f64 {
    let rate = 5.0 + (n % 50) as f64;
    match value {
        "503" if n % 100 == 7 => rate * 0.04,
        _ => rate * share,
    }
}

fn series(
    out: &mut String,
    (n, labels): (usize, [&str; 2]),
    (label, value): (&str, &str),
    at: Option<&[u64]>,
    count: f64,
) {
    let (namespace, name) = place(n);
    write!(
        out,
        r#"{{"metric":{{"{}":"{namespace}","{}":"{name}-predictor""#,
        labels[0], labels[1]
    )
    .unwrap();
    if !label.is_empty() {
        write!(out, r#","{label}":"{value}""#).unwrap();
    }
    match at {
        None => write!(out, r#"}},"value":[1795223942.041,"{count}"]}}"#).unwrap(),
        Some(times) => {
            out.push_str(r#"},"values":["#);
            for (place, time) in times.iter().enumerate() {
                let comma = if place > 0 { "," } else { "" };
                write!(out, r#"{comma}[{time},"{count}"]"#).unwrap();
            }
            out.push_str("]}");
        }
    }
}

fn names() -> String {
    let one = |name: &str, reporter: &str| json!({"metric": {"__name__": name, "reporter": reporter}, "value": [1.0, "500"]});
    json!({"status": "success", "data": {"resultType": "vector", "result": [
        one("istio_requests_total", "destination"), one("istio_request_duration_milliseconds_bucket", "destination"),
        one("kn_revision_pods_count", "")]}})
    .to_string()
}

/// Times of a range.
fn times(given: &HashMap<String, String>) -> Option<Vec<u64>> {
    let number = |name: &str| given.get(name)?.parse::<u64>().ok();
    let step = usize::try_from(number("step")?).ok()?;
    Some((number("start")?..=number("end")?).step_by(step).collect())
}

/// Seconds of `5m`.
fn window(text: &str) -> f64 {
    let text = text.split(':').next().unwrap_or(text);
    let (number, unit) = text.split_at(text.len() - 1);
    let unit = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => 86_400.0,
    };
    number.parse::<f64>().unwrap_or(1.0) * unit
}
