//! The nodes of a workflow as its list row needs them: counted as they stream by, none kept. Pure.
//!
//! What is kept is bounded: a mark of eight bytes for each retry, skipped node and finished group, and a handful of
//! candidates for the last word.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::names::{self, mark};
use super::object::{Nodes, Timers};
use super::slim::SlimNode;
use crate::domain::{Phase, Tally};
use crate::kinds::lenient::{Obj, Word, otherwise};

/// Most failures, gates and fan-outs that are kept.
const KEPT: usize = 256;
/// Longest message kept of a candidate, in characters.
const MESSAGE: usize = 400;

/// A step that may be the last word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidate {
    /// What it is called.
    pub label: String,
    /// What the controller says of it.
    pub message: String,
    /// Exit code of its main container.
    pub exit_code: Option<i32>,
    at: String,
    attempt: Option<(u64, u32)>,
    boundary: u64,
    fan: Option<u64>,
}

#[derive(Debug)]
struct Gate {
    label: String,
    template: String,
    of: String,
}

/// A fan-out, counted.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Fan {
    /// What it is called.
    pub label: String,
    /// Items that ended.
    pub done: u32,
    /// Items that ended badly.
    pub failed: u32,
    /// Items known.
    pub total: u32,
}

/// Nodes, being folded.
#[derive(Debug, Default)]
pub struct Fold {
    nodes: u32,
    tally: Tally,
    /// Retries whose attempts are single steps count as one step; groups count for what is in them.
    retries: Vec<(u64, Phase)>,
    retried_groups: Vec<u64>,
    /// Retries and groups that ended well: failures right below them were overcome or allowed.
    overcome: Vec<u64>,
    /// Skipped nodes, and the tasks whose KFP driver failed.
    skipped: Vec<u64>,
    driver_failed: Vec<u64>,
    failed: Vec<Candidate>,
    gates: Vec<Gate>,
    more_gates: u32,
    fans: HashMap<u64, Fan>,
    running: Option<Candidate>,
    pending: Option<Candidate>,
}

/// What became of the nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    /// Nodes seen.
    pub nodes: u32,
    /// Leaves by state.
    pub tally: Tally,
    /// The failure to speak of.
    pub failed: Option<Candidate>,
    /// The first open gate.
    pub gate: Option<String>,
    /// The step at work for longest.
    pub running: Option<Candidate>,
    /// The fan-out it belongs to.
    pub fan: Option<Fan>,
    /// The fan-out that the failure belongs to.
    pub failed_fan: Option<Fan>,
    /// The step that waits to start for longest.
    pub pending: Option<Candidate>,
}

