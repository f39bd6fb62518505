//! Paints the ladder of what does not get on: its heading, then its rungs. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::text::{hits, lines};
use crate::app::ladder::LadderScreen;
use crate::app::screen::Ctx;
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, below, line};
use crate::ui::text::wrap;

/// Paints it.
pub fn paint(
    look: Look,
    screen: &mut LadderScreen,
    _ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let mut pen = Pen::new(buffer, line(area, 0), look);
    pen.put(" why ", Role::Text)
        .put(screen.subject.word, Role::Text)
        .put(" ", Role::Text)
        .put(&screen.subject.key.name, Role::Strong)
        .put(" does not get on   ", Role::Text);
    if let Some(ladder) = &screen.ladder {
        pen.put(&ladder.summary(), Role::Dim);
    }
    hits(&screen.pane, &mut pen);
    let body = below(area);
    if screen.ladder.is_some() {
        lines(&mut screen.pane, body, buffer, look);
        return;
    }
    let text = format!(
        "Nothing is known yet of the {} {}: it is being read, or it is gone. Esc goes back.",
        screen.subject.word, screen.subject.key.name
    );
    let width = area.width.saturating_sub(2);
    for (part, at) in wrap(&text, width).iter().zip(1..) {
        Pen::new(buffer, line(body, at), look)
            .skip(1)
            .put(part, Role::Warn);
    }
}
