//! What an action would be done to: the selected object, and what belongs to it. Pure.

use crate::domain::{Clean, StepKind, Subject};
use crate::plan::{ACTIONS, ActionSpec, Resource};

/// What is selected, as actions see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aim {
    /// The objects, the nearest first: the run of a step, then its pod.
    pub subjects: Vec<Subject>,
    /// The selected gate.
    pub gate: Option<Gate>,
    /// Rows that are marked, without the selected one.
    pub marked: usize,
    /// What the selection itself says of parameters: the version on the line.
    pub given: Vec<(&'static str, String)>,
}

/// A gate of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Id of its node.
    pub node: Clean,
    /// What it is called.
    pub label: Clean,
    /// Values that a person has to give, by name.
    pub wanted: Vec<Clean>,
}

impl Aim {
    /// At one object; at nothing when there is none.
    #[must_use]
    pub fn at(subject: Option<Subject>) -> Self {
        Self {
            subjects: subject.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Actions on what is selected, each with the object it is for; those on the gate first.
    #[must_use]
    pub fn actions(&self) -> Vec<(&'static ActionSpec, &Subject)> {
        let specs = || ACTIONS.iter().map(|action| action.spec());
        let of = |subject| {
            let fits = move |spec: &&'static ActionSpec| resource(spec, subject).is_some();
            specs().filter(fits).map(move |spec| (spec, subject))
        };
        let mut all: Vec<_> = self.subjects.iter().flat_map(of).collect();
        if self.gate.is_some() {
            all.sort_by_key(|(spec, _)| !is_of_gate(spec));
        }
        all
    }
}

impl Gate {
    /// The gate that a step is, if it is one.
    #[must_use]
    pub fn of(step: &crate::domain::Step) -> Option<Self> {
        let gate = step.gate.as_ref().filter(|_| step.kind == StepKind::Gate)?;
        Some(Self {
            node: step.id.clone(),
            label: step.label.clone(),
            wanted: gate.wanted.iter().map(|p| p.name.clone()).collect(),
        })
    }
}

/// The action decides a gate.
#[must_use]
pub fn is_of_gate(spec: &ActionSpec) -> bool {
    spec.parameter("node").is_some()
}

/// The kind of a subject, as an action takes it; none when it does not.
#[must_use]
pub fn resource(spec: &ActionSpec, subject: &Subject) -> Option<Resource> {
    let namespaced = !subject.key.namespace.is_empty();
    let fits = |r: &&Resource| r.feed == subject.feed && r.namespaced == namespaced;
    spec.targets.iter().find(fits).copied()
}

/// Something can be done to objects of a feed.
#[must_use]
pub fn acts_on(feed: &str) -> bool {
    let mut targets = ACTIONS.iter().flat_map(|a| a.spec().targets);
    targets.any(|target| target.feed == feed)
}
