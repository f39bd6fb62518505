//! Opening and closing branches of the step tree, and going to what failed in it. Pure.

use super::outline::{self, Opening, What};
use super::{CAP, RunScreen};

impl RunScreen {
    fn open(&mut self, opening: Opening) {
        let Some(detail) = self.detail.clone() else {
            return;
        };
        let Some(line) = self.lines.get(self.index).copied() else {
            return;
        };
        let (step, opening) = match line.what {
            What::Step(id) => (id, opening),
            What::More { parent, shown, .. } => (parent, Opening::All(shown + CAP)),
        };
        if let Some(step) = detail.tree.steps.get(step) {
            self.touched.insert(step.id.clone(), opening);
        }
        self.layout();
    }

    fn is_open(&self) -> Option<bool> {
        let detail = self.detail.as_ref()?;
        match self.lines.get(self.index)?.what {
            What::Step(id) if detail.tree.children.get(id).is_some_and(|c| !c.is_empty()) => {
                Some(outline::opening(&detail.tree, id, &self.touched) != Opening::Closed)
            }
            What::Step(_) => None,
            What::More { .. } => Some(false),
        }
    }

    pub(super) fn toggle(&mut self) {
        match self.is_open() {
            Some(true) => self.open(Opening::Closed),
            Some(false) => self.open(Opening::All(CAP)),
            None => {}
        }
    }

    pub(super) fn expand(&mut self) {
        match self.is_open() {
            Some(false) => self.open(Opening::All(CAP)),
            Some(true) => self.select(self.index + 1),
            None => {}
        }
    }

    pub(super) fn collapse(&mut self) {
        if self.is_open() == Some(true) {
            self.open(Opening::Closed);
            return;
        }
        let parent = self
            .step()
            .and_then(|id| self.detail.as_ref()?.tree.parent.get(id).copied().flatten());
        if let Some(parent) = parent {
            self.select_step(parent);
        }
    }

    pub(super) fn all(&mut self, opening: Option<Opening>) {
        let Some(detail) = self.detail.clone() else {
            return;
        };
        self.touched.clear();
        if let Some(opening) = opening {
            let branches = detail
                .tree
                .steps
                .iter()
                .zip(&detail.tree.children)
                .filter(|(_, c)| !c.is_empty());
            self.touched
                .extend(branches.map(|(s, _)| (s.id.clone(), opening)));
        }
        self.layout();
    }

    /// The next failed leaf after the selection, around the end; its path is opened.
    pub(super) fn next_failed(&mut self) {
        let Some(detail) = self.detail.clone() else {
            return;
        };
        let tree = &detail.tree;
        let Some(next) = outline::next_failed(tree, self.step()) else {
            return;
        };
        if !self.lines.iter().any(|l| l.what == What::Step(next)) {
            let above = std::iter::successors(tree.parent.get(next).copied().flatten(), |id| {
                tree.parent.get(*id).copied().flatten()
            });
            for id in above {
                let room = tree.children.get(id).map_or(CAP, Vec::len).max(CAP);
                self.touched.extend(
                    tree.steps
                        .get(id)
                        .map(|s| (s.id.clone(), Opening::All(room))),
                );
            }
            self.layout();
        }
        self.select_step(next);
    }
}
