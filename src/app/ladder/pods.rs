//! What is asked of pods, whoever they work for. Pure.

use std::sync::Arc;

use super::Rung;
use crate::app::inspect::subject;
use crate::app::screen::Ctx;
use crate::domain::{ContainerRow, Key, NodeRow, PodRow, Subject};

/// Reasons of a container whose image does not arrive.
const IMAGE: &[&str] = &[
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "ErrImageNeverPull",
];

/// Reasons of a container that cannot be made.
const START: &[&str] = &[
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "CrashLoopBackOff",
    "StartError",
];

/// Words of a scheduler or kubelet about volumes.
const VOLUME: &[&str] = &["persistentvolumeclaim", "volume"];

/// A pod as a link.
pub(super) fn link(pod: &PodRow) -> Subject {
    subject("pods", &pod.key, &pod.uid)
}

/// The first container, of all pods, that something is said of.
fn first<'a>(
    pods: &[&'a Arc<PodRow>],
    is: impl Fn(&ContainerRow) -> bool,
) -> Option<(&'a PodRow, &'a ContainerRow)> {
    let mut all = pods
        .iter()
        .flat_map(|pod| pod.containers.iter().map(|c| (&***pod, c)));
    all.find(|(_, container)| is(container))
}

fn about(pod: &PodRow, container: &ContainerRow) -> Vec<String> {
    let message = if container.message.is_empty() {
        String::new()
    } else {
        format!("{}: {}", container.reason, container.message)
    };
    vec![
        message,
        format!("pod {}, container {}", pod.key.name, container.name),
    ]
}

/// Do images arrive?
pub(super) fn images(pods: &[&Arc<PodRow>]) -> Rung {
    const ASKS: &str = "Do its images arrive?";
    match first(pods, |c| IMAGE.contains(&&*c.reason)) {
        Some((pod, c)) => Rung::red(ASKS, format!("no: {} for {}", c.reason, c.image))
            .because(about(pod, c))
            .at(link(pod))
            .then("check the name of the image, and the secret that the registry asks for"),
        None => Rung::green(ASKS, "no pull fails"),
    }
}

/// Do containers start and stay up?
pub(super) fn starts(pods: &[&Arc<PodRow>]) -> Rung {
    const ASKS: &str = "Do its containers start, and stay up?";
    let Some((pod, c)) = first(pods, |c| START.contains(&&*c.reason)) else {
        return Rung::green(ASKS, "none waits to be started again");
    };
    let last = match (c.last_reason.is_empty(), c.exit_code) {
        (false, Some(code)) => format!("ended last with {} ({code})", c.last_reason),
        (false, None) => format!("ended last with {}", c.last_reason),
        (true, Some(code)) => format!("exit code {code}"),
        (true, None) => String::new(),
    };
    Rung::red(
        ASKS,
        format!("no: {}, {}", c.reason, restarts(u64::from(c.restarts))),
    )
    .because([last])
    .because(about(pod, c))
    .at(link(pod))
    .then("read its log before the last restart: l, then p")
}

pub(super) fn restarts(count: u64) -> String {
    match count {
        1 => "1 restart".to_owned(),
        n => format!("{n} restarts"),
    }
}

/// Is memory enough?
pub(super) fn memory(pods: &[&Arc<PodRow>]) -> Rung {
    const ASKS: &str = "Is its memory enough?";
    let killed = |c: &ContainerRow| &*c.last_reason == "OOMKilled" || &*c.reason == "OOMKilled";
    let Some((pod, c)) = first(pods, killed) else {
        return Rung::green(ASKS, "none was killed for memory");
    };
    let limit = if c.memory_limit.is_empty() {
        "no limit of its own".to_owned()
    } else {
        format!("limit {}", c.memory_limit)
    };
    Rung::red(
        ASKS,
        format!("no: {} was killed for memory ({limit})", c.name),
    )
    .because([format!(
        "pod {}, {}",
        pod.key.name,
        restarts(u64::from(c.restarts))
    )])
    .at(link(pod))
    .then("give it more memory, or a smaller batch or model")
}

/// Does every pod have a node?
pub(super) fn placed(pods: &[&Arc<PodRow>]) -> Rung {
    const ASKS: &str = "Do its pods have nodes?";
    let waits: Vec<_> = pods
        .iter()
        .filter(|pod| !pod.unscheduled.is_empty())
        .collect();
    match waits.first() {
        Some(pod) => Rung::red(ASKS, format!("no: {} of {}", waits.len(), pods.len()))
            .because([pod.unscheduled.to_string(), format!("pod {}", pod.key.name)])
            .at(link(pod))
            .then("go on with the pod: it has a ladder of its own"),
        None if pods.is_empty() => Rung::unknown(ASKS, "no pod of it is seen"),
        None => Rung::green(ASKS, format!("all {}", pods.len())),
    }
}

/// Are volumes there?
pub(super) fn volumes(pods: &[&Arc<PodRow>]) -> Rung {
    const ASKS: &str = "Are its volumes there?";
    let says = |text: &str| {
        let text = text.to_lowercase();
        VOLUME.iter().any(|word| text.contains(word))
    };
    let troubled = |pod: &&&Arc<PodRow>| says(&pod.unscheduled) || says(&pod.message);
    let waiting = pods.iter().find(troubled);
    let Some(pod) = waiting else {
        return Rung::green(ASKS, "nothing is said against them");
    };
    let text = if says(&pod.unscheduled) {
        &pod.unscheduled
    } else {
        &pod.message
    };
    Rung::red(ASKS, "no: a volume keeps a pod from starting")
        .because([text.to_string(), format!("pod {}", pod.key.name)])
        .at(link(pod))
        .then("is the claim bound, and in the zone of a node that fits?")
}

/// Are the nodes well that pods are on?
pub(super) fn nodes(pods: &[&Arc<PodRow>], ctx: &Ctx<'_>) -> Rung {
    const ASKS: &str = "Are the nodes well that its pods are on?";
    let Some(table) = ctx.world.table::<NodeRow>() else {
        return Rung::unknown(ASKS, "nodes are not known");
    };
    let mut known = 0;
    for pod in pods.iter().filter(|pod| !pod.node.is_empty()) {
        let key = Key::new(pod.key.cluster.clone(), "", &pod.node);
        let Some(node) = table.get(&key) else {
            continue;
        };
        known += 1;
        if node.ready == Some(true) && node.trouble.is_empty() {
            continue;
        }
        let state = match node.ready {
            Some(true) => "is short of something",
            Some(false) => "is not ready",
            None => "is silent",
        };
        return Rung::red(ASKS, format!("no: {} {state}", node.key.name))
            .because([node.trouble.to_string(), format!("pod {}", pod.key.name)])
            .at(subject("nodes", &node.key, &node.uid))
            .then("cordon and drain it, or wait until its kubelet is back");
    }
    match known {
        0 => Rung::unknown(ASKS, "no pod of it is on a node that is known"),
        n => Rung::green(ASKS, format!("those of {n} pods")),
    }
}
