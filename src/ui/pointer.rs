//! Where rows are drawn, as the core keeps it for clicks. Pure.

use ratatui::layout::Rect;

use crate::app::pointer::Window;

/// Rows in an area, from the one with this number on.
pub fn window(area: Rect, top: usize) -> Window {
    Window {
        columns: area.x..area.right(),
        lines: area.y..area.bottom(),
        top,
    }
}