impl Fold {
    /// Takes in one node; `id` is its key in the map.
    pub fn add(&mut self, id: &str, node: &SlimNode<'_>) {
        self.nodes = self.nodes.saturating_add(1);
        let phase = Phase::from_argo(&node.phase);
        self.count_item(node, phase);
        match &*node.r#type {
            "Retry" if names::is_kfp_driver(node.template()) => {
                self.overcome_if_well(&node.name, phase);
                self.add_leaf(node, phase);
            }
            "Retry" => {
                if !names::is_kfp_executor(node.template()) {
                    self.retries.push((mark(&[&node.name]), phase));
                }
                self.overcome_if_well(&node.name, phase);
            }
            "DAG" | "Steps" | "StepGroup" | "TaskGroup" => self.add_group(id, node, phase),
            "Container" => {}
            _ => self.add_leaf(node, phase),
        }
    }

    fn overcome_if_well(&mut self, name: &str, phase: Phase) {
        if phase == Phase::Succeeded {
            self.overcome.push(mark(&[name]));
        }
    }

    fn add_group(&mut self, id: &str, node: &SlimNode<'_>, phase: Phase) {
        if let Some((base, _)) = names::attempt(&node.name) {
            self.retried_groups.push(mark(&[base]));
        }
        if names::is_kfp_task(node.template()) && &*node.r#type == "DAG" {
            self.tally.add(phase);
        }
        self.overcome_if_well(id, phase);
    }

    fn add_leaf(&mut self, node: &SlimNode<'_>, phase: Phase) {
        let template = node.template();
        if &*node.r#type == "Suspend" && phase == Phase::Running {
            self.add_gate(node);
            return;
        }
        let driven = if names::is_kfp_driver(template) {
            let display =
                names::attempt(&node.display_name).map_or(&*node.display_name, |(b, _)| b);
            display.strip_suffix("-driver")
        } else {
            None
        };
        let is_attempt = names::attempt(&node.name).is_some();
        if phase.is_bad()
            && !is_attempt
            && let Some(task) = driven
        {
            let task = if task == "iteration" {
                "iteration-iterations"
            } else {
                task
            };
            self.driver_failed.push(mark(&[&node.boundary_id, task]));
        }
        let counted = match driven {
            Some(_) => !matches!(phase, Phase::Succeeded | Phase::Skipped | Phase::Omitted),
            None => !names::is_kfp_executor(template),
        };
        if counted && !is_attempt {
            self.tally.add(phase);
            if &*node.r#type == "Skipped" && !phase.is_bad() {
                self.skipped
                    .push(mark(&[&node.boundary_id, &node.display_name]));
            }
        }
        self.consider(node, phase);
    }

    fn add_gate(&mut self, node: &SlimNode<'_>) {
        if self.gates.len() >= KEPT {
            self.more_gates = self.more_gates.saturating_add(1);
            return;
        }
        self.gates.push(Gate {
            label: names::spoken(&node.display_name, &node.name, "").to_owned(),
            template: node.template().to_owned(),
            of: node
                .template_ref
                .get()
                .map(|r| r.name.to_string())
                .unwrap_or_default(),
        });
    }

    fn count_item(&mut self, node: &SlimNode<'_>, phase: Phase) {
        let Some((base, _)) = names::item(&node.name) else {
            return;
        };
        let key = mark(&[base]);
        if self.fans.len() >= KEPT && !self.fans.contains_key(&key) {
            return;
        }
        let fan = self.fans.entry(key).or_insert_with(|| {
            let display = names::item(&node.display_name).map_or("", |(b, _)| b);
            Fan {
                label: names::spoken(display, base, "").to_owned(),
                ..Fan::default()
            }
        });
        fan.total = fan.total.saturating_add(1);
        fan.failed = fan.failed.saturating_add(u32::from(phase.is_bad()));
        fan.done = fan.done.saturating_add(u32::from(phase.is_final()));
    }

    fn consider(&mut self, node: &SlimNode<'_>, phase: Phase) {
        match phase {
            Phase::Failed | Phase::Error => {
                let candidate = Candidate::new(node, &node.finished_at);
                keep_failure(&mut self.failed, candidate);
            }
            Phase::Running => keep_earlier(&mut self.running, node),
            Phase::Pending => {
                // one that says why it waits is worth more than one that does not
                let said = self.pending.as_ref().is_some_and(|p| !p.message.is_empty());
                if !said || !node.message.is_empty() {
                    if !said && !node.message.is_empty() {
                        self.pending = None;
                    }
                    keep_earlier(&mut self.pending, node);
                }
            }
            _ => {}
        }
    }

    /// Ends the fold. Gates with a timer are steps at work, the others wait for a person.
    #[must_use]
    pub fn finish(mut self, timers: &Timers) -> Folded {
        self.retried_groups.sort_unstable();
        for (name, phase) in &self.retries {
            if self.retried_groups.binary_search(name).is_err() {
                self.tally.add(*phase);
            }
        }
        self.skipped.sort_unstable();
        for task in &self.driver_failed {
            if self.skipped.binary_search(task).is_ok() {
                self.tally.skipped = self.tally.skipped.saturating_sub(1);
            }
        }
        let mut gate = None;
        for open in &self.gates {
            if timers.duration(&open.template, &open.of).is_some() {
                self.tally.add(Phase::Running);
                self.running.get_or_insert_with(|| Candidate {
                    label: open.label.clone(),
                    ..Candidate::default()
                });
            } else {
                self.tally.add(Phase::Waiting);
                gate.get_or_insert_with(|| open.label.clone());
            }
        }
        self.tally.waiting = self.tally.waiting.saturating_add(self.more_gates);
        let failed = blame(self.failed, self.overcome);
        let fan_of = |step: &Option<Candidate>| {
            let key = step.as_ref()?.fan?;
            self.fans.get(&key).cloned()
        };
        Folded {
            nodes: self.nodes,
            tally: self.tally,
            failed_fan: fan_of(&failed),
            fan: fan_of(&self.running),
            failed,
            gate,
            running: self.running,
            pending: self.pending,
        }
    }
}

