//! The nodes of the platform: GPU nodes whole and sliced, and plain ones. Pure but for the store.
//!
//! Labels and resources as GPU feature discovery and the device plugin set them (k8s-device-plugin,
//! docs/gpu-feature-discovery).

use serde_json::{Map, Value, json};

use super::kind;
use super::simulation::{Due, World};
use crate::demo::catalog::text;
use crate::demo::site::stamp;
use crate::demo::store::Name;

/// A group of like nodes.
struct Pool {
    prefix: &'static str,
    count: u32,
    machine: &'static str,
    product: &'static str,
    memory: u32,
    /// Device resources with their number.
    devices: &'static [(&'static str, u64)],
    cpu: u32,
    gibibytes: u32,
}

const POOLS: [Pool; 4] = [
    Pool {
        prefix: "gpu-a",
        count: 6,
        machine: "p4de.24xlarge",
        product: "NVIDIA-A100-SXM4-80GB",
        memory: 81_920,
        devices: &[("nvidia.com/gpu", 8)],
        cpu: 96,
        gibibytes: 1_152,
    },
    Pool {
        prefix: "gpu-h",
        count: 4,
        machine: "p5.48xlarge",
        product: "NVIDIA-H100-80GB-HBM3",
        memory: 81_559,
        devices: &[("nvidia.com/gpu", 8)],
        cpu: 192,
        gibibytes: 2_048,
    },
    Pool {
        prefix: "gpu-m",
        count: 3,
        machine: "p4de.24xlarge",
        product: "NVIDIA-A100-SXM4-80GB",
        memory: 81_920,
        devices: &[
            ("nvidia.com/gpu", 2),
            ("nvidia.com/mig-1g.10gb", 14),
            ("nvidia.com/mig-3g.40gb", 8),
        ],
        cpu: 96,
        gibibytes: 1_152,
    },
    Pool {
        prefix: "cpu-",
        count: 7,
        machine: "m6i.8xlarge",
        product: "",
        memory: 0,
        devices: &[],
        cpu: 32,
        gibibytes: 128,
    },
];

/// A node with one GPU that the device plugin has marked unhealthy: its pool and its number there.
const SICK: (&str, u32) = ("gpu-a", 3);
/// The one in a drill: somebody has to be on it.
const SICK_IN_DRILL: (&str, u32) = ("gpu-a", 4);
/// A node that somebody has cordoned.
const CORDONED: &str = "cpu-07";

/// The address of a node, made from its name.
pub(super) fn address(node: &str) -> String {
    let sum: u32 = node.bytes().map(u32::from).sum();
    format!("10.0.{}.{}", sum % 4, sum % 250 + 2)
}

/// Registers all nodes.
pub(super) fn build(world: &mut World) {
    let ids = (
        kind("", "v1", "nodes"),
        kind("coordination.k8s.io", "v1", "leases"),
    );
    for pool in &POOLS {
        for i in 1..=pool.count {
            let name = named(world, pool.prefix, i);
            let now = stamp(world.wall());
            let cordoned = name == CORDONED && has(world, "cordoned");
            let mut node = node(pool, (&name, i), &now, cordoned);
            node["metadata"]["creationTimestamp"] = stamp(world.long_ago(&name));
            world.create(ids.0, node, "kubelet");
            world.site.rack().fill(&name, pool.product, pool.devices);
            let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": {"name": name, "namespace": "kube-node-lease"},
                "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": precise(world)}});
            world.create(ids.1, lease, "kubelet");
        }
    }
    if has(world, "lost-gpu") {
        let (gpu, before) = LOST;
        let at = world.clock.opening.as_second() - before;
        world.site.rack().lose(&sick(world), gpu, at);
        world.agenda.add(-before * 1_000, Due::Lose);
    }
}

/// The device plugin marks the board unhealthy: the node offers one less. What got its place before stays.
pub(super) fn lose(world: &mut World) {
    let name = Name::new("", &sick(world));
    world.change(kind("", "v1", "nodes"), &name, "kubelet", |node| {
        node["status"]["allocatable"]["nvidia.com/gpu"] = json!("7");
    });
}

/// The name of the node that loses a GPU.
fn sick(world: &World) -> String {
    let (prefix, number) = match world.site.drill() {
        Some(_) => SICK_IN_DRILL,
        None => SICK,
    };
    named(world, prefix, number)
}

/// The name of a node. Where a drill is about one, its pool has short ones: who drains a node types its name.
fn named(world: &World, prefix: &str, number: u32) -> String {
    let drill = world.site.drill();
    if prefix == SICK.0 && drill.is_some_and(|drill| drill.has("lost-gpu")) {
        return format!("a{number}");
    }
    format!("{prefix}{number:02}")
}

/// Is a trouble played?
fn has(world: &World, trouble: &str) -> bool {
    world.site.drill().is_none_or(|drill| drill.has(trouble))
}

/// The board of [`SICK`] that fell off the bus, and how many seconds before the opening.
const LOST: (u32, i64) = (5, 360);

fn precise(world: &World) -> Value {
    json!(world.wall().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string())
}

