//! Paints any list: heading, columns that fit, rows, facts of the selected row. Pure.

mod columns;
mod heading;
mod name;
mod path;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::columns::{GAP, fitting};
use self::heading::{heading, nothing};
use super::facts;
use crate::app::list::{Cell, Column, Fact, ListScreen, Listing};
use crate::app::screen::Ctx;
use crate::domain::Row;
use crate::store::Finder;
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, below, fade, line, rule, selection};
use crate::ui::pointer::window;
use crate::ui::text::{bar, wrap};

/// Paints a list.
pub fn paint<L: Listing>(
    look: Look,
    list: &mut ListScreen<L>,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let below = below(area);
    let below = footer::<L>(ctx, below, buffer, look);
    if list.rows().is_empty() {
        heading(list, ctx, 0, line(area, 0), buffer, look);
        nothing(list, ctx, below, buffer, look);
        return;
    }
    let columns = fitting::<L>(area.width.saturating_sub(edge(list)), ctx);
    titles(list, &columns, line(below, 0), buffer, look);
    let rows = Rect {
        y: below.y + 1,
        height: below.height - 1,
        ..below
    };
    let path = path::fact(list, &columns, ctx);
    let pane = facts_pane(list, ctx, path, (rows, buffer, look));
    let rows = Rect {
        height: rows.height - pane,
        ..rows
    };
    keep_in_view(list, usize::from(rows.height));
    list.window = window(rows, list.top);
    heading(
        list,
        ctx,
        usize::from(rows.height),
        line(area, 0),
        buffer,
        look,
    );
    let mut finder = Finder::default();
    for index in 0..rows.height {
        let at = list.top + usize::from(index);
        let Some(row) = list.rows().get(at) else {
            break;
        };
        let drawn = Drawn {
            list,
            row,
            selected: at == list.index(),
            letters: list.narrowed().letters(row.name(), &mut finder),
        };
        drawn.paint(&columns, ctx, line(rows, index), buffer, look);
    }
}

/// What is told below the rows; answers what is left above it.
fn footer<L: Listing>(ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer, look: Look) -> Rect {
    let Some(text) = L::below(ctx).filter(|_| area.height >= 6) else {
        return area;
    };
    let width = area.width.saturating_sub(2);
    let lines = wrap(&text, width);
    let height = u16::try_from(lines.len()).unwrap_or(1).min(2);
    let from = area.bottom() - height;
    for (at, text) in (from..).zip(lines.iter().take(usize::from(height))) {
        let at = Rect {
            y: at,
            height: 1,
            ..area
        };
        Pen::new(buffer, at, look).skip(1).put(text, Role::Dim);
    }
    Rect {
        height: area.height - height,
        ..area
    }
}

/// Cells before the first column: the selection, and the mark while there are marks.
fn edge<L: Listing>(list: &ListScreen<L>) -> u16 {
    if list.marks().is_empty() { 1 } else { 3 }
}

/// A row as it is drawn.
struct Drawn<'a, L: Listing> {
    list: &'a ListScreen<L>,
    row: &'a Arc<L::Row>,
    selected: bool,
    /// Letters of its name that were looked for.
    letters: Vec<usize>,
}

fn titles<L: Listing>(
    list: &ListScreen<L>,
    columns: &[(usize, u16)],
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let mut pen = Pen::new(buffer, area, look);
    pen.skip(edge(list));
    for (index, width) in columns {
        let Some(column) = L::columns().get(*index) else {
            continue;
        };
        let role = if list.sort().0 == Some(*index) {
            Role::Chosen
        } else {
            Role::Dim
        };
        pen.cell(column.title, *width, column.right, role).skip(GAP);
    }
}

impl<L: Listing> Drawn<'_, L> {
    fn paint(
        &self,
        columns: &[(usize, u16)],
        ctx: &Ctx<'_>,
        area: Rect,
        buffer: &mut Buffer,
        look: Look,
    ) {
        let mut pen = Pen::new(buffer, area, look);
        self.edge(&mut pen, look);
        for (index, width) in columns {
            let Some(column) = L::columns().get(*index) else {
                continue;
            };
            match (column.cell)(self.row, ctx) {
                Cell::Clean(text, Role::Strong) if column.id == "name" => {
                    name::paint(&mut pen, &text, *width, &self.letters);
                }
                other => cell(&mut pen, other, column, *width, look),
            }
            pen.skip(GAP);
        }
        let source = ctx
            .world
            .table::<L::Row>()
            .and_then(|t| t.source_of(self.row.key()));
        // what the console found itself has no source: it is dropped when it is not so any more
        let told = source.filter(|s| ctx.world.source(s).is_some());
        if !told.is_none_or(|s| L::FEEDS.is_empty() || ctx.world.believed(s)) {
            fade(buffer, area, look);
        }
        if self.selected {
            buffer.set_style(area, selection(look));
        }
    }

    fn edge(&self, pen: &mut Pen<'_>, look: Look) {
        let bar = match (self.selected, look.ascii) {
            (false, _) => " ",
            (true, true) => ">",
            (true, false) => "▌",
        };
        pen.put(bar, Role::Chosen);
        if self.list.marks().is_empty() {
            return;
        }
        let mark = match (self.list.marks().has(self.row.key()), look.ascii) {
            (false, _) => "  ",
            (true, true) => "# ",
            (true, false) => "◆ ",
        };
        pen.put(mark, Role::Chosen);
    }
}

fn cell<R>(pen: &mut Pen<'_>, cell: Cell, column: &Column<R>, width: u16, look: Look) {
    match cell {
        Cell::Text(text, role) => pen.cell(&text, width, column.right, role),
        Cell::Clean(text, role) => pen.cell(&text, width, column.right, role),
        Cell::State(mark, word) => pen.state(mark, word, width),
        Cell::Bar(progress, role) => {
            let count = format!(" {}/{}", progress.done, progress.total);
            let cells = u16::try_from(count.len()).unwrap_or(0).max(6);
            pen.cell(
                &bar(progress.ratio(), width.saturating_sub(cells), look.ascii),
                width.saturating_sub(cells),
                false,
                role,
            );
            pen.cell(&count, cells, false, Role::Text)
        }
    };
}

/// The pane below the rows: a rule and up to four lines, one more for a name that the list does not show in full;
/// returns its height.
fn facts_pane<L: Listing>(
    list: &ListScreen<L>,
    ctx: &Ctx<'_>,
    path: Option<Fact>,
    (area, buffer, look): (Rect, &mut Buffer, Look),
) -> u16 {
    let Some(row) = list.selected().filter(|_| area.height >= 12) else {
        return 0;
    };
    let height = 5 + u16::from(path.is_some() && area.height >= 15);
    let mut facts = L::facts(row, ctx);
    let none = |row: &Arc<L::Row>| L::facts(row, ctx).is_empty();
    if path.is_none() && facts.is_empty() && list.rows().iter().take(50).all(none) {
        return 0;
    }
    facts.splice(0..0, path);
    let at = Rect {
        y: area.bottom() - height,
        height,
        ..area
    };
    rule(buffer, line(at, 0), look);
    let inner = Rect {
        x: at.x + 1,
        y: at.y + 1,
        width: at.width.saturating_sub(2),
        height: height - 1,
    };
    facts::paint(&facts, &mut 0, inner, buffer, look);
    height
}

fn keep_in_view<L: Listing>(list: &mut ListScreen<L>, height: usize) {
    let index = list.index();
    let last = list.rows().len().saturating_sub(height);
    list.top = list
        .top
        .min(index)
        .max((index + 1).saturating_sub(height))
        .min(last);
}
