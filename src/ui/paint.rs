//! Roles become styles, and text becomes cells. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::Look;
use super::text::{fit, plain};
use crate::theme::{Colours, Mark, Paint, Role, Shade, Weight};

/// The style of a role on this terminal.
pub fn style(role: Role, look: Look) -> Style {
    let Paint { fg, bg, weight } = look.paints[role];
    let colour = look.colours != Colours::None;
    let mut style = Style::new();
    if let Some(fg) = shade(fg).filter(|_| colour) {
        style = style.fg(fg);
    }
    if let Some(bg) = shade(bg).filter(|_| colour) {
        style = style.bg(bg);
    }
    for (part, modifier) in [
        (Weight::BOLD, Modifier::BOLD),
        (Weight::DIM, Modifier::DIM),
        (Weight::ITALIC, Modifier::ITALIC),
        (Weight::UNDERLINE, Modifier::UNDERLINED),
        (Weight::REVERSE, Modifier::REVERSED),
    ] {
        if weight.has(part) {
            style = style.add_modifier(modifier);
        }
    }
    style
}

/// The selection: one even bar, whatever colours stand in it.
pub fn selection(look: Look) -> Style {
    let bar = style(Role::Selected, look);
    bar.fg(bar.fg.unwrap_or(Color::Reset))
        .bg(bar.bg.unwrap_or(Color::Reset))
        .remove_modifier(Modifier::DIM)
}

/// Paints the ground of the theme under everything that has none of its own.
pub fn ground(buffer: &mut Buffer, area: Rect, look: Look) {
    let Some(ground) = shade(look.paints.ground).filter(|_| look.colours != Colours::None) else {
        return;
    };
    let text = shade(look.paints[Role::Text].fg).unwrap_or(Color::Reset);
    for position in area.intersection(buffer.area).positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            if cell.bg == Color::Reset {
                cell.bg = ground;
            }
            if cell.fg == Color::Reset {
                cell.fg = text;
            }
        }
    }
}

/// The colour as the terminal is told it; `None` for its own.
fn shade(shade: Shade) -> Option<Color> {
    const ANSI: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match shade {
        Shade::Default => None,
        Shade::Ansi(n) => Some(ANSI[usize::from(n % 16)]),
        Shade::Indexed(n) => Some(Color::Indexed(n)),
        Shade::Rgb(r, g, b) => Some(Color::Rgb(r, g, b)),
    }
}

/// Writes along one line, from left to right, and never past its end.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    look: Look,
    x: u16,
    end: u16,
    y: u16,
}

impl<'a> Pen<'a> {
    /// On the first line of an area.
    pub fn new(buffer: &'a mut Buffer, area: Rect, look: Look) -> Self {
        let inside = area.intersection(buffer.area);
        Self {
            buffer,
            look,
            x: inside.x,
            end: inside.right(),
            y: inside.y,
        }
    }

    /// Room left.
    pub fn room(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    /// Writes a text, cut at the end of the line.
    pub fn put(&mut self, text: &str, role: Role) -> &mut Self {
        let room = self.room();
        if room > 0 {
            let (text, _) = fit(text, room, self.look.ascii);
            let text = plain(&text, self.look);
            let style = style(role, self.look);
            (self.x, _) = self
                .buffer
                .set_stringn(self.x, self.y, text, usize::from(room), style);
        }
        self
    }

    /// Writes a text in exactly so many cells.
    pub fn cell(&mut self, text: &str, width: u16, right: bool, role: Role) -> &mut Self {
        let width = width.min(self.room());
        let (text, used) = fit(text, width, self.look.ascii);
        let gap = width - used;
        if right {
            self.skip(gap);
        }
        self.put(&text, role);
        if !right {
            self.skip(gap);
        }
        self
    }

    /// Mark and word in exactly so many cells.
    pub fn state(&mut self, mark: Mark, word: &str, width: u16) -> &mut Self {
        let role = mark.role();
        self.cell(
            &format!("{} {word}", mark.glyph(self.look.ascii)),
            width,
            false,
            role,
        )
    }

    /// Leaves cells as they are.
    pub fn skip(&mut self, cells: u16) -> &mut Self {
        self.x = self.x.saturating_add(cells).min(self.end);
        self
    }
}

/// An area without its first line, which is its heading.
pub fn below(area: Rect) -> Rect {
    Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    }
}

/// The line of an area with this number.
pub fn line(area: Rect, index: u16) -> Rect {
    if index >= area.height {
        return Rect {
            height: 0,
            width: 0,
            ..area
        };
    }
    Rect {
        y: area.y + index,
        height: 1,
        ..area
    }
}

/// A rule over the width of an area.
pub fn rule(buffer: &mut Buffer, area: Rect, look: Look) {
    let glyph = if look.ascii { "-" } else { "─" };
    Pen::new(buffer, area, look).put(&glyph.repeat(usize::from(area.width)), Role::Rule);
}

/// Repaints what stands in an area as old.
pub fn fade(buffer: &mut Buffer, area: Rect, look: Look) {
    buffer.set_style(
        area.intersection(buffer.area),
        style(Role::Dim, look).remove_modifier(Modifier::BOLD),
    );
}
