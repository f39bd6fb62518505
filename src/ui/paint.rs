//! Roles become styles, and text becomes cells. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::text::{fit, plain};
use super::{Colours, Look};
use crate::theme::{Colour, Mark, Paint, Role};

/// The style of a role on this terminal.
pub fn style(role: Role, look: Look) -> Style {
    let Paint {
        colour,
        bold,
        dim,
        reverse,
    } = role.paint(look.colours != Colours::None);
    let mut style = Style::new();
    if let Some(colour) = colour {
        style = style.fg(shade(colour, look.colours));
    }
    for (on, modifier) in [
        (bold, Modifier::BOLD),
        (dim, Modifier::DIM),
        (reverse, Modifier::REVERSED),
    ] {
        if on {
            style = style.add_modifier(modifier);
        }
    }
    style
}

/// The selection: one even bar, whatever colours stand in it.
pub fn selection(look: Look) -> Style {
    style(Role::Selected, look)
        .fg(Color::Reset)
        .bg(Color::Reset)
        .remove_modifier(Modifier::DIM)
}

/// Deeper colours where the terminal has them, the nearest of 16 where not.
fn shade(colour: Colour, depth: Colours) -> Color {
    let (rgb, indexed, ansi) = match colour {
        Colour::Red => ((0xf0, 0x5a, 0x5a), 203, Color::LightRed),
        Colour::Yellow => ((0xe5, 0xc0, 0x5b), 179, Color::Yellow),
        Colour::Green => ((0x7c, 0xb8, 0x7c), 108, Color::Green),
        Colour::Blue => ((0x6c, 0xa9, 0xe8), 74, Color::LightBlue),
        Colour::Cyan => ((0x5b, 0xc8, 0xd8), 80, Color::Cyan),
        Colour::Grey => ((0x8a, 0x8f, 0x98), 245, Color::DarkGray),
    };
    match depth {
        Colours::True => Color::Rgb(rgb.0, rgb.1, rgb.2),
        Colours::Palette => Color::Indexed(indexed),
        Colours::Ansi | Colours::None => ansi,
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
