//! The least of `/openapi/v3` that kubectl asks for before it writes: that patches understand `fieldValidation`,
//! so that it leaves the validation to the server. Pure.

use serde_json::{Map, Value, json};

use crate::demo::catalog::{ALL, Resource};
use crate::demo::refusal::Refusal;

/// The index (`openapi/v3`) or the document of one group and version.
pub(super) fn document(rest: &[&str]) -> Result<Value, Refusal> {
    match rest {
        ["v3"] => Ok(index()),
        ["v3", "api", version] => paths("", version),
        ["v3", "apis", group, version] => paths(group, version),
        _ => Err(Refusal::no_path()),
    }
}

fn root(r: &Resource) -> String {
    if r.group.is_empty() {
        format!("api/{}", r.version)
    } else {
        format!("apis/{}/{}", r.group, r.version)
    }
}

fn index() -> Value {
    let mut paths = Map::new();
    for r in ALL {
        let path = root(r);
        let url = json!({"serverRelativeURL": format!("/openapi/v3/{path}")});
        paths.insert(path, url);
    }
    json!({"paths": paths})
}

fn paths(group: &str, version: &str) -> Result<Value, Refusal> {
    let mut paths = Map::new();
    for r in ALL
        .iter()
        .filter(|r| r.group == group && r.version == version)
    {
        let scope = if r.namespaced {
            "namespaces/{namespace}/"
        } else {
            ""
        };
        let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
        let patch = json!({
            "parameters": [parameter("dryRun"), parameter("fieldManager"), parameter("fieldValidation")],
            "responses": {"200": {"description": "OK"}},
            "x-kubernetes-action": "patch",
            "x-kubernetes-group-version-kind": {"group": r.group, "version": r.version, "kind": r.kind},
        });
        paths.insert(
            format!("/{}/{scope}{}/{{name}}", root(r), r.plural),
            json!({"patch": patch}),
        );
    }
    if paths.is_empty() {
        return Err(Refusal::no_path());
    }
    Ok(
        json!({"openapi": "3.0.0", "info": {"title": "midwatch demo", "version": "v1.36.3"},
        "paths": paths, "components": {"schemas": {}}}),
    )
}
