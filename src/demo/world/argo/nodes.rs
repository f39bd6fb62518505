//! `status.nodes`: ids, phases, edges. Pure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Operation;
use crate::demo::catalog::text;
use crate::demo::site::stamp;
use crate::domain::{Phase, Progress};

/// FNV-1a, 32 bits: what Argo makes ids from.
pub(super) fn fnv(word: &str) -> u32 {
    word.bytes().fold(0x811c_9dc5, |hash, b| {
        (hash ^ u32::from(b)).wrapping_mul(0x0100_0193)
    })
}

/// Argo's word for a phase.
pub(super) fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Waiting => "Running",
        other => other.word(),
    }
}

impl Operation<'_> {
    pub(super) fn id(&self, name: &str) -> String {
        if name == self.name {
            name.to_owned()
        } else {
            format!("{}-{}", self.name, fnv(name))
        }
    }

    pub(super) fn node(&self, name: &str) -> Option<&Value> {
        self.nodes.get(&self.id(name))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.nodes.contains_key(&self.id(name))
    }

    /// `Unknown` while there is no such node.
    pub(super) fn phase_of(&self, name: &str) -> Phase {
        self.node(name)
            .map_or(Phase::Unknown, |n| Phase::from_argo(text(n, "/phase")))
    }

    pub(super) fn started(&self, name: &str) -> Timestamp {
        let node = self.node(name);
        let at = node.and_then(|n| text(n, "/startedAt").parse().ok());
        at.unwrap_or(self.around.now)
    }

    /// Makes a node, pending; `holder` says template and scope.
    pub(super) fn start(&mut self, holder: &Value, name: &str, kind: &str, boundary: &str) {
        let id = self.id(name);
        let shown = match self.nodes.get(boundary) {
            Some(around) => {
                let rest = name.strip_prefix(text(around, "/name")).unwrap_or(name);
                display(rest)
            }
            None => name.to_owned(),
        };
        let mut node = json!({"id": id, "name": name, "displayName": shown, "type": kind, "phase": "Running",
            "startedAt": stamp(self.around.now), "finishedAt": null, "templateScope": holder["scope"]});
        if matches!(kind, "Pod" | "Suspend") {
            node["phase"] = json!("Pending");
        }
        for (key, value) in [
            ("templateName", &holder["template"]),
            ("templateRef", &holder["templateRef"]),
        ] {
            if !value.is_null() {
                node[key] = value.clone();
            }
        }
        if !boundary.is_empty() {
            node["boundaryID"] = json!(boundary);
        }
        if matches!(kind, "Skipped" | "StepGroup" | "TaskGroup") {
            node["nodeFlag"] = json!({});
        }
        if holder["hooked"] == true {
            node["nodeFlag"] = json!({"hooked": true});
        }
        if holder["retried"] == true {
            node["nodeFlag"] = json!({"retried": true});
        }
        self.nodes.insert(id, node);
    }

    pub(super) fn set(&mut self, name: &str, key: &str, value: Value) {
        let id = self.id(name);
        let Some(node) = self.nodes.get_mut(&id).and_then(Value::as_object_mut) else {
            return;
        };
        if value.is_null() {
            node.remove(key);
        } else {
            node.insert(key.to_owned(), value);
        }
    }

    /// Sets phase and message; a final phase ends the node.
    pub(super) fn mark(&mut self, name: &str, phase: Phase, message: &str) {
        let now = stamp(self.around.now);
        let id = self.id(name);
        let Some(node) = self.nodes.get_mut(&id) else {
            return;
        };
        node["phase"] = json!(word(phase));
        if message.is_empty() {
            node.as_object_mut().map(|n| n.remove("message"));
        } else {
            node["message"] = json!(message);
        }
        if phase.is_final() && node["finishedAt"].is_null() {
            node["finishedAt"] = now;
        }
    }

    pub(super) fn link(&mut self, parent: &str, child: &str) {
        let child = json!(self.id(child));
        let id = self.id(parent);
        let Some(node) = self.nodes.get_mut(&id) else {
            return;
        };
        let children = &mut node["children"];
        if !children.is_array() {
            *children = json!([]);
        }
        if let Some(list) = children.as_array_mut()
            && !list.contains(&child)
        {
            list.push(child);
        }
    }

    pub(super) fn children(&self, name: &str) -> Vec<String> {
        let list = self.node(name).and_then(|n| n["children"].as_array());
        let ids = list.into_iter().flatten().filter_map(Value::as_str);
        ids.filter_map(|id| self.nodes.get(id))
            .map(|n| text(n, "/name").to_owned())
            .collect()
    }

    /// The nodes that what comes next hangs on (source: `getOutboundNodes`).
    pub(super) fn outbound(&self, name: &str) -> Vec<String> {
        let Some(node) = self.node(name) else {
            return Vec::new();
        };
        let last = |names: Vec<String>| names.last().map(|n| self.outbound(n)).unwrap_or_default();
        let found = match text(node, "/type") {
            "Retry" => last(self.children(name)),
            "TaskGroup" => self
                .children(name)
                .iter()
                .flat_map(|c| self.outbound(c))
                .collect(),
            "DAG" | "Steps" => {
                let ids = node["outboundNodes"].as_array().into_iter().flatten();
                let nodes = ids
                    .filter_map(Value::as_str)
                    .filter_map(|id| self.nodes.get(id));
                nodes.map(|n| text(n, "/name").to_owned()).collect()
            }
            _ => Vec::new(),
        };
        if found.is_empty() {
            vec![name.to_owned()]
        } else {
            found
        }
    }

    pub(super) fn set_outbound(&mut self, name: &str, last: &[String]) {
        let ids: Vec<String> = last
            .iter()
            .flat_map(|n| self.outbound(n))
            .map(|n| self.id(&n))
            .collect();
        self.set(name, "outboundNodes", json!(ids));
    }

    /// Steps done of steps known below every node that is no step itself: what hangs on it, however far
    /// (source: workflow/progress/updater.go).
    pub(super) fn sum_progress(&mut self) {
        let groups: Vec<String> = self
            .nodes
            .iter()
            .filter(|(_, n)| !is_step(n) && n["children"].is_array())
            .map(|(id, _)| id.clone())
            .collect();
        for id in groups {
            let mut seen: BTreeSet<&str> = BTreeSet::from([id.as_str()]);
            let mut next: Vec<&str> = vec![&id];
            let mut sum = Progress::default();
            while let Some(at) = next.pop() {
                let Some(node) = self.nodes.get(at) else {
                    continue;
                };
                if is_step(node) {
                    let own = progress_of(node);
                    sum.done = sum.done.saturating_add(own.done);
                    sum.total = sum.total.saturating_add(own.total);
                }
                let children = node["children"].as_array().into_iter().flatten();
                next.extend(
                    children
                        .filter_map(Value::as_str)
                        .filter(|c| seen.insert(c)),
                );
            }
            let text = json!(format!("{}/{}", sum.done, sum.total));
            if let Some(node) = self.nodes.get_mut(&id) {
                node["progress"] = text;
            }
        }
    }

    /// Pods at work.
    pub(super) fn count_active(&self) -> usize {
        let pods = self.nodes.values().filter(|n| text(n, "/type") == "Pod");
        pods.filter(|n| !Phase::from_argo(text(n, "/phase")).is_final())
            .count()
    }
}

