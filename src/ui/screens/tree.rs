//! Paints the open branches of a step tree with `tui-tree-widget`. Pure.
//!
//! The widget is given the open lines only, and text only for those near the window: it lays out every item that it is
//! given, on every frame.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::StatefulWidget;
use tui_tree_widget::{Tree, TreeItem, TreeState};

use super::timeline::Clock;
use crate::app::lists::mark;
use crate::app::run::{Line, RunScreen, What};
use crate::app::screen::Ctx;
use crate::domain::{Phase, RunDetail, Step, StepId, StepKind, took};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::View;
use crate::ui::paint::{Pen, line, selection, style};
use crate::ui::text::{fit, plain};

/// Deeper steps are drawn at this depth: the widget nests calls, and nobody can read further in.
const DEEPEST: u16 = 40;
/// Cells of the duration.
const TOOK: u16 = 9;

struct Artist<'a> {
    screen: &'a RunScreen,
    run: &'a RunDetail,
    clock: Option<Clock>,
    ctx: &'a Ctx<'a>,
    look: Look,
    width: u16,
    timeline: u16,
}

/// Paints the tree; answers its first visible line.
pub fn paint(
    view: &mut View,
    screen: &RunScreen,
    run: &RunDetail,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> usize {
    let look = view.look;
    let timeline = if area.width >= 60 { area.width / 4 } else { 0 };
    let artist = Artist {
        screen,
        run,
        clock: Clock::of(run, ctx.now),
        ctx,
        look,
        width: area.width,
        timeline,
    };
    let state = view.trees.entry(screen.key().clone()).or_default();
    let window = state.get_offset()..=state.get_offset() + usize::from(area.height);
    let margin = usize::from(area.height) + 2;
    let near = |index: usize| {
        index + margin >= *window.start() && index <= window.end() + margin
            || index.abs_diff(screen.index()) <= margin
    };
    let mut builder = Builder {
        artist: &artist,
        near: &near,
        opened: Vec::new(),
        at: 0,
    };
    let items = builder.level(0, &mut Vec::new());
    let paths = std::mem::take(&mut builder.opened);
    sync(state, paths, screen);
    let Ok(tree) = Tree::new(&items) else {
        return 0;
    };
    let (open, closed) = if look.ascii {
        ("v ", "> ")
    } else {
        ("▾ ", "▸ ")
    };
    let marker = if look.ascii { ">" } else { "▌" };
    let tree = tree
        .node_open_symbol(open)
        .node_closed_symbol(closed)
        .node_no_children_symbol("  ")
        .highlight_symbol(marker)
        .highlight_style(selection(look));
    StatefulWidget::render(tree, area, buffer, state);
    more(screen.lines().len(), state.get_offset(), area, buffer, look);
    state.get_offset()
}

/// What lies below the last visible line.
fn more(lines: usize, offset: usize, area: Rect, buffer: &mut Buffer, look: Look) {
    let below = lines.saturating_sub(offset + usize::from(area.height));
    if below > 0 && area.height > 2 {
        let text = format!(" {below} more below ");
        let width = u16::try_from(text.len()).unwrap_or(0).min(area.width);
        let at = Rect {
            x: area.right() - width,
            width,
            ..line(area, area.height - 1)
        };
        Pen::new(buffer, at, look).put(&text, Role::Dim);
    }
}

/// Tells the widget what is open and what is selected.
fn sync(state: &mut TreeState<usize>, paths: Vec<Vec<usize>>, screen: &RunScreen) {
    state.close_all();
    for path in paths {
        state.open(path);
    }
    let path = path_of(screen.lines(), screen.index());
    if state.selected() != path.as_slice() {
        state.select(path);
    }
    state.scroll_selected_into_view();
}

/// The way from the top to a line, by line numbers.
fn path_of(lines: &[Line], index: usize) -> Vec<usize> {
    let mut path = vec![index];
    let mut depth = lines.get(index).map_or(0, |l| l.depth.min(DEEPEST));
    for at in (0..index).rev() {
        let above = lines.get(at).map_or(0, |l| l.depth.min(DEEPEST));
        if depth == 0 {
            break;
        }
        if above < depth {
            path.push(at);
            depth = above;
        }
    }
    path.reverse();
    path
}

struct Builder<'a> {
    artist: &'a Artist<'a>,
    near: &'a dyn Fn(usize) -> bool,
    opened: Vec<Vec<usize>>,
    at: usize,
}

