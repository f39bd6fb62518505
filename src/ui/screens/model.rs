//! Paints one registered model: how it stands, its versions, the facts of the selected one. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::heading::fresh;
use super::list;
use super::run::{scrolled, split};
use crate::app::list::{Cell, Listing};
use crate::app::lists::Models;
use crate::app::screen::Ctx;
use crate::app::versions::ModelScreen;
use crate::store::TruthRow;
use crate::theme::Role;
use crate::ui::View;
use crate::ui::paint::{Pen, line, rule};

/// Lower than this, the versions alone are shown.
const LOW: u16 = 9;

/// Paints the model.
pub fn paint(
    view: &mut View,
    screen: &mut ModelScreen,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let look = view.look;
    let used = heading(screen, ctx, area, buffer, view);
    let body = Rect {
        y: area.y + used,
        height: area.height.saturating_sub(used),
        ..area
    };
    if body.height < 3 {
        return;
    }
    if screen.list.rows().is_empty() || body.height < LOW {
        list::paint(look, &mut screen.list, ctx, body, buffer);
        return;
    }
    let found = screen.facts(ctx);
    let (left, right) = split(body);
    list::paint(look, &mut screen.list, ctx, left, buffer);
    let beside = right.x > body.x;
    let inner = if beside {
        let bar = if look.ascii { "|" } else { "│" };
        for row in 0..body.height {
            let at = Rect {
                x: right.x - 2,
                width: 1,
                ..line(body, row)
            };
            Pen::new(buffer, at, look).put(bar, Role::Rule);
        }
        right
    } else {
        rule(buffer, line(right, 0), look);
        Rect {
            x: right.x + 1,
            y: right.y + 1,
            width: right.width.saturating_sub(2),
            height: right.height.saturating_sub(1),
        }
    };
    let name = screen.list.selected().map(|row| format!("v{}", row.number));
    let title = format!("{} {}", screen.key().name, name.unwrap_or_default());
    Pen::new(buffer, line(inner, 0), look).cell(&title, inner.width, false, Role::Strong);
    let below = Rect {
        y: inner.y + 1,
        height: inner.height.saturating_sub(1),
        ..inner
    };
    scrolled(&mut screen.scroll, &found, below, buffer, look);
}

/// Name, how it stands, what it is tagged with. Returns the lines used.
fn heading(
    screen: &ModelScreen,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
    view: &View,
) -> u16 {
    if area.height == 0 {
        return 0;
    }
    let look = view.look;
    let mut pen = Pen::new(buffer, line(area, 0), look);
    pen.put(" ", Role::Text)
        .put(&screen.key().name, Role::Strong);
    let table = ctx.world.table::<TruthRow>();
    let Some(row) = table.and_then(|t| t.get(screen.key())) else {
        return 1;
    };
    for id in ["state", "serving"] {
        let column = Models::columns().iter().find(|c| c.id == id);
        match column.map(|c| (c.cell)(row, ctx)) {
            Some(Cell::State(mark, word)) => {
                pen.put("   ", Role::Text)
                    .put(mark.glyph(look.ascii), mark.role())
                    .put(" ", Role::Text)
                    .put(word, mark.role());
            }
            Some(Cell::Text(text, role)) => {
                pen.put("   ", Role::Text).put(&text, role);
            }
            _ => {}
        }
    }
    let tags = row.model.tags.iter().filter(|t| !t.key.starts_with("gate"));
    let tags: Vec<String> = tags.map(|t| format!("{}={}", t.key, t.value)).collect();
    pen.put("   ", Role::Text).put(&tags.join(" "), Role::Dim);
    if !fresh(&**row, ctx) {
        pen.put("   old: the source is not live", Role::Warn);
    }
    1
}
