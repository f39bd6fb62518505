//! The root cause of a step that failed or cannot start: one sentence, and what it was read from. Pure.
//!
//! Called by the run screen and by findings with whatever rows are at hand; fewer rows mean less evidence, never a
//! wrong claim. The order of the questions matters: what explains more is asked first (a pod evicted for memory has an
//! exit code too).

mod clues;
mod start;

use clues::{Clues, signal};
use start::{lock, node_down, not_started, unschedulable};

use crate::domain::{
    Cause, CauseKind, ContainerRow, ContainerState, NodeRow, PodRow, RunDetail, Step, StepKind,
};
use crate::kinds::argo::message::Said;

/// Why `step` failed, or why it does not get on. `None` for a step with nothing to explain.
///
/// `pod` and `node` are the step's pod and the Kubernetes node it is or was on, as far as they are still known.
#[must_use]
pub fn cause(
    step: &Step,
    pod: Option<&PodRow>,
    node: Option<&NodeRow>,
    run: &RunDetail,
) -> Option<Cause> {
    if step.phase.is_bad() && holds_steps(step) {
        return Some(below(step, pod, node, run));
    }
    let clues = Clues::new(step, pod, node, run);
    if step.phase.is_bad() {
        return Some(failed(&clues));
    }
    if step.phase.is_active() {
        stuck(&clues)
    } else {
        None
    }
}

fn holds_steps(step: &Step) -> bool {
    matches!(
        step.kind,
        StepKind::Group | StepKind::FanOut | StepKind::Retry
    )
}

/// The cause of the failure inside a group, named by its step.
fn below(step: &Step, pod: Option<&PodRow>, node: Option<&NodeRow>, run: &RunDetail) -> Cause {
    let found = run
        .tree
        .find(&step.id)
        .and_then(|id| run.tree.failed_below(id));
    let Some(leaf) = found
        .and_then(|id| run.tree.steps.get(id))
        .filter(|l| l.id != step.id)
    else {
        return failed(&Clues::new(step, pod, node, run));
    };
    let pod = pod.filter(|p| p.step == leaf.id || p.key.name == leaf.pod);
    let node = node.filter(|n| n.key.name == leaf.host);
    let mut cause = failed(&Clues::new(leaf, pod, node, run));
    cause.sentence = format!("{}: {}", leaf.label, cause.sentence).into();
    cause
}

/// The questions about a failed step, in the order of how much an answer explains.
fn failed(clues: &Clues<'_>) -> Cause {
    gate(clues)
        .or_else(|| stopped(clues))
        .or_else(|| evicted(clues))
        .or_else(|| out_of_memory(clues))
        .or_else(|| deadline(clues))
        .or_else(|| gone(clues))
        .or_else(|| not_started(clues))
        .or_else(|| unschedulable(clues))
        .or_else(|| lock(clues))
        .or_else(|| exit_code(clues))
        .unwrap_or_else(|| other(clues))
}

/// The questions about a step that is pending or at work.
fn stuck(clues: &Clues<'_>) -> Option<Cause> {
    unschedulable(clues)
        .or_else(|| lock(clues))
        .or_else(|| not_started(clues))
        .or_else(|| node_down(clues))
}

fn gate(clues: &Clues<'_>) -> Option<Cause> {
    if clues.step.kind != StepKind::Gate {
        return None;
    }
    let label = &clues.step.label;
    let sentence = match clues.said {
        Said::Stopped(_) => return None,
        Said::Deadline(_) => format!("nobody answered gate {label} in time"),
        Said::Other("") => format!("gate {label} was rejected"),
        _ => format!("gate {label} was rejected: {}", clues.step.message),
    };
    Some(clues.cause(CauseKind::Gate, sentence, vec![clues.message()]))
}

fn stopped(clues: &Clues<'_>) -> Option<Cause> {
    let Said::Stopped(strategy) = clues.said else {
        return None;
    };
    let sentence = if clues.run.shutdown.is_empty() {
        format!("stopped with the run ({strategy})")
    } else {
        format!(
            "stopped with the run by a person or a tool (shutdown {})",
            clues.run.shutdown
        )
    };
    Some(clues.cause(
        CauseKind::Stopped,
        sentence,
        vec![clues.message(), clues.shutdown()],
    ))
}

fn evicted(clues: &Clues<'_>) -> Option<Cause> {
    let by_pod = clues.pod.filter(|p| {
        matches!(
            p.reason.as_str(),
            "Evicted" | "Preempting" | "TerminationByKubelet"
        )
    });
    let text = match (by_pod, &clues.said) {
        (Some(pod), _) => pod.message.as_str(),
        (None, Said::Evicted(text)) => text,
        _ => return None,
    };
    let why = match text.split_once("low on resource: ") {
        Some((_, rest)) => {
            let resource = rest.split([',', ' ', '.']).next().unwrap_or(rest);
            format!("the node was low on {resource}")
        }
        None if text.is_empty() => "the kubelet does not say why".to_owned(),
        None => text.trim_end().to_owned(),
    };
    let sentence = format!("evicted{}: {why}", clues.off_node());
    Some(clues.cause(
        CauseKind::Evicted,
        sentence,
        vec![clues.pod_status(), clues.message(), clues.node_trouble()],
    ))
}

