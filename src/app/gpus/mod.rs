//! Accelerators as a tree: model, node, GPU, slice, and who holds each. Pure.
//!
//! | file | owns |
//! |---|---|
//! | `outline` | which branches are open, what stands in each line |
//! | `moves` | what is opened, closed, gone to |
//! | `facts` | what is told of the selected line |
//! | `held` | the slices that some pods hold, as a part of other pages |
//! | `driver` | what the driver of a node tells, where a person asks it |

mod driver;
mod facts;
pub mod held;
mod moves;
mod outline;

use std::sync::Arc;

use jiff::Timestamp;

use super::column::Fact;
use super::command::{Place, Verb};
use super::deed::Aim;
use super::history::Spot;
use super::inspect::subject;
use super::logs::{LogScreen, Target};
use super::pointer::{Hit, Window};
use super::screen::{Ctx, Question, Screen, Turn};
use crate::domain::{ClusterId, Key, Subject};
use crate::store::{GpuNodeRow, GpuOn, Hold, Scope, Table, Want};

pub use outline::{CAP, Family, Layout, Line, Touched, What, in_trouble};

/// Id of the screen.
pub const SCREEN: &str = "gpus";

/// Lines are laid out anew at most this often while rows change, in milliseconds.
const PACE: i64 = 250;
/// And at least this often: figures grow old by time alone.
const AGES: i64 = 15_000;

/// The tree on the screen.
#[derive(Debug, Default)]
pub struct GpuScreen {
    families: Vec<Family>,
    lines: Vec<Line>,
    touched: Touched,
    selected: Option<Arc<str>>,
    index: usize,
    chosen: bool,
    filter: String,
    /// The filter before one was typed.
    before: Option<String>,
    seen: Option<u64>,
    laid: Option<Timestamp>,
    edited: bool,
    /// The node whose driver is asked.
    asked: Option<Key>,
    /// First visible line of the facts.
    pub scroll: usize,
    /// Where the lines of the tree were drawn.
    pub window: Window,
}

impl GpuScreen {
    /// Makes the screen, for the registry.
    #[must_use]
    pub fn make() -> Box<dyn Screen> {
        Box::new(Self::default())
    }

    /// Visible lines.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Index of the selected line.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Nodes by their model.
    #[must_use]
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &Arc<GpuNodeRow>> {
        self.families.iter().flat_map(|f| f.nodes.iter())
    }

    /// The node of a line.
    #[must_use]
    pub fn node(&self, what: What) -> Option<&Arc<GpuNodeRow>> {
        let (f, n) = match what {
            What::Node(f, n)
            | What::Gpu(f, n, _)
            | What::Slice(f, n, _, _)
            | What::Pool(f, n, _)
            | What::Loose(f, n, _) => (f, n),
            What::Model(_) | What::More { .. } => return None,
        };
        self.families.get(f)?.nodes.get(n)
    }

    /// The GPU of a line.
    #[must_use]
    pub fn gpu(&self, what: What) -> Option<&GpuOn> {
        match what {
            What::Gpu(_, _, g) | What::Slice(_, _, g, _) => self.node(what)?.gpus.get(g),
            _ => None,
        }
    }

    /// Place of a line's slice among those of its GPU.
    #[must_use]
    pub fn part(&self, what: What) -> Option<usize> {
        match what {
            What::Slice(_, _, _, s) => Some(if self.gpu(what)?.row.is_mig() { s } else { 0 }),
            What::Gpu(..) if !self.gpu(what)?.row.is_mig() => Some(0),
            _ => None,
        }
    }

    /// The pod of a line.
    #[must_use]
    pub fn hold(&self, what: What) -> Option<&Hold> {
        match what {
            What::Loose(_, _, at) => self.node(what)?.loose.get(at),
            What::Slice(_, _, _, s) => {
                let gpu = self.gpu(what)?;
                if gpu.row.is_mig() {
                    gpu.holds.get(s)?.first()
                } else {
                    gpu.holds.first()?.get(s)
                }
            }
            What::Gpu(..) => {
                let holds = self.gpu(what)?.holds.get(self.part(what)?)?;
                holds.first().filter(|_| holds.len() == 1)
            }
            _ => None,
        }
    }

