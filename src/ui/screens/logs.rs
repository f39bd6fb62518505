//! Paints logs: heading, then only the lines that fit. Pure.

mod heading;
mod line;
mod nothing;
mod rows;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::line::Page;
use self::rows::Row;
use crate::app::logs::LogScreen;
use crate::app::screen::Ctx;
use crate::store::LogBook;
use crate::ui::Look;
use crate::ui::paint::{Pen, line as line_of};
use crate::ui::text::wrap;

/// Paints the logs.
pub fn paint(look: Look, screen: &mut LogScreen, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer) {
    let used = heading::paint(look, screen, ctx, area, buffer);
    let body = Rect {
        y: area.y + used,
        height: area.height.saturating_sub(used),
        ..area
    };
    let Some(book) = screen
        .book(ctx)
        .filter(|book| !screen.shown(book).is_empty())
    else {
        nothing(look, screen, ctx, body, buffer);
        return;
    };
    let height = usize::from(body.height);
    let page = Page::new(screen, book, ctx.now, body.width, look);
    let (first, rows) = fill(screen, book, &page, height);
    let last = rows.iter().map(|(index, _)| *index).max();
    for (at, (index, row)) in rows.iter().enumerate() {
        let at = u16::try_from(at).unwrap_or(u16::MAX);
        let chosen = screen.line(book, *index).map(crate::store::Line::key) == screen.cursor();
        row.paint(chosen, line_of(body, at), buffer, look);
    }
    screen.top = screen.line(book, first).map(crate::store::Line::key);
    screen.page = last.map_or(1, |last| last + 1 - first);
    screen.centre = false;
}

/// The rows that fill the screen, each with the place of its line, and the place of the first line: the end while
/// following; else from the line that was on top, moved so that the cursor is in sight.
fn fill(
    screen: &LogScreen,
    book: &LogBook,
    page: &Page<'_>,
    height: usize,
) -> (usize, Vec<(usize, Row)>) {
    let cursor = screen.index(book);
    let last = screen.shown(book).len() - 1;
    if screen.follows() {
        return upwards(page, last, height);
    }
    let top = screen
        .top
        .map_or(cursor, |top| screen.place_of(book, Some(top)));
    let top = if screen.centre {
        upwards(page, cursor, height / 3 + 1).0
    } else if cursor < top {
        cursor
    } else if cursor >= top + height {
        return upwards(page, cursor, height);
    } else {
        top
    };
    let mut rows = Vec::new();
    let mut whole = top;
    for index in top..=last {
        rows.extend(page.rows(index, height).into_iter().map(|row| (index, row)));
        if rows.len() > height {
            break;
        }
        whole = index;
    }
    if cursor > top && cursor > whole {
        return upwards(page, cursor, height);
    }
    if rows.len() < height && top > 0 {
        return upwards(page, last, height);
    }
    rows.truncate(height);
    (top, rows)
}

/// The rows that end with a line.
fn upwards(page: &Page<'_>, last: usize, height: usize) -> (usize, Vec<(usize, Row)>) {
    let mut lines: Vec<(usize, Vec<Row>)> = Vec::new();
    let mut count = 0;
    for index in (0..=last).rev() {
        let rows = page.rows(index, usize::from(u16::MAX));
        count += rows.len();
        lines.push((index, rows));
        if count >= height {
            break;
        }
    }
    let first = lines.last().map_or(last, |(index, _)| *index);
    let rows = lines.into_iter().rev();
    let rows = rows.flat_map(|(index, rows)| rows.into_iter().map(move |row| (index, row)));
    // of a line longer than the screen its beginning says what it is
    let skip = if first == last {
        0
    } else {
        count.saturating_sub(height)
    };
    (first, rows.skip(skip).take(height).collect())
}

/// Why there is no line.
fn nothing(look: Look, screen: &LogScreen, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer) {
    let (text, role) = nothing::why_nothing(screen, ctx);
    for (index, text) in wrap(&text, area.width.saturating_sub(2)).iter().enumerate() {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        Pen::new(buffer, line_of(area, index.saturating_add(1)), look)
            .skip(1)
            .put(text, role);
    }
}
