//! Paints one trial: its heading, then its text. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::experiment::asked;
use super::text::{hits, lines};
use crate::app::screen::Ctx;
use crate::app::trials::{TrialScreen, words};
use crate::domain::{TrialRow, clock};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, line};
use crate::ui::text::wrap;

/// Paints it.
pub fn paint(look: Look, screen: &mut TrialScreen, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer) {
    let Some(row) = screen.row().cloned() else {
        let text = asked(("trials", screen.key()), ctx);
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

/// Name, state, experiment, and whether that is still so.
fn heading(
    screen: &TrialScreen,
    row: &TrialRow,
    ctx: &Ctx<'_>,
    (area, buffer, look): (Rect, &mut Buffer, Look),
) {
    let (mark, word) = words::phase(row);
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" ", Role::Text)
        .put(&row.key.name, Role::Strong)
        .put("   ", Role::Text)
        .put(mark.glyph(look.ascii), mark.role())
        .put(" ", Role::Text)
        .put(word, mark.role());
    let table = ctx.world.table::<TrialRow>();
    let source = table.and_then(|t| t.source_of(&row.key));
    if let Some(at) = screen.gone() {
        let text = format!(
            "   deleted (known since {}): as last seen",
            clock(at, ctx.now)
        );
        pen.put(&text, Role::Bad);
    } else if !source.is_some_and(|s| ctx.world.believed(s)) {
        pen.put("   old: the source is not live", Role::Warn);
    }
    let mut about = vec![
        format!("trial of {}", row.experiment),
        row.key.namespace.to_string(),
    ];
    if ctx.clusters.len() > 1 {
        about.push(row.key.cluster.to_string());
    }
    pen.put("   ", Role::Text)
        .put(&about.join(" · "), Role::Dim);
    hits(&screen.pane, &mut pen);
}
