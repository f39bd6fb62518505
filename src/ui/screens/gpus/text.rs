//! The text of one line of the tree of accelerators: what it is, who holds it, and its figures. Pure.

use ratatui::text::{Line as Text, Span};

use crate::app::gpus::{GpuScreen, What, in_trouble};
use crate::app::lists::gpu_cells::{self, is_sick, owner, rounded, short_amounts, stale, who, xid};
use crate::app::lists::slices::memory;
use crate::app::screen::Ctx;
use crate::domain::{Busy, GpuRow, Slice, age};
use crate::store::{GpuNodeRow, GpuOn, Hold, short};
use crate::theme::{Mark, Role};
use crate::ui::Look;
use crate::ui::paint::style;
use crate::ui::text::{bar, fit, plain};

/// Cells of the figures to the right: busy, memory, temperature, power.
const BUSY: u16 = 11;
const REST: [u16; 3] = [7, 7, 7];

pub(super) struct Artist<'a> {
    pub screen: &'a GpuScreen,
    pub ctx: &'a Ctx<'a>,
    pub look: Look,
    pub width: u16,
}

type Words = Vec<(String, Role)>;

/// Figures of a line; none where the line has none at all.
#[derive(Default)]
#[expect(
    clippy::option_option,
    reason = "no figure, and a figure that is not known, are not the same"
)]
struct Figures {
    busy: Option<Option<f64>>,
    memory: Option<Option<f64>>,
    board: Option<(Option<f64>, Option<f64>)>,
}

fn measured(slice: &Slice, figures: &mut Figures) {
    let ratio = |busy: Busy| busy.ratio;
    figures.busy = Some(slice.busy.map(ratio));
    figures.memory = Some(memory(slice));
}