impl Candidate {
    fn new(node: &SlimNode<'_>, at: &str) -> Self {
        Self {
            label: names::spoken(&node.display_name, &node.name, node.template()).to_owned(),
            message: node.message.chars().take(MESSAGE).collect(),
            exit_code: node.outputs.get().and_then(|o| o.exit_code.code()),
            at: at.to_owned(),
            attempt: names::attempt(&node.name).map(|(base, n)| (mark(&[base]), n)),
            boundary: mark(&[&node.boundary_id]),
            fan: names::outer_fan(&node.name).map(|base| mark(&[base])),
        }
    }

    fn was_stopped(&self) -> bool {
        self.message.starts_with("Stopped with strategy")
            || self.message.starts_with("workflow shutdown with strategy")
    }

    /// First to be blamed first: not merely stopped, earliest.
    fn order(&self) -> (bool, &str) {
        (self.was_stopped(), &self.at)
    }
}

fn keep_earlier(slot: &mut Option<Candidate>, node: &SlimNode<'_>) {
    if slot.as_ref().is_none_or(|kept| *node.started_at < *kept.at) {
        *slot = Some(Candidate::new(node, &node.started_at));
    }
}

/// Keeps the last attempt of each step, and the most to be blamed when there are too many.
fn keep_failure(kept: &mut Vec<Candidate>, new: Candidate) {
    if let Some((step, number)) = new.attempt
        && let Some(same) = kept
            .iter_mut()
            .find(|k| k.attempt.is_some_and(|(s, _)| s == step))
    {
        if same.attempt.is_some_and(|(_, n)| n < number) {
            *same = new;
        }
        return;
    }
    if kept.len() < KEPT {
        kept.push(new);
        return;
    }
    let last = kept.iter_mut().max_by(|a, b| a.order().cmp(&b.order()));
    if let Some(last) = last.filter(|last| new.order() < last.order()) {
        *last = new;
    }
}

fn blame(failed: Vec<Candidate>, mut overcome: Vec<u64>) -> Option<Candidate> {
    overcome.sort_unstable();
    let is_overcome = |mark: u64| overcome.binary_search(&mark).is_ok();
    failed
        .into_iter()
        .filter(|c| !c.attempt.is_some_and(|(step, _)| is_overcome(step)))
        .filter(|c| !is_overcome(c.boundary))
        .min_by(|a, b| a.order().cmp(&b.order()))
}

impl Nodes for Fold {
    fn is_empty(&self) -> bool {
        self.nodes == 0
    }
}

impl<'de> Deserialize<'de> for Fold {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Fold;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of nodes")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fold, A::Error> {
                let mut fold = Fold::default();
                while let Some(id) = map.next_key::<Word<'de>>()? {
                    let node: Obj<SlimNode<'de>> = map.next_value()?;
                    fold.add(&id, &node.or_empty());
                }
                Ok(fold)
            }
            otherwise!(Fold::default(); bool number text null seq);
        }
        d.deserialize_any(V)
    }
}
