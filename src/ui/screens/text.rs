//! Paints a text about an object: its heading, then its lines with folds, hits and changes. Pure.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::app::describe;
use crate::app::screen::Ctx;
use crate::app::text::doc::count;
use crate::app::text::{Line, Pane, Sort, TextScreen};
use crate::domain::clock;
use crate::fault::ended;
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, below, line, selection, style};
use crate::ui::text::{plain, wrap};

/// Columns before a line: what changed, what can be opened.
const GUTTER: u16 = 4;

/// Paints it.
pub fn paint(look: Look, screen: &mut TextScreen, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer) {
    heading(screen, ctx, line(area, 0), buffer, look);
    let body = below(area);
    if screen.pane.doc().lines.is_empty() {
        let text = format!(
            "{} Esc goes back.",
            ended(&describe::waiting(&screen.subject, ctx))
        );
        for (index, part) in wrap(&text, area.width.saturating_sub(2)).iter().enumerate() {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            Pen::new(buffer, line(body, index.saturating_add(1)), look)
                .skip(1)
                .put(part, Role::Warn);
        }
        return;
    }
    lines(&mut screen.pane, body, buffer, look);
}

/// The lines of a text that are in sight.
pub(super) fn lines(pane: &mut Pane, body: Rect, buffer: &mut Buffer, look: Look) {
    let room = usize::from(body.width.saturating_sub(GUTTER).max(1));
    keep_in_view(pane, room, usize::from(body.height));
    let pane = &*pane;
    let mut y = 0;
    for (at, (number, found)) in pane.seen(pane.top).enumerate() {
        if y >= body.height {
            break;
        }
        let chosen = pane.top + at == pane.index();
        y = paint_line(pane, number, found, chosen, (y, room), body, buffer, look);
    }
}

fn heading(screen: &TextScreen, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer, look: Look) {
    let pane = &screen.pane;
    let word = match screen.sort {
        Sort::Yaml => "YAML",
        Sort::Describe => "described",
    };
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" ", Role::Text)
        .put(screen.subject.word, Role::Text)
        .put(" ", Role::Text)
        .put(&screen.subject.key.name, Role::Strong)
        .put("  ", Role::Text)
        .put(word, Role::Text);
    if let Some(at) = screen.seen.gone() {
        let text = format!(
            "   deleted (known since {}): as last seen",
            clock(at, ctx.now)
        );
        pen.put(&text, Role::Bad);
    } else if screen.source(ctx).is_some_and(|s| !s.state.is_live()) && screen.seen.row().is_some()
    {
        pen.put("   old: the source is not live", Role::Warn);
    }
    hits(pane, &mut pen);
    if !pane.changes().is_empty() {
        let changed = count(pane.changes().len(), "line");
        let text = format!("   {changed} changed since: u");
        pen.put(&text, Role::Warn);
    }
    let hidden = screen.seen.row().map_or(0, |r| r.hidden);
    if hidden > 0 && screen.sort == Sort::Yaml {
        pen.put(&format!("   {hidden} secrets hidden"), Role::Dim);
    }
    if let Some((number, _)) = pane.current() {
        let text = format!("   line {} of {}", number + 1, pane.doc().lines.len());
        pen.put(&text, Role::Dim);
    }
}

/// What a search found.
pub(super) fn hits(pane: &Pane, pen: &mut Pen<'_>) {
    if let Some((hit, all)) = pane.hits() {
        let text = match hit {
            Some(hit) => format!("   hit {hit} of {all}"),
            None if all == 0 => "   no hit".to_owned(),
            None => format!("   {all} hits"),
        };
        pen.put(&text, Role::Chosen);
    }
}

/// What a line shows: the text up to its fold, and what is said of the rest.
fn shown<'a>(pane: &Pane, line: &'a Line) -> (&'a str, String) {
    let Some(fold) = line.fold.as_ref().filter(|_| pane.is_closed(line)) else {
        return (line.text(), String::new());
    };
    let kept = fold.keeps.and_then(|at| line.text().get(..at));
    (kept.unwrap_or(line.text()), format!(" … {}", fold.note))
}

/// Byte ranges of the rows that a text takes in so many cells; rows after the first begin at a hanging indent.
fn rows(text: &str, room: usize, hang: usize) -> Vec<Range<usize>> {
    let letters: Vec<(usize, &str)> = text.grapheme_indices(true).collect();
    let mut rows = Vec::new();
    let (mut first, mut width) = (0, room);
    while let Some((start, _)) = letters.get(first) {
        let mut used = 0;
        let over = |(_, letter): &(usize, &str)| {
            used += letter.width();
            used > width
        };
        let rest = letters.get(first..).unwrap_or_default();
        let Some(fit) = rest.iter().position(over) else {
            rows.push(*start..text.len());
            return rows;
        };
        // at a space where there is one, and always a letter further
        let space = rest
            .get(1..fit)
            .unwrap_or_default()
            .iter()
            .rposition(|(_, l)| *l == " ");
        first += space.map_or(fit.max(1), |at| at + 2);
        let end = letters.get(first).map_or(text.len(), |(at, _)| *at);
        rows.push(*start..end);
        width = room.saturating_sub(hang).max(8).min(room);
    }
    if rows.is_empty() {
        rows.push(Range { start: 0, end: 0 });
    }
    rows
}

