//! Kubernetes nodes, with their accelerators. Pure. GPU labels and resources: NVIDIA's device plugin.

use serde::Deserialize;

use super::lenient::{Entries, Flag, List, Obj};
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, GpuCount, NodeRow};

/// The feed `nodes`.
#[derive(Debug, Clone, Copy)]
pub struct Nodes;

/// What is read of a node.
#[derive(Debug, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    spec: Obj<Spec>,
    #[serde(default)]
    status: Obj<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec {
    unschedulable: Flag,
    taints: List<Obj<Taint>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Taint {
    key: Clean,
    value: Clean,
    effect: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    conditions: List<Obj<Condition>>,
    capacity: Entries<Clean, Clean>,
    allocatable: Entries<Clean, Clean>,
    node_info: Obj<Info>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Condition {
    r#type: Clean,
    status: Clean,
    reason: Clean,
    message: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Info {
    kubelet_version: Clean,
}

impl Kind for Nodes {
    type Slim = Slim;
    type Row = NodeRow;
    const SPEC: KindSpec = KindSpec {
        feed: "nodes",
        group: "",
        version: "v1",
        plural: "nodes",
        kind: "Node",
        namespaced: false,
        page: 250,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> NodeRow {
        let (spec, status) = (slim.spec.or_empty(), slim.status.or_empty());
        let labels = &slim.metadata.labels;
        let mut zone = labels.get("topology.kubernetes.io/zone");
        if zone.is_empty() {
            zone = labels.get("failure-domain.beta.kubernetes.io/zone");
        }
        NodeRow {
            key: slim.metadata.slim.key(cluster),
            uid: Clean::new(&slim.metadata.slim.uid),
            ready: ready(&status.conditions),
            trouble: trouble(&status.conditions),
            unschedulable: spec.unschedulable.0,
            taints: taints(&spec.taints),
            product: labels.get("nvidia.com/gpu.product"),
            gpus: gpus(&status).into_boxed_slice(),
            zone,
            version: status.node_info.or_empty().kubelet_version,
            created: slim.metadata.created.0,
            labels: slim.metadata.all,
        }
    }
}

fn ready(conditions: &List<Obj<Condition>>) -> Option<bool> {
    let ready = conditions
        .iter()
        .filter_map(Obj::get)
        .find(|c| &*c.r#type == "Ready")?;
    match &*ready.status {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    }
}

/// Why a node is not ready, or which pressure it reports: `KubeletNotReady: container runtime is down`.
fn trouble(conditions: &List<Obj<Condition>>) -> Clean {
    let mut words = Vec::new();
    for c in conditions.iter().filter_map(Obj::get) {
        let bad = if &*c.r#type == "Ready" {
            &*c.status != "True"
        } else {
            // every other condition of a node is a trouble when it holds
            &*c.status == "True"
        };
        if !bad {
            continue;
        }
        let name = if &*c.r#type == "Ready" {
            &c.reason
        } else {
            &c.r#type
        };
        words.push(match (name.is_empty(), c.message.is_empty()) {
            (true, _) => c.message.to_string(),
            (false, true) => name.to_string(),
            (false, false) => format!("{name}: {}", c.message),
        });
    }
    Clean::new(&words.join("; "))
}

fn taints(taints: &List<Obj<Taint>>) -> Clean {
    let written: Vec<String> = taints
        .iter()
        .filter_map(Obj::get)
        .map(|t| {
            if t.value.is_empty() {
                format!("{}:{}", t.key, t.effect)
            } else {
                format!("{}={}:{}", t.key, t.value, t.effect)
            }
        })
        .collect();
    Clean::new(&written.join(","))
}

fn gpus(status: &Status) -> Vec<GpuCount> {
    let mut found: Vec<GpuCount> = Vec::new();
    let amounts = status.capacity.0.iter().map(|e| (e, true));
    let given = status.allocatable.0.iter().map(|e| (e, false));
    for ((name, amount), is_capacity) in amounts.chain(given) {
        if !is_accelerator(name) {
            continue;
        }
        let at = found
            .iter()
            .position(|g| g.resource == *name)
            .unwrap_or_else(|| {
                found.push(GpuCount {
                    resource: name.clone(),
                    capacity: 0,
                    allocatable: 0,
                });
                found.len() - 1
            });
        if let Some(gpu) = found.get_mut(at) {
            let slot = if is_capacity {
                &mut gpu.capacity
            } else {
                &mut gpu.allocatable
            };
            *slot = units(amount);
        }
    }
    found.sort_by(|a, b| a.resource.cmp(&b.resource));
    found
}

/// Extended resources that are accelerators (`nvidia.com/gpu`, `nvidia.com/mig-1g.10gb`, `amd.com/gpu`,
/// `gpu.intel.com/i915`, `habana.ai/gaudi`, `google.com/tpu`, `aws.amazon.com/neuron`).
pub(super) fn is_accelerator(resource: &str) -> bool {
    let Some((vendor, name)) = resource.split_once('/') else {
        return false;
    };
    name == "gpu"
        || name.starts_with("gpu.")
        || (vendor == "nvidia.com" && name.starts_with("mig-"))
        || matches!(
            vendor,
            "gpu.intel.com" | "habana.ai" | "google.com" | "aws.amazon.com"
        )
}

/// Units of an extended resource. Kubernetes allows whole numbers only, with the decimal suffix `k` in theory.
pub(super) fn units(quantity: &str) -> u32 {
    let (digits, factor) = match quantity.strip_suffix('k') {
        Some(digits) => (digits, 1000),
        None => (quantity, 1),
    };
    digits.parse::<u32>().unwrap_or(0).saturating_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: serde_json::Value) -> NodeRow {
        Nodes::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
    }

    #[test]
    fn a_gpu_node_tells_what_it_has_and_what_is_lost() {
        let row = row(serde_json::json!({
            "metadata": {"name": "gpu-03", "uid": "u", "labels": {
                "nvidia.com/gpu.product": "A100-SXM4-80GB", "topology.kubernetes.io/zone": "b", "other": "x"}},
            "spec": {"unschedulable": true, "taints": [
                {"key": "nvidia.com/gpu", "effect": "NoSchedule"}, {"key": "a", "value": "b", "effect": "NoExecute"}]},
            "status": {
                "capacity": {"cpu": "96", "nvidia.com/gpu": "8", "nvidia.com/mig-1g.10gb": 7},
                "allocatable": {"nvidia.com/gpu": "7", "nvidia.com/mig-1g.10gb": "7"},
                "conditions": [{"type": "Ready", "status": "True"}, {"type": "MemoryPressure", "status": "False"}],
                "nodeInfo": {"kubeletVersion": "v1.33.1"}}
        }));
        assert_eq!(row.ready, Some(true));
        assert_eq!(
            (&*row.trouble, &*row.product, &*row.zone),
            ("", "A100-SXM4-80GB", "b")
        );
        assert_eq!(&*row.taints, "nvidia.com/gpu:NoSchedule,a=b:NoExecute");
        let gpus: Vec<_> = row
            .gpus
            .iter()
            .map(|g| (&*g.resource, g.capacity, g.allocatable))
            .collect();
        assert_eq!(
            gpus,
            [("nvidia.com/gpu", 8, 7), ("nvidia.com/mig-1g.10gb", 7, 7)]
        );
    }

    #[test]
    fn a_silent_kubelet_is_unknown_and_pressure_is_told() {
        let row = row(serde_json::json!({
            "metadata": {"name": "n"},
            "status": {"conditions": [
                {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status."},
                {"type": "DiskPressure", "status": "True", "reason": "KubeletHasDiskPressure"}]}
        }));
        assert_eq!(row.ready, None);
        assert_eq!(
            &*row.trouble,
            "NodeStatusUnknown: Kubelet stopped posting node status.; DiskPressure"
        );
    }
}
