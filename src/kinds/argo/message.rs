//! What the controller means by a node's message. Pure; used by the last word of a run and by the root cause.
//!
//! Source of the wordings: `inferFailedReason`, `getPendingReason`, `applyExecutionControl` and
//! `failNodesWithoutCreatedPodsAfterDeadlineOrShutdown` of the controller (3.7), the kubelet's eviction and deadline
//! messages, the scheduler's `FitError`.

/// A message, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said<'a> {
    /// A container ended: `main: OOMKilled (exit code 137)`, `init: Error (exit code 1): no such key`.
    Exit {
        /// Which container.
        container: &'a str,
        /// The kubelet's reason, `Error` for most.
        reason: &'a str,
        /// Its exit code.
        code: i32,
        /// What it or the executor said.
        text: &'a str,
    },
    /// The pod failed before a container ran, or waits and cannot start: `ImagePullBackOff: Back-off pulling …`.
    NotStarted {
        /// The kubelet's reason.
        reason: &'a str,
        /// What the kubelet says.
        text: &'a str,
    },
    /// No node fits.
    Unschedulable(&'a str),
    /// Out of time: the step's, the pod's or the workflow's deadline.
    Deadline(&'a str),
    /// Stopped by a shutdown; the strategy.
    Stopped(&'a str),
    /// The pod vanished.
    PodGone(&'a str),
    /// The kubelet put the pod out.
    Evicted(&'a str),
    /// Waits for a mutex or semaphore; its name.
    Lock(&'a str),
    /// Nothing known.
    Other(&'a str),
}

const DEADLINES: [&str; 5] = [
    "Step exceeded its deadline",
    "Pod was active on the node longer than the specified deadline",
    "retry exceeded workflow deadline",
    "Max duration limit exceeded",
    "Backoff would exceed max duration limit",
];

const EVICTIONS: [&str; 6] = [
    "The node was low on resource",
    "The node had condition",
    "Pod ephemeral local storage usage exceeds",
    "Usage of EmptyDir volume",
    "exceeded its local ephemeral storage limit",
    "Preempted in order to admit critical pod",
];

const NOT_STARTED: [&str; 12] = [
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "CrashLoopBackOff",
    "ContainerCreating",
    "PodInitializing",
];

/// Understands a node's message.
#[must_use]
pub fn understand(message: &str) -> Said<'_> {
    if let Some(exit) = exit(message) {
        return exit;
    }
    if let Some((_, after)) = message
        .strip_prefix("Pod failed before ")
        .and_then(|rest| rest.split_once(" container starts due to "))
    {
        let (reason, text) = after.split_once(": ").unwrap_or((after, ""));
        return Said::NotStarted { reason, text };
    }
    if let Some(rest) = message.strip_prefix("Unschedulable") {
        return Said::Unschedulable(rest.trim_start_matches([':', ' ']));
    }
    if message.contains(" nodes are available: ") {
        return Said::Unschedulable(message);
    }
    if let Some(strategy) = message
        .strip_prefix("Stopped with strategy ")
        .or_else(|| message.strip_prefix("workflow shutdown with strategy:"))
    {
        return Said::Stopped(strategy.trim_matches([' ', '\'']));
    }
    if matches!(message, "pod deleted" | "container deleted")
        || message.starts_with("can't find failed message for pod")
        || message.starts_with("pod failed: ")
    {
        return Said::PodGone(message);
    }
    if let Some(lock) = message
        .strip_prefix("Waiting for ")
        .and_then(|rest| rest.split_once(" lock"))
    {
        return Said::Lock(lock.0);
    }
    understand_kubelet(message)
}

fn understand_kubelet(message: &str) -> Said<'_> {
    if DEADLINES.iter().any(|d| message.starts_with(d)) {
        return Said::Deadline(message);
    }
    if EVICTIONS.iter().any(|e| message.contains(e)) {
        return Said::Evicted(message);
    }
    let (reason, text) = message.split_once(": ").unwrap_or((message, ""));
    if NOT_STARTED.contains(&reason) {
        return Said::NotStarted { reason, text };
    }
    Said::Other(message)
}

/// `container: Reason (exit code N)` with an optional `: text`.
fn exit(message: &str) -> Option<Said<'_>> {
    let (before, after) = message.split_once(" (exit code ")?;
    let (code, rest) = after.split_once(')')?;
    let (container, reason) = before.split_once(": ").unwrap_or(("", before));
    Some(Said::Exit {
        container,
        reason,
        code: code.parse().ok()?,
        text: rest.strip_prefix(": ").unwrap_or(rest).trim(),
    })
}

/// The message in a few words for a list: `OOMKilled (137)`, `exit 1`, `no node fits: nvidia.com/gpu`.
#[must_use]
pub fn short(message: &str, exit_code: Option<i32>) -> String {
    match understand(message) {
        Said::Exit {
            container,
            reason,
            code,
            ..
        } => {
            let what = if reason == "Error" || reason.is_empty() {
                format!("exit {code}")
            } else {
                format!("{reason} ({code})")
            };
            if matches!(container, "main" | "") {
                what
            } else {
                format!("{container} {what}")
            }
        }
        Said::NotStarted { reason, .. } => reason.to_owned(),
        Said::Unschedulable(text) => match missing(text) {
            Some(what) => format!("no node fits: {what}"),
            None => "no node fits".to_owned(),
        },
        Said::Deadline(_) => "out of time".to_owned(),
        Said::Stopped(strategy) if strategy.eq_ignore_ascii_case("terminate") => {
            "terminated".to_owned()
        }
        Said::Stopped(_) => "stopped".to_owned(),
        Said::PodGone(text) if text.contains("deleted") => "pod deleted".to_owned(),
        Said::PodGone(_) => "pod lost".to_owned(),
        Said::Evicted(text) => match text.split_once("low on resource: ").map(|(_, r)| r) {
            Some(rest) => format!("evicted: {}", first_word(rest)),
            None => "evicted".to_owned(),
        },
        Said::Lock(name) => format!("waits for lock {name}"),
        Said::Other("") => exit_code.map_or_else(String::new, |code| format!("exit {code}")),
        Said::Other(text) => cut(text, 100),
    }
}

fn first_word(text: &str) -> &str {
    text.split([',', ' ', '.']).next().unwrap_or(text)
}

/// At most `chars` characters, with `…` where more was.
#[must_use]
pub fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// What is missing on most nodes, from the scheduler's `0/20 nodes are available: 3 Insufficient cpu, 20
/// Insufficient nvidia.com/gpu. preemption: …`: `nvidia.com/gpu`. A missing resource goes before other reasons.
#[must_use]
pub fn missing(text: &str) -> Option<String> {
    reasons(text).into_iter().next().map(|(_, reason)| reason)
}

/// Why nodes do not fit, with how many nodes each: missing resources first, then by number of nodes.
#[must_use]
pub fn reasons(text: &str) -> Vec<(u32, String)> {
    let Some((_, list)) = text.split_once("available: ") else {
        return Vec::new();
    };
    // the list ends at a full stop before a space; resource names hold full stops too
    let list = list.split_once(". ").map_or(list, |(list, _)| list);
    let mut found: Vec<(bool, u32, String)> = list
        .trim_end_matches('.')
        .split(", ")
        .filter_map(|part| {
            let (count, reason) = part.trim().split_once(' ')?;
            let count = count.parse().ok()?;
            let resource = reason.strip_prefix("Insufficient ");
            let reason = resource
                .or_else(|| reason.strip_prefix("node(s) "))
                .unwrap_or(reason);
            Some((resource.is_none(), count, reason.to_owned()))
        })
        .collect();
    found.sort_by(|a, b| (a.0, b.1, &a.2).cmp(&(b.0, a.1, &b.2)));
    found
        .into_iter()
        .map(|(_, count, reason)| (count, reason))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_the_controller_read_in_a_few_words() {
        let cases = [
            ("main: OOMKilled (exit code 137)", "OOMKilled (137)"),
            ("main: Error (exit code 1)", "exit 1"),
            ("Error (exit code 1)", "exit 1"),
            (
                "wait: Error (exit code 64): failed to put file: no such bucket",
                "wait exit 64",
            ),
            (
                "Pod failed before main container starts due to ImagePullBackOff: Back-off pulling image \"x:y\"",
                "ImagePullBackOff",
            ),
            ("ErrImagePull: manifest unknown", "ErrImagePull"),
            (
                "Unschedulable: 0/20 nodes are available: 3 Insufficient cpu, 20 Insufficient nvidia.com/gpu. preemption: 0/20 nodes are available: 20 No preemption victims found for incoming pod.",
                "no node fits: nvidia.com/gpu",
            ),
            (
                "Unschedulable: 0/3 nodes are available: 1 node(s) had untolerated taint {nvidia.com/gpu: }, 2 node(s) didn't match Pod's node affinity/selector.",
                "no node fits: didn't match Pod's node affinity/selector",
            ),
            (
                "Pod was active on the node longer than the specified deadline",
                "out of time",
            ),
            ("Step exceeded its deadline", "out of time"),
            ("Stopped with strategy 'Stop'", "stopped"),
            ("workflow shutdown with strategy:  Terminate", "terminated"),
            ("pod deleted", "pod deleted"),
            (
                "pod failed: neither main nor wait container completed successfully",
                "pod lost",
            ),
            (
                "The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Mi. Container main was using 63Gi.",
                "evicted: memory",
            ),
            (
                "Waiting for ml/Mutex/registry lock. Lock status: 0/1",
                "waits for lock ml/Mutex/registry",
            ),
            ("No more retries left", "No more retries left"),
        ];
        for (message, words) in cases {
            assert_eq!(short(message, None), words, "{message}");
        }
        assert_eq!(short("", Some(3)), "exit 3");
    }

    #[test]
    fn the_text_behind_an_exit_code_is_kept() {
        assert_eq!(
            understand("main: Error (exit code 2): bad (very) input"),
            Said::Exit {
                container: "main",
                reason: "Error",
                code: 2,
                text: "bad (very) input"
            }
        );
        assert_eq!(
            understand("x (exit code many)"),
            Said::Other("x (exit code many)")
        );
    }
}
