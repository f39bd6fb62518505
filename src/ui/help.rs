//! The help: every key of this screen, from the table of commands. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::Look;
use super::paint::{Pen, line};
use crate::app::Model;
use crate::app::command::{Command, Place};
use crate::theme::Role;

/// Paints it over the body.
pub fn paint(model: &mut Model, area: Rect, buffer: &mut Buffer, look: Look) {
    Clear.render(area, buffer);
    let commands: Vec<&Command> = model.commands().collect();
    let rows = usize::from(area.height.saturating_sub(2));
    let last = commands.len().saturating_sub(rows);
    let top = model.help.unwrap_or(0).min(last);
    model.help = Some(top);
    let more = if last > 0 {
        format!(
            "   {} to {} of {}, down for more",
            top + 1,
            (top + rows).min(commands.len()),
            commands.len()
        )
    } else {
        String::new()
    };
    Pen::new(buffer, line(area, 0), look)
        .put(" Keys here", Role::Strong)
        .put(&more, Role::Dim)
        .put("   any other key closes", Role::Dim);
    for (index, command) in commands.iter().skip(top).take(rows).enumerate() {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        let keys = model.bindings.keys(command);
        row(
            command,
            &keys,
            line(area, index.saturating_add(2)),
            buffer,
            look,
        );
    }
}

fn row(command: &Command, keys: &[String], area: Rect, buffer: &mut Buffer, look: Look) {
    let place = match command.place {
        Place::Anywhere => "everywhere",
        Place::List => "list",
        Place::Tree => "steps",
        Place::Object => "object",
    };
    let mut pen = Pen::new(buffer, area, look);
    pen.skip(1)
        .cell(&keys.join("  "), 22, false, Role::Chosen)
        .skip(1);
    pen.cell(place, 11, false, Role::Dim)
        .put(command.title, Role::Text);
}
