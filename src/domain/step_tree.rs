//! The steps of a run as a tree, with what a screen asks of it answered beforehand. Pure.

use super::{Phase, Step, StepId, StepKind, Tally};

/// Steps with containment edges. Every node of the run stands in it exactly once, as a step or folded into one.
///
/// Made by [`StepTree::new`], which computes everything but `critical`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepTree {
    /// All steps.
    pub steps: Vec<Step>,
    /// Steps contained in each step, in order: attempts and items by number, else by start, then name.
    pub children: Vec<Vec<StepId>>,
    /// The step that contains each step.
    pub parent: Vec<Option<StepId>>,
    /// Steps that nothing contains: the entry point, exit handlers, strays.
    pub roots: Vec<StepId>,
    /// Steps on the critical path (the chain of steps that determined when the run ended).
    pub critical: Vec<bool>,
    /// Leaves at or below each step by state; see [`StepTree::tally`].
    pub tallies: Vec<Tally>,
    /// Engine nodes shown as part of a step instead of alone (the driver and executor of a KFP task, the level of
    /// a step group with one step): the step they are part of, and what they are.
    pub folded: Vec<(StepId, Step)>,
}

impl StepTree {
    /// A tree of `steps` where `parent` says what contains each. Children are ordered, tallies counted.
    ///
    /// `parent` must have no cycle; entries that point outside are taken as roots.
    #[must_use]
    pub fn new(
        steps: Vec<Step>,
        mut parent: Vec<Option<StepId>>,
        folded: Vec<(StepId, Step)>,
    ) -> Self {
        let count = steps.len();
        parent.resize(count, None);
        let mut order: Vec<StepId> = (0..count).collect();
        order.sort_by_cached_key(|id| order_key(&steps, *id));
        let mut children: Vec<Vec<StepId>> = vec![Vec::new(); count];
        let mut roots = Vec::new();
        for id in order {
            let above = parent.get(id).copied().flatten().filter(|p| *p < count);
            if let Some(list) = above.and_then(|above| children.get_mut(above)) {
                list.push(id);
            } else {
                roots.push(id);
                if let Some(slot) = parent.get_mut(id) {
                    *slot = None;
                }
            }
        }
        let mut tree = Self {
            critical: vec![false; count],
            tallies: vec![Tally::default(); count],
            steps,
            children,
            parent,
            roots,
            folded,
        };
        tree.count();
        tree
    }

    fn count(&mut self) {
        let order: Vec<StepId> = self.walk().collect();
        for id in order.into_iter().rev() {
            let mut sum = Tally::default();
            if self.counts_alone(id) {
                if let Some(step) = self.steps.get(id) {
                    sum.add(step.phase);
                }
            } else {
                for child in self.children(id) {
                    if let Some(below) = self.tallies.get(*child) {
                        sum.merge(*below);
                    }
                }
            }
            if let Some(slot) = self.tallies.get_mut(id) {
                *slot = sum;
            }
        }
    }

    /// A leaf for counting: something that does work itself. A retry of a single task counts as that task, the
    /// containers of a task do not count.
    fn counts_alone(&self, id: StepId) -> bool {
        let Some(step) = self.steps.get(id) else {
            return false;
        };
        match step.kind {
            StepKind::Task | StepKind::Gate | StepKind::Call | StepKind::Skipped => true,
            StepKind::Retry => self.children(id).iter().all(|child| {
                self.steps.get(*child).is_none_or(|s| {
                    !matches!(s.kind, StepKind::Group | StepKind::FanOut | StepKind::Retry)
                })
            }),
            StepKind::Group | StepKind::FanOut => false,
        }
    }

    /// What a step contains, in order.
    #[must_use]
    pub fn children(&self, id: StepId) -> &[StepId] {
        self.children.get(id).map_or(&[], Vec::as_slice)
    }

    /// Leaves at or below a step by state ("180 ok, 3 failed, 17 running"). A step that is retried counts once.
    #[must_use]
    pub fn tally(&self, id: StepId) -> Tally {
        self.tallies.get(id).copied().unwrap_or_default()
    }

    /// Leaves of the whole run by state.
    #[must_use]
    pub fn total(&self) -> Tally {
        let mut sum = Tally::default();
        for root in &self.roots {
            sum.merge(self.tally(*root));
        }
        sum
    }

    /// The attempts of a retry step, first to last; empty for others.
    #[must_use]
    pub fn attempts(&self, id: StepId) -> Vec<StepId> {
        if self.steps.get(id).is_none_or(|s| s.kind != StepKind::Retry) {
            return Vec::new();
        }
        let attempt = |child: &StepId| self.steps.get(*child).is_some_and(|s| s.attempt.is_some());
        self.children(id).iter().copied().filter(attempt).collect()
    }

