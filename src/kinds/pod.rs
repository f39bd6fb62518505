//! Pods, with what a failed or stuck step needs to be explained. Pure.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::lenient::{Entries, Int, List, Obj, When};
use super::meta::Meta;
use super::node::{is_accelerator, units};
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, ContainerRow, ContainerState, PodRow};

/// The feed `pods`.
#[derive(Debug, Clone, Copy)]
pub struct Pods;

/// What is read of a pod.
#[derive(Debug, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    spec: Obj<Spec>,
    #[serde(default)]
    status: Obj<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    node_name: Clean,
    init_containers: List<Obj<Container>>,
    containers: List<Obj<Container>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Container {
    name: Clean,
    image: Clean,
    resources: Obj<Resources>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resources {
    limits: Entries<Clean, Clean>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    phase: Clean,
    reason: Clean,
    message: Clean,
    conditions: List<Obj<Condition>>,
    init_container_statuses: List<Obj<ContainerStatus>>,
    container_statuses: List<Obj<ContainerStatus>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Condition {
    r#type: Clean,
    status: Clean,
    message: Clean,
    reason: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContainerStatus {
    name: Clean,
    restart_count: Int,
    state: Obj<State>,
    last_state: Obj<State>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct State {
    waiting: Obj<Detail>,
    running: Obj<IgnoredAny>,
    terminated: Obj<Detail>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Detail {
    reason: Clean,
    message: Clean,
    exit_code: Int,
    finished_at: When,
}

impl Kind for Pods {
    type Slim = Slim;
    type Row = PodRow;
    const SPEC: KindSpec = KindSpec {
        feed: "pods",
        group: "",
        version: "v1",
        plural: "pods",
        kind: "Pod",
        namespaced: true,
        page: 500,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> PodRow {
        let (spec, status) = (slim.spec.or_empty(), slim.status.or_empty());
        let meta = slim.metadata;
        let gpus = gpus(&spec);
        let unscheduled = unscheduled(&status);
        let mut containers = rows(true, spec.init_containers, status.init_container_statuses);
        containers.extend(rows(false, spec.containers, status.container_statuses));
        PodRow {
            key: meta.slim.key(cluster),
            uid: Clean::new(&meta.slim.uid),
            phase: status.phase,
            reason: status.reason,
            message: status.message,
            node: spec.node_name,
            unscheduled,
            run: meta.labels.get("workflows.argoproj.io/workflow"),
            step: meta.annotations.get("workflows.argoproj.io/node-id"),
            containers: containers.into_boxed_slice(),
            gpus,
            labels: meta.all,
            owner: meta.owner,
            created: meta.created.0,
            deleting: meta.deleting.0,
        }
    }
}

/// The rows of one list of containers: those of the spec, in its order, then those only the status knows.
fn rows(
    init: bool,
    spec: List<Obj<Container>>,
    status: List<Obj<ContainerStatus>>,
) -> Vec<ContainerRow> {
    let mut known: Vec<ContainerStatus> = status.0.into_iter().filter_map(|o| o.0).collect();
    let mut found = Vec::with_capacity(spec.len().max(known.len()));
    for container in spec.0.into_iter().filter_map(|o| o.0) {
        let at = known.iter().position(|s| s.name == container.name);
        let state = at.map(|at| known.swap_remove(at)).unwrap_or_default();
        found.push(row(init, container, state));
    }
    for state in known {
        let container = Container {
            name: state.name.clone(),
            ..Container::default()
        };
        found.push(row(init, container, state));
    }
    found
}

fn row(init: bool, container: Container, status: ContainerStatus) -> ContainerRow {
    let now = status.state.or_empty();
    let (state, detail) = if let Some(ended) = now.terminated.0 {
        (ContainerState::Terminated, ended)
    } else if now.running.0.is_some() {
        (ContainerState::Running, Detail::default())
    } else {
        (ContainerState::Waiting, now.waiting.or_empty())
    };
    let ended = state == ContainerState::Terminated;
    let memory = container.resources.get().and_then(|r| {
        let limit = r.limits.0.iter().find(|(name, _)| &**name == "memory");
        limit.map(|(_, amount)| amount.clone())
    });
    let before = status.last_state.or_empty().terminated.or_empty();
    ContainerRow {
        name: container.name,
        init,
        state,
        exit_code: if ended { detail.exit_code.code() } else { None },
        ended: detail.finished_at.0.or(before.finished_at.0),
        reason: detail.reason,
        message: detail.message,
        restarts: status.restart_count.count(),
        last_reason: before.reason,
        memory_limit: memory.unwrap_or_default(),
        image: container.image,
    }
}

/// What the scheduler says while it finds no node.
fn unscheduled(status: &Status) -> Clean {
    status
        .conditions
        .iter()
        .filter_map(Obj::get)
        .find(|c| &*c.r#type == "PodScheduled" && &*c.status == "False")
        .map(|c| {
            if c.message.is_empty() {
                c.reason.clone()
            } else {
                c.message.clone()
            }
        })
        .unwrap_or_default()
}

/// Accelerators of all containers together: `2 nvidia.com/gpu`.
fn gpus(spec: &Spec) -> Clean {
    let mut sums: Vec<(&Clean, u32)> = Vec::new();
    for container in spec.containers.iter().filter_map(Obj::get) {
        let limits = container.resources.get().map_or(&[][..], |r| &r.limits.0);
        for (name, amount) in limits.iter().filter(|(name, _)| is_accelerator(name)) {
            match sums.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum = sum.saturating_add(units(amount)),
                None => sums.push((name, units(amount))),
            }
        }
    }
    if sums.is_empty() {
        return Clean::default();
    }
    let words: Vec<String> = sums.iter().map(|(name, n)| format!("{n} {name}")).collect();
    Clean::new(&words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: serde_json::Value) -> PodRow {
        Pods::row(&ClusterId::new("c"), serde_json::from_value(json).unwrap())
    }

    #[test]
    fn a_killed_container_tells_its_limit_reason_and_code() {
        let row = row(serde_json::json!({
            "metadata": {"name": "train-1", "namespace": "ml", "uid": "u",
                "labels": {"workflows.argoproj.io/workflow": "train"},
                "annotations": {"workflows.argoproj.io/node-id": "train-118"}},
            "spec": {"nodeName": "gpu-17",
                "initContainers": [{"name": "init", "image": "i"}],
                "containers": [
                    {"name": "wait", "image": "w"},
                    {"name": "main", "image": "m", "resources": {"limits": {"memory": "64Gi", "nvidia.com/gpu": "2"}}}]},
            "status": {"phase": "Failed", "containerStatuses": [
                {"name": "main", "restartCount": 1, "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
                 "lastState": {"terminated": {"reason": "Error", "exitCode": 1}}},
                {"name": "wait", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}]}
        }));
        let names: Vec<_> = row.containers.iter().map(|c| (&*c.name, c.init)).collect();
        assert_eq!(names, [("init", true), ("wait", false), ("main", false)]);
        let main = &row.containers[2];
        assert_eq!((&*main.reason, main.exit_code), ("OOMKilled", Some(137)));
        assert_eq!(
            (&*main.memory_limit, &*main.last_reason, main.restarts),
            ("64Gi", "Error", 1)
        );
        assert_eq!(
            (&*row.run, &*row.step, &*row.gpus),
            ("train", "train-118", "2 nvidia.com/gpu")
        );
    }

    #[test]
    fn a_pod_without_a_node_repeats_the_scheduler() {
        let row = row(serde_json::json!({
            "metadata": {"name": "p", "namespace": "ml"},
            "spec": {"containers": [{"name": "main"}]},
            "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
                "reason": "Unschedulable", "message": "0/20 nodes are available: 20 Insufficient nvidia.com/gpu."}]}
        }));
        assert_eq!(
            &*row.unscheduled,
            "0/20 nodes are available: 20 Insufficient nvidia.com/gpu."
        );
        assert_eq!(row.containers[0].state, ContainerState::Waiting);
    }
}
