//! From a node to a step, and the merging of folded nodes into the step that stands for them. Pure.

use jiff::Timestamp;

use super::graph::{Context, Index};
use super::kfp::Plan;
use super::merge;
use super::names;
use super::node::{Io, Node};
use super::object;
use crate::domain::{
    Artifact, Clean, Gate, Memo, Parameter, Phase, Progress, Step, StepId, StepKind,
};
use crate::kinds::lenient::Obj;

/// What is needed to make steps.
pub(super) struct Making<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) index: &'a Index<'a>,
    pub(super) parent: &'a [Option<usize>],
    pub(super) plan: &'a Plan,
}

/// Steps, folded nodes with the step they are part of, and the step that each node is found at.
pub(super) fn make(making: &Making<'_>) -> (Vec<Step>, Vec<(StepId, Step)>, Vec<StepId>) {
    let count = making.index.nodes.len();
    let hosts: Vec<usize> = (0..count).map(|at| host(making, at)).collect();
    let mut place = vec![0; count];
    let mut steps = Vec::with_capacity(count);
    for (at, node) in making.index.nodes.iter().enumerate() {
        if hosts.get(at) == Some(&at) {
            if let Some(slot) = place.get_mut(at) {
                *slot = steps.len();
            }
            steps.push(step(making, at, node));
        }
    }
    let mut folded = Vec::new();
    for (at, node) in making.index.nodes.iter().enumerate() {
        let home = hosts.get(at).copied().filter(|host| *host != at);
        if let Some(id) = home.and_then(|host| place.get(host).copied()) {
            if let Some(slot) = place.get_mut(at) {
                *slot = id;
            }
            folded.push((id, step(making, at, node)));
        }
    }
    for (at, host) in hosts.iter().enumerate() {
        if at == *host
            && let Some(step) = place.get(at).and_then(|id| steps.get_mut(*id))
        {
            merge::merge(making, at, step);
        }
    }
    (steps, folded, place)
}

/// The node that stands for a node in the tree; itself when it is not folded, or folded in a circle.
fn host(making: &Making<'_>, node: usize) -> usize {
    let mut at = node;
    for _ in 0..8 {
        match making.plan.host(at) {
            Some(next) => at = next,
            None => return at,
        }
    }
    node
}

fn kind(node: &Node) -> StepKind {
    match &*node.r#type {
        "Steps" | "DAG" | "StepGroup" => StepKind::Group,
        "TaskGroup" => StepKind::FanOut,
        "Retry" => StepKind::Retry,
        "Suspend" => StepKind::Gate,
        "HTTP" | "Plugin" => StepKind::Call,
        "Skipped" if !Phase::from_argo(&node.phase).is_bad() => StepKind::Skipped,
        _ => StepKind::Task,
    }
}

pub(super) fn step(making: &Making<'_>, at: usize, node: &Node) -> Step {
    let kind = kind(node);
    let gate = (kind == StepKind::Gate).then(|| gate(making.context, node));
    let mut phase = Phase::from_argo(&node.phase);
    if phase == Phase::Running && gate.as_ref().is_some_and(|g| !g.timed) {
        phase = Phase::Waiting;
    }
    let (inputs, outputs) = (node.inputs.get(), node.outputs.get());
    let hit = node.memoization_status.get().filter(|m| m.hit.0);
    let cached = hit.is_some();
    Step {
        id: node.key.clone(),
        name: node.name.clone(),
        label: label(node),
        kind,
        engine_kind: node.r#type.clone(),
        phase,
        message: node.message.clone(),
        template: node.template().clone(),
        started: node.started().0,
        finished: ended(making, node),
        attempt: attempt(making, at, node),
        hook: is_hook(node),
        cached,
        memo: hit.map(|m| Memo {
            cache: m.cache_name.clone(),
            key: m.key.clone(),
        }),
        // what the cache answered never had a pod
        pod: if cached {
            Clean::default()
        } else {
            pod(making, node)
        },
        host: node.host_node_name.clone(),
        exit_code: outputs.and_then(|o| o.exit_code.code()),
        progress: Progress::parse(&node.progress),
        inputs: parameters(inputs),
        outputs: parameters(outputs),
        artifacts_in: artifacts(making.context, inputs),
        artifacts_out: artifacts(making.context, outputs),
        gate: gate.map(|g| g.gate),
        lock: node
            .synchronization_status
            .get()
            .map(|s| s.waiting.clone())
            .unwrap_or_default(),
    }
}

