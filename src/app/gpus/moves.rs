//! Moves in the tree: branches opened and closed, what a leaf leads to, the next GPU in trouble. Pure.

use std::sync::Arc;

use jiff::Timestamp;

use super::{CAP, GpuScreen, What, facts, in_trouble, of_pod};
use crate::app::inspect::{opened, subject};
use crate::app::screen::{Ctx, Turn};
use crate::domain::{Clean, Subject};

impl GpuScreen {
    pub(super) fn touch(&mut self, room: usize, now: Timestamp) {
        let Some(line) = self.here().cloned() else {
            return;
        };
        self.touched.insert(line.id, room);
        self.layout(now);
    }

    /// Opens or closes a branch; on a leaf shows what it leads to.
    pub(super) fn toggle(&mut self, ctx: &Ctx<'_>) -> Turn {
        let Some(line) = self.here().cloned() else {
            return Turn::Taken;
        };
        match (line.what, line.open) {
            (What::More { hidden }, _) => {
                let room = self.touched.get(&line.id).copied().unwrap_or(CAP);
                self.touch(room + hidden.min(CAP), ctx.now);
            }
            (_, Some(true)) => self.touch(0, ctx.now),
            (_, Some(false)) => self.touch(CAP, ctx.now),
            (_, None) => {
                if let Some(subject) = self.detail() {
                    return Turn::Open(opened(subject));
                }
            }
        }
        Turn::Taken
    }

    /// What a leaf leads to: who holds it, where that can be opened, else the pod.
    pub(super) fn detail(&self) -> Option<Subject> {
        let hold = self.hold(self.here()?.what)?;
        let holder = &hold.holder;
        Some(match holder.feed.filter(|feed| *feed != "pods") {
            Some(feed) => subject(feed, &holder.key, &Clean::default()),
            None => of_pod(hold),
        })
    }

    pub(super) fn expand(&mut self, now: Timestamp) {
        match self.here().and_then(|l| l.open) {
            Some(false) => self.touch(CAP, now),
            Some(true) => self.select(self.index + 1),
            None => {}
        }
    }

    pub(super) fn collapse(&mut self, now: Timestamp) {
        let Some(line) = self.here().cloned() else {
            return;
        };
        if line.open == Some(true) && self.filter.is_empty() {
            self.touch(0, now);
            return;
        }
        let above = self.lines.iter().take(self.index);
        if let Some(parent) = above.rev().position(|l| l.depth < line.depth) {
            self.select(self.index - 1 - parent);
        }
    }

    pub(super) fn all(&mut self, room: Option<usize>, now: Timestamp) {
        self.touched.clear();
        if let Some(room) = room {
            let nodes = self.nodes().map(|n| format!("node {}", n.key).into());
            let touched: Vec<Arc<str>> = nodes.collect();
            self.touched
                .extend(touched.into_iter().map(|id| (id, room)));
        }
        self.layout(now);
    }

    /// The next line in trouble after one, around the end.
    pub(super) fn next_sick(&self, after: Option<usize>, now: Timestamp) -> Option<usize> {
        let count = self.lines.len();
        let begin = after.map_or(0, |at| at + 1);
        (0..count).map(|n| (begin + n) % count).find(|at| {
            let Some(line) = self.lines.get(*at) else {
                return false;
            };
            match line.what {
                What::Gpu(..) => self.gpu(line.what).is_some_and(|g| facts::is_bad(g, now)),
                What::Node(..) if line.open != Some(true) => {
                    self.node(line.what).is_some_and(|n| in_trouble(n, now))
                }
                _ => false,
            }
        })
    }
}
