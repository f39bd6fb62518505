//! Causes that keep a step from starting or getting on: scheduler, image, container, lock, node. Pure.

use super::clues::Clues;
use crate::domain::{Cause, CauseKind, ContainerRow, ContainerState};
use crate::kinds::argo::message::{Said, reasons};

/// What keeps a container's image away.
const IMAGE: [&str; 6] = [
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
];

/// Ends of a container that never ran.
const NEVER_RAN: [&str; 2] = ["ContainerCannotRun", "StartError"];

/// Waiting that is part of every start.
const STARTING: [&str; 3] = ["ContainerCreating", "PodInitializing", ""];

/// A step at work on a node that does not answer.
pub(super) fn node_down(clues: &Clues<'_>) -> Option<Cause> {
    let node = clues.node.filter(|n| n.ready != Some(true))?;
    let why = if node.trouble.is_empty() {
        "not ready"
    } else {
        node.trouble.as_str()
    };
    Some(clues.cause(
        CauseKind::NodeGone,
        format!("its node {} is not well: {why}", node.key.name),
        vec![clues.node_state()],
    ))
}

pub(super) fn not_started(clues: &Clues<'_>) -> Option<Cause> {
    let waiting = |c: &ContainerRow| {
        c.state == ContainerState::Waiting && !STARTING.contains(&c.reason.as_str())
    };
    let container = clues.container(waiting);
    let (reason, text) = match (container, &clues.said) {
        (Some(c), _) => (c.reason.as_str(), c.message.as_str()),
        (None, Said::NotStarted { reason, text }) if !STARTING.contains(reason) => (*reason, *text),
        (
            None,
            Said::Exit {
                container,
                reason,
                text,
                ..
            },
        ) if *container == "init" || NEVER_RAN.contains(reason) => (*reason, *text),
        _ => return None,
    };
    let evidence = vec![
        container.and_then(|c| clues.waiting(c)),
        clues.message(),
        clues.exit(),
    ];
    let text = if text.is_empty() {
        String::new()
    } else {
        format!(": {text}")
    };
    if IMAGE.contains(&reason) {
        let image = container
            .map(|c| c.image.as_str())
            .filter(|i| !i.is_empty());
        let image = image.map(|i| format!(" {i}")).unwrap_or_default();
        let sentence = format!("the image{image} cannot be pulled ({reason}){text}");
        return Some(clues.cause(CauseKind::Image, sentence, evidence));
    }
    let name = match (container, &clues.said) {
        (Some(c), _) => c.name.as_str(),
        (None, Said::Exit { container, .. }) => container,
        _ => "container",
    };
    let sentence = format!("{name} could not be started ({reason}){text}");
    Some(clues.cause(CauseKind::Start, sentence, evidence))
}

pub(super) fn unschedulable(clues: &Clues<'_>) -> Option<Cause> {
    let by_pod = clues
        .pod
        .map(|p| p.unscheduled.as_str())
        .filter(|t| !t.is_empty());
    let text = match (by_pod, &clues.said) {
        (Some(text), _) => text,
        (None, Said::Unschedulable(text)) => text,
        _ => return None,
    };
    let all = text
        .split_once(" nodes are available")
        .and_then(|(n, _)| n.rsplit('/').next());
    let why: Vec<String> = reasons(text)
        .into_iter()
        .map(|(count, reason)| {
            let of = all.map(|all| format!(" of {all}")).unwrap_or_default();
            if reason.contains(' ') {
                format!("{count}{of} {reason}")
            } else {
                format!("{count}{of} have no {reason} left")
            }
        })
        .collect();
    let asks = clues.pod.map(|p| p.gpus.as_str()).filter(|g| !g.is_empty());
    let asks = asks.map(|g| format!(" (asks for {g})")).unwrap_or_default();
    let why = if why.is_empty() {
        text.to_owned()
    } else {
        why.join(", ")
    };
    let sentence = format!("no node fits{asks}: {why}");
    Some(clues.cause(
        CauseKind::Unschedulable,
        sentence,
        vec![clues.scheduler(), clues.message()],
    ))
}

pub(super) fn lock(clues: &Clues<'_>) -> Option<Cause> {
    let name = match clues.said {
        Said::Lock(name) => name,
        _ if !clues.step.lock.is_empty() && clues.step.phase.is_active() => &clues.step.lock,
        _ => return None,
    };
    let sentence = format!("waits for lock {name}, which others hold");
    Some(clues.cause(
        CauseKind::Lock,
        sentence,
        vec![clues.message(), clues.waiting_lock()],
    ))
}
