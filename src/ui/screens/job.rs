//! Paints one training job: its heading, then its text. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::heading::{Heading, fresh, missing};
use super::text::{hits, lines};
use crate::app::jobs::{JobScreen, standing};
use crate::app::screen::Ctx;
use crate::domain::JobRow;
use crate::ui::Look;
use crate::ui::paint::{Pen, below, line};

/// Paints it.
pub fn paint(look: Look, screen: &mut JobScreen, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer) {
    let Some(row) = screen.seen.row().cloned() else {
        missing((screen.feed(), screen.key()), ctx, (area, buffer, look));
        return;
    };
    heading(screen, &row, ctx, (line(area, 0), buffer, look));
    let body = below(area);
    lines(&mut screen.pane, body, buffer, look);
}

/// Name, state, kind, and whether that is still so.
fn heading(
    screen: &JobScreen,
    row: &JobRow,
    ctx: &Ctx<'_>,
    (area, buffer, look): (Rect, &mut Buffer, Look),
) {
    let heading = Heading {
        key: &row.key,
        state: standing::state(row, ctx),
        gone: screen.seen.gone(),
        fresh: fresh(row, ctx),
    };
    let mut pen = Pen::new(buffer, area, look);
    heading.begin(&mut pen, ctx, look);
    heading.about(row.kind.word(), "", &mut pen, ctx);
    hits(&screen.pane, &mut pen);
}
