//! Paints what the console told: when, how bad, how often, and the selected one in full. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::messages::Messages;
use crate::app::note::{Level, Told};
use crate::app::screen::Ctx;
use crate::domain::clock;
use crate::theme::{Mark, Role};
use crate::ui::Look;
use crate::ui::paint::{Pen, below, line, rule, selection};
use crate::ui::text::wrap;

/// Most lines of the pane below the list.
const PANE: u16 = 6;

/// Paints the screen.
pub fn paint(look: Look, screen: &mut Messages, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer) {
    heading(screen, ctx, line(area, 0), buffer, look);
    let body = below(area);
    if screen.told().is_empty() {
        Pen::new(buffer, line(body, 1), look).put(
            " Nothing has been told yet. Errors of sources and mistakes of your files come here.",
            Role::Dim,
        );
        return;
    }
    let below = pane(screen, body, buffer, look);
    let rows = Rect {
        height: body.height - below,
        ..body
    };
    let height = usize::from(rows.height);
    let index = screen.index();
    let last = screen.told().len().saturating_sub(height);
    screen.top = screen
        .top
        .clamp((index + 1).saturating_sub(height), index)
        .min(last);
    for (offset, told) in screen
        .told()
        .iter()
        .skip(screen.top)
        .take(height)
        .enumerate()
    {
        let at = line(rows, u16::try_from(offset).unwrap_or(u16::MAX));
        row(told, ctx, at, buffer, look);
        if screen.top + offset == index {
            buffer.set_style(at.intersection(buffer.area), selection(look));
        }
    }
}

/// How many, and where more is: the log file.
fn heading(screen: &Messages, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer, look: Look) {
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" ", Role::Text)
        .put("Messages", Role::Strong)
        .put(&format!("  {}", screen.told().len()), Role::Text);
    match ctx.notes.log() {
        Some(path) => pen.put("   log ", Role::Dim).put(path, Role::Text),
        None => pen.put("   no log is kept", Role::Warn),
    };
}

fn mark(level: Level) -> (Mark, &'static str, Role) {
    match level {
        Level::Info => (Mark::Ok, "Done", Role::Good),
        Level::Warn => (Mark::Burning, "Warning", Role::Warn),
        Level::Error => (Mark::Failed, "Error", Role::Bad),
    }
}

fn row(told: &Told, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer, look: Look) {
    let (mark, word, role) = mark(told.note.level);
    let mut pen = Pen::new(buffer, area, look);
    pen.skip(1)
        .cell(
            &format!("{} {word}", mark.glyph(look.ascii)),
            9,
            false,
            role,
        )
        .skip(1)
        .cell(&clock(told.at, ctx.now), 9, false, Role::Dim)
        .skip(1);
    if told.count > 1 {
        pen.put(&format!("{} times  ", told.count), Role::Dim);
    }
    pen.put(&told.note.text, Role::Text);
}

/// The selected message in full, below a rule; answers how many lines it takes.
fn pane(screen: &Messages, area: Rect, buffer: &mut Buffer, look: Look) -> u16 {
    let Some(told) = screen.selected().filter(|_| area.height >= 8) else {
        return 0;
    };
    let lines = wrap(&told.note.text, area.width.saturating_sub(2));
    let height = u16::try_from(lines.len()).unwrap_or(PANE).min(PANE);
    let top = area.height - height - 1;
    rule(buffer, line(area, top), look);
    for (index, text) in (0..height).zip(&lines) {
        let mut pen = Pen::new(buffer, line(area, top + 1 + index), look);
        pen.skip(1).put(text, Role::Text);
    }
    height + 1
}
