//! Which branches of the tree of accelerators are open, and what stands in each line. Pure.
//!
//! Model, node, GPU, slice. Nodes in trouble are open at first; what the person opens or closes stays so.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::lists::gpu_cells::{is_sick, stale};
use crate::domain::Clean;
use crate::store::{GpuNodeRow, GpuOn, Hold};

/// Children of one branch that are shown at first; more come by the row below them.
pub const CAP: usize = 500;

/// Up to so many nodes are all open at first.
const FEW: usize = 2;

/// Nodes of one model.
#[derive(Debug, Clone, Default)]
pub struct Family {
    /// The model.
    pub model: Clean,
    /// Its nodes, in order.
    pub nodes: Vec<Arc<GpuNodeRow>>,
}

/// What stands in one line. Numbers are places: of the family, the node in it, the GPU on that, the slice of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A model.
    Model(usize),
    /// A node.
    Node(usize, usize),
    /// A GPU.
    Gpu(usize, usize, usize),
    /// A slice of a GPU, or one of several pods that share it.
    Slice(usize, usize, usize, usize),
    /// A resource of a node of which no exporter tells.
    Pool(usize, usize, usize),
    /// A pod on a node, of which nobody says what it holds.
    Loose(usize, usize, usize),
    /// Children that are not shown.
    More {
        /// How many.
        hidden: usize,
    },
}

/// One visible line.
#[derive(Debug, Clone)]
pub struct Line {
    /// What stands in it.
    pub what: What,
    /// How deep, from 0.
    pub depth: u16,
    /// What tells it from all others.
    pub id: Arc<str>,
    /// It is a branch, and open or not.
    pub open: Option<bool>,
}

/// What the person did to branches: open up to so many children, or closed (0).
pub type Touched = HashMap<Arc<str>, usize>;

/// Puts nodes in families by their model.
#[must_use]
pub fn families<'a>(nodes: impl Iterator<Item = &'a Arc<GpuNodeRow>>) -> Vec<Family> {
    let mut all: BTreeMap<Clean, Vec<Arc<GpuNodeRow>>> = BTreeMap::new();
    for node in nodes {
        all.entry(node.product()).or_default().push(node.clone());
    }
    all.into_iter()
        .map(|(model, mut nodes)| {
            nodes.sort_by(|a, b| a.key.cmp(&b.key));
            Family { model, nodes }
        })
        .collect()
}

/// A node that somebody should look at: it has lost devices, is not ready, or a GPU of it is sick or silent.
#[must_use]
pub fn in_trouble(node: &GpuNodeRow, now: Timestamp) -> bool {
    let lost = node.pools.iter().any(|p| p.allocatable < p.capacity);
    let ill = node.node.as_ref().is_some_and(|n| n.ready != Some(true));
    let gpus = &node.gpus;
    lost || ill
        || gpus
            .iter()
            .any(|g| is_sick(&g.row) || stale(&g.row, now).is_some())
}

/// Lays the lines out.
pub struct Layout<'a> {
    /// What there is.
    pub families: &'a [Family],
    /// What the person did.
    pub touched: &'a Touched,
    /// Words that a line, or a line above it, has to have.
    pub words: &'a [String],
    /// Now.
    pub now: Timestamp,
}

