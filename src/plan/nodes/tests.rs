//! A node as the API server has it, and plans for it.

use serde_json::{Value, json};

use crate::plan::{Beside, Cluster, Given, Params, Plan, Refused, Sight, action};

/// A node with eight whole GPUs that is well.
pub(in crate::plan) fn node() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "gpu-1", "uid": "u-1", "resourceVersion": "7", "labels": {
            "nvidia.com/gpu.present": "true", "nvidia.com/mig.capable": "true", "nvidia.com/mig.strategy": "mixed",
            "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB", "nvidia.com/gpu.memory": "81920", "nvidia.com/gpu.count": "8",
            "nvidia.com/mig.config": "all-disabled", "nvidia.com/mig.config.state": "success"}},
        "spec": {},
        "status": {"conditions": [{"type": "Ready", "status": "True"}],
            "capacity": {"nvidia.com/gpu": "8"}, "allocatable": {"nvidia.com/gpu": "8"}},
    })
}

/// A plan for a node; `seen` are other objects, by path.
pub(in crate::plan) fn planned(
    name: &str,
    node: &Value,
    params: &[(&str, &str)],
) -> Result<Plan, Refused> {
    planned_with(name, node, params, Vec::new())
}

/// The same, with other objects that are seen, by path.
pub(in crate::plan) fn planned_with(
    name: &str,
    node: &Value,
    params: &[(&str, &str)],
    seen: Vec<(String, Sight)>,
) -> Result<Plan, Refused> {
    let action = action(name).unwrap();
    let owned = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
    let given: Vec<(String, String)> = params.iter().map(owned).collect();
    let params = Params::parse(action.spec(), &given).unwrap();
    let beside = Beside::new(seen);
    action.plan(&Given {
        object: node,
        params: &params,
        now: "2026-11-21T03:00:00Z".parse().unwrap(),
        cluster: &Cluster::default(),
        namespace: "",
        suffix: "x7k2p",
        beside: &beside,
    })
}
