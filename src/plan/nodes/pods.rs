//! The pods of a node, sorted as a drain has to (source: kubectl `pkg/drain/filters.go`). Pure.

use serde_json::Value;

use super::super::beside::Read;
use super::super::form::{Need, Plan};
use super::super::given::Given;
use super::super::json;
use super::super::refused::Refused;
use super::super::wire;
use crate::domain::{Clean, ClusterId, Holder, PodRow};
use crate::kinds::{Kind, Pods};
use crate::plan::Sight;

/// The annotation of a pod that its kubelet made from a file.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// What a drain does with a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan) enum Class {
    /// It is ending already.
    Going,
    /// Made by the kubelet from a file, or by a `DaemonSet`: another would take its place at once.
    Stays,
    /// It has ended.
    Finished,
    /// It is asked to go.
    Moves,
}

/// A pod of a node.
#[derive(Debug)]
pub(in crate::plan) struct Pod<'a> {
    /// As served.
    pub(in crate::plan) object: &'a Value,
    /// Who it works for.
    pub(in crate::plan) holder: Holder,
    /// Accelerators that it asks for: `1 nvidia.com/gpu`; empty when none.
    pub(in crate::plan) gpus: Clean,
}

/// Where the pods of a node are listed.
fn path(node: &str) -> String {
    let list = wire::path("", "v1", ("", "pods", ""));
    let field = wire::segment(&format!("spec.nodeName={node}"));
    format!("{list}?fieldSelector={field}")
}

/// Asks to see the pods of a node.
pub(in crate::plan) fn read(node: &Value) -> Read {
    let name = json::text(node, &["metadata", "name"]);
    Read {
        path: path(name),
        what: format!("the pods on {}", Clean::new(name)),
    }
}

/// The pods of a node, in the order of their names.
pub(in crate::plan) fn seen<'a>(given: &Given<'a>) -> Result<Vec<Pod<'a>>, Refused> {
    let list = match given.beside.at(&read(given.object).path) {
        Sight::Found(list) => list,
        Sight::Unseen(why) => {
            return Err(Refused::new(&format!(
                "Which pods are on the node could not be seen: {why}"
            )));
        }
        Sight::Absent | Sight::Unasked => {
            return Err(Refused::new("Which pods are on the node was not looked at"));
        }
    };
    let cluster = ClusterId::new(&given.cluster.name);
    let items = json::list(list, &["items"]).iter();
    let mut pods: Vec<Pod<'a>> = items.filter_map(|pod| Pod::of(&cluster, pod)).collect();
    pods.sort_by(|a, b| (a.namespace(), a.name()).cmp(&(b.namespace(), b.name())));
    Ok(pods)
}

/// The right that looking at them needs.
pub(in crate::plan) fn need(plan: &mut Plan) {
    plan.needs.push(Need {
        verb: "list".into(),
        group: String::new(),
        resource: "pods".to_owned(),
        namespace: String::new(),
        name: String::new(),
    });
}

impl<'a> Pod<'a> {
    fn of(cluster: &ClusterId, object: &'a Value) -> Option<Self> {
        let slim = serde_json::from_value(object.clone()).ok()?;
        let row: PodRow = Pods::row(cluster, slim);
        Some(Self {
            object,
            holder: Holder::of(&row),
            gpus: row.gpus,
        })
    }

    fn meta(&self, key: &str) -> &'a str {
        json::text(self.object, &["metadata", key])
    }

    pub(in crate::plan) fn name(&self) -> &'a str {
        self.meta("name")
    }

    pub(in crate::plan) fn namespace(&self) -> &'a str {
        self.meta("namespace")
    }

    pub(in crate::plan) fn uid(&self) -> &'a str {
        self.meta("uid")
    }

    /// In words: `ml/train-0`.
    pub(in crate::plan) fn words(&self) -> String {
        Clean::new(&format!("{}/{}", self.namespace(), self.name())).to_string()
    }

    fn controller(&self) -> &'a str {
        let owners = json::list(self.object, &["metadata", "ownerReferences"]);
        let owner = owners.iter().find(|o| json::flag(o, &["controller"]));
        owner.map_or("", |o| json::text(o, &["kind"]))
    }

    /// What a drain does with it.
    pub(in crate::plan) fn class(&self) -> Class {
        let mirror = json::at(self.object, &["metadata", "annotations", MIRROR]).is_some();
        if !self.meta("deletionTimestamp").is_empty() {
            Class::Going
        } else if mirror || self.controller() == "DaemonSet" {
            Class::Stays
        } else if self.has_ended() {
            Class::Finished
        } else {
            Class::Moves
        }
    }

    /// It has come to its end and holds nothing.
    pub(in crate::plan) fn has_ended(&self) -> bool {
        let phase = json::text(self.object, &["status", "phase"]);
        matches!(phase, "Succeeded" | "Failed")
    }

    /// Nothing makes another in its place.
    pub(in crate::plan) fn is_bare(&self) -> bool {
        self.controller().is_empty()
    }

    /// It keeps data on the node that goes with it.
    pub(in crate::plan) fn has_local_data(&self) -> bool {
        let volumes = json::list(self.object, &["spec", "volumes"]);
        volumes.iter().any(|v| v.get("emptyDir").is_some())
    }

    /// How long it may take to end, in seconds.
    pub(in crate::plan) fn grace(&self) -> i64 {
        let told = json::at(self.object, &["spec", "terminationGracePeriodSeconds"]);
        told.and_then(Value::as_i64).unwrap_or(30)
    }
}
