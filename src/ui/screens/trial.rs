//! Paints one trial: its heading, then its text. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::heading::{Heading, fresh, missing};
use super::text::{hits, lines};
use crate::app::screen::Ctx;
use crate::app::trials::{TrialScreen, words};
use crate::domain::TrialRow;
use crate::ui::Look;
use crate::ui::paint::{Pen, below, line};

/// Paints it.
pub fn paint(look: Look, screen: &mut TrialScreen, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer) {
    let Some(row) = screen.seen.row().cloned() else {
        missing(("trials", screen.key()), ctx, (area, buffer, look));
        return;
    };
    heading(screen, &row, ctx, (line(area, 0), buffer, look));
    let body = below(area);
    lines(&mut screen.pane, body, buffer, look);
}

/// Name, state, experiment, and whether that is still so.
fn heading(
    screen: &TrialScreen,
    row: &TrialRow,
    ctx: &Ctx<'_>,
    (area, buffer, look): (Rect, &mut Buffer, Look),
) {
    let heading = Heading {
        key: &row.key,
        state: words::phase(row),
        gone: screen.seen.gone(),
        fresh: fresh(row, ctx),
    };
    let mut pen = Pen::new(buffer, area, look);
    heading.begin(&mut pen, ctx, look);
    heading.about(&format!("trial of {}", row.experiment), "", &mut pen, ctx);
    hits(&screen.pane, &mut pen);
}
