//! The service proxy of the API server, and the servers behind it. Pure but for the store.
//!
//! Source: k8s.io/kubernetes `pkg/registry/core/service/storage`, k8s.io/apimachinery `pkg/util/proxy`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::target::Query;
use super::{Ask, json as answer_json, respond};
use crate::demo::catalog::{self, text};
use crate::demo::metrics::{self, Drift, Ground, Post, Question, Reply, Routes};
use crate::demo::mlflow;
use crate::demo::refusal::Refusal;
use crate::demo::site::Site;
use crate::demo::store::Object;

/// Says which of the platform's servers is behind a service.
const BACKEND: &str = "/metadata/annotations/rig.midwatch.dev~1backend";

/// Answers what is asked of a service through the API server.
pub(super) fn answer(ask: &Ask) -> Result<Response, Refusal> {
    let (name, port) = named(&ask.target.name);
    let services = catalog::find("", "v1", "services").unwrap_or_default();
    let found = ask.site.store().get(services, &ask.target.namespace, name);
    let service = found
        .ok_or_else(|| Refusal::not_found(catalog::ALL[services], name))?
        .value();
    if !has_port(&service, port) {
        let why = format!("no service port {port:?} found for service {name:?}");
        return Err(Refusal::new(503, "ServiceUnavailable", why));
    }
    let form = Query::read(&String::from_utf8_lossy(&ask.body));
    let get = |key: &str| match form.get(key) {
        "" => ask.query.get(key).to_owned(),
        given => given.to_owned(),
    };
    let question = Question {
        path: &ask.target.rest,
        get: &get,
    };
    let reply = match text(&service, BACKEND) {
        "prometheus" => measured(&ask.site, |routes, ground| {
            metrics::prometheus(routes, ground, &question)
        }),
        "alertmanager" => {
            let post = Post {
                method: ask.target.verb,
                body: &ask.body,
                now: seconds(&ask.site),
                id: ask.site.uid(),
                filters: ask.query.all("filter"),
            };
            measured(&ask.site, |routes, ground| {
                let silences = &mut ask.site.silences();
                metrics::alertmanager(silences, (routes, ground), &question, &post)
            })
        }
        "mlflow" => mlflow::answer(
            &mut ask.site.registry(),
            &question,
            ask.target.verb,
            &ask.body,
        ),
        _ => {
            let why = format!("no endpoints available for service {name:?}");
            return Err(Refusal::new(503, "ServiceUnavailable", why));
        }
    };
    Ok(match reply {
        Reply::Json(code, body) => answer_json(status(code), &body),
        Reply::Plain(code, body) => respond(status(code), "text/plain; charset=utf-8", body.into()),
        Reply::Html(code, body) => respond(status(code), "text/html; charset=utf-8", body.into()),
    })
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Name and port of `[scheme:]name[:port]`.
fn named(words: &str) -> (&str, &str) {
    let parts: Vec<&str> = words.split(':').collect();
    match parts.as_slice() {
        [_, name, port] | [name, port] => (name, port),
        _ => (words, ""),
    }
}

fn has_port(service: &Value, port: &str) -> bool {
    let ports = service["spec"]["ports"].as_array();
    let mut ports = ports.into_iter().flatten();
    let number: Option<u64> = port.parse().ok();
    port.is_empty()
        || ports.any(|p| p["name"] == port || (number.is_some() && p["port"].as_u64() == number))
}

#[allow(clippy::cast_precision_loss)]
fn seconds(site: &Site) -> f64 {
    site.now().as_millisecond() as f64 / 1_000.0
}

/// What is answered from the platform's metrics. What they stand on is taken out first: a long query holds nobody up.
fn measured(site: &Site, answer: impl FnOnce(&Routes, &Ground<'_>) -> Reply) -> Reply {
    let (scales, pods) = (scales(site), pods(site));
    let routes = site.serving().clone();
    let rack = site.rack().clone();
    let key = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    let ground = Ground {
        now: seconds(site),
        scale: &|namespace, revision| scales.get(&key(namespace, revision)).copied(),
        pod: &|namespace, service| pods.get(&key(namespace, service)).cloned(),
        devices: rack.devices(),
        drifts: &drifts(site),
    };
    answer(&routes, &ground)
}

/// Templates whose models have drifted, as they say themselves.
fn drifts(site: &Site) -> Vec<Drift> {
    let id = catalog::find("argoproj.io", "v1alpha1", "workflowtemplates").unwrap_or_default();
    let store = site.store();
    let of = |object: &Arc<Object>| {
        let value = object.value();
        let said = text(&value, "/metadata/annotations/rig.midwatch.dev~1drift");
        let said: serde_json::Value = serde_json::from_str(said).ok()?;
        Some(Drift {
            namespace: object.name.namespace.clone(),
            template: object.name.name.clone(),
            model: text(&said, "/model").to_owned(),
            psi: said["psi"].as_f64()?,
        })
    };
    store.list(id, "").filter_map(of).collect()
}

type Named<T> = BTreeMap<(String, String), T>;

/// Least and most replicas of each revision, and requests per second of one.
fn scales(site: &Site) -> Named<(f64, f64, f64)> {
    let id = catalog::find("serving.knative.dev", "v1", "revisions").unwrap_or_default();
    let store = site.store();
    let of = |object: &Arc<Object>| {
        let value = object.value();
        let number = |key: &str| {
            let pointer = format!("/metadata/annotations/autoscaling.knative.dev~1{key}");
            text(&value, &pointer).parse::<f64>().ok()
        };
        let most = number("max-scale").filter(|n| *n > 0.0).unwrap_or(20.0);
        let each = number("target")
            .unwrap_or(metrics::RATE_PER_REPLICA)
            .max(1.0);
        let name = (object.name.namespace.clone(), object.name.name.clone());
        (name, (number("min-scale").unwrap_or(0.0), most, each))
    };
    store.list(id, "").map(of).collect()
}

/// A pod of each service.
fn pods(site: &Site) -> Named<String> {
    let id = catalog::find("", "v1", "pods").unwrap_or_default();
    let store = site.store();
    let mut all = Named::new();
    for object in store.list(id, "") {
        let llm = object.labels.get("app.kubernetes.io/name");
        if let Some(service) = object
            .labels
            .get("serving.kserve.io/inferenceservice")
            .or(llm)
        {
            let name = (object.name.namespace.clone(), service.clone());
            all.entry(name).or_insert_with(|| object.name.name.clone());
        }
    }
    all
}
