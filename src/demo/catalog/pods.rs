//! Pods.

use serde_json::{Value, json};

use super::{BUILT_IN, Column, Resource, age, age_column, column, text, wide};
use crate::demo::refusal::Cause;

const COLUMNS: &[Column] = &[
    column("Ready", "string"),
    column("Status", "string"),
    column("Restarts", "string"),
    age_column(),
    wide("IP"),
    wide("Node"),
    wide("Nominated Node"),
    wide("Readiness Gates"),
];

const FIELDS: &[&str] = &[
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
];

pub(super) static PODS: Resource = Resource {
    plural: "pods",
    singular: "pod",
    kind: "Pod",
    short: &["po"],
    categories: &["all"],
    status: true,
    generation: true,
    returns_deleted: true,
    columns: COLUMNS,
    cells: |object, now| {
        let or_none = |pointer: &str| match text(object, pointer) {
            "" => Value::from("<none>"),
            word => Value::from(word),
        };
        vec![
            Value::from(ready(object)),
            Value::from(status(object)),
            Value::from(restarts(object).to_string()),
            age(object, now),
            or_none("/status/podIP"),
            or_none("/spec/nodeName"),
            or_none("/status/nominatedNodeName"),
            Value::from("<none>"),
        ]
    },
    fields: |object| {
        let pointers = FIELDS
            .iter()
            .map(|f| (*f, format!("/{}", f.replace('.', "/"))));
        pointers
            .map(|(field, pointer)| (field, text(object, &pointer).to_owned()))
            .collect()
    },
    field_names: FIELDS,
    defaults,
    check: |object| {
        let containers = object.pointer("/spec/containers").and_then(Value::as_array);
        if containers.is_none_or(Vec::is_empty) {
            return vec![Cause::required("spec.containers", "")];
        }
        Vec::new()
    },
    check_change: |old, new| {
        if frozen(old) == frozen(new) {
            return Vec::new();
        }
        vec![Cause::forbidden(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        )]
    },
    ..BUILT_IN
};

fn defaults(object: &mut Value) {
    object["status"] = json!({"phase": "Pending", "qosClass": "BestEffort"});
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    let fill = [
        ("restartPolicy", json!("Always")),
        ("terminationGracePeriodSeconds", json!(30)),
        ("dnsPolicy", json!("ClusterFirst")),
        ("schedulerName", json!("default-scheduler")),
        ("securityContext", json!({})),
        ("priority", json!(0)),
        ("enableServiceLinks", json!(true)),
    ];
    for (key, value) in fill {
        spec.entry(key).or_insert(value);
    }
}

/// The part of a pod's spec that nobody may change.
fn frozen(object: &Value) -> Value {
    let mut spec = object["spec"].clone();
    if let Some(map) = spec.as_object_mut() {
        for free in [
            "activeDeadlineSeconds",
            "tolerations",
            "terminationGracePeriodSeconds",
        ] {
            map.remove(free);
        }
        for list in ["containers", "initContainers"] {
            for container in map
                .get_mut(list)
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                if let Some(c) = container.as_object_mut() {
                    c.remove("image");
                }
            }
        }
    }
    spec
}

fn statuses<'a>(object: &'a Value, list: &str) -> &'a [Value] {
    object["status"][list]
        .as_array()
        .map_or(&[][..], Vec::as_slice)
}

fn ready(object: &Value) -> String {
    let total = object["spec"]["containers"].as_array().map_or(0, Vec::len);
    let ready = statuses(object, "containerStatuses")
        .iter()
        .filter(|c| c["ready"] == true)
        .count();
    format!("{ready}/{total}")
}

fn restarts(object: &Value) -> u64 {
    let all = statuses(object, "containerStatuses").iter();
    all.filter_map(|c| c["restartCount"].as_u64()).sum()
}

/// The word in the STATUS column, by the rules of the server's own printer.
fn status(object: &Value) -> String {
    let mut word = text(object, "/status/phase").to_owned();
    let reason = text(object, "/status/reason");
    if !reason.is_empty() {
        reason.clone_into(&mut word);
    }
    for container in statuses(object, "containerStatuses").iter().rev() {
        let state = &container["state"];
        let said = |at: &str| text(state, at).to_owned();
        if !said("/waiting/reason").is_empty() {
            word = said("/waiting/reason");
        } else if state.get("terminated").is_some() {
            let reason = said("/terminated/reason");
            word = if reason.is_empty() {
                format!("ExitCode:{}", state["terminated"]["exitCode"])
            } else {
                reason
            };
        }
    }
    if object["metadata"].get("deletionTimestamp").is_some() {
        "Terminating".clone_into(&mut word);
    }
    word
}
