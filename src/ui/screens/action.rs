//! Paints one action of the journal: what it was, where it stands, and its story. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::text::{hits, lines};
use crate::app::journal::ActionPage;
use crate::app::screen::{Ctx, Screen};
use crate::domain::clock;
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, below, line};

/// Paints it.
pub fn paint(look: Look, screen: &mut ActionPage, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer) {
    heading(screen, ctx, line(area, 0), buffer, look);
    let body = below(area);
    lines(&mut screen.pane, body, buffer, look);
}

fn heading(screen: &ActionPage, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer, look: Look) {
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" ", Role::Text)
        .put("action", Role::Text)
        .put(" ", Role::Text)
        .put(&screen.title(ctx), Role::Strong);
    if let Some(row) = screen.row() {
        let (mark, word) = row.state();
        pen.put("  ", Role::Text)
            .put(mark.glyph(look.ascii), mark.role())
            .put(" ", Role::Text)
            .put(&word.to_lowercase(), mark.role())
            .put("   ", Role::Text)
            .put(&clock(row.entry.at, ctx.now), Role::Dim);
    }
    hits(&screen.pane, &mut pen);
}
