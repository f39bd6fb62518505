//! What the mouse means, for those who want one: what was drawn where, and what a click there does. Pure; painters say
//! where they drew, `update` carries out what [`clicked`] finds.

use std::ops::Range;

use super::command::Verb;
use super::{Model, palette};

/// Lines that one notch of the wheel moves.
pub const NOTCH: usize = 3;

/// A button, or a notch of the wheel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// The left one: selects, and opens what is selected.
    Left,
    /// The right one: what can be done with what lies below.
    Right,
    /// The wheel away from the hand.
    WheelUp,
    /// The wheel towards the hand.
    WheelDown,
}

/// Rows as they were drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window {
    /// Columns of the screen.
    pub columns: Range<u16>,
    /// Lines of the screen.
    pub lines: Range<u16>,
    /// The row on the first line.
    pub top: usize,
}

impl Window {
    /// The row at a cell; there may be none with that number.
    #[must_use]
    pub fn row(&self, (column, line): (u16, u16)) -> Option<usize> {
        let inside = self.columns.contains(&column) && self.lines.contains(&line);
        inside.then(|| self.top + usize::from(line - self.lines.start))
    }
}

/// What a click hit on a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// Nothing that can be selected.
    Nothing,
    /// A row, which is selected now.
    Selected,
    /// The row that was selected before.
    Again,
}

/// What the frame around the screens was drawn on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spots {
    /// Screens of the registry, by the columns of their names in [`Spots::line`].
    pub screens: Vec<(Range<u16>, &'static str)>,
    /// The line that names them.
    pub line: u16,
    /// Rows of the palette, while it is open.
    pub palette: Option<Window>,
}

/// What is to be done about a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing.
    Nothing,
    /// It is done; draw.
    Done,
    /// A command, so many times.
    Give(Verb, usize),
    /// The palette did this.
    Palette(palette::Pressed),
}

/// What a click at a cell means. Never the answer to a question that is open: that is typed.
pub fn clicked(model: &mut Model, at: (u16, u16), button: Button) -> Meaning {
    if model.prompt.is_some() {
        return Meaning::Nothing;
    }
    if model.palette.is_some() {
        return on_palette(model, at, button);
    }
    match button {
        Button::WheelUp => Meaning::Give(Verb::Up, NOTCH),
        Button::WheelDown => Meaning::Give(Verb::Down, NOTCH),
        Button::Left if model.help.is_some() => Meaning::Give(Verb::Back, 1),
        Button::Left => on_screen(model, at),
        Button::Right if model.help.is_some() => Meaning::Nothing,
        Button::Right => menu(model, at),
    }
}

fn on_palette(model: &mut Model, at: (u16, u16), button: Button) -> Meaning {
    let row = model.spots.palette.as_ref().and_then(|w| w.row(at));
    let Some(palette) = &mut model.palette else {
        return Meaning::Nothing;
    };
    match (button, row) {
        (Button::WheelUp, _) => palette.scroll(-1),
        (Button::WheelDown, _) => palette.scroll(1),
        (_, Some(row)) if row < palette.items.len() => {
            return Meaning::Palette(palette::click(model, row));
        }
        (_, Some(_)) => {}
        // beside it: close
        (_, None) => model.palette = None,
    }
    Meaning::Done
}

fn on_screen(model: &mut Model, at: (u16, u16)) -> Meaning {
    let spots = &model.spots;
    if at.1 == spots.line {
        let named = spots.screens.iter().find(|(c, _)| c.contains(&at.0));
        return named.map_or(Meaning::Nothing, |(_, id)| Meaning::Give(Verb::Show(id), 1));
    }
    match hit(model, at) {
        Hit::Nothing => Meaning::Nothing,
        Hit::Selected => Meaning::Done,
        Hit::Again => {
            let places = model.places();
            let opens = |verb: Verb| {
                let mut all = super::command::available(places);
                all.any(|c| c.verb == verb)
            };
            let verb = [Verb::Open, Verb::Toggle].into_iter().find(|v| opens(*v));
            verb.map_or(Meaning::Nothing, |verb| Meaning::Give(verb, 1))
        }
    }
}

fn hit(model: &mut Model, at: (u16, u16)) -> Hit {
    let hit = |(screen, _): (&mut Box<dyn super::screen::Screen>, _)| screen.click(at);
    model.screen_mut().map_or(Hit::Nothing, hit)
}

fn menu(model: &mut Model, at: (u16, u16)) -> Meaning {
    if hit(model, at) == Hit::Nothing {
        return Meaning::Nothing;
    }
    palette::open(model, Some(at));
    Meaning::Done
}