    fn here(&self) -> Option<&Line> {
        self.lines.get(self.index)
    }

    /// Facts of the selected line.
    #[must_use]
    pub fn facts(&self, ctx: &Ctx<'_>) -> Vec<Fact> {
        let Some(line) = self.here() else {
            return Vec::new();
        };
        // what a person asked for stands first
        let mut facts = driver::facts(self, line.what, ctx);
        facts.extend(facts::of(self, line.what, ctx));
        facts
    }

    fn select(&mut self, index: usize) {
        self.index = index.min(self.lines.len().saturating_sub(1));
        self.selected = self.here().map(|line| line.id.clone());
        self.scroll = 0;
    }

    fn layout(&mut self, now: Timestamp) {
        let words: Vec<String> = self
            .filter
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        let layout = Layout {
            families: &self.families,
            touched: &self.touched,
            words: &words,
            now,
        };
        self.lines = layout.lines();
        let kept = self
            .selected
            .as_ref()
            .and_then(|id| self.lines.iter().position(|l| l.id == *id));
        let last = self.lines.len().saturating_sub(1);
        self.index = kept.unwrap_or(self.index.min(last));
        if !self.chosen {
            let first = self.next_sick(None, now);
            self.select(first.unwrap_or(0));
        }
        self.laid = Some(now);
        self.edited = false;
    }
}

fn as_subject(node: &Arc<GpuNodeRow>) -> Subject {
    let uid = node.node.as_ref().map(|n| n.uid.clone());
    subject("nodes", &node.key, &uid.unwrap_or_default())
}

fn of_pod(hold: &Hold) -> Subject {
    let uid = hold.row.as_ref().map(|p| p.uid.clone());
    subject("pods", &hold.pod, &uid.unwrap_or_default())
}