/// Whether progress counts a node itself.
pub(super) fn is_step(node: &Value) -> bool {
    matches!(text(node, "/type"), "Pod" | "Suspend" | "HTTP" | "Plugin")
}

/// A step's own progress; one that succeeded has done all.
pub(super) fn progress_of(node: &Value) -> Progress {
    let said = Progress::parse(text(node, "/progress"));
    let mut own = said.unwrap_or(Progress { done: 0, total: 1 });
    // what somebody wrote there must not overflow the sum
    own.total = own.total.min(1_000_000);
    let all = Phase::from_argo(text(node, "/phase")) == Phase::Succeeded;
    own.done = if all {
        own.total
    } else {
        own.done.min(own.total)
    };
    own
}

/// Without the separator in front: `.train` is `train`, `[0].train` is `train`, `[0]` stays.
fn display(rest: &str) -> String {
    if let Some(plain) = rest.strip_prefix('.') {
        return plain.to_owned();
    }
    match rest.split_once("].") {
        Some((group, step)) if group.starts_with('[') => step.to_owned(),
        _ => rest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_argo() {
        // from a run of the real controller
        assert_eq!(fnv(""), 2_166_136_261);
        assert_eq!(fnv("a"), 0xe40c_292c);
        assert_eq!(display(".train"), "train");
        assert_eq!(display("[0].train(1:b)"), "train(1:b)");
        assert_eq!(display("[0]"), "[0]");
        assert_eq!(display("(2)"), "(2)");
    }
}
