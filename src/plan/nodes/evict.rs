//! Evictions: a pod is asked to go, and the server may say *not now* (429, where a disruption budget forbids it). Such a
//! request is asked again until it is taken; each holds on to the uid of the pod that was shown, so asking twice moves one
//! pod once. Pure.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::pods::Pod;
use crate::domain::Clean;
use crate::plan::form::{Need, Plan, Step};
use crate::plan::json;
use crate::plan::record::Request;
use crate::plan::wire::path;

/// What the path of an eviction ends in.
const EVICTION: &str = "/eviction";

/// The pod that a request asks to go: its path, and its uid. None when it asks for something else.
fn evicted<'a>(method: &str, path: &'a str, body: &'a Value) -> Option<(&'a str, &'a str)> {
    let pod = path.strip_suffix(EVICTION).filter(|_| method == "POST")?;
    let uid = json::text(body, &["deleteOptions", "preconditions", "uid"]);
    Some((pod, uid))
}

impl Step {
    /// The pod that it asks to go: its path, and its uid. None when it asks for something else.
    #[must_use]
    pub fn evicted(&self) -> Option<(&str, &str)> {
        evicted(self.method, &self.path, &self.body)
    }

    /// It asks a pod to go, and is asked again while the server says *not now*.
    #[must_use]
    pub fn evicts(&self) -> bool {
        self.evicted().is_some()
    }

    /// The pod that it asks to go, in words: `ml/train-0`.
    #[must_use]
    pub fn pod_words(&self) -> Clean {
        let name = |key| json::text(&self.body, &["metadata", key]);
        Clean::new(&format!("{}/{}", name("namespace"), name("name")))
    }
}

impl Request {
    /// The pod that it asked to go: its path, and its uid. None when it asked for something else.
    #[must_use]
    pub fn evicted(&self) -> Option<(&str, &str)> {
        evicted(&self.method, &self.path, &self.body)
    }
}

impl Plan {
    /// Asks a pod to go, on condition that it is still the one that was seen. One that is gone already counts as gone.
    pub(in crate::plan) fn evict(&mut self, pod: &Pod<'_>, why: &str) {
        let (namespace, name) = (pod.namespace(), pod.name());
        let step = Step {
            verb: "create",
            method: "POST",
            path: format!("{}{EVICTION}", path("", "v1", (namespace, "pods", name))),
            query: BTreeMap::new(),
            content_type: "application/json",
            body: json!({"apiVersion": "policy/v1", "kind": "Eviction",
                "metadata": {"name": name, "namespace": namespace},
                "deleteOptions": {"preconditions": {"uid": pod.uid()}}}),
            absent_is_done: true,
            why: Clean::new(why),
            stand: None,
        };
        let need = Need {
            verb: "create".into(),
            group: String::new(),
            resource: "pods/eviction".to_owned(),
            namespace: namespace.to_owned(),
            name: String::new(),
        };
        self.delete.push(format!("{namespace}/{name}"));
        self.step(step, need);
    }

    /// It asks pods to go: it can be stopped half-way.
    #[must_use]
    pub fn evicts(&self) -> bool {
        self.steps.iter().any(Step::evicts)
    }

    /// The pods that it asks to go and another plan does not, in words: a plan that was shown must not move more when it
    /// is made again.
    #[must_use]
    pub fn moves_besides(&self, shown: &Self) -> Vec<Clean> {
        let known = |step: &&Step| shown.steps.iter().any(|s| s.evicted() == step.evicted());
        let own = self.steps.iter().filter(|s| s.evicts());
        own.filter(|step| !known(step))
            .map(Step::pod_words)
            .collect()
    }
}