impl Builder<'_> {
    /// Items of one depth, from where the builder stands; goes at most [`DEEPEST`] calls deep.
    fn level(&mut self, depth: u16, path: &mut Vec<usize>) -> Vec<TreeItem<'static, usize>> {
        let mut items = Vec::new();
        while let Some(found) = self.artist.screen.lines().get(self.at).copied() {
            if found.depth.min(DEEPEST) < depth {
                break;
            }
            let index = self.at;
            self.at += 1;
            path.push(index);
            let below = self.level_below(depth, path);
            let text = if (self.near)(index) {
                self.artist.text(found)
            } else {
                Text::default()
            };
            path.pop();
            items.extend(TreeItem::new(index, text, below).ok());
        }
        items
    }

    fn level_below(&mut self, depth: u16, path: &mut Vec<usize>) -> Vec<TreeItem<'static, usize>> {
        let deeper = self
            .artist
            .screen
            .lines()
            .get(self.at)
            .is_some_and(|l| l.depth.min(DEEPEST) > depth);
        if deeper {
            self.opened.push(path.clone());
            return self.level(depth + 1, path);
        }
        let closed = path
            .last()
            .and_then(|i| self.artist.screen.lines().get(*i))
            .is_some_and(|l| match l.what {
                What::Step(id) => self
                    .artist
                    .run
                    .tree
                    .children
                    .get(id)
                    .is_some_and(|c| !c.is_empty()),
                What::More { .. } => false,
            });
        // one item that is never seen, so that the widget marks the branch as closed
        if closed {
            vec![TreeItem::new_leaf(usize::MAX, "")]
        } else {
            Vec::new()
        }
    }
}

impl Artist<'_> {
    fn text(&self, found: Line) -> Text<'static> {
        let used = 1 + 2 * found.depth.min(DEEPEST) + 2;
        let room = self.width.saturating_sub(used + self.timeline + TOOK + 2);
        match found.what {
            What::Step(id) => self.step(id, room),
            What::More { hidden, tally, .. } => {
                let said = plain(&format!("… {hidden} more: {tally}"), self.look).into_owned();
                Text::from(Span::styled(said, style(Role::Dim, self.look)))
            }
        }
    }

    fn step(&self, id: StepId, room: u16) -> Text<'static> {
        let Some(step) = self.run.tree.steps.get(id) else {
            return Text::default();
        };
        let phase = mark(step.phase);
        let critical = self.run.tree.critical.get(id).copied().unwrap_or(false);
        let glyph = Span::styled(
            format!("{} ", phase.glyph(self.look.ascii)),
            style(phase.role(), self.look),
        );
        let mut spans = vec![glyph];
        let mut left = room.saturating_sub(2);
        for (text, role) in self.words(id, step) {
            let (text, cells) = fit(&text, left, self.look.ascii);
            left -= cells;
            spans.push(Span::styled(
                plain(&text, self.look).into_owned(),
                style(role, self.look),
            ));
        }
        spans.push(Span::raw(" ".repeat(usize::from(left) + 1)));
        if let (Some(clock), true) = (&self.clock, self.timeline > 0) {
            let bar = clock.bar(step, critical, usize::from(self.timeline), self.look.ascii);
            spans.push(Span::styled(
                bar,
                bar_style(step.phase, critical, self.look),
            ));
        }
        // what was never carried out took no time
        let carried_out = !matches!(step.phase, Phase::Omitted | Phase::Skipped);
        let span = took(
            step.started,
            step.finished.or(self.run.row.finished),
            self.ctx.now,
        )
        .filter(|_| carried_out)
        .map_or_else(String::new, |s| s.to_string());
        spans.push(Span::styled(
            format!("{span:>width$}", width = usize::from(TOOK)),
            style(Role::Dim, self.look),
        ));
        Text::from(spans)
    }

    /// Name, and what is worth a word beside it.
    fn words(&self, id: StepId, step: &Step) -> Vec<(String, Role)> {
        let weight = match step.phase {
            Phase::Failed | Phase::Error => Role::Bad,
            Phase::Omitted | Phase::Skipped => Role::Dim,
            _ => Role::Text,
        };
        let mut words = vec![(step.label.to_string(), weight)];
        let beside = self.beside(id, step);
        if !beside.0.is_empty() {
            words.push((format!("  {}", beside.0), beside.1));
        }
        words
    }

    fn beside(&self, id: StepId, step: &Step) -> (String, Role) {
        let children = self.run.tree.children.get(id).map_or(0, Vec::len);
        let tally = self.run.tree.tally(id);
        match step.kind {
            StepKind::Gate if step.phase == Phase::Waiting => {
                ("gate: waits for a person".to_owned(), Role::Warn)
            }
            StepKind::Gate => ("gate".to_owned(), Role::Dim),
            StepKind::FanOut => (
                tally.to_string(),
                if tally.failed > 0 {
                    Role::Bad
                } else {
                    Role::Dim
                },
            ),
            StepKind::Retry if children > 1 => (format!("{children} attempts"), Role::Dim),
            StepKind::Group if children > 0 && step.phase.is_active() => {
                (tally.to_string(), Role::Dim)
            }
            _ if step.cached => ("cached".to_owned(), Role::Dim),
            _ if step.hook => ("hook".to_owned(), Role::Dim),
            _ if children == 0 && (step.phase.is_bad() || step.phase == Phase::Pending) => {
                (step.message.to_string(), Role::Dim)
            }
            _ => (String::new(), Role::Dim),
        }
    }
}

fn bar_style(phase: Phase, critical: bool, look: Look) -> Style {
    let role = match phase {
        Phase::Failed | Phase::Error => Role::Bad,
        Phase::Running | Phase::Pending => Role::Busy,
        Phase::Waiting => Role::Warn,
        _ if critical => Role::Text,
        _ => Role::Dim,
    };
    style(role, look)
}
