//! Paths that are no resource: versions, health, discovery (plain and aggregated), schemas. Pure.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::accept::Form;
use super::{Ask, json as answer_json, openapi, respond, visibility};
use crate::demo::catalog::{ALL, Resource};
use crate::demo::refusal::Refusal;

/// Kinds that are asked by POST and stored nowhere: group, version, plural, kind.
const REVIEWS: [(&str, &str, &str, &str); 3] = [
    (
        "authorization.k8s.io",
        "v1",
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
    ),
    (
        "authorization.k8s.io",
        "v1",
        "selfsubjectrulesreviews",
        "SelfSubjectRulesReview",
    ),
    (
        "authentication.k8s.io",
        "v1",
        "selfsubjectreviews",
        "SelfSubjectReview",
    ),
];

pub(super) fn answer(ask: &Ask) -> Result<Response, Refusal> {
    let path = ask.target.path.trim_end_matches('/');
    if !matches!(ask.target.verb, "get" | "head") {
        return Err(Refusal::no_path());
    }
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let body = match parts.as_slice() {
        ["healthz" | "livez" | "readyz", ..] => {
            return Ok(respond(
                StatusCode::OK,
                "text/plain; charset=utf-8",
                "ok".into(),
            ));
        }
        ["version"] => version(),
        ["api" | "apis"] if ask.form()? == Form::Discovery => {
            return Ok(aggregated(path == "/api"));
        }
        ["api"] => json!({"kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": ask.header(header::HOST)}]}),
        ["apis"] => {
            let groups: Vec<Value> = groups().iter().map(|(g, all)| group(g, all)).collect();
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        }
        ["apis", name] => {
            let known = groups().into_iter().find(|(g, _)| g == name);
            let (name, versions) = known.ok_or_else(Refusal::no_path)?;
            let mut body = group(name, &versions);
            body["kind"] = json!("APIGroup");
            body["apiVersion"] = json!("v1");
            body
        }
        ["api", version] => resources("", version)?,
        ["apis", group, version] => resources(group, version)?,
        ["openapi", rest @ ..] => openapi::document(rest)?,
        _ => return Err(Refusal::no_path()),
    };
    Ok(answer_json(StatusCode::OK, &body))
}

fn version() -> Value {
    json!({
        "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
        "gitVersion": concat!("v1.36.3+midwatch.", env!("CARGO_PKG_VERSION")), "gitCommit": "",
        "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "none",
        "compiler": "rustc", "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    })
}

/// Groups other than core, each with its versions, the preferred one first, in the order of the catalogue.
fn groups() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    let stored = ALL.iter().map(|r| (r.group, r.version));
    let asked = REVIEWS.iter().map(|(g, v, _, _)| (*g, *v));
    let beside = [(visibility::GROUP, visibility::VERSION)];
    for (group, version) in stored
        .chain(asked)
        .chain(beside)
        .filter(|(g, _)| !g.is_empty())
    {
        match all.iter_mut().find(|(g, _)| *g == group) {
            None => all.push((group, vec![version])),
            Some((_, versions)) if !versions.contains(&version) => versions.push(version),
            Some(_) => {}
        }
    }
    all
}

fn group(name: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|v| json!({"groupVersion": format!("{name}/{v}"), "version": v}))
        .collect();
    json!({"name": name, "versions": versions, "preferredVersion": versions.first()})
}