fn labels(pool: &Pool, name: &str, index: u32) -> Map<String, Value> {
    let zone = format!("eu-west-1{}", ["a", "b", "c"][index as usize % 3]);
    let mut all = vec![
        ("kubernetes.io/hostname", name.to_owned()),
        ("kubernetes.io/os", "linux".to_owned()),
        ("kubernetes.io/arch", "amd64".to_owned()),
        ("node.kubernetes.io/instance-type", pool.machine.to_owned()),
        ("topology.kubernetes.io/zone", zone),
        ("topology.kubernetes.io/region", "eu-west-1".to_owned()),
    ];
    if pool.product.is_empty() {
        all.push(("node-role.kubernetes.io/worker", String::new()));
    } else {
        let sliced = pool.devices.len() > 1;
        let whole = pool.devices[0].1.to_string();
        all.extend([
            ("node-role.kubernetes.io/gpu", String::new()),
            ("nvidia.com/gpu.present", "true".to_owned()),
            ("nvidia.com/gpu.product", pool.product.to_owned()),
            ("nvidia.com/gpu.count", whole),
            ("nvidia.com/gpu.memory", pool.memory.to_string()),
            (
                "nvidia.com/gpu.family",
                if pool.prefix == "gpu-h" {
                    "hopper"
                } else {
                    "ampere"
                }
                .to_owned(),
            ),
            ("nvidia.com/mig.capable", "true".to_owned()),
            ("nvidia.com/mig.strategy", "mixed".to_owned()),
            (
                "nvidia.com/mig.config",
                if sliced {
                    "custom-4-mixed"
                } else {
                    "all-disabled"
                }
                .to_owned(),
            ),
            ("nvidia.com/mig.config.state", "success".to_owned()),
            (
                "nvidia.com/cuda.driver-version.full",
                "570.124.06".to_owned(),
            ),
        ]);
        for (resource, count) in &pool.devices[1..] {
            all.push((slice_label(resource), count.to_string()));
        }
    }
    all.into_iter()
        .map(|(k, v)| (k.to_owned(), json!(v)))
        .collect()
}

fn slice_label(resource: &str) -> &'static str {
    match resource {
        "nvidia.com/mig-1g.10gb" => "nvidia.com/mig-1g.10gb.count",
        _ => "nvidia.com/mig-3g.40gb.count",
    }
}

fn node(pool: &Pool, (name, index): (&str, u32), now: &Value, cordoned: bool) -> Value {
    let mut capacity = json!({"cpu": pool.cpu.to_string(), "memory": format!("{}Gi", pool.gibibytes),
        "ephemeral-storage": "1Ti", "pods": "110"});
    for (resource, count) in pool.devices {
        capacity[*resource] = json!(count.to_string());
    }
    let mut allocatable = capacity.clone();
    allocatable["memory"] = json!(format!("{}Gi", pool.gibibytes - 8));
    let mut spec = json!({"providerID": format!("aws:///eu-west-1/{name}"), "podCIDR": format!("10.244.{index}.0/24")});
    let mut taints = Vec::new();
    if !pool.product.is_empty() {
        taints.push(json!({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}));
    }
    if cordoned {
        spec["unschedulable"] = json!(true);
        taints.push(json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": now}));
    }
    if !taints.is_empty() {
        spec["taints"] = json!(taints);
    }
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels(pool, name, index)},
        "spec": spec, "status": {"capacity": capacity, "allocatable": allocatable,
            "addresses": [{"type": "InternalIP", "address": address(name)}, {"type": "Hostname", "address": name}],
            "conditions": conditions(now), "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {"machineID": name, "systemUUID": name, "bootID": name, "kernelVersion": "6.8.0-1021-aws",
                "osImage": "Ubuntu 24.04.2 LTS", "containerRuntimeVersion": "containerd://2.1.3",
                "kubeletVersion": "v1.36.3", "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64"}}})
}

fn conditions(now: &Value) -> Value {
    let of = |kind: &str, state: &str, reason: &str, message: &str| {
        json!({"type": kind, "status": state, "reason": reason, "message": message,
            "lastHeartbeatTime": now, "lastTransitionTime": now})
    };
    json!([
        of(
            "MemoryPressure",
            "False",
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available"
        ),
        of(
            "DiskPressure",
            "False",
            "KubeletHasNoDiskPressure",
            "kubelet has no disk pressure"
        ),
        of(
            "PIDPressure",
            "False",
            "KubeletHasSufficientPID",
            "kubelet has sufficient PID available"
        ),
        of(
            "Ready",
            "True",
            "KubeletReady",
            "kubelet is posting ready status"
        ),
    ])
}

/// Every node says that it lives, as kubelets do every five minutes.
pub(super) fn heartbeat(world: &mut World) {
    let names: Vec<Name> = {
        let store = world.site.store();
        store
            .list(kind("", "v1", "nodes"), "")
            .map(|o| o.name.clone())
            .collect()
    };
    let now = stamp(world.wall());
    let renewed = precise(world);
    for name in names {
        world.change(kind("", "v1", "nodes"), &name, "kubelet", |node| {
            for condition in node["status"]["conditions"]
                .as_array_mut()
                .into_iter()
                .flatten()
            {
                if text(condition, "/reason").starts_with("Kubelet") {
                    condition["lastHeartbeatTime"] = now.clone();
                }
            }
        });
        let lease = Name::new("kube-node-lease", &name.name);
        world.change(
            kind("coordination.k8s.io", "v1", "leases"),
            &lease,
            "kubelet",
            |lease| {
                lease["spec"]["renewTime"] = renewed.clone();
            },
        );
    }
}
