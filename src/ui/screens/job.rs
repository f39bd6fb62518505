//! Paints one training job: its heading, then its text. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::experiment::asked;
use super::text::{hits, lines};
use crate::app::jobs::{JobScreen, standing};
use crate::app::screen::Ctx;
use crate::domain::{JobRow, clock};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, line};
use crate::ui::text::wrap;

/// Paints it.
pub fn paint(look: Look, screen: &mut JobScreen, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer) {
    let Some(row) = screen.row().cloned() else {
        let text = asked((screen.feed(), screen.key()), ctx);
        for (index, part) in (1..).zip(wrap(&text, area.width.saturating_sub(2))) {
            Pen::new(buffer, line(area, index), look)
                .skip(1)
                .put(&part, Role::Warn);
        }
        return;
    };
    heading(screen, &row, ctx, (line(area, 0), buffer, look));
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    lines(&mut screen.pane, body, buffer, look);
}

/// Name, state, kind, and whether that is still so.
fn heading(
    screen: &JobScreen,
    row: &JobRow,
    ctx: &Ctx<'_>,
    (area, buffer, look): (Rect, &mut Buffer, Look),
) {
    let (mark, word) = standing::state(row, ctx);
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" ", Role::Text)
        .put(&row.key.name, Role::Strong)
        .put("   ", Role::Text)
        .put(mark.glyph(look.ascii), mark.role())
        .put(" ", Role::Text)
        .put(word, mark.role());
    let table = ctx.world.table::<JobRow>();
    let source = table.and_then(|t| t.source_of(&row.place));
    if let Some(at) = screen.gone() {
        let text = format!(
            "   deleted (known since {}): as last seen",
            clock(at, ctx.now)
        );
        pen.put(&text, Role::Bad);
    } else if !source.is_some_and(|s| ctx.world.believed(s)) {
        pen.put("   old: the source is not live", Role::Warn);
    }
    let mut about = vec![row.kind.word().to_owned(), row.key.namespace.to_string()];
    if ctx.clusters.len() > 1 {
        about.push(row.key.cluster.to_string());
    }
    pen.put("   ", Role::Text)
        .put(&about.join(" · "), Role::Dim);
    hits(&screen.pane, &mut pen);
}
