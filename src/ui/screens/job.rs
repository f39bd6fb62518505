//! Paints one training job: its heading, then its text. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::heading::{Heading, missing};
use super::text::{hits, lines};
use crate::app::jobs::{JobScreen, standing};
use crate::app::screen::Ctx;
use crate::domain::JobRow;
use crate::ui::Look;
use crate::ui::paint::{Pen, line};

/// Paints it.
pub fn paint(look: Look, screen: &mut JobScreen, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer) {
    let Some(row) = screen.seen.row().cloned() else {
        missing((screen.feed(), screen.key()), ctx, (area, buffer, look));
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
    let table = ctx.world.table::<JobRow>();
    let source = table.and_then(|t| t.source_of(&row.place));
    let heading = Heading {
        key: &row.key,
        state: standing::state(row, ctx),
        gone: screen.seen.gone(),
        fresh: source.is_some_and(|s| ctx.world.believed(s)),
    };
    let mut pen = Pen::new(buffer, area, look);
    heading.begin(&mut pen, ctx, look);
    heading.about(row.kind.word(), "", &mut pen, ctx);
    hits(&screen.pane, &mut pen);
}
