//! The palette over the body: what is typed, and the commands it fits. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::Look;
use super::paint::{Pen, line, selection};
use super::panel::panel;
use super::pointer::window;
use crate::app::Model;
use crate::app::palette::{Item, Palette};
use crate::theme::Role;

/// Widest box, in cells.
const WIDE: u16 = 96;

/// Cells of the name, and of the keys.
const NAME: u16 = 18;
const KEYS: u16 = 16;

/// Where its rows are.
fn rows(palette: &Palette, area: Rect) -> Rect {
    let head = 1 + u16::from(palette.anchor.is_none());
    Rect {
        x: area.x + 1,
        y: area.y + head,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(head + 1),
    }
}

fn place(palette: &Palette, body: Rect) -> Rect {
    let count = u16::try_from(palette.items.len().max(1)).unwrap_or(u16::MAX);
    let frame = 2 + u16::from(palette.anchor.is_none());
    let height = count.saturating_add(frame).min(body.height);
    match palette.anchor {
        None => {
            let width = body
                .width
                .saturating_sub(4)
                .min(WIDE)
                .max(body.width.min(38));
            Rect {
                x: body.x + (body.width - width) / 2,
                width,
                height,
                ..body
            }
        }
        Some((x, y)) => {
            let width = body.width.min(64);
            Rect {
                x: x.min(body.right() - width).max(body.x),
                y: (y + 1).min(body.bottom() - height).max(body.y),
                width,
                height,
            }
        }
    }
}

/// Paints it.
pub fn paint(model: &mut Model, body: Rect, buffer: &mut Buffer, look: Look) {
    model.spots.palette = None;
    let Some(palette) = &mut model.palette else {
        return;
    };
    let area = place(palette, body);
    let inside = rows(palette, area);
    panel(area, buffer, look);
    let shown = usize::from(inside.height).max(1);
    let last = palette.items.len().saturating_sub(shown);
    let above = (palette.index + 1).saturating_sub(shown);
    palette.top = palette.top.min(palette.index).max(above).min(last);
    model.spots.palette = Some(window(inside, palette.top));
    let Some(palette) = &model.palette else {
        return;
    };
    if palette.anchor.is_none() {
        let head = Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: area.width.saturating_sub(2),
            height: 1,
        };
        typed(palette, head, buffer, look);
    }
    if palette.items.is_empty() {
        let said = if palette.anchor.is_some() {
            " nothing can be done with it"
        } else {
            " no command is called so; Backspace goes back"
        };
        Pen::new(buffer, line(inside, 0), look).put(said, Role::Dim);
    }
    let visible = palette.items.iter().enumerate().skip(palette.top);
    for (at, (index, item)) in visible.take(shown).enumerate() {
        let place = line(inside, u16::try_from(at).unwrap_or(u16::MAX));
        row(model, item, place, buffer, look);
        if index == palette.index {
            Pen::new(buffer, place, look).put(if look.ascii { ">" } else { "▌" }, Role::Chosen);
            buffer.set_style(place, selection(look));
        }
    }
}

/// The line that is typed, and how many commands it fits.
fn typed(palette: &Palette, area: Rect, buffer: &mut Buffer, look: Look) {
    let cursor = if look.ascii { "_" } else { "▏" };
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" :", Role::Chosen)
        .put(palette.prompt.text(), Role::Strong)
        .put(cursor, Role::Chosen);
    let open = palette.items.iter().filter(|i| i.refused.is_none()).count();
    let said = format!("{open} of {} can be given ", palette.items.len());
    let width = u16::try_from(said.len()).unwrap_or(0);
    if pen.room() > width {
        let room = pen.room();
        pen.skip(room - width).put(&said, Role::Dim);
    }
}

fn row(model: &Model, item: &Item, area: Rect, buffer: &mut Buffer, look: Look) {
    let keys = model.bindings.keys(item.command).join(", ");
    let role = match item.refused {
        Some(_) => Role::Dim,
        None => Role::Text,
    };
    let tail = KEYS.min(area.width / 4);
    let width = area.width.saturating_sub(tail + 2);
    let mut pen = Pen::new(buffer, Rect { width, ..area }, look);
    pen.skip(1);
    let name = item.command.name;
    letters(&mut pen, name, &item.in_name, role);
    let used = u16::try_from(name.width()).unwrap_or(0);
    pen.skip(NAME.saturating_sub(used).max(1));
    match &item.refused {
        Some(why) => {
            pen.put(why, Role::Warn).put(" · ", Role::Dim);
            pen.put(item.command.title, Role::Dim);
        }
        None => letters(&mut pen, item.command.title, &item.in_title, Role::Dim),
    }
    let at = Rect {
        x: area.right().saturating_sub(tail + 1),
        width: tail,
        ..area
    };
    let role = match item.refused {
        Some(_) => Role::Dim,
        None => Role::Chosen,
    };
    Pen::new(buffer, at, look).cell(&keys, tail, true, role);
}

/// A text whose letters with these numbers stand out.
fn letters(pen: &mut Pen<'_>, text: &str, hits: &[usize], role: Role) {
    let mut piece = String::new();
    let mut lit = false;
    for (number, c) in text.chars().enumerate() {
        let hit = hits.binary_search(&number).is_ok();
        if hit != lit {
            pen.put(&piece, if lit { Role::Match } else { role });
            piece.clear();
            lit = hit;
        }
        piece.push(c);
    }
    pen.put(&piece, if lit { Role::Match } else { role });
}
