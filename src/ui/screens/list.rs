//! Paints any list: heading, columns that fit, rows, facts of the selected row. Pure.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::facts;
use crate::app::list::{Cell, Column, ListScreen, Listing};
use crate::app::screen::{Ctx, Screen};
use crate::domain::{Row, SourceState};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, fade, line, rule, selection};
use crate::ui::text::{bar, wrap};

const GAP: u16 = 2;

/// Paints a list.
pub fn paint<L: Listing>(
    look: Look,
    list: &mut ListScreen<L>,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let below = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    if list.rows().is_empty() {
        heading(list, ctx, 0, line(area, 0), buffer, look);
        nothing(list, ctx, below, buffer, look);
        return;
    }
    let columns = fitting::<L>(area.width.saturating_sub(1), ctx);
    titles(list, &columns, line(below, 0), buffer, look);
    let rows = Rect {
        y: below.y + 1,
        height: below.height - 1,
        ..below
    };
    let pane = facts_pane(list, ctx, rows, buffer, look);
    let rows = Rect {
        height: rows.height - pane,
        ..rows
    };
    keep_in_view(list, usize::from(rows.height));
    heading(
        list,
        ctx,
        usize::from(rows.height),
        line(area, 0),
        buffer,
        look,
    );
    for index in 0..rows.height {
        let at = list.top + usize::from(index);
        let Some(row) = list.rows().get(at) else {
            break;
        };
        paint_row::<L>(
            row,
            at == list.index(),
            &columns,
            ctx,
            line(rows, index),
            buffer,
            look,
        );
    }
}

/// Title, how many rows and what they are, what is hidden, how they are sorted. `height` is how many rows fit.
fn heading<L: Listing>(
    list: &ListScreen<L>,
    ctx: &Ctx<'_>,
    height: usize,
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let mine = || {
        ctx.world
            .sources()
            .filter(|s| L::FEEDS.contains(&s.id.feed))
    };
    let whole =
        L::FEEDS.is_empty() || (mine().next().is_some() && mine().all(|s| s.state.is_live()));
    let count = match (list.rows().len(), list.total()) {
        (0, 0) if !whole => "?".to_owned(),
        (shown, all) if shown == all => all.to_string(),
        (shown, all) => format!("{shown} of {all}"),
    };
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" ", Role::Text)
        .put(L::TITLE, Role::Strong)
        .put("  ", Role::Text)
        .put(&count, Role::Text);
    if mine().any(|s| s.state.is_live() && s.fault.is_some()) {
        pen.put("  not all may be read: 0 tells why", Role::Warn);
    }
    if !list.summary().is_empty() {
        pen.put(" · ", Role::Dim).put(list.summary(), Role::Text);
    }
    if let Some(filter) = list.filter() {
        pen.put("   filter ", Role::Dim).put(filter, Role::Chosen);
    }
    if list.follows() {
        pen.put("   following the newest", Role::Chosen);
    }
    let below = list.rows().len().saturating_sub(list.top + height);
    for (hidden, word) in [(list.top, "above"), (below, "below")] {
        if hidden > 0 && height > 0 {
            pen.put(&format!("   {hidden} {word}"), Role::Dim);
        }
    }
    let (sort, turned) = list.sort();
    let name = sort
        .and_then(|c| L::columns().get(c))
        .map_or(L::ORDER, |c| c.title);
    let text = format!(
        "sort: {}{}",
        name.to_lowercase(),
        if turned { ", reversed" } else { "" }
    );
    let width = u16::try_from(text.len()).unwrap_or(0);
    if pen.room() > width + 2 {
        let at = Rect {
            x: area.right() - width - 1,
            width,
            ..area
        };
        Pen::new(buffer, at, look).put(&text, Role::Dim);
    }
}