/// When a node ended. The controller leaves that open for a pod that ended without its containers (evicted, node
/// lost); then the end of what holds it is the best that is known, or its start: it must not seem to run on.
fn ended(making: &Making<'_>, node: &Node) -> Option<Timestamp> {
    let end = node.finished().0;
    if end.is_some() || !Phase::from_argo(&node.phase).is_final() {
        return end;
    }
    let holder = making
        .index
        .id(&node.boundary_id)
        .and_then(|at| making.index.node(at));
    holder.and_then(|h| h.finished().0).or(node.started().0)
}

fn label(node: &Node) -> Clean {
    if names::is_kfp_executor(node.template())
        && let Some((above, number)) = names::attempt(&node.name)
        && let Some(task) = names::part_above(above)
    {
        return Clean::new(&format!("{task}({number})"));
    }
    if node.display_name.is_empty() {
        Clean::new(names::last_part(&node.name))
    } else {
        node.display_name.clone()
    }
}

/// Under a retry, which attempt a node is.
fn attempt(making: &Making<'_>, at: usize, node: &Node) -> Option<u32> {
    let holder = making.parent.get(at).copied().flatten()?;
    let holder = making
        .index
        .node(holder)
        .filter(|h| &*h.r#type == "Retry")?;
    let (base, number) = names::attempt(&node.name)?;
    (base == &*holder.name).then_some(number)
}

pub(super) fn is_hook(node: &Node) -> bool {
    node.node_flag.get().is_some_and(|f| f.hooked.0)
        || node.name.ends_with(".onExit")
        || node
            .name
            .rsplit_once(".hooks.")
            .is_some_and(|(_, hook)| !hook.contains('.'))
}

fn pod(making: &Making<'_>, node: &Node) -> Clean {
    let context = making.context;
    let name = |node: &Node| {
        if context.pods_by_id {
            node.key.to_string()
        } else {
            names::pod_name(context.workflow, &node.name, node.template())
        }
    };
    match &*node.r#type {
        "Pod" => Clean::new(&name(node)),
        "Container" => making
            .index
            .id(&node.boundary_id)
            .and_then(|at| making.index.node(at))
            .map(|holder| Clean::new(&name(holder)))
            .unwrap_or_default(),
        _ => Clean::default(),
    }
}

struct Opening {
    gate: Gate,
    /// Ends by itself, even when it is not known after how long.
    timed: bool,
}

fn gate(context: &Context<'_>, node: &Node) -> Opening {
    let of = node.template_ref.get().map_or("", |r| r.name.as_str());
    let duration = context.timers.duration(node.template(), of);
    let wanted = node
        .outputs
        .get()
        .map(|o| &*o.parameters)
        .unwrap_or_default();
    Opening {
        timed: duration.is_some(),
        gate: Gate {
            wanted: wanted
                .iter()
                .filter_map(Obj::get)
                .filter(|p| p.is_wanted())
                .map(|p| Parameter {
                    name: p.name.clone(),
                    value: p.default.clone(),
                })
                .collect(),
            seconds: duration.and_then(|d| seconds(d, node)),
        },
    }
}

/// Seconds of a duration, also where it is one of the node's inputs.
fn seconds(duration: &str, node: &Node) -> Option<u64> {
    object::seconds(duration).or_else(|| {
        let inner = duration.strip_prefix("{{")?.strip_suffix("}}")?.trim();
        let name = inner.strip_prefix("inputs.parameters.")?;
        let inputs = node.inputs.get()?;
        let found = inputs
            .parameters
            .iter()
            .filter_map(Obj::get)
            .find(|p| &*p.name == name)?;
        object::seconds(found.value.as_ref().or(found.default.as_ref())?)
    })
}

fn parameters(io: Option<&Io>) -> Vec<Parameter> {
    let Some(io) = io else {
        return Vec::new();
    };
    let mut shown: Vec<Parameter> = io
        .parameters
        .iter()
        .filter_map(Obj::get)
        .map(object::RawParameter::shown)
        .collect();
    if !io.result.is_empty() {
        shown.push(Parameter {
            name: Clean::new("result"),
            value: Some(io.result.clone()),
        });
    }
    shown
}

fn artifacts(context: &Context<'_>, io: Option<&Io>) -> Vec<Artifact> {
    let all = io.map(|io| &*io.artifacts).unwrap_or_default();
    all.iter()
        .filter_map(Obj::get)
        .map(|a| a.shown(context.repository))
        .collect()
}
