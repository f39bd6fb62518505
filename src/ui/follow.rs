//! Keys that were begun: what may follow, in the corner where the next look goes. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Look;
use super::paint::{Pen, line};
use super::panel::panel;
use crate::app::Model;
use crate::app::bindings::{Next, written};
use crate::theme::Role;

/// Widest box, in cells.
const WIDE: u16 = 46;

/// Paints what may follow at the bottom right of the body.
pub fn paint(model: &Model, body: Rect, buffer: &mut Buffer, look: Look) {
    if model.pending.is_empty() {
        return;
    }
    let next = model.bindings.follow(&model.pending, model.places());
    let count = u16::try_from(next.len()).unwrap_or(u16::MAX);
    let width = WIDE.min(body.width);
    let height = count.saturating_add(2).min(body.height);
    let area = Rect {
        x: body.right() - width,
        y: body.bottom() - height,
        width,
        height,
    };
    panel(area, buffer, look);
    let title = format!(" {} ", written(&model.pending));
    let top = Rect {
        x: area.x + 2,
        width: width.saturating_sub(4),
        ..line(area, 0)
    };
    Pen::new(buffer, top, look)
        .put(&title, Role::Chosen)
        .put("then  esc drops ", Role::Dim);
    for (index, (chord, next)) in next.iter().enumerate().take(usize::from(height) - 2) {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        let at = line(area, index.saturating_add(1));
        let inside = Rect {
            x: at.x + 1,
            width: at.width.saturating_sub(2),
            ..at
        };
        let mut pen = Pen::new(buffer, inside, look);
        pen.skip(1).cell(&chord.to_string(), 8, false, Role::Chosen);
        match next {
            Next::Command(command) => pen.put(command.title, Role::Text),
            Next::More(count) => pen.put(&format!("{count} more"), Role::Dim),
        };
    }
}
