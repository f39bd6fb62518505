//! The menu of what can be copied, over the lower part of the body. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::Look;
use super::paint::{Pen, line, rule, selection};
use crate::app::Model;
use crate::theme::Role;

/// Paints it.
pub fn paint(model: &Model, area: Rect, buffer: &mut Buffer, look: Look) {
    let Some(menu) = &model.menu else {
        return;
    };
    let items = menu.items(&model.ctx());
    let height = u16::try_from(items.len() + 2)
        .unwrap_or(u16::MAX)
        .min(area.height);
    let area = Rect {
        y: area.bottom() - height,
        height,
        ..area
    };
    Clear.render(area, buffer);
    rule(buffer, line(area, 0), look);
    let subject = menu.subject();
    Pen::new(buffer, line(area, 1), look)
        .put(" Copy of ", Role::Text)
        .put(subject.word, Role::Text)
        .put(" ", Role::Text)
        .put(&subject.key.name, Role::Strong)
        .put("   letter, Enter: copy; else close", Role::Dim);
    for (index, item) in items.iter().enumerate() {
        let at = line(area, u16::try_from(index + 2).unwrap_or(u16::MAX));
        let role = if item.text.is_ok() {
            Role::Text
        } else {
            Role::Dim
        };
        Pen::new(buffer, at, look)
            .skip(1)
            .put(item.key.encode_utf8(&mut [0; 4]), Role::Chosen)
            .skip(2)
            .cell(item.label, 22, false, Role::Strong)
            .put(&item.preview(), role);
        if index == menu.index {
            buffer.set_style(at, selection(look));
        }
    }
}
