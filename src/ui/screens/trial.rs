//! Paints one trial: its heading, then its text. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::heading::{Heading, missing};
use super::text::{hits, lines};
use crate::app::screen::Ctx;
use crate::app::trials::{TrialScreen, words};
use crate::domain::TrialRow;
use crate::ui::Look;
use crate::ui::paint::{Pen, line};

/// Paints it.
pub fn paint(look: Look, screen: &mut TrialScreen, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer) {
    let Some(row) = screen.seen.row().cloned() else {
        missing(("trials", screen.key()), ctx, (area, buffer, look));
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
    let table = ctx.world.table::<TrialRow>();
    let source = table.and_then(|t| t.source_of(&row.key));
    let heading = Heading {
        key: &row.key,
        state: words::phase(row),
        gone: screen.seen.gone(),
        fresh: source.is_some_and(|s| ctx.world.believed(s)),
    };
    let mut pen = Pen::new(buffer, area, look);
    heading.begin(&mut pen, ctx, look);
    heading.about(&format!("trial of {}", row.experiment), "", &mut pen, ctx);
    hits(&screen.pane, &mut pen);
}
