//! The box of an action over the body: what can be done, its parameters, the preview, and what comes of it. Pure.

mod form;
mod line;
mod menu;
mod one;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};
use unicode_width::UnicodeWidthStr;

use super::Look;
use super::paint::Pen;
use super::panel::panel;
use super::text::fit;
use crate::app::Model;
use crate::app::deed::{Shown, State};
use crate::theme::Role;

/// Widest box, in cells.
const WIDE: u16 = 118;

/// Paints it.
pub fn paint(model: &mut Model, body: Rect, buffer: &mut Buffer, look: Look) {
    let Some(mut shown) = model.deeds.shown.take() else {
        return;
    };
    match &mut shown {
        Shown::Menu(menu) => menu::paint(model, menu, body, buffer, look),
        Shown::Form(form) => form::paint(form, body, buffer, look),
        Shown::Deed(deed) => one::paint(model, deed, body, buffer, look),
    }
    model.deeds.shown = Some(shown);
}

/// A box with a title that needs so many lines inside, and its inside.
fn framed(title: &str, need: usize, body: Rect, buffer: &mut Buffer, look: Look) -> Rect {
    let width = wide(body);
    let need = u16::try_from(need).unwrap_or(u16::MAX);
    let height = need.saturating_add(2).min(body.height);
    let area = Rect {
        x: body.x + (body.width - width) / 2,
        y: body.y + (body.height - height) / 2,
        width,
        height,
    };
    panel(area, buffer, look);
    let (title, used) = fit(title, width.saturating_sub(6), look.ascii);
    let at = Rect {
        x: area.x + 2,
        width: (used + 2).min(width.saturating_sub(3)),
        height: area.height.min(1),
        ..area
    }
    .intersection(buffer.area);
    // the border would lend it its colour
    Clear.render(at, buffer);
    Pen::new(buffer, at, look)
        .put(" ", Role::Text)
        .put(&title, Role::Strong)
        .put(" ", Role::Text);
    Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: width.saturating_sub(4),
        height: height.saturating_sub(2),
    }
}

/// Cells of a box; it leaves no strips at its sides that are too narrow to read.
fn wide(body: Rect) -> u16 {
    if body.width < WIDE + 12 {
        body.width
    } else {
        WIDE
    }
}

/// Cells inside a box.
fn inner(body: Rect) -> u16 {
    wide(body).saturating_sub(4)
}

/// The keys of the box, for the bottom line.
pub fn footer(model: &Model, area: Rect, buffer: &mut Buffer, look: Look) {
    let Some(shown) = &model.deeds.shown else {
        return;
    };
    let mut pen = Pen::new(buffer, area, look);
    pen.skip(1);
    for (key, what) in keys(shown) {
        let need = key.width() + what.width() + 3;
        if usize::from(pen.room()) < need {
            continue;
        }
        pen.put(key, Role::Chosen)
            .put(" ", Role::Text)
            .put(what, Role::Text)
            .put("  ", Role::Text);
    }
}

/// Keys and what they do, those that matter most first.
fn keys(shown: &Shown) -> Vec<(&'static str, &'static str)> {
    let deed = match shown {
        Shown::Menu(_) => {
            return vec![
                ("Enter", "choose"),
                ("Esc", "close"),
                ("1-9", "choose at once"),
                ("up/down", "move"),
            ];
        }
        Shown::Form(_) => {
            return vec![
                ("Enter", "go on"),
                ("Esc", "back"),
                ("Tab", "next line"),
                ("Space", "turn a choice"),
            ];
        }
        Shown::Deed(deed) => deed,
    };
    let mut keys = match &deed.state {
        State::Asking(_) => return vec![("Esc", "cancel")],
        State::Deciding(_) => vec![
            ("Esc", "cancel"),
            ("Tab", "next"),
            ("Enter", "take"),
            ("PgDn", "scroll"),
        ],
        State::Running(_) => {
            let mut keys = vec![("Esc", "close, it goes on"), ("PgUp/PgDn", "scroll")];
            if deed.stops() {
                keys.insert(0, ("x", "stop"));
            }
            keys
        }
        State::Halted(_) | State::Ended(..) => vec![("Esc", "close")],
    };
    if !deed.typing() {
        if deed.undo().is_some() {
            keys.insert(1, ("u", "undo"));
        }
        if deed.changes() {
            keys.push(("p", "parameters"));
        }
        keys.push(("f", if deed.unfolded { "fold" } else { "show all" }));
        if deed.repeats() {
            keys.push(("r", "plan again"));
        }
    }
    keys
}