impl Artist<'_> {
    /// The text of a line.
    pub fn text(&self, index: usize) -> Text<'static> {
        let Some(found) = self.screen.lines().get(index) else {
            return Text::default();
        };
        let (words, figures) = self.said(found.what);
        let used = 1 + 2 * found.depth + 2;
        let columns = self.columns();
        let right: u16 = BUSY + columns.iter().sum::<u16>();
        let room = self.width.saturating_sub(used + right + 1);
        let mut spans = Vec::new();
        let mut left = room;
        for (text, role) in words {
            let (text, cells) = fit(&text, left, self.look.ascii);
            left -= cells;
            spans.push(self.span(&text, role));
        }
        spans.push(Span::raw(" ".repeat(usize::from(left) + 1)));
        self.figures(&figures, columns, &mut spans);
        Text::from(spans)
    }

    fn span(&self, text: &str, role: Role) -> Span<'static> {
        Span::styled(plain(text, self.look).into_owned(), style(role, self.look))
    }

    /// What stands beside the busy figure: the narrower, the fewer.
    fn columns(&self) -> &'static [u16] {
        let shown = match self.width {
            ..70 => 0,
            70..90 => 1,
            90..105 => 2,
            _ => 3,
        };
        REST.get(..shown).unwrap_or(&REST)
    }

    fn figures(&self, figures: &Figures, columns: &[u16], spans: &mut Vec<Span<'static>>) {
        let width = usize::from(BUSY);
        spans.push(match figures.busy {
            None => Span::raw(" ".repeat(width)),
            Some(None) => self.span(&format!("{:>width$}", "-"), Role::Dim),
            Some(Some(ratio)) => {
                let role = if ratio < 0.05 { Role::Warn } else { Role::Text };
                let drawn = bar(ratio.clamp(0.0, 1.0), 4, self.look.ascii);
                self.span(&format!("{drawn} {:>6}", rounded(ratio)), role)
            }
        });
        let board = figures.board;
        let parts = [
            figures
                .memory
                .map(|m| m.map(|r| format!("{:.0} %M", r * 100.0))),
            board.map(|(t, _)| t.map(|t| format!("{t:.0} °C"))),
            board.map(|(_, p)| p.map(|p| format!("{p:.0} W"))),
        ];
        for (part, cells) in parts.into_iter().zip(columns) {
            let width = usize::from(*cells);
            let text = match part {
                None => String::new(),
                Some(None) => "-".to_owned(),
                Some(Some(text)) => text,
            };
            spans.push(self.span(&format!("{text:>width$}"), Role::Dim));
        }
    }

    fn said(&self, what: What) -> (Words, Figures) {
        match what {
            What::Model(f) => (self.model(f), Figures::default()),
            What::Node(..) => self
                .screen
                .node(what)
                .map(|n| self.node(n))
                .unwrap_or_default(),
            What::Gpu(..) => self
                .screen
                .gpu(what)
                .map(|g| self.gpu(what, g))
                .unwrap_or_default(),
            What::Slice(..) => self.slice(what).unwrap_or_default(),
            What::Pool(_, _, p) => {
                let node = self.screen.node(what);
                let pool = node.and_then(|n| n.pools.get(p));
                let words = pool.map(|p| {
                    let text = format!(
                        "{} of {} {} held",
                        gpu_cells::held(p.held, self.ctx),
                        p.allocatable,
                        short(&p.resource)
                    );
                    vec![
                        (text, Role::Text),
                        ("  no exporter tells of them".to_owned(), Role::Dim),
                    ]
                });
                (words.unwrap_or_default(), Figures::default())
            }
            What::Loose(..) => {
                let words = self.screen.hold(what).map(|hold| {
                    let mut words = self.holder(hold);
                    let asked = hold.row.as_ref().map(|p| short_amounts(p));
                    words.push((format!("  {}", asked.unwrap_or_default()), Role::Text));
                    words.push((", not known which".to_owned(), Role::Dim));
                    words
                });
                let busy = Some(None);
                (
                    words.unwrap_or_default(),
                    Figures {
                        busy,
                        ..Figures::default()
                    },
                )
            }
            What::More { hidden } => (
                vec![(format!("… {hidden} more: Enter"), Role::Dim)],
                Figures::default(),
            ),
        }
    }

    fn model(&self, f: usize) -> Words {
        let Some(family) = self.screen.families().get(f) else {
            return Words::new();
        };
        let name = if family.model.is_empty() {
            "model not known".to_owned()
        } else {
            family.model.to_string()
        };
        let mut sums = std::collections::BTreeMap::new();
        for pool in family.nodes.iter().flat_map(|n| n.pools.iter()) {
            let sum: &mut (u32, u32) = sums.entry(short(&pool.resource)).or_default();
            sum.0 += pool.held;
            sum.1 += pool.allocatable;
        }
        let held: Vec<String> = sums
            .iter()
            .map(|(name, (held, all))| format!("{}/{all} {name}", gpu_cells::held(*held, self.ctx)))
            .collect();
        let nodes = family.nodes.len();
        let count = format!("  {nodes} node{}", if nodes == 1 { "" } else { "s" });
        vec![
            (name, Role::Strong),
            (count, Role::Dim),
            (format!("  held {}", held.join(", ")), Role::Text),
        ]
    }

    fn node(&self, node: &GpuNodeRow) -> (Words, Figures) {
        let mut words = vec![(node.key.name.to_string(), Role::Strong)];
        if self.ctx.clusters.len() > 1 {
            words.push((format!(" ({})", node.key.cluster), Role::Dim));
        }
        for pool in &node.pools {
            let text = format!(
                "  {}/{} {}",
                gpu_cells::held(pool.held, self.ctx),
                pool.allocatable,
                short(&pool.resource)
            );
            words.push((text, Role::Text));
        }
        words.extend(self.trouble(node));
        let (busy, _, all) = node.busy();
        let busy = (all > 0).then_some(busy);
        (
            words,
            Figures {
                busy,
                ..Figures::default()
            },
        )
    }

    /// What is the matter with a node, in a few words.
    fn trouble(&self, node: &GpuNodeRow) -> Words {
        let mut words = Words::new();
        let mut say = |text: String, mark: Mark| {
            let glyph = mark.glyph(self.look.ascii);
            words.push((format!("  {glyph} {text}"), mark.role()));
        };
        if let Some(row) = &node.node {
            match row.ready {
                Some(true) => {}
                Some(false) => say("not ready".to_owned(), Mark::Failed),
                None => say("silent".to_owned(), Mark::Unknown),
            }
            if row.unschedulable {
                say("cordoned".to_owned(), Mark::Waiting);
            }
        }
        let lost: u32 = node
            .pools
            .iter()
            .map(|p| p.capacity.saturating_sub(p.allocatable))
            .sum();
        if lost > 0 {
            say(format!("{lost} lost"), Mark::Failed);
        }
        let sick = node.gpus.iter().find(|g| is_sick(&g.row));
        if let Some(gpu) = sick {
            let code = gpu
                .row
                .xid
                .map_or_else(String::new, |x| format!("XID {} ", x.code));
            say(format!("{code}on GPU {}", gpu.row.index), Mark::Failed);
        } else if in_trouble(node, self.ctx.now) && lost == 0 {
            let old = node.gpus.iter().find_map(|g| stale(&g.row, self.ctx.now));
            if let Some(old) = old {
                say(format!("no figures for {}", old.short()), Mark::Stale);
            }
        }
        words
    }

    fn gpu(&self, what: What, gpu: &GpuOn) -> (Words, Figures) {
        let row = &gpu.row;
        let mut words = vec![(format!("GPU {}", row.index), Role::Text)];
        let mut figures = Figures {
            board: Some((row.temperature, row.power)),
            ..Figures::default()
        };
        if row.is_mig() {
            let held = gpu.holds.iter().filter(|h| !h.is_empty()).count();
            let text = format!("  {held} of {} slices held", row.slices.len());
            words.push((text, Role::Dim));
            figures.busy = Some(row.busy().map(|b| b.ratio));
        } else if let Some(slice) = row.slices.first() {
            words.push(("  whole  ".to_owned(), Role::Dim));
            words.extend(self.held(gpu, 0, self.screen.hold(what)));
            measured(slice, &mut figures);
        }
        words.extend(self.sick(row));
        (words, figures)
    }

    fn slice(&self, what: What) -> Option<(Words, Figures)> {
        let gpu = self.screen.gpu(what)?;
        let at = self.screen.part(what)?;
        let slice = gpu.row.slices.get(at)?;
        let mut words = Words::new();
        let mut figures = Figures::default();
        if let Some(id) = slice.instance {
            words.push((format!("{id:>2} {}  ", slice.profile), Role::Dim));
            words.extend(self.held(gpu, at, self.screen.hold(what)));
            measured(slice, &mut figures);
        } else if let Some(hold) = self.screen.hold(what) {
            // one of several that share a GPU in time: its part of the work is not told
            words.extend(self.holder(hold));
            figures.busy = Some(None);
        }
        Some((words, figures))
    }

    fn held(&self, gpu: &GpuOn, at: usize, hold: Option<&Hold>) -> Words {
        let many = gpu.holds.get(at).map_or(0, |h| h.len());
        let Some(hold) = hold else {
            let text = if many > 1 {
                format!("{many} pods share it in time")
            } else if is_sick(&gpu.row) {
                // nobody could use it
                "gone".to_owned()
            } else {
                "free".to_owned()
            };
            return vec![(text, Role::Dim)];
        };
        let mut words = self.holder(hold);
        let idle = gpu.row.slices.get(at).and_then(|s| s.idle_since);
        if let Some(since) = idle {
            let text = format!("  idle {}", age(Some(since), self.ctx.now));
            words.push((text, Role::Warn));
        }
        words
    }

    fn holder(&self, hold: &Hold) -> Words {
        let mut words = vec![
            (who(hold), Role::Text),
            (format!("  {}", owner(hold)), Role::Dim),
        ];
        if let Some(pod) = &hold.row {
            words.push((format!("  {}", age(pod.created, self.ctx.now)), Role::Dim));
        }
        words
    }

    fn sick(&self, row: &GpuRow) -> Words {
        let mut words = Words::new();
        if let Some((text, role)) = xid(row, self.ctx.now)
            && role != Role::Dim
        {
            words.push((
                format!("  {} {text}", Mark::Failed.glyph(self.look.ascii)),
                role,
            ));
        }
        if let Some(old) = stale(row, self.ctx.now) {
            let glyph = Mark::Stale.glyph(self.look.ascii);
            words.push((format!("  {glyph} figures {} old", old.short()), Role::Dim));
        }
        words
    }
}