fn height(pane: &Pane, line: &Line, room: usize) -> usize {
    if pane.wrap {
        rows(shown(pane, line).0, room, line.hang.min(room / 2)).len()
    } else {
        1
    }
}

/// Moves the first visible line so that the person's line is on the screen.
fn keep_in_view(pane: &mut Pane, room: usize, lines: usize) {
    let last = pane.height().saturating_sub(1);
    pane.top = pane.top.min(last).min(pane.index());
    let mut used = 0;
    let mut top = pane.index() + 1;
    let tops: Vec<usize> = (0..=pane.index()).rev().take(lines.max(1)).collect();
    for at in tops {
        used += pane
            .seen(at)
            .next()
            .map_or(1, |(_, l)| height(pane, l, room));
        if used > lines && top <= pane.index() {
            break;
        }
        top = at;
    }
    pane.top = pane.top.max(top.min(pane.index()));
}

#[expect(clippy::too_many_arguments)]
fn paint_line(
    pane: &Pane,
    number: usize,
    found: &Line,
    chosen: bool,
    (mut y, room): (u16, usize),
    body: Rect,
    buffer: &mut Buffer,
    look: Look,
) -> u16 {
    let (text, note) = shown(pane, found);
    let hang = found.hang.min(room / 2);
    let all = if pane.wrap {
        rows(text, room, hang)
    } else {
        // what is said of the fold is seen, however long the text before it is
        let end = match note.width() {
            0 => text.len(),
            taken => skipped(text, pane.left + room.saturating_sub(taken)),
        };
        let start = skipped(text, pane.left);
        let cut = start..end.max(start);
        Vec::from([cut])
    };
    let last = all.len() - 1;
    let hits = pane.hits_in(text);
    for (index, range) in all.into_iter().enumerate() {
        if y >= body.height {
            return y;
        }
        let at = line(body, y);
        let mut pen = Pen::new(buffer, at, look);
        gutter(pane, number, found, index == 0, &mut pen, look);
        if index > 0 {
            pen.skip(u16::try_from(hang).unwrap_or(0));
        }
        let from = body.width.saturating_sub(pen.room());
        for (part, role) in pieces(found, &range) {
            pen.put(part, role);
        }
        if index == last {
            pen.put(&note, Role::Dim);
        }
        mark_hits(text, &range, &hits, (from, y), body, buffer, look);
        if chosen {
            buffer.set_style(at, selection(look));
        }
        y += 1;
    }
    y
}

/// Where a text begins that was moved to the left by so many cells.
fn skipped(text: &str, cells: usize) -> usize {
    let mut used = 0;
    let past = |(_, g): &(usize, &str)| {
        used += g.width();
        used > cells
    };
    text.grapheme_indices(true)
        .find(past)
        .map_or(text.len(), |(at, _)| at)
}

fn gutter(pane: &Pane, number: usize, found: &Line, first: bool, pen: &mut Pen<'_>, look: Look) {
    let (bar, open, closed, link) = if look.ascii {
        ("*", "v", ">", ">")
    } else {
        ("▎", "▾", "▸", "→")
    };
    let changed = pane.changes().contains(&number);
    pen.put(if changed { bar } else { " " }, Role::Warn);
    let sign = match (&found.fold, &found.link) {
        _ if !first => " ",
        (_, Some(_)) => link,
        (Some(_), _) if pane.is_closed(found) => closed,
        (Some(_), _) => open,
        _ => " ",
    };
    pen.put(sign, Role::Chosen).skip(GUTTER - 2);
}

/// The parts of a line that stand in a range of its bytes.
fn pieces<'a>(line: &'a Line, range: &Range<usize>) -> Vec<(&'a str, Role)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for (part, role) in line.parts() {
        let (from, to) = (range.start.max(at), range.end.min(at + part.len()));
        if from < to
            && let Some(piece) = part.get(from - at..to - at)
        {
            pieces.push((piece, role));
        }
        at += part.len();
    }
    pieces
}

fn mark_hits(
    text: &str,
    range: &Range<usize>,
    hits: &[Range<usize>],
    (from, y): (u16, u16),
    body: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    for hit in hits {
        let (start, end) = (hit.start.max(range.start), hit.end.min(range.end));
        if start >= end {
            continue;
        }
        let cells = |a: usize, b: usize| {
            let part = text.get(a..b).unwrap_or_default();
            u16::try_from(plain(part, look).width()).unwrap_or(u16::MAX)
        };
        let at = Rect {
            x: body
                .x
                .saturating_add(from)
                .saturating_add(cells(range.start, start)),
            width: cells(start, end),
            ..line(body, y)
        };
        let mark = style(Role::Chosen, look).add_modifier(Modifier::UNDERLINED | Modifier::BOLD);
        buffer.set_style(at.intersection(body).intersection(buffer.area), mark);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn broken_lines_lose_nothing_and_fit(text in "[a-z漢 ]{0,200}", room in 4usize..60, hang in 0usize..30) {
            let hang = hang.min(room / 2);
            let all = rows(&text, room, hang);
            let joined: String = all.iter().filter_map(|r| text.get(r.clone())).collect();
            prop_assert_eq!(&joined, &text);
            for (index, range) in all.iter().enumerate() {
                let cells = text.get(range.clone()).unwrap().trim_end().width();
                let fits = if index == 0 { room } else { room.saturating_sub(hang).max(8).min(room) };
                prop_assert!(cells <= fits, "{cells} in {fits}");
            }
        }
    }
}
