//! What the scheduler's message means. Pure. Source: kube-scheduler, pkg/scheduler/framework/types.go (`FitError`), and
//! the plugins' own words.

/// A part of the message that tells of so many nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause<'a> {
    /// How many nodes.
    pub nodes: u32,
    /// What is the matter with them.
    pub what: &'a str,
}

/// The parts of `0/20 nodes are available: 3 Insufficient nvidia.com/gpu, 1 node(s) were unschedulable. preemption: …`.
#[must_use]
pub fn clauses(message: &str) -> Vec<Clause<'_>> {
    let Some((_, rest)) = message.split_once("nodes are available:") else {
        return Vec::new();
    };
    let rest = rest.split(" preemption:").next().unwrap_or(rest);
    let mut parts = Vec::new();
    let mut depth = 0_u32;
    let mut begin = 0;
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.extend(rest.get(begin..at));
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(rest.get(begin..));
    parts
        .into_iter()
        .filter_map(|part| {
            let (count, what) = part.trim().trim_end_matches('.').split_once(' ')?;
            let nodes = count.parse().ok()?;
            Some(Clause { nodes, what })
        })
        .collect()
}

/// Something before or beside the search for a node keeps a pod waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Gates stand before scheduling.
    Gated,
    /// Its group is not complete.
    Gang,
    /// A volume claim is missing or not bound.
    Volume,
    /// A quota.
    Quota,
}

/// What the message says besides nodes.
#[must_use]
pub fn beside(message: &str) -> Option<Beside> {
    let low = message.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| low.contains(w));
    if has(&["scheduling gates", "schedulinggated"]) {
        Some(Beside::Gated)
    } else if has(&["exceeded quota"]) {
        Some(Beside::Quota)
    } else if has(&[
        "persistentvolumeclaim",
        "volume binding",
        "volume node affinity",
    ]) {
        Some(Beside::Volume)
    } else if has(&["podgroup", "pod group", "gang", "minmember", "min member"]) {
        Some(Beside::Gang)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_the_scheduler_is_read_by_its_parts() {
        let message = "0/20 nodes are available: 1 node(s) were unschedulable, 3 Insufficient nvidia.com/mig-1g.10gb, \
            7 node(s) had untolerated taint {nvidia.com/gpu: a, b}. preemption: 0/20 nodes are available: 20 No preemption.";
        let read = clauses(message);
        let read: Vec<_> = read.iter().map(|c| (c.nodes, c.what)).collect();
        assert_eq!(
            read,
            [
                (1, "node(s) were unschedulable"),
                (3, "Insufficient nvidia.com/mig-1g.10gb"),
                (7, "node(s) had untolerated taint {nvidia.com/gpu: a, b}"),
            ]
        );
        assert!(clauses("no nodes available").is_empty());
        assert!(clauses("").is_empty());
    }

    #[test]
    fn gates_gangs_quotas_and_volumes_are_no_matter_of_nodes() {
        for (message, what) in [
            (
                "Scheduling is blocked due to non-empty scheduling gates",
                Beside::Gated,
            ),
            (
                "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
                Beside::Volume,
            ),
            ("persistentvolumeclaim \"data\" not found", Beside::Volume),
            (
                "optimistic rejection in PreFilter: PodGroup ml/x is not ready",
                Beside::Gang,
            ),
            (
                "pods \"x\" is forbidden: exceeded quota: gpus",
                Beside::Quota,
            ),
        ] {
            assert_eq!(beside(message), Some(what), "{message}");
        }
        assert_eq!(beside("0/3 nodes are available: 3 Insufficient cpu."), None);
    }
}
