//! Paints one inference service: its heading, then its text. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::heading::{Heading, fresh, missing};
use super::text::{hits, lines};
use crate::app::screen::Ctx;
use crate::app::serving::ServiceScreen;
use crate::app::serving::standing::{Standing, traffic};
use crate::domain::ServiceRow;
use crate::ui::Look;
use crate::ui::paint::{Pen, below, line};

/// Paints it.
pub fn paint(
    look: Look,
    screen: &mut ServiceScreen,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let Some(row) = screen.seen.row().cloned() else {
        missing((screen.feed(), screen.key()), ctx, (area, buffer, look));
        return;
    };
    heading(screen, &row, ctx, line(area, 0), buffer, look);
    let body = below(area);
    lines(&mut screen.pane, body, buffer, look);
}

/// Name, state, what is served where, and whether that is still so.
fn heading(
    screen: &ServiceScreen,
    row: &ServiceRow,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let standing = Standing::of(row, ctx);
    let mut pen = Pen::new(buffer, area, look);
    let heading = Heading {
        key: &row.key,
        state: (standing.mark(), standing.word()),
        gone: screen.seen.gone(),
        fresh: fresh(row, ctx),
    };
    heading.begin(&mut pen, ctx, look);
    heading.about(row.mode.word(), &traffic(row), &mut pen, ctx);
    hits(&screen.pane, &mut pen);
}
