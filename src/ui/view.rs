//! The whole screen: frame, body, help. Pure.

use std::collections::HashMap;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tui_tree_widget::TreeState;

use super::paint::{Pen, ground, line, rule};
use super::{Look, deed, follow, frame, help, menu, palette, screens, tabs};
use crate::app::Model;
use crate::domain::Key;
use crate::theme::Role;

/// Least size that shows anything useful.
const LEAST: (u16, u16) = (40, 10);

/// Draws models; keeps only what widgets need between frames (how far they are scrolled).
#[derive(Debug, Default)]
pub struct View {
    /// What the terminal can show.
    pub look: Look,
    pub(super) trees: HashMap<Key, TreeState<usize>>,
}

impl View {
    /// For a terminal.
    #[must_use]
    pub fn new(look: Look) -> Self {
        Self {
            look,
            trees: HashMap::new(),
        }
    }

    /// Draws the model. Works at every size, down to nothing at all.
    pub fn draw(&mut self, model: &mut Model, frame: &mut Frame) {
        let area = frame.area();
        self.paint(model, area, frame.buffer_mut());
    }

    fn paint(&mut self, model: &mut Model, area: Rect, buffer: &mut Buffer) {
        self.paint_all(model, area, buffer);
        // last of all, so that no part of the screen can forget it
        ground(buffer, area, self.look);
    }

    fn paint_all(&mut self, model: &mut Model, area: Rect, buffer: &mut Buffer) {
        if area.width < LEAST.0 || area.height < LEAST.1 {
            too_small(buffer, area, self.look);
            return;
        }
        let body = Rect {
            y: area.y + 3,
            height: area.height - 5,
            ..area
        };
        model.page = usize::from(body.height.saturating_sub(2)).max(1);
        let look = self.look;
        if model.palette.is_some() || model.menu.is_some() || model.deeds.is_open() {
            self.look.paints = look.paints.without_bar();
        }
        screens::paint(self, model, body, buffer);
        self.look = look;
        frame::header(model, line(area, 0), buffer, look);
        model.spots.screens = tabs::paint(model, line(area, 1), buffer, look);
        model.spots.line = area.y + 1;
        rule(buffer, line(area, 2), look);
        rule(buffer, line(area, area.height - 2), look);
        frame::toast(model, line(area, area.height - 2), buffer, look);
        super::prompt::above(model, area, buffer, look);
        frame::footer(model, line(area, area.height - 1), buffer, look);
        menu::paint(model, body, buffer, look);
        if model.help.is_some() {
            help::paint(model, body, buffer, look);
        }
        follow::paint(model, body, buffer, look);
        palette::paint(model, body, buffer, look);
        deed::paint(model, body, buffer, look);
    }
}

fn too_small(buffer: &mut Buffer, area: Rect, look: Look) {
    let text = format!(
        "midwatch needs {}x{}, this is {}x{}",
        LEAST.0, LEAST.1, area.width, area.height
    );
    for (index, part) in super::text::wrap(&text, area.width).iter().enumerate() {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        Pen::new(buffer, line(area, index), look).put(part, Role::Warn);
    }
}
