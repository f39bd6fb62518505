//! A line of text in a box while it is typed. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::app::Prompt;
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::Pen;

/// Paints it; with the cursor, which is always in sight, when keys go there.
pub fn paint(prompt: &Prompt, focused: bool, area: Rect, buffer: &mut Buffer, look: Look) {
    let mut pen = Pen::new(buffer, area, look);
    let (text, cursor) = (prompt.text(), prompt.cursor());
    if !focused {
        pen.put(text, Role::Text);
        return;
    }
    let room = usize::from(pen.room()).saturating_sub(1).max(1);
    let from = start(text, cursor, room);
    let mut used = 0;
    for (at, letter) in text.get(from..).unwrap_or_default().grapheme_indices(true) {
        used += letter.width();
        if used > room {
            break;
        }
        let here = from + at == cursor;
        pen.put(letter, if here { Role::Selected } else { Role::Strong });
    }
    if cursor == text.len() {
        pen.put(if look.ascii { "_" } else { "▏" }, Role::Chosen);
    }
}

/// The first byte in sight.
fn start(text: &str, cursor: usize, room: usize) -> usize {
    let before = text.get(..cursor).unwrap_or(text);
    let mut cells = before.width();
    let mut from = 0;
    for (at, letter) in before.grapheme_indices(true) {
        if cells < room {
            break;
        }
        cells = cells.saturating_sub(letter.width());
        from = at + letter.len();
    }
    from
}
