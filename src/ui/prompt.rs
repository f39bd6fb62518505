//! The line being typed: the line itself, what is wrong with it, and how it could go on. Pure; the frame calls it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::Look;
use super::paint::{Pen, line};
use crate::app::{Model, Prompt};
use crate::theme::Role;

/// Most lines of a list of saved filters.
const TALL: u16 = 8;

/// The bottom line.
pub fn paint(prompt: &Prompt, area: Rect, buffer: &mut Buffer, look: Look) {
    let seen = Seen::new(prompt, area.width);
    let mistake = prompt.checked().mistake.as_ref().map(|(at, _)| at.clone());
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" ", Role::Text)
        .put(prompt.question.label, Role::Chosen);
    for (at, letter) in seen.letters() {
        let role = if at == prompt.cursor() {
            Role::Selected
        } else if mistake.as_ref().is_some_and(|wrong| wrong.contains(&at)) {
            Role::Mistake
        } else {
            Role::Strong
        };
        pen.put(letter, role);
    }
    if prompt.cursor() == prompt.text().len() {
        pen.put(if look.ascii { "_" } else { "▏" }, Role::Chosen);
    }
    pen.put("   Enter keep  Esc drop", Role::Dim);
    if !prompt.checked().completions.is_empty() {
        pen.put("  Tab complete", Role::Dim);
    }
    pen.put("   ", Role::Dim)
        .put(prompt.question.hint, Role::Dim);
}

/// The lines above it: what is wrong, pointed at, and what could stand there.
pub fn above(model: &Model, area: Rect, buffer: &mut Buffer, look: Look) {
    let Some(prompt) = &model.prompt else { return };
    if let Some((_, what)) = &prompt.checked().mistake {
        mistake(prompt, what, line(area, area.height - 2), buffer, look);
    }
    let room = Rect {
        height: area.height - 2,
        ..area
    };
    let from = prompt.checked().from;
    let sign = prompt.text().get(from.saturating_sub(1)..from);
    if sign == Some("@") {
        saved(model, prompt, room, buffer, look);
    } else {
        offered(prompt, line(room, room.height - 1), buffer, look);
    }
}

/// The part of the line that is in sight.
struct Seen<'a> {
    text: &'a str,
    from: usize,
    /// Cells before the first letter.
    left: usize,
    room: usize,
}

impl<'a> Seen<'a> {
    fn new(prompt: &'a Prompt, width: u16) -> Self {
        let text = prompt.text();
        let left = 1 + prompt.question.label.width();
        let room = usize::from(width).saturating_sub(left + 1).max(1);
        let before = text.get(..prompt.cursor()).unwrap_or(text);
        let mut cells = before.width();
        let mut from = 0;
        for (at, letter) in before.grapheme_indices(true) {
            if cells < room {
                break;
            }
            cells -= letter.width();
            from = at + letter.len();
        }
        Self {
            text,
            from,
            left,
            room,
        }
    }

    /// Letters that fit, with the byte at which each begins.
    fn letters(&self) -> impl Iterator<Item = (usize, &'a str)> {
        let (from, room) = (self.from, self.room);
        let rest = self.text.get(from..).unwrap_or_default();
        let mut used = 0;
        rest.grapheme_indices(true)
            .take_while(move |(_, letter)| {
                used += letter.width();
                used <= room
            })
            .map(move |(at, letter)| (from + at, letter))
    }

    /// The cell at which a byte stands; before the first letter in sight it is the first.
    fn cell(&self, byte: usize) -> usize {
        let before = self.text.get(self.from..byte).unwrap_or_default();
        self.left + before.width().min(self.room)
    }
}

fn mistake(prompt: &Prompt, what: &str, area: Rect, buffer: &mut Buffer, look: Look) {
    let Some((at, _)) = &prompt.checked().mistake else {
        return;
    };
    let seen = Seen::new(prompt, area.width);
    let (from, to) = (seen.cell(at.start), seen.cell(at.end));
    let arrow = if look.ascii { "v" } else { "▾" };
    let arrows = arrow.repeat(to.saturating_sub(from).max(1));
    let said = format!(" {what} ");
    let (width, long) = (usize::from(area.width), said.width());
    // beside the arrows, where there is more room
    let fits = from + arrows.width() + long <= width;
    let mut pen = Pen::new(buffer, area, look);
    if fits || long > from {
        skip(&mut pen, from);
        pen.put(&arrows, Role::Mistake).put(&said, Role::Mistake);
    } else {
        skip(&mut pen, from - long);
        pen.put(&said, Role::Mistake).put(&arrows, Role::Mistake);
    }
}

fn skip(pen: &mut Pen<'_>, cells: usize) {
    pen.skip(u16::try_from(cells).unwrap_or(u16::MAX));
}

/// How the word could go on, in one line; the one that stands there now is in sight.
fn offered(prompt: &Prompt, area: Rect, buffer: &mut Buffer, look: Look) {
    let (words, chosen) = prompt.offered();
    if words.is_empty() {
        return;
    }
    blank(buffer, area);
    let mut pen = Pen::new(buffer, area, look);
    let cells = |word: &String| u16::try_from(word.width() + 2).unwrap_or(u16::MAX);
    let mut first = 0;
    if let Some(chosen) = chosen {
        let mut used = 0_u16;
        let back = words.iter().take(chosen + 1).rev();
        let fit = back.take_while(|word| {
            used = used.saturating_add(cells(word));
            used + 4 < area.width
        });
        first = (chosen + 1).saturating_sub(fit.count().max(1));
    }
    pen.put(if first > 0 { "…" } else { " " }, Role::Dim);
    for (index, word) in words.iter().enumerate().skip(first) {
        if pen.room() < cells(word).saturating_add(2) && index > first {
            pen.put("…", Role::Dim);
            return;
        }
        let role = if chosen == Some(index) {
            Role::Selected
        } else {
            Role::Chosen
        };
        pen.put(word, role).put("  ", Role::Text);
    }
}

/// Saved filters with what they say, one a line.
fn saved(model: &Model, prompt: &Prompt, area: Rect, buffer: &mut Buffer, look: Look) {
    let (words, chosen) = prompt.offered();
    let tall = u16::try_from(words.len())
        .unwrap_or(TALL)
        .min(TALL)
        .min(area.height);
    let first = (chosen.unwrap_or(0) + 1).saturating_sub(usize::from(tall));
    let wide = words.iter().map(|word| word.width()).max().unwrap_or(0);
    let wide = u16::try_from(wide).unwrap_or(0).min(area.width / 3);
    for (index, word) in words.iter().enumerate().skip(first).take(usize::from(tall)) {
        let at = line(
            area,
            area.height - tall + u16::try_from(index - first).unwrap_or(0),
        );
        blank(buffer, at);
        let name = word.trim_matches('"');
        let text = model.settings.filters.get(name).map_or("", String::as_str);
        let role = if chosen == Some(index) {
            Role::Selected
        } else {
            Role::Chosen
        };
        Pen::new(buffer, at, look)
            .put(" @", Role::Dim)
            .cell(word, wide, false, role)
            .put("   ", Role::Text)
            .put(&crate::domain::Clean::new(text), Role::Text);
    }
}

fn blank(buffer: &mut Buffer, area: Rect) {
    for x in area.left()..area.right() {
        if let Some(cell) = buffer.cell_mut((x, area.y)) {
            cell.reset();
        }
    }
}
