//! Facts: labels with their values, wrapped. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::list::Fact;
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, line};
use crate::ui::text::wrap;

/// Lines of facts as they stand in so many cells: label, text, role.
fn lines(facts: &[Fact], width: u16, label: u16) -> Vec<(&'static str, String, Role)> {
    let room = width.saturating_sub(label + 1);
    let mut lines = Vec::new();
    for fact in facts {
        for (index, text) in wrap(&fact.text, room).into_iter().enumerate() {
            lines.push((if index == 0 { fact.label } else { "" }, text, fact.role));
        }
    }
    lines
}

/// Cells of the labels.
fn label_width(facts: &[Fact]) -> u16 {
    let widest = facts.iter().map(|f| f.label.len()).max().unwrap_or(0);
    u16::try_from(widest.clamp(4, 12)).unwrap_or(12)
}

/// How many lines the facts take in so many cells.
pub fn height(facts: &[Fact], width: u16) -> usize {
    lines(facts, width, label_width(facts)).len()
}

/// Paints facts from a scroll position, which is kept inside what there is.
pub fn paint(facts: &[Fact], scroll: &mut usize, area: Rect, buffer: &mut Buffer, look: Look) {
    let label = label_width(facts);
    let lines = lines(facts, area.width, label);
    *scroll = (*scroll).min(lines.len().saturating_sub(usize::from(area.height)));
    for (index, (name, text, role)) in lines
        .iter()
        .skip(*scroll)
        .take(usize::from(area.height))
        .enumerate()
    {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        let mut pen = Pen::new(buffer, line(area, index), look);
        pen.cell(name, label, false, Role::Dim)
            .skip(1)
            .put(text, *role);
    }
}
