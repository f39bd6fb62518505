//! The Knative revision that a plan counts on, read besides the service. Pure.

use serde_json::Value;

use super::{KNATIVE, SOURCE};
use crate::domain::Clean;
use crate::plan::beside::Read;
use crate::plan::forecast::Sight;
use crate::plan::form::{Need, Plan};
use crate::plan::given::Given;
use crate::plan::{json, wire};

/// Most differences between two revisions that are named.
const NAMED: usize = 4;

fn path(object: &Value, name: &str) -> String {
    let namespace = json::text(object, &["metadata", "namespace"]);
    wire::path(KNATIVE, "v1", (namespace, "revisions", name))
}

/// Asks to see a revision of a service's namespace.
#[must_use]
pub fn read(object: &Value, name: &str) -> Read {
    Read {
        path: path(object, name),
        what: format!("revision {}", Clean::new(name)),
    }
}

/// What was seen of a revision.
#[must_use]
pub fn seen<'a>(given: &Given<'a>, name: &str) -> &'a Sight {
    given.beside.at(&path(given.object, name))
}

/// Guards a plan that sends traffic to a revision: it has to be there and ready.
pub(in crate::plan) fn guard(plan: &mut Plan, given: &Given<'_>, name: &str) {
    let shown = Clean::new(name);
    match seen(given, name) {
        Sight::Found(revision) => {
            need(plan);
            there(plan, revision, &shown);
        }
        Sight::Absent => {
            need(plan);
            plan.block(&format!(
                "Revision {shown} is gone (Knative removes old ones): its route would say RevisionMissing and send nothing there. What works: service.restore-spec with uri=, the model that it had"
            ));
        }
        Sight::Unseen(why) => plan.warn(&format!(
            "Whether revision {shown} is still there could not be seen: {why}. If it is gone, the route says RevisionMissing and stays as it is"
        )),
        Sight::Unasked => plan.warn(&format!(
            "Whether revision {shown} is still there was not looked at. If it is gone, the route says RevisionMissing and stays as it is"
        )),
    }
}

/// The right that looking at it needed.
fn need(plan: &mut Plan) {
    let need = Need {
        verb: "get".into(),
        group: KNATIVE.to_owned(),
        resource: "revisions".to_owned(),
        namespace: plan.target.namespace.clone(),
        name: String::new(),
    };
    if !plan.needs.contains(&need) {
        plan.needs.push(need);
    }
}

fn there(plan: &mut Plan, revision: &Value, shown: &Clean) {
    if !json::text(revision, &["metadata", "deletionTimestamp"]).is_empty() {
        plan.block(&format!(
            "Revision {shown} is being deleted: its route would say RevisionMissing"
        ));
        return;
    }
    let condition = |kind: &str| {
        let all = json::list(revision, &["status", "conditions"]);
        all.iter().find(|c| json::text(c, &["type"]) == kind)
    };
    let is_false = |c: &&Value| json::text(c, &["status"]) == "False";
    if let Some(ready) = condition("Ready").filter(is_false) {
        plan.block(&format!(
            "Revision {shown} is not ready ({}), and Knative sends no traffic to such a one",
            Clean::new(json::text(ready, &["reason"]))
        ));
        return;
    }
    let count = |key: &str| json::at(revision, &["status", key]).and_then(Value::as_i64);
    let cold = condition("Active").is_some_and(|c| is_false(&c));
    let text = match (cold, count("actualReplicas"), count("desiredReplicas")) {
        (true, ..) | (_, Some(0), _) => {
            format!(
                "{shown} is ready and has no replicas now: the first requests wait until one has loaded the model"
            )
        }
        (_, Some(is), Some(wanted)) => format!("{shown} is ready, {is} of {wanted} replicas"),
        (_, Some(is), None) => format!("{shown} is ready, replicas: {is}"),
        _ => format!("{shown} is ready"),
    };
    plan.fact("replicas", &text);
}

/// Where a revision loads its model from; empty when it does not tell.
#[must_use]
pub fn model(revision: &Value) -> &str {
    json::text(revision, &["metadata", "annotations", SOURCE])
}

/// What else differs between two revisions of a service, in words: what bringing the model back does not bring back.
#[must_use]
pub fn differences(earlier: &Value, newer: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let container = |revision| json::list(revision, &["spec", "containers"]).first();
    if let (Some(a), Some(b)) = (container(earlier), container(newer)) {
        for key in ["image", "args", "command", "env", "resources"] {
            let (a, b) = (a.get(key), b.get(key));
            if a == b {
                continue;
            }
            found.push(
                match (a.and_then(Value::as_str), b.and_then(Value::as_str)) {
                    (Some(a), Some(b)) => {
                        format!("{key} {} (now {})", Clean::new(a), Clean::new(b))
                    }
                    _ => key.to_owned(),
                },
            );
        }
    }
    for key in ["min-scale", "max-scale", "target"] {
        let note = format!("autoscaling.knative.dev/{key}");
        let of = |revision| json::text(revision, &["metadata", "annotations", &note]);
        let (a, b) = (of(earlier), of(newer));
        if a != b {
            let or = |text: &str| {
                if text.is_empty() {
                    "unset".into()
                } else {
                    Clean::new(text)
                }
            };
            found.push(format!("{key} {} (now {})", or(a), or(b)));
        }
    }
    found.truncate(NAMED);
    found
}