impl Screen for GpuScreen {
    fn id(&self) -> &'static str {
        SCREEN
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        "GPUs".to_owned()
    }

    fn places(&self) -> &'static [Place] {
        &[Place::Tree, Place::List, Place::Object]
    }

    fn wants(&self, clusters: &[ClusterId]) -> Vec<Want> {
        let want = |cluster: &ClusterId, feed| Want {
            cluster: cluster.clone(),
            feed,
            scope: Scope::All,
        };
        let feeds = ["nodes", "pods", "gpus"];
        let all = clusters
            .iter()
            .flat_map(|c| feeds.map(|feed| want(c, feed)));
        let asked = self
            .asked
            .iter()
            .filter(|node| clusters.contains(&node.cluster));
        all.chain(asked.map(driver::want)).collect()
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        let page = ctx.page.saturating_sub(1).max(1);
        let now = ctx.now;
        match verb {
            Verb::Down => self.select(self.index + 1),
            Verb::Up => self.select(self.index.saturating_sub(1)),
            Verb::PageDown => self.select(self.index + page),
            Verb::PageUp => self.select(self.index.saturating_sub(page)),
            Verb::First => self.select(0),
            Verb::Last => self.select(usize::MAX),
            Verb::Toggle | Verb::Open => {
                self.chosen = true;
                return self.toggle(ctx);
            }
            Verb::Expand => self.expand(now),
            Verb::Collapse => self.collapse(now),
            Verb::ExpandAll => self.all(Some(CAP), now),
            Verb::CollapseAll => self.all(None, now),
            Verb::NextFailed => {
                if let Some(next) = self.next_sick(Some(self.index), now) {
                    self.select(next);
                }
            }
            Verb::AskDriver => self.ask_driver(),
            Verb::FactsDown => self.scroll += 1,
            Verb::FactsUp => self.scroll = self.scroll.saturating_sub(1),
            Verb::Filter => {
                self.before = Some(self.filter.clone());
                return Turn::Ask(Question {
                    label: "/",
                    hint: "words of a node, pod, holder, owner, profile or error",
                    text: self.filter.clone(),
                });
            }
            _ => return Turn::Unknown,
        }
        self.chosen = true;
        Turn::Taken
    }

    fn offers(&self, verb: Verb) -> bool {
        match verb {
            Verb::SortNext
            | Verb::SortPrev
            | Verb::SortTurn
            | Verb::Mark
            | Verb::MarkRange
            | Verb::MarkAll
            | Verb::SavedFilter
            | Verb::Acknowledge
            | Verb::Follow => false,
            Verb::AskDriver => self.here().is_some_and(|l| self.node(l.what).is_some()),
            Verb::Logs => self.here().is_some_and(|l| self.hold(l.what).is_some()),
            _ => true,
        }
    }

    fn click(&mut self, at: (u16, u16)) -> Hit {
        let row = self.window.row(at).filter(|row| *row < self.lines.len());
        match row {
            None => Hit::Nothing,
            Some(row) if row == self.index => Hit::Again,
            Some(row) => {
                self.select(row);
                self.chosen = true;
                Hit::Selected
            }
        }
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        let table = ctx.world.table::<GpuNodeRow>();
        let version = table.map(Table::version);
        let passed = self
            .laid
            .map(|at| ctx.now.as_millisecond() - at.as_millisecond());
        let due = |least: i64| passed.is_none_or(|ms| !(0..least).contains(&ms));
        if version != self.seen && due(PACE) {
            self.seen = version;
            self.families = outline::families(table.into_iter().flat_map(Table::iter));
            self.layout(ctx.now);
        } else if self.edited || due(AGES) {
            self.layout(ctx.now);
        }
    }

    fn typed(&mut self, text: &str) {
        if self.filter != text {
            text.clone_into(&mut self.filter);
            self.edited = true;
        }
    }

    fn answered(&mut self, kept: bool) {
        if let Some(before) = self.before.take().filter(|_| !kept) {
            self.typed(&before);
        }
    }

    fn aim(&self, ctx: &Ctx<'_>) -> Aim {
        let mut aim = Aim::at(self.subject(ctx));
        // what its pod works for is what people stop
        let holder = self.detail().filter(|s| !aim.subjects.contains(s));
        aim.subjects.extend(holder);
        // a GPU, a slice and who holds it are parts of a node: what can be done to that is offered with them
        let node = self.here().and_then(|line| self.node(line.what));
        aim.subjects
            .extend(node.map(as_subject).filter(|s| !aim.subjects.contains(s)));
        aim
    }

    fn subject(&self, _ctx: &Ctx<'_>) -> Option<Subject> {
        let what = self.here()?.what;
        if let Some(hold) = self.hold(what) {
            return Some(of_pod(hold));
        }
        self.node(what).map(as_subject)
    }

    fn logs(&self, _ctx: &Ctx<'_>) -> Option<Box<dyn Screen>> {
        let hold = self.hold(self.here()?.what)?;
        Some(LogScreen::open(Target::Pod(hold.pod.clone())))
    }

    fn evidence(&self, ctx: &Ctx<'_>) -> Vec<Fact> {
        self.facts(ctx)
    }

    fn filter(&self) -> Option<&str> {
        (!self.filter.is_empty()).then_some(&*self.filter)
    }

    fn clear(&mut self) -> bool {
        let some = !self.filter.is_empty();
        self.typed("");
        some
    }

    fn clears(&self) -> bool {
        !self.filter.is_empty()
    }

    fn spot(&self) -> Spot {
        Spot {
            filter: self.filter.clone(),
            ..Spot::default()
        }
    }

    fn go(&mut self, spot: &Spot) {
        self.typed(&spot.filter);
    }
}
