//! Pods that no node takes, by namespace and what they ask for, and pods that start again and again. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Find, believed, doublings, seconds};
use crate::app::inspect::subject;
use crate::app::lists::pod_word;
use crate::app::screen::Ctx;
use crate::domain::{Clean, ClusterId, FindingRow, Key, Need, PodRow};

/// A pod is placed in a moment, or waits: seconds after which it is told.
const PATIENCE: u64 = 120;

/// Reasons for which a kubelet tries again and again.
const AGAIN: &[&str] = &[
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
];

/// Pods of one namespace that ask for the same.
type Line<'a> = (&'a ClusterId, &'a Clean, &'a Clean);

pub(super) fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    let mut lines: BTreeMap<Line<'_>, Vec<&Arc<PodRow>>> = BTreeMap::new();
    let mut found = Vec::new();
    for pod in believed::<PodRow>(ctx).filter(|pod| pod.deleting.is_none()) {
        let waits = &*pod.phase == "Pending" && !pod.unscheduled.is_empty();
        if waits && seconds(pod.created, ctx.now) >= PATIENCE {
            let line = (&pod.key.cluster, &pod.key.namespace, &pod.gpus);
            lines.entry(line).or_default().push(pod);
        }
        // the pod of a step is told of by its run
        if pod.run.is_empty() && again(pod) {
            found.push(restarting(pod));
        }
    }
    found.extend(lines.values_mut().filter_map(|line| pending(line, ctx)));
    found
}

fn again(pod: &PodRow) -> bool {
    pod.containers.iter().any(|c| AGAIN.contains(&&*c.reason))
}

fn restarting(pod: &PodRow) -> FindingRow {
    let restarts: u32 = pod.containers.iter().map(|c| c.restarts).sum();
    let mut last = pod.containers.iter().map(|c| &c.last_reason);
    let last = last.find(|reason| !reason.is_empty());
    let restarts = match restarts {
        0 => String::new(),
        1 => "1 restart".to_owned(),
        many => format!("{many} restarts"),
    };
    Find::new("restarting-pod", Need::Failed, &pod.key)
        .says(&format!("does not start: {}", pod_word(pod)))
        .because("restarts", &restarts)
        .because("last end", last.map_or("", |reason| reason))
        .because("node", &pod.node)
        .subject(subject("pods", &pod.key, &pod.uid))
        .within(u64::from(u32::MAX))
        .since(pod.created)
        .done()
}

fn pending(line: &mut [&Arc<PodRow>], ctx: &Ctx<'_>) -> Option<FindingRow> {
    line.sort_by_key(|pod| (pod.created, &pod.key));
    let first = line.first()?;
    let wants = first.gpus.replace("nvidia.com/", "");
    let (what, each) = match line.len() {
        1 => (first.key.name.to_string(), ""),
        many => (format!("{many} pods"), " each"),
    };
    let asks = if wants.is_empty() {
        String::new()
    } else {
        format!(", they want {wants}{each}").replace(
            "they want",
            match line.len() {
                1 => "it wants",
                _ => "they want",
            },
        )
    };
    let mut runs: Vec<&str> = line.iter().map(|pod| &*pod.run).collect();
    runs.retain(|run| !run.is_empty());
    runs.dedup();
    let age = seconds(first.created, ctx.now);
    let about = Key {
        name: Clean::new(&format!("{} {wants}", first.key.namespace)),
        ..first.key.clone()
    };
    let mut find = Find::new("pending-pods", Need::Waiting, &about)
        .what(&what)
        .says(&format!(
            "no node takes {}{asks}",
            if line.len() == 1 { "it" } else { "them" }
        ))
        .because("scheduler", &first.unscheduled)
        .because("runs", &runs.join(", "))
        .within(u64::from(u32::MAX).saturating_sub(age))
        .grade(doublings(line.len() as u64))
        .since(first.created);
    let one = subject("pods", &first.key, &first.uid);
    find = if line.len() == 1 {
        find.subject(one)
    } else {
        find.example(one)
    };
    Some(find.done())
}
