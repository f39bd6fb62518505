//! The help: every key of this screen, by place, from the table of commands and the keymap. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::Look;
use super::paint::{Pen, line};
use crate::app::Model;
use crate::app::command::{Command, Place};
use crate::theme::Role;

/// Cells of the keys.
const KEYS: u16 = 22;

/// Least cells of a column; as many columns stand side by side as fit.
const COLUMN: u16 = 76;

/// One line.
enum Line {
    /// The name of a place.
    Place(String),
    /// A command with the keys that give it here.
    Keys(&'static Command, String),
    /// Between two places.
    Gap,
}

/// Paints it over the body.
pub fn paint(model: &mut Model, area: Rect, buffer: &mut Buffer, look: Look) {
    Clear.render(area, buffer);
    let lines = lines(model);
    let rows = area.height.saturating_sub(2).max(1);
    let columns = (area.width / COLUMN).max(1);
    let room = usize::from(rows) * usize::from(columns);
    let last = lines.len().saturating_sub(room);
    let top = model.help.unwrap_or(0).min(last);
    model.help = Some(top);
    heading(model, (top, last), line(area, 0), buffer, look);
    let width = area.width / columns;
    for (index, text) in lines.iter().skip(top).take(room).enumerate() {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        let at = line(area, index % rows + 2);
        let at = Rect {
            x: area.x + width * (index / rows),
            width: width.saturating_sub(1),
            ..at
        };
        paint_line(text, at, buffer, look);
    }
}

fn heading(
    model: &Model,
    (top, last): (usize, usize),
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let more = match (top, last) {
        (_, 0) => String::new(),
        (top, last) if top == last => format!("   {top} lines above"),
        (0, last) => format!("   {last} lines below: down shows them"),
        (top, last) => format!("   {top} lines above, {} below", last - top),
    };
    Pen::new(buffer, area, look)
        .put(" Keys here", Role::Strong)
        .put("   keymap ", Role::Dim)
        .put(model.bindings.name(), Role::Text)
        .put(&more, Role::Text)
        .put("   other keys close", Role::Dim);
}

/// Places from the innermost out, each with its commands that have a key here.
fn lines(model: &Model) -> Vec<Line> {
    let places = model.places();
    let around = places.iter().copied().chain([Place::Anywhere]);
    let mut lines = Vec::new();
    for place in around {
        let keys: Vec<Line> = model
            .commands()
            .filter(|c| c.place == place)
            .map(|c| (c, model.bindings.keys_at(c, places)))
            .filter(|(_, keys)| !keys.is_empty())
            .map(|(c, keys)| Line::Keys(c, keys.join("  ")))
            .collect();
        if keys.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(Line::Gap);
        }
        lines.push(Line::Place(place.name()));
        lines.extend(keys);
    }
    lines
}

fn paint_line(text: &Line, area: Rect, buffer: &mut Buffer, look: Look) {
    let mut pen = Pen::new(buffer, area, look);
    pen.skip(1);
    match text {
        Line::Place(name) => pen.put(name, Role::Strong),
        Line::Keys(command, keys) => pen
            .skip(1)
            .cell(keys, KEYS, false, Role::Chosen)
            .skip(1)
            .put(command.title, Role::Text),
        Line::Gap => &mut pen,
    };
}
