//! A box over what is below it. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::symbols::border::{PLAIN, Set};
use ratatui::widgets::{Block, Clear, Widget};

use super::Look;
use super::paint::style;
use crate::theme::Role;

/// Corners and sides where there is nothing but ASCII.
const ASCII: Set<'_> = Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Clears an area and draws a border around its inside.
pub fn panel(area: Rect, buffer: &mut Buffer, look: Look) {
    let area = area.intersection(buffer.area);
    Clear.render(area, buffer);
    Block::bordered()
        .border_set(if look.ascii { ASCII } else { PLAIN })
        .border_style(style(Role::Rule, look))
        .render(area, buffer);
}
