//! Paints the tree of accelerators with `tui-tree-widget`, and the facts of the selected line below it. Pure.
//!
//! The widget is given the open lines only, and text only for those near the window, as in [`super::tree`].

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line as Text;
use ratatui::widgets::StatefulWidget;
use tui_tree_widget::{Tree, TreeItem, TreeState};

mod text;

use self::text::Artist;
use super::run::scrolled;
use crate::app::gpus::GpuScreen;
use crate::app::lists::gpu_cells::{self, caveat, is_sick, rounded};
use crate::app::screen::{Ctx, Screen};
use crate::domain::{ClusterId, Key, SourceRow, SourceState};
use crate::theme::Role;
use crate::ui::paint::{Pen, line, rule, selection};
use crate::ui::pointer::window;
use crate::ui::text::wrap;
use crate::ui::{Look, View};

/// Paints the screen.
pub fn paint(
    view: &mut View,
    screen: &mut GpuScreen,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let look = view.look;
    heading(screen, ctx, line(area, 0), buffer, look);
    let mut top = 1;
    if let Some(text) = caveat(ctx) {
        Pen::new(buffer, line(area, 1), look)
            .skip(1)
            .put(&text, Role::Warn);
        top = 2;
    }
    let body = Rect {
        y: area.y + top,
        height: area.height.saturating_sub(top),
        ..area
    };
    if screen.lines().is_empty() {
        nothing(screen, ctx, body, buffer, look);
        return;
    }
    let (above, below) = split(body);
    let first = tree(view, screen, ctx, above, buffer);
    screen.window = window(above, first);
    if below.height > 1 {
        rule(buffer, line(below, 0), look);
        let found = screen.facts(ctx);
        let inner = Rect {
            x: below.x + 1,
            y: below.y + 1,
            width: below.width.saturating_sub(2),
            height: below.height - 1,
        };
        scrolled(&mut screen.scroll, &found, inner, buffer, look);
    }
}

/// Tree above, facts below; a low terminal has the tree alone.
fn split(body: Rect) -> (Rect, Rect) {
    let facts = if body.height < 9 {
        0
    } else {
        (body.height * 2 / 5).clamp(4, 12)
    };
    let above = Rect {
        height: body.height - facts,
        ..body
    };
    let below = Rect {
        y: body.y + above.height,
        height: facts,
        ..body
    };
    (above, below)
}

fn heading(screen: &GpuScreen, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer, look: Look) {
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" ", Role::Text)
        .put(&screen.title(ctx), Role::Strong)
        .put("  ", Role::Text);
    let (mut nodes, mut held, mut all, mut lost, mut sick) = (0, 0, 0, 0, 0);
    let (mut sum, mut measured) = (0.0, 0_u32);
    for node in screen.nodes() {
        nodes += 1;
        for pool in &node.pools {
            held += pool.held;
            all += pool.allocatable;
            lost += pool.capacity.saturating_sub(pool.allocatable);
        }
        sick += node.gpus.iter().filter(|g| is_sick(&g.row)).count();
        if let (Some(busy), known, _) = node.busy() {
            let weight = u32::try_from(known).unwrap_or(u32::MAX);
            sum += busy * f64::from(weight);
            measured += weight;
        }
    }
    let held = gpu_cells::held(held, ctx);
    pen.put(&format!("{nodes} nodes · {held} of {all} held"), Role::Text);
    if measured > 0 {
        let busy = rounded(sum / f64::from(measured));
        pen.put(&format!(" · busy {busy} of what is held"), Role::Text);
    }
    if lost > 0 {
        pen.put(&format!(" · {lost} lost"), Role::Bad);
    }
    if sick > 0 {
        pen.put(&format!(" · {sick} sick"), Role::Bad);
    }
    if let Some(filter) = screen.filter() {
        pen.put("   filter ", Role::Dim).put(filter, Role::Chosen);
    }
}

