//! The MIG manager of the GPU operator: a label asks for a layout, another says how far it is. Pure but for the store.
//!
//! It moves no pods: while one holds a GPU of the node, the change fails. Meanwhile the device plugin is paused and the
//! node offers nothing. Source: mig-parted, `cmd/nvidia-mig-manager`, `pkg/mig/reconfigure`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::kind;
use super::simulation::{Due, World};
use crate::demo::catalog::{Id, text};
use crate::demo::store::{Name, Object};

const CONFIG: &str = "nvidia.com/mig.config";
const STATE: &str = "nvidia.com/mig.config.state";
const PLUGIN: &str = "nvidia.com/gpu.deploy.device-plugin";
const MANAGER: &str = "nvidia-mig-manager";
/// How long a change takes, in simulated milliseconds.
const LONG: i64 = 25_000;

/// What the manager remembers.
#[derive(Debug, Default)]
pub(super) struct Mig {
    /// The layout that was asked for last, by node.
    asked: BTreeMap<String, String>,
    /// What nodes offered before a change began.
    before: BTreeMap<String, Value>,
}

/// How one board is cut; nothing for a whole one.
pub(in crate::demo) type Cut = Vec<(String, u64)>;

fn nodes() -> Id {
    kind("", "v1", "nodes")
}

impl World {
    /// A node has changed: another layout may be asked for.
    pub(super) fn see_layout(&mut self, object: &Object) {
        let node = object.value();
        let layout = text(&node["metadata"]["labels"], &pointer(CONFIG)).to_owned();
        let name = object.name.name.clone();
        if layout.is_empty() {
            return;
        }
        match self.mig.asked.insert(name.clone(), layout.clone()) {
            // as it was built
            None => {}
            Some(before) if before == layout => {}
            Some(_) => self.begin_cut(&name),
        }
    }

    fn begin_cut(&mut self, name: &str) {
        let key = Name::new("", name);
        let mut before = Value::Null;
        self.change(nodes(), &key, MANAGER, |node| {
            let offers = &mut node["status"]["allocatable"];
            before = offers.clone();
            for (resource, amount) in offers.as_object_mut().into_iter().flatten() {
                if resource.starts_with("nvidia.com/") {
                    *amount = json!("0");
                }
            }
            node["metadata"]["labels"][STATE] = json!("pending");
            node["metadata"]["labels"][PLUGIN] = json!("paused-for-mig-change");
        });
        self.mig.before.entry(name.to_owned()).or_insert(before);
        self.later(LONG, Due::Cut(name.to_owned()));
    }

    /// The change comes to its end.
    pub(super) fn end_cut(&mut self, name: &str) {
        let key = Name::new("", name);
        let layout = self.read(
            nodes(),
            &key,
            &format!("/metadata/labels{}", pointer(CONFIG)),
        );
        let product = self.read(
            nodes(),
            &key,
            &format!("/metadata/labels{}", pointer("nvidia.com/gpu.product")),
        );
        let held = self.given.iter().any(|((node, resource), count)| {
            node == name && resource.starts_with("nvidia.com/") && *count > 0
        });
        let boards = self.site.rack().boards(name);
        let cut = (!held).then(|| self.layout(&layout, boards)).flatten();
        let before = self.mig.before.remove(name);
        if let Some(cut) = &cut {
            self.site.rack().cut(name, &product, cut);
        }
        self.change(nodes(), &key, MANAGER, |node| {
            match &cut {
                Some(cut) => offer(node, cut),
                None => {
                    if let Some(before) = before {
                        node["status"]["allocatable"] = before;
                    }
                }
            }
            let labels = &mut node["metadata"]["labels"];
            labels[STATE] = json!(if cut.is_some() { "success" } else { "failed" });
            labels[PLUGIN] = json!("true");
        });
    }

    /// How a layout cuts so many boards; none when there is no such layout.
    fn layout(&self, name: &str, boards: u32) -> Option<Vec<Cut>> {
        let map = Name::new("gpu-operator", "default-mig-parted-config");
        let file = self.read(kind("", "v1", "configmaps"), &map, "/data/config.yaml");
        let file: Value = serde_saphyr::from_str(&file).ok()?;
        let entries = file["mig-configs"][name].as_array()?;
        let of = |board: u32| {
            let covers = |e: &&Value| match e["devices"].as_array() {
                Some(list) => list.contains(&json!(board)),
                None => true,
            };
            let entry = entries
                .iter()
                .filter(covers)
                .find(|e| e["mig-enabled"] == true);
            let parts = entry.and_then(|e| e["mig-devices"].as_object());
            let parts = parts.into_iter().flatten();
            parts
                .filter_map(|(p, n)| Some((p.clone(), n.as_u64()?)))
                .collect()
        };
        Some((0..boards).map(of).collect())
    }
}

/// What the device plugin gives out then, with strategy `mixed`, and the labels of discovery.
fn offer(node: &mut Value, cut: &[Cut]) {
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    for board in cut {
        if board.is_empty() {
            *all.entry("nvidia.com/gpu".to_owned()).or_default() += 1;
        }
        for (profile, count) in board {
            let name = format!("nvidia.com/mig-{}", profile.replace('+', "."));
            *all.entry(name).or_default() += count;
        }
    }
    all.entry("nvidia.com/gpu".to_owned()).or_default();
    for list in ["capacity", "allocatable"] {
        let Some(amounts) = node["status"][list].as_object_mut() else {
            continue;
        };
        amounts.retain(|name, _| !name.starts_with("nvidia.com/"));
        amounts.extend(
            all.iter()
                .map(|(name, n)| (name.clone(), json!(n.to_string()))),
        );
    }
    let Some(labels) = node["metadata"]["labels"].as_object_mut() else {
        return;
    };
    labels.retain(|name, _| !is_slice(name));
    relabel(labels, &all);
}

fn is_slice(label: &str) -> bool {
    label.starts_with("nvidia.com/mig-") && label.rsplit('.').next() == Some("count")
}

fn relabel(labels: &mut Map<String, Value>, all: &BTreeMap<String, u64>) {
    for (name, count) in all {
        let label = match name.strip_prefix("nvidia.com/mig-") {
            Some(_) => format!("{name}.count"),
            None => "nvidia.com/gpu.count".to_owned(),
        };
        labels.insert(label, json!(count.to_string()));
    }
}

fn pointer(label: &str) -> String {
    format!("/{}", label.replace('/', "~1"))
}