    /// Every step, a step before what it contains, in the order of the screen.
    pub fn walk(&self) -> impl Iterator<Item = StepId> + '_ {
        let mut stack: Vec<StepId> = self.roots.iter().rev().copied().collect();
        std::iter::from_fn(move || {
            let id = stack.pop()?;
            stack.extend(self.children(id).iter().rev());
            Some(id)
        })
    }

    /// The steps that contain a step, nearest first.
    pub fn ancestors(&self, id: StepId) -> impl Iterator<Item = StepId> + '_ {
        let mut at = id;
        std::iter::from_fn(move || {
            at = self.parent.get(at).copied().flatten()?;
            Some(at)
        })
        .take(self.steps.len())
    }

    /// How deep a step lies; 0 for roots.
    #[must_use]
    pub fn depth(&self, id: StepId) -> usize {
        self.ancestors(id).count()
    }

    /// What to open so that every failure can be seen, and the failure to look at first.
    ///
    /// A failed leaf inside something that did not fail (an attempt before the one that went well, a failure that
    /// was allowed) is not on it.
    #[must_use]
    pub fn failed_path(&self) -> (Vec<StepId>, Option<StepId>) {
        self.failures(self.roots.iter().rev().copied().collect())
    }

    fn failures(&self, mut stack: Vec<StepId>) -> (Vec<StepId>, Option<StepId>) {
        let mut open = Vec::new();
        let mut leaves = Vec::new();
        while let Some(id) = stack.pop() {
            if self.steps.get(id).is_none_or(|s| !s.phase.is_bad()) {
                continue;
            }
            let bad = |c: &&StepId| self.steps.get(**c).is_some_and(|s| s.phase.is_bad());
            let below: Vec<StepId> = self.children(id).iter().filter(bad).copied().collect();
            if below.is_empty() {
                leaves.push(id);
            } else {
                open.push(id);
                stack.extend(below.iter().rev());
            }
        }
        let first = leaves.into_iter().min_by_key(|id| self.blame_key(*id));
        (open, first)
    }

    /// The failure to look at first at or below a step; `None` when it did not fail.
    #[must_use]
    pub fn failed_below(&self, id: StepId) -> Option<StepId> {
        self.failures(vec![id]).1
    }

    /// Orders failures: what was stopped because something else failed comes last, the last attempt of a step
    /// before its earlier ones, then the earliest.
    fn blame_key(&self, id: StepId) -> (bool, Option<jiff::Timestamp>, std::cmp::Reverse<u32>) {
        let Some(step) = self.steps.get(id) else {
            return (true, None, std::cmp::Reverse(0));
        };
        let stopped = step.message.contains("shutdown with strategy")
            || step.message.contains("Stopped with strategy");
        let ended = match self.parent.get(id).copied().flatten() {
            Some(above) if step.attempt.is_some() => self.steps.get(above),
            _ => Some(step),
        };
        let ended = ended.and_then(|s| s.finished).or(step.finished);
        let none_last = ended.unwrap_or(jiff::Timestamp::MAX);
        (
            stopped,
            Some(none_last),
            std::cmp::Reverse(step.attempt.unwrap_or(0)),
        )
    }

    /// Nodes folded into a step.
    pub fn folded_into(&self, id: StepId) -> impl Iterator<Item = &Step> + '_ {
        self.folded
            .iter()
            .filter(move |(host, _)| *host == id)
            .map(|(_, step)| step)
    }

    /// Of `nodes` engine nodes, how many are neither a step nor folded into one. More than zero is a fault.
    #[must_use]
    pub fn lost_steps(&self, nodes: usize) -> usize {
        nodes.saturating_sub(self.steps.len() + self.folded.len())
    }

    /// The step of an engine's node id, folded nodes included.
    #[must_use]
    pub fn find(&self, node: &str) -> Option<StepId> {
        self.steps
            .iter()
            .position(|s| &*s.id == node)
            .or_else(|| Some(self.folded.iter().find(|(_, s)| &*s.id == node)?.0))
    }

    /// Steps that are at work now, deepest only.
    #[must_use]
    pub fn at_work(&self) -> Vec<StepId> {
        self.walk()
            .filter(|id| {
                self.counts_alone(*id)
                    && self
                        .steps
                        .get(*id)
                        .is_some_and(|s| matches!(s.phase, Phase::Running | Phase::Waiting))
            })
            .collect()
    }
}

type OrderKey<'a> = (u64, jiff::Timestamp, &'a str);

fn order_key(steps: &[Step], id: StepId) -> OrderKey<'_> {
    steps.get(id).map_or((0, jiff::Timestamp::MAX, ""), |s| {
        let number = s
            .attempt
            .map(u64::from)
            .or_else(|| item_number(&s.name))
            .map_or(0, |n| n + 1);
        // numbers order attempts and items among themselves; where steps of both sorts meet, start decides
        let start = s.started.unwrap_or(jiff::Timestamp::MAX);
        if number > 0 {
            (number, jiff::Timestamp::MIN, &*s.name)
        } else {
            (0, start, &*s.name)
        }
    })
}

/// The number in `name(12:value)`.
fn item_number(name: &str) -> Option<u64> {
    let (_, item) = name.strip_suffix(')')?.rsplit_once('(')?;
    let (number, _) = item.split_once(':')?;
    number.parse().ok()
}