/// There are no lines: says whether that is so, or only not known.
fn nothing(screen: &GpuScreen, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer, look: Look) {
    let ill = |s: &&SourceRow| s.id.feed == "nodes" && s.state != SourceState::Live;
    let text = if screen.filter().is_some() {
        "Nothing passes the filter. Esc takes it off.".to_owned()
    } else if let Some(source) = ctx.world.sources().find(ill) {
        let why = source.fault.as_ref().map(|f| format!(": {}", f.told()));
        format!(
            "Nodes are not known ({}){}",
            source.state.word(),
            why.unwrap_or_default()
        )
    } else if ctx.world.feed("nodes").next().is_none() {
        "Asking for nodes…".to_owned()
    } else {
        "No node has an accelerator. Every source is live, so there are none.".to_owned()
    };
    for (at, text) in wrap(&text, area.width.saturating_sub(2)).iter().enumerate() {
        let at = u16::try_from(at).unwrap_or(u16::MAX);
        Pen::new(buffer, line(area, at.saturating_add(1)), look)
            .skip(1)
            .put(text, Role::Warn);
    }
}

fn tree(
    view: &mut View,
    screen: &GpuScreen,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> usize {
    let look = view.look;
    let artist = Artist {
        screen,
        ctx,
        look,
        width: area.width,
    };
    let key = Key::new(ClusterId::new(""), "", screen.id());
    let state = view.trees.entry(key).or_default();
    let margin = usize::from(area.height) + 2;
    let window = state.get_offset()..=state.get_offset() + usize::from(area.height);
    let mut builder = Builder {
        artist: &artist,
        near: (
            window.start().saturating_sub(margin),
            window.end() + margin,
            margin,
        ),
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
    let tree = tree
        .node_open_symbol(open)
        .node_closed_symbol(closed)
        .node_no_children_symbol("  ")
        .highlight_symbol(if look.ascii { ">" } else { "▌" })
        .highlight_style(selection(look));
    StatefulWidget::render(tree, area, buffer, state);
    state.get_offset()
}

fn sync(state: &mut TreeState<usize>, paths: Vec<Vec<usize>>, screen: &GpuScreen) {
    state.close_all();
    for path in paths {
        state.open(path);
    }
    let path = path_of(screen, screen.index());
    if state.selected() != path.as_slice() {
        state.select(path);
    }
    state.scroll_selected_into_view();
}

/// The way from the top to a line, by line numbers.
fn path_of(screen: &GpuScreen, index: usize) -> Vec<usize> {
    let depth_of = |at: usize| screen.lines().get(at).map_or(0, |l| l.depth);
    let mut path = vec![index];
    let mut depth = depth_of(index);
    for at in (0..index).rev() {
        if depth == 0 {
            break;
        }
        if depth_of(at) < depth {
            path.push(at);
            depth = depth_of(at);
        }
    }
    path.reverse();
    path
}

struct Builder<'a> {
    artist: &'a Artist<'a>,
    /// From, to, and how far around the selection lines have text.
    near: (usize, usize, usize),
    opened: Vec<Vec<usize>>,
    at: usize,
}

impl Builder<'_> {
    /// Items of one depth, from where the builder stands; at most four calls deep.
    fn level(&mut self, depth: u16, path: &mut Vec<usize>) -> Vec<TreeItem<'static, usize>> {
        let mut items = Vec::new();
        while let Some(found) = self.artist.screen.lines().get(self.at) {
            if found.depth < depth {
                break;
            }
            let index = self.at;
            let (own, closed) = (found.depth, found.open == Some(false));
            self.at += 1;
            path.push(index);
            let next = self.artist.screen.lines().get(self.at);
            let below = if next.is_some_and(|l| l.depth > own) {
                self.opened.push(path.clone());
                self.level(own + 1, path)
            } else if closed {
                // one item that is never seen, so that the widget marks the branch as closed
                vec![TreeItem::new_leaf(usize::MAX, "")]
            } else {
                Vec::new()
            };
            path.pop();
            let (from, to, margin) = self.near;
            let near = (from..=to).contains(&index)
                || index.abs_diff(self.artist.screen.index()) <= margin;
            let text = if near {
                self.artist.text(index)
            } else {
                Text::default()
            };
            items.extend(TreeItem::new(index, text, below).ok());
        }
        items
    }
}