impl Layout<'_> {
    /// The visible lines.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let count: usize = self.families.iter().map(|f| f.nodes.len()).sum();
        for (f, family) in self.families.iter().enumerate() {
            let named = self.fits(&family.model);
            let id: Arc<str> = format!("model {}", family.model).into();
            let open = self.room(&id, true);
            let mut below = Vec::new();
            for (n, node) in family.nodes.iter().enumerate() {
                self.node((f, n), node, named, count <= FEW, &mut below);
            }
            if below.is_empty() {
                continue;
            }
            let what = What::Model(f);
            lines.push(line(what, 0, id.clone(), Some(open > 0)));
            if open > 0 {
                let nodes = below.iter().filter(|l| l.depth == 1).count();
                cut(&mut below, 1, nodes, open, &id);
                lines.append(&mut below);
            }
        }
        lines
    }

    fn node(
        &self,
        (f, n): (usize, usize),
        node: &GpuNodeRow,
        named: bool,
        few: bool,
        lines: &mut Vec<Line>,
    ) {
        let named = named || self.fits(&node.key.name);
        let id: Arc<str> = format!("node {}", node.key).into();
        let mut below = Vec::new();
        let open = self.room(&id, few || in_trouble(node, self.now));
        if open > 0 || !self.words.is_empty() {
            self.children((f, n), node, named, &mut below);
        }
        if !named && below.is_empty() {
            return;
        }
        let branch = !node.gpus.is_empty() || !node.loose.is_empty() || !node.pools.is_empty();
        let what = What::Node(f, n);
        lines.push(line(what, 1, id, branch.then_some(open > 0)));
        if open > 0 {
            lines.append(&mut below);
        }
    }

    fn children(
        &self,
        (f, n): (usize, usize),
        node: &GpuNodeRow,
        named: bool,
        lines: &mut Vec<Line>,
    ) {
        for (g, gpu) in node.gpus.iter().enumerate() {
            self.gpu((f, n, g), gpu, named, lines);
        }
        // what an exporter tells of needs no line for its resource
        if node.gpus.is_empty() {
            for (p, pool) in node.pools.iter().enumerate() {
                if named || self.fits(&pool.resource) {
                    let id = format!("pool {} {}", node.key, pool.resource).into();
                    lines.push(line(What::Pool(f, n, p), 2, id, None));
                }
            }
        }
        let fit = |hold: &&Hold| named || self.fits_hold(hold);
        let loose: Vec<usize> = node
            .loose
            .iter()
            .enumerate()
            .filter(|(_, hold)| fit(hold))
            .map(|(at, _)| at)
            .collect();
        let id: Arc<str> = format!("node {}", node.key).into();
        let room = self.room(&id, true).max(CAP);
        for at in loose.iter().take(room) {
            if let Some(hold) = node.loose.get(*at) {
                let id = format!("loose {}", hold.pod).into();
                lines.push(line(What::Loose(f, n, *at), 2, id, None));
            }
        }
        more(loose.len(), room, 2, &id, lines);
    }

    fn gpu(
        &self,
        (f, n, g): (usize, usize, usize),
        gpu: &GpuOn,
        named: bool,
        lines: &mut Vec<Line>,
    ) {
        let own = named || self.fits_gpu(gpu);
        let id: Arc<str> = format!("gpu {}", gpu.row.key).into();
        let whole = !gpu.row.is_mig();
        let shared = whole && gpu.holds.iter().any(|h| h.len() > 1);
        let mut below = Vec::new();
        let parts = if shared {
            gpu.holds.first().map_or(0, |h| h.len())
        } else if whole {
            0
        } else {
            gpu.row.slices.len()
        };
        for s in 0..parts {
            if own || self.fits_slice(gpu, s, shared) {
                let id = format!("slice {} {s}", gpu.row.key).into();
                below.push(line(What::Slice(f, n, g, s), 3, id, None));
            }
        }
        let alone = parts == 0 && gpu.holds.iter().flatten().any(|h| self.fits_hold(h));
        if !own && below.is_empty() && !alone {
            return;
        }
        // slices of one GPU are few: they are seen at once
        let open = self.room(&id, true);
        lines.push(line(
            What::Gpu(f, n, g),
            2,
            id,
            (parts > 0).then_some(open > 0),
        ));
        if open > 0 {
            lines.append(&mut below);
        }
    }

    /// How many children of a branch are shown; while something is sought, branches are open.
    fn room(&self, id: &Arc<str>, open: bool) -> usize {
        match self.touched.get(id) {
            _ if !self.words.is_empty() => CAP,
            Some(room) => *room,
            None if open => CAP,
            None => 0,
        }
    }

    fn fits(&self, text: &str) -> bool {
        let low = text.to_lowercase();
        self.words.iter().all(|word| low.contains(word.as_str()))
    }

    fn fits_hold(&self, hold: &Hold) -> bool {
        let holder = &hold.holder;
        let text = format!(
            "{} {} {} {} {} {}",
            hold.pod.name,
            hold.pod.namespace,
            holder.key.name,
            holder.of,
            holder.owner,
            holder.kind.word()
        );
        self.fits(&text)
    }

    fn fits_gpu(&self, gpu: &GpuOn) -> bool {
        let xid = gpu
            .row
            .xid
            .map_or_else(String::new, |x| format!("xid {}", x.code));
        self.fits(&format!("{} {} {xid}", gpu.row.key.name, gpu.row.uuid))
    }

    fn fits_slice(&self, gpu: &GpuOn, at: usize, shared: bool) -> bool {
        let holds = gpu.holds.get(if shared { 0 } else { at });
        let profile = gpu.row.slices.get(at).map_or("", |s| s.profile.as_str());
        self.fits(profile) || holds.into_iter().flatten().any(|hold| self.fits_hold(hold))
    }
}

fn line(what: What, depth: u16, id: Arc<str>, open: Option<bool>) -> Line {
    Line {
        what,
        depth,
        id,
        open,
    }
}

/// Leaves so many children of a branch, with what stands below them.
fn cut(lines: &mut Vec<Line>, depth: u16, all: usize, room: usize, id: &Arc<str>) {
    let starts = lines.iter().enumerate().filter(|(_, l)| l.depth == depth);
    let end = starts.map(|(at, _)| at).nth(room);
    if let Some(end) = end {
        lines.truncate(end);
    }
    more(all, room, depth, id, lines);
}

fn more(all: usize, room: usize, depth: u16, id: &Arc<str>, lines: &mut Vec<Line>) {
    let hidden = all.saturating_sub(room);
    if hidden > 0 {
        let what = What::More { hidden };
        lines.push(line(what, depth, id.clone(), None));
    }
}