fn out_of_memory(clues: &Clues<'_>) -> Option<Cause> {
    let container =
        clues.container(|c| c.state == ContainerState::Terminated && &*c.reason == "OOMKilled");
    let (name, code) = match (container, &clues.said) {
        (Some(c), _) => (c.name.as_str(), c.exit_code),
        (
            None,
            Said::Exit {
                container,
                reason: "OOMKilled",
                code,
                ..
            },
        ) => (*container, Some(*code)),
        _ => return None,
    };
    let name = if name.is_empty() { "main" } else { name };
    let limit = clues
        .container(|c| &*c.name == name)
        .map(|c| c.memory_limit.as_str());
    let limit = match limit {
        Some("") => ", no memory limit set".to_owned(),
        Some(limit) => format!(", memory limit {limit}"),
        None => String::new(),
    };
    let code = code.map(|c| format!(" (exit {c})")).unwrap_or_default();
    Some(clues.cause(
        CauseKind::OutOfMemory,
        format!("{name} was OOMKilled{code}{limit}{}", clues.on_node()),
        vec![
            container.and_then(|c| clues.terminated(c)),
            clues.message(),
            clues.limit(name),
            clues.node_state(),
        ],
    ))
}

fn deadline(clues: &Clues<'_>) -> Option<Cause> {
    let by_pod = clues.pod.is_some_and(|p| &*p.reason == "DeadlineExceeded");
    let text = match clues.said {
        Said::Deadline(text) => text,
        _ if by_pod => "the pod was active for longer than its deadline",
        _ => return None,
    };
    let sentence = match text {
        "Step exceeded its deadline" => "the run was out of time before this step ended".to_owned(),
        "Max duration limit exceeded" | "Backoff would exceed max duration limit" => {
            "the retries were out of time (backoff.maxDuration)".to_owned()
        }
        text if text.starts_with("retry exceeded workflow deadline") => {
            "the run was out of time, so it was not tried again".to_owned()
        }
        _ => "out of time: it ran for longer than its deadline allows".to_owned(),
    };
    Some(clues.cause(
        CauseKind::Deadline,
        sentence,
        vec![clues.message(), clues.pod_status(), clues.exit()],
    ))
}

fn gone(clues: &Clues<'_>) -> Option<Cause> {
    let lost = clues.pod.filter(|p| {
        matches!(
            p.reason.as_str(),
            "NodeLost" | "NodeShutdown" | "Terminated" | "Shutdown"
        )
    });
    let is_gone = matches!(clues.said, Said::PodGone(_));
    if lost.is_none() && !is_gone {
        return None;
    }
    let down = clues.node.is_some_and(|n| n.ready != Some(true));
    let deleted = clues.step.message.contains("deleted");
    let sentence = if down || lost.is_some() {
        let why = clues
            .node
            .map(|n| n.trouble.as_str())
            .filter(|t| !t.is_empty());
        let why = why
            .or(lost.map(|p| p.message.as_str()))
            .filter(|t| !t.is_empty());
        let why = why.map(|w| format!(": {w}")).unwrap_or_default();
        format!("its node{} went away{why}", clues.node_name())
    } else if deleted {
        format!(
            "its pod was deleted while it was at work{}",
            clues.on_node()
        )
    } else {
        format!(
            "its pod{} ended without a word of its containers; the node may have gone",
            clues.on_node()
        )
    };
    Some(clues.cause(
        CauseKind::NodeGone,
        sentence,
        vec![clues.node_state(), clues.pod_status(), clues.message()],
    ))
}

fn exit_code(clues: &Clues<'_>) -> Option<Cause> {
    let ended = |c: &ContainerRow| {
        c.state == ContainerState::Terminated && c.exit_code.is_some_and(|code| code != 0)
    };
    let container = clues.container(ended);
    let (name, code, text) = match (&clues.said, container) {
        (
            Said::Exit {
                container,
                code,
                text,
                ..
            },
            _,
        ) => (*container, *code, *text),
        (_, Some(c)) => (c.name.as_str(), c.exit_code?, c.message.as_str()),
        _ => ("main", clues.step.exit_code.filter(|code| *code != 0)?, ""),
    };
    let name = if name.is_empty() { "main" } else { name };
    let meaning = signal(code).map(|s| format!(" ({s})")).unwrap_or_default();
    let text = if text.is_empty() {
        String::new()
    } else {
        format!(": {text}")
    };
    let sentence = if name == "wait" {
        format!(
            "the step's outputs could not be saved (wait ended with exit code {code}{meaning}){text}"
        )
    } else {
        format!("{name} ended with exit code {code}{meaning}{text}")
    };
    Some(clues.cause(
        CauseKind::ExitCode,
        sentence,
        vec![
            container.and_then(|c| clues.terminated(c)),
            clues.message(),
            clues.exit(),
        ],
    ))
}

fn other(clues: &Clues<'_>) -> Cause {
    let sentence = if clues.step.message.is_empty() {
        "it failed, and neither the workflow nor a pod says why".to_owned()
    } else {
        clues.step.message.trim_end().to_owned()
    };
    clues.cause(
        CauseKind::Other,
        sentence,
        vec![clues.message(), clues.pod_status()],
    )
}

#[cfg(test)]
mod tests;