const VERBS: [&str; 8] = [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

/// Subresources of a kind: name, kind (with its group and version where they differ), verbs.
fn subresources(
    r: &Resource,
) -> Vec<(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Vec<&'static str>,
)> {
    let mut all = Vec::new();
    if r.plural == "pods" {
        all.push(("eviction", "policy", "v1", "Eviction", vec!["create"]));
        all.push(("log", "", "", "Pod", vec!["get"]));
    }
    if r.plural == "services" && r.group.is_empty() {
        let verbs = vec!["create", "delete", "get", "patch", "update"];
        all.push(("proxy", "", "", "ServiceProxyOptions", verbs));
    }
    if r.status {
        all.push(("status", "", "", r.kind, vec!["get", "patch", "update"]));
    }
    all
}

fn resources(group: &str, version: &str) -> Result<Value, Refusal> {
    let mut list = Vec::new();
    for r in ALL
        .iter()
        .filter(|r| r.group == group && r.version == version)
    {
        let mut entry = json!({"name": r.plural, "singularName": r.singular, "namespaced": r.namespaced,
            "kind": r.kind, "verbs": VERBS});
        if !r.short.is_empty() {
            entry["shortNames"] = json!(r.short);
        }
        if !r.categories.is_empty() {
            entry["categories"] = json!(r.categories);
        }
        list.push(entry);
        for (name, group, version, kind, verbs) in subresources(r) {
            let mut entry = json!({"name": format!("{}/{name}", r.plural), "singularName": "",
                "namespaced": r.namespaced, "kind": kind, "verbs": verbs});
            if !group.is_empty() {
                entry["group"] = json!(group);
                entry["version"] = json!(version);
            }
            list.push(entry);
        }
    }
    for (_, _, plural, kind) in reviews(group, version) {
        list.push(
            json!({"name": plural, "singularName": kind.to_lowercase(), "namespaced": false,
            "kind": kind, "verbs": ["create"]}),
        );
    }
    if (group, version) == (visibility::GROUP, visibility::VERSION) {
        for (plural, namespaced) in [("clusterqueues", false), ("localqueues", true)] {
            list.push(json!({"name": format!("{plural}/pendingworkloads"), "singularName": "", "namespaced": namespaced,
                "kind": "PendingWorkloadsSummary", "verbs": ["get"]}));
        }
    }
    if list.is_empty() {
        return Err(Refusal::no_path());
    }
    let name = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    Ok(
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": list}),
    )
}

fn reviews(
    group: &str,
    version: &str,
) -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str, &'static str)> {
    REVIEWS
        .iter()
        .filter(move |(g, v, _, _)| *g == group && *v == version)
}

/// All groups in one document (`apidiscovery.k8s.io/v2`).
fn aggregated(core: bool) -> Response {
    let wanted: Vec<(&str, Vec<&str>)> = if core {
        vec![("", vec!["v1"])]
    } else {
        groups()
    };
    let items: Vec<Value> = wanted
        .into_iter()
        .map(|(group, versions)| {
            let versions: Vec<Value> = versions
                .into_iter()
                .map(|version| {
                    json!({"version": version, "freshness": "Current",
                        "resources": aggregated_resources(group, version)})
                })
                .collect();
            json!({"metadata": {"name": group, "creationTimestamp": null}, "versions": versions})
        })
        .collect();
    let body = json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {}, "items": items});
    let mut response = answer_json(StatusCode::OK, &body);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        ),
    );
    response
}

fn aggregated_resources(group: &str, version: &str) -> Vec<Value> {
    let scope = |namespaced: bool| if namespaced { "Namespaced" } else { "Cluster" };
    let kind_of = |group: &str, version: &str, kind: &str| json!({"group": group, "version": version, "kind": kind});
    let mut list: Vec<Value> = Vec::new();
    for r in ALL
        .iter()
        .filter(|r| r.group == group && r.version == version)
    {
        let below: Vec<Value> = subresources(r)
            .into_iter()
            .map(|(name, g, v, kind, verbs)| {
                let (g, v) = if g.is_empty() {
                    (r.group, r.version)
                } else {
                    (g, v)
                };
                json!({"subresource": name, "responseKind": kind_of(g, v, kind), "verbs": verbs})
            })
            .collect();
        let mut entry = json!({"resource": r.plural, "responseKind": kind_of(r.group, r.version, r.kind),
            "scope": scope(r.namespaced), "singularResource": r.singular, "verbs": VERBS});
        for (key, value) in [
            ("shortNames", json!(r.short)),
            ("categories", json!(r.categories)),
            ("subresources", json!(below)),
        ] {
            if value.as_array().is_some_and(|a| !a.is_empty()) {
                entry[key] = value;
            }
        }
        list.push(entry);
    }
    for (g, v, plural, kind) in reviews(group, version) {
        list.push(
            json!({"resource": plural, "responseKind": kind_of(g, v, kind), "scope": "Cluster",
            "singularResource": kind.to_lowercase(), "verbs": ["create"]}),
        );
    }
    list
}
