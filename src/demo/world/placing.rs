//! The scheduler: which node a pod goes to. Devices, selectors, taints and cordons count; CPU and memory do not.
//! Pure but for the store.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::simulation::{Due, World};
use super::{events, kind, list, pods, status};
use crate::demo::catalog::text;
use crate::demo::world::fate::End;
use crate::demo::world::kubelet::Patient;

const SCHEDULER: &str = "default-scheduler";

/// What the scheduler knows of a node.
#[derive(Debug)]
pub(super) struct Berth {
    name: String,
    cordoned: bool,
    labels: Map<String, Value>,
    /// Keys and values of the taints that keep pods away.
    taints: Vec<(String, String)>,
    devices: BTreeMap<String, u64>,
}

impl Berth {
    fn of(node: &Value) -> Self {
        let taints = list(&node["spec"], "taints").filter(|t| t["effect"] != "PreferNoSchedule");
        let devices = node["status"]["allocatable"].as_object();
        let count = |(name, value): (&String, &Value)| {
            let count = value.as_str()?.parse().ok()?;
            name.contains('/').then(|| (name.clone(), count))
        };
        Self {
            name: text(node, "/metadata/name").to_owned(),
            cordoned: node["spec"]["unschedulable"] == true,
            labels: node["metadata"]["labels"]
                .as_object()
                .cloned()
                .unwrap_or_default(),
            taints: taints
                .map(|t| (text(t, "/key").to_owned(), text(t, "/value").to_owned()))
                .collect(),
            devices: devices.into_iter().flatten().filter_map(count).collect(),
        }
    }
}

impl World {
    pub(super) fn place(&mut self, uid: &str) {
        let Some(patient) = self.patients.get(uid).cloned() else {
            return;
        };
        if patient.leaving || !patient.node.is_empty() {
            return;
        }
        let found = self
            .site
            .store()
            .get(pods(), &patient.name.namespace, &patient.name.name);
        let Some(pod) = found.map(|o| o.value()) else {
            return;
        };
        let chosen = if patient.fate.end == End::Unschedulable {
            Err(match patient.fate.message.as_str() {
                "" => self
                    .fit(&pod, &patient)
                    .err()
                    .unwrap_or_else(|| "0/20 nodes are available".to_owned()),
                said => said.to_owned(),
            })
        } else {
            self.fit(&pod, &patient)
        };
        match chosen {
            Ok(node) => self.bind(uid, &patient, &node),
            Err(why) => self.refuse(uid, &patient, &pod, &why),
        }
    }

    fn bind(&mut self, uid: &str, patient: &Patient, node: &str) {
        self.waiting.remove(uid);
        for (resource, count) in &patient.devices {
            *self
                .given
                .entry((node.to_owned(), resource.clone()))
                .or_default() += count;
        }
        self.hand_out(patient, node);
        if let Some(own) = self.patients.get_mut(uid) {
            node.clone_into(&mut own.node);
        }
        // in the made-up past nobody sees the moment between; the kubelet writes both at once
        if self.now + patient.fate.pull >= 0 {
            let now = self.wall();
            self.change(pods(), &patient.name, SCHEDULER, |pod| {
                status::bound(pod, node, now);
            });
        }
        self.later(patient.fate.pull, Due::Start(uid.to_owned()));
    }

    /// The device plugin chooses which devices of the node the pod gets.
    fn hand_out(&self, patient: &Patient, node: &str) {
        if patient.devices.is_empty() {
            return;
        }
        let name = &patient.name;
        let found = self.site.store().get(pods(), &name.namespace, &name.name);
        let pod = found.map(|o| o.value()).unwrap_or_default();
        let asks = |c: &&Value| {
            let limits = c["resources"]["limits"].as_object();
            let mut names = limits.into_iter().flatten().map(|(name, _)| name);
            names.any(|name| patient.devices.iter().any(|(r, _)| r == name))
        };
        let container = list(&pod["spec"], "containers").find(asks);
        let container = container.map_or("main", |c| text(c, "/name"));
        let at = self.wall().as_second();
        for (resource, count) in &patient.devices {
            let what = (node, resource.as_str(), *count);
            self.site.rack().give(what, name, container, at);
        }
    }

    fn refuse(&mut self, uid: &str, patient: &Patient, pod: &Value, why: &str) {
        let first = self.waiting.insert(uid.to_owned());
        let now = self.wall();
        self.change(pods(), &patient.name, SCHEDULER, |pod| {
            status::unschedulable(pod, why, now);
        });
        if first {
            events::write(self, pod, ("Warning", "FailedScheduling", SCHEDULER), why);
        }
    }

