//! Nodes.

use serde_json::Value;

use super::{BUILT_IN, Column, Resource, age, age_column, column, text, wide};

const COLUMNS: &[Column] = &[
    column("Status", "string"),
    column("Roles", "string"),
    age_column(),
    column("Version", "string"),
    wide("Internal-IP"),
    wide("External-IP"),
    wide("OS-Image"),
    wide("Kernel-Version"),
    wide("Container-Runtime"),
];

pub(super) static NODES: Resource = Resource {
    plural: "nodes",
    singular: "node",
    kind: "Node",
    short: &["no"],
    namespaced: false,
    status: true,
    columns: COLUMNS,
    cells: |object, now| {
        let info = |name: &str| {
            Value::from(or_unknown(text(
                object,
                &format!("/status/nodeInfo/{name}"),
            )))
        };
        vec![
            Value::from(status(object)),
            Value::from(roles(object)),
            age(object, now),
            Value::from(text(object, "/status/nodeInfo/kubeletVersion")),
            Value::from(address(object, "InternalIP")),
            Value::from(address(object, "ExternalIP")),
            info("osImage"),
            info("kernelVersion"),
            info("containerRuntimeVersion"),
        ]
    },
    fields: |object| {
        let cordoned = object
            .pointer("/spec/unschedulable")
            .and_then(Value::as_bool)
            .unwrap_or_default();
        vec![("spec.unschedulable", cordoned.to_string())]
    },
    field_names: &["spec.unschedulable"],
    ..BUILT_IN
};

fn or_unknown(word: &str) -> &str {
    if word.is_empty() { "<unknown>" } else { word }
}

fn status(object: &Value) -> String {
    let ready = object
        .pointer("/status/conditions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find(|c| c["type"] == "Ready");
    let mut word = match ready.map(|c| c["status"].as_str().unwrap_or_default()) {
        Some("True") => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if object.pointer("/spec/unschedulable") == Some(&Value::Bool(true)) {
        word.push_str(",SchedulingDisabled");
    }
    word
}

fn roles(object: &Value) -> String {
    let labels = object
        .pointer("/metadata/labels")
        .and_then(Value::as_object);
    let roles: Vec<&str> = labels
        .into_iter()
        .flatten()
        .filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/"))
        .collect();
    if roles.is_empty() {
        "<none>".to_owned()
    } else {
        roles.join(",")
    }
}

fn address<'a>(object: &'a Value, kind: &str) -> &'a str {
    object
        .pointer("/status/addresses")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find(|a| a["type"] == kind)
        .and_then(|a| a["address"].as_str())
        .unwrap_or("<none>")
}