/// Columns that have room, with their widths.
fn fitting<L: Listing>(width: u16, ctx: &Ctx<'_>) -> Vec<(usize, u16)> {
    let all = L::columns();
    let one_cluster = ctx.clusters.len() < 2;
    let mut kept: Vec<usize> = (0..all.len())
        .filter(|&i| {
            all.get(i)
                .is_some_and(|c| !(one_cluster && c.id == "cluster"))
        })
        .collect();
    let need = |kept: &[usize]| -> u16 {
        kept.iter()
            .filter_map(|&i| all.get(i))
            .map(|c| c.min + GAP)
            .sum::<u16>()
            .saturating_sub(GAP)
    };
    while need(&kept) > width {
        let drop = |i: &usize| all.get(*i).map_or(0, |c| c.drop);
        let Some(worst) = kept
            .iter()
            .copied()
            .filter(|i| drop(i) > 0)
            .max_by_key(drop)
        else {
            break;
        };
        kept.retain(|i| *i != worst);
    }
    let room = u32::from(width.saturating_sub(need(&kept)));
    let shares: u32 = kept
        .iter()
        .filter_map(|&i| all.get(i))
        .map(|c| u32::from(c.grow))
        .sum();
    let mut left = room;
    let mut widths = Vec::new();
    for &i in &kept {
        let Some(column) = all.get(i) else { continue };
        let share = (room * u32::from(column.grow))
            .checked_div(shares)
            .unwrap_or(0);
        left -= share;
        widths.push((i, column.min + u16::try_from(share).unwrap_or(0)));
    }
    if let Some(last) = widths.last_mut() {
        last.1 += u16::try_from(left).unwrap_or(0);
    }
    widths
}

fn titles<L: Listing>(
    list: &ListScreen<L>,
    columns: &[(usize, u16)],
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let mut pen = Pen::new(buffer, area, look);
    pen.skip(1);
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

fn paint_row<L: Listing>(
    row: &Arc<L::Row>,
    selected: bool,
    columns: &[(usize, u16)],
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let mut pen = Pen::new(buffer, area, look);
    pen.put(
        if !selected {
            " "
        } else if look.ascii {
            ">"
        } else {
            "▌"
        },
        Role::Chosen,
    );
    for (index, width) in columns {
        let Some(column) = L::columns().get(*index) else {
            continue;
        };
        cell(&mut pen, (column.cell)(row, ctx), column, *width, look);
        pen.skip(GAP);
    }
    let live = ctx
        .world
        .table::<L::Row>()
        .and_then(|t| t.source_of(row.key()))
        .is_none_or(|s| L::FEEDS.is_empty() || ctx.world.believed(s));
    if !live {
        fade(buffer, area, look);
    }
    if selected {
        buffer.set_style(area, selection(look));
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

/// The pane below the rows: a rule and up to four lines; returns its height.
fn facts_pane<L: Listing>(
    list: &ListScreen<L>,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) -> u16 {
    let Some(row) = list.selected().filter(|_| area.height >= 12) else {
        return 0;
    };
    let facts = L::facts(row, ctx);
    if facts.is_empty()
        && list
            .rows()
            .iter()
            .take(50)
            .all(|r| L::facts(r, ctx).is_empty())
    {
        return 0;
    }
    let height = 5;
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

/// Says why there are no rows; never that all is well when that is not known.
fn nothing<L: Listing>(
    list: &ListScreen<L>,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let mut said: Vec<(String, Role)> = Vec::new();
    if list.total() > 0 {
        said.push((
            format!(
                "Nothing matches \"{}\"; {} rows are hidden. Esc clears the filter.",
                list.filter().unwrap_or_default(),
                list.total()
            ),
            Role::Warn,
        ));
    }
    for source in ctx
        .world
        .sources()
        .filter(|s| L::FEEDS.contains(&s.id.feed) || s.id.feed == "api")
    {
        if list.total() > 0 || source.state == SourceState::Live {
            continue;
        }
        let name = format!("{} {}", source.id.cluster, source.id.feed);
        let why = source
            .fault
            .as_ref()
            .map_or_else(String::new, |f| format!(": {}", f.what));
        said.push((format!("{name} {}{why}", source.state.word()), Role::Warn));
        said.extend(
            source
                .fault
                .as_ref()
                .filter(|f| !f.hint.is_empty())
                .map(|f| (format!("  {}", f.hint), Role::Strong)),
        );
    }
    if said.is_empty() {
        let live = L::FEEDS
            .iter()
            .all(|f| ctx.world.feed(f).next().is_some_and(|s| s.state.is_live()));
        let text = if live { L::NOTHING } else { "Asking…" };
        said.push((text.to_owned(), Role::Dim));
    }
    let lines = said.iter().flat_map(|(text, role)| {
        wrap(text, area.width.saturating_sub(2))
            .into_iter()
            .map(move |t| (t, *role))
    });
    for (index, (text, role)) in lines.enumerate() {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        Pen::new(buffer, line(area, index.saturating_add(1)), look)
            .skip(1)
            .put(&text, role);
    }
}