    /// Tries again, a moment later, for all that wait.
    pub(super) fn retry_waiting(&mut self) {
        if !self.waiting.is_empty() && !self.retrying {
            self.retrying = true;
            self.later(500, Due::Retry);
        }
    }

    pub(super) fn retry(&mut self) {
        self.retrying = false;
        // what does not fit for one does not fit for the next that asks for the same
        let mut refused: BTreeSet<Vec<(String, u64)>> = BTreeSet::new();
        for uid in self.waiting.clone() {
            let devices = self
                .patients
                .get(&uid)
                .map(|p| p.devices.clone())
                .unwrap_or_default();
            if refused.contains(&devices) {
                continue;
            }
            self.place(&uid);
            if self.waiting.contains(&uid) {
                refused.insert(devices);
            }
        }
    }

    /// The nodes, read anew when one has changed.
    pub(super) fn see_nodes(&mut self) {
        let store = self.site.store();
        let all = store.list(kind("", "v1", "nodes"), "");
        self.berths = all.map(|o| Berth::of(&o.value())).collect();
        drop(store);
        self.retry_waiting();
    }

    /// Takes back what a pod was given.
    pub(super) fn release(&mut self, uid: &str) {
        let Some(patient) = self.patients.get_mut(uid) else {
            return;
        };
        let devices = std::mem::take(&mut patient.devices);
        if patient.node.is_empty() {
            return;
        }
        let node = patient.node.clone();
        self.site.rack().take_back(&patient.name);
        let freed = !devices.is_empty();
        for (resource, count) in devices {
            if let Some(given) = self.given.get_mut(&(node.clone(), resource)) {
                *given = given.saturating_sub(count);
            }
        }
        if freed {
            self.retry_waiting();
        }
    }

    /// The node with most room, or what the scheduler says of all of them.
    pub(super) fn fit(&self, pod: &Value, patient: &Patient) -> Result<String, String> {
        let all = &self.berths;
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        let mut best: Option<(u64, String)> = None;
        for node in all {
            match self.room(pod, patient, node) {
                Ok(room) => {
                    let name = node.name.clone();
                    if best.as_ref().is_none_or(|(most, _)| room > *most) {
                        best = Some((room, name));
                    }
                }
                Err(why) => *reasons.entry(why).or_default() += 1,
            }
        }
        if let Some((_, name)) = best {
            return Ok(name);
        }
        let said: Vec<String> = reasons
            .iter()
            .map(|(why, n)| format!("{n} {why}"))
            .collect();
        Err(format!(
            "0/{} nodes are available: {}. preemption: 0/{} nodes are available: {} Preemption is not helpful for scheduling.",
            all.len(),
            said.join(", "),
            all.len(),
            all.len()
        ))
    }

    /// How much is free on a node, or why it does not fit.
    fn room(&self, pod: &Value, patient: &Patient, node: &Berth) -> Result<u64, String> {
        if node.cordoned {
            return Err("node(s) were unschedulable".to_owned());
        }
        let wanted = pod["spec"]["nodeSelector"].as_object();
        if wanted
            .into_iter()
            .flatten()
            .any(|(k, v)| node.labels.get(k) != Some(v))
        {
            return Err("node(s) didn't match Pod's node affinity/selector".to_owned());
        }
        for (key, value) in &node.taints {
            // who asks for a device tolerates the taint that guards it
            let domain = key.split('/').next().unwrap_or_default();
            let asked = patient.devices.iter().any(|(r, _)| r.starts_with(domain));
            let tolerates = |t: &Value| {
                t["key"] == key.as_str() || (t["operator"] == "Exists" && t["key"].is_null())
            };
            if !asked && !list(&pod["spec"], "tolerations").any(tolerates) {
                return Err(format!("node(s) had untolerated taint {{{key}: {value}}}"));
            }
        }
        let mut room = 1_000;
        for (resource, count) in &patient.devices {
            let there = node.devices.get(resource).copied().unwrap_or_default();
            let given = self
                .given
                .get(&(node.name.clone(), resource.clone()))
                .copied();
            let free = there.saturating_sub(given.unwrap_or_default());
            if free < *count {
                return Err(format!("Insufficient {resource}"));
            }
            room = room.min(free);
        }
        // spreads pods without devices over the nodes, always in the same way
        let spread = self
            .chance_of(&format!("{}{}", patient.name.name, node.name))
            .below(100);
        Ok(room * 100 + spread)
    }
}

/// The condition that says that a pod has no node.
pub(super) fn condition(state: &str, reason: &str, message: &str, at: &Value) -> Value {
    let mut condition = json!({"type": "PodScheduled", "status": state, "lastProbeTime": null, "lastTransitionTime": at});
    if !reason.is_empty() {
        condition["reason"] = json!(reason);
        condition["message"] = json!(message);
    }
    condition
}
