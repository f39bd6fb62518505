//! What folded nodes know goes to the step that stands for them: driver and executor to their KFP task, items to
//! their step group. Pure.

use jiff::Timestamp;

use super::names;
use super::node::Node;
use super::steps::{Making, is_hook, step};
use crate::domain::{Clean, Phase, Step, StepKind};

/// Inputs and outputs of a KFP task that carry its plumbing, not its values.
const PLUMBING: [&str; 10] = [
    "pod-spec-patch",
    "cached-decision",
    "component",
    "task",
    "container",
    "parent-dag-id",
    "iteration-index",
    "iteration-count",
    "kubernetes-config",
    "driver-type",
];

/// Gives a step what its folded nodes know.
pub(super) fn merge(making: &Making<'_>, at: usize, step: &mut Step) {
    let node = |at: &usize| making.index.node(*at);
    step_group(making, at, step);
    if making.plan.loops.contains(&at) {
        step.kind = StepKind::FanOut;
    }
    if let Some(rest) = step.label.strip_prefix("iteration-iterations") {
        let number = names::item(&step.label).map(|(_, n)| n);
        step.label = match number {
            Some(n) => Clean::new(&format!("iteration {n}")),
            None => Clean::new(&format!("iterations{rest}")),
        };
    }
    if names::is_kfp_driver(&step.template) && making.plan.host(at).is_none() {
        lone_driver(step);
    }
    if let Some(executor) = making.plan.executors.get(&at).and_then(node) {
        let own = step_of(making, executor);
        executed(step, own);
    }
    // a task answered by the cache has no executor, and is a task all the same
    if names::is_kfp_task(&step.template) && step.kind == StepKind::Group {
        step.kind = StepKind::Task;
    }
    if let Some(driver) = making.plan.drivers.get(&at).and_then(node) {
        let cached = driver
            .output("cached-decision")
            .is_some_and(|v| &**v == "true");
        driven(step, step_of(making, driver), cached);
    }
    if names::is_kfp_task(&step.template) {
        step.inputs.retain(|p| !PLUMBING.contains(&p.name.as_str()));
        step.outputs
            .retain(|p| !PLUMBING.contains(&p.name.as_str()));
    }
}

fn step_of(making: &Making<'_>, node: &Node) -> Step {
    let at = making.index.id(&node.key).unwrap_or(usize::MAX);
    step(making, at, node)
}

/// A step group whose steps are all items of one fan-out is that fan-out; others say how many run side by side.
fn step_group(making: &Making<'_>, at: usize, step: &mut Step) {
    if &*step.engine_kind != "StepGroup" {
        return;
    }
    let mut bases: Vec<&str> = Vec::new();
    let mut plain = 0_usize;
    for child in making.index.edges(at) {
        let held = making.parent.get(child).copied().flatten() == Some(at);
        let Some(node) = making.index.node(child).filter(|n| held && !is_hook(n)) else {
            continue;
        };
        match names::item(&node.display_name) {
            Some((base, _)) if bases.contains(&base) => {}
            Some((base, _)) if bases.len() < 32 => bases.push(base),
            _ => plain += 1,
        }
    }
    match (bases.as_slice(), plain) {
        ([base], 0) => {
            step.kind = StepKind::FanOut;
            step.label = Clean::new(base);
        }
        ([], 0) => {}
        (bases, plain) => {
            step.label = Clean::new(&format!(
                "{} {} side by side",
                step.label,
                bases.len() + plain
            ));
        }
    }
}

/// A driver whose task is not there yet: the task, still resolving its inputs.
fn lone_driver(step: &mut Step) {
    if let Some(task) = step.label.strip_suffix("-driver") {
        step.label = Clean::new(task);
        if step.phase == Phase::Succeeded {
            step.phase = Phase::Pending;
        }
    }
}

fn executed(step: &mut Step, own: Step) {
    step.kind = if own.kind == StepKind::Retry {
        StepKind::Retry
    } else {
        StepKind::Task
    };
    step.pod = own.pod;
    step.host = own.host;
    step.exit_code = own.exit_code;
    step.progress = own.progress.or(step.progress);
    step.lock = own.lock;
    if !own.message.is_empty() && (step.message.is_empty() || own.phase.is_bad()) {
        step.message = own.message;
    }
    step.outputs.extend(own.outputs);
    step.artifacts_in.extend(own.artifacts_in);
    step.artifacts_out.extend(own.artifacts_out);
}

fn driven(step: &mut Step, driver: Step, cached: bool) {
    step.started = earlier(step.started, driver.started);
    step.cached |= cached;
    if driver.phase.is_bad() {
        step.kind = StepKind::Task;
        step.phase = driver.phase;
        step.message = Clean::new(&format!("driver: {}", driver.message));
        step.pod = driver.pod;
        step.host = driver.host;
        step.exit_code = driver.exit_code;
        step.finished = driver.finished;
    } else if cached && step.phase == Phase::Succeeded {
        // what the executor says when it is skipped ("when … evaluated false") is plumbing
        step.message = Clean::default();
    }
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
