//! Paints one inference service: its heading, then its text. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::text::{hits, lines};
use crate::app::screen::Ctx;
use crate::app::serving::ServiceScreen;
use crate::app::serving::standing::{Standing, traffic};
use crate::domain::{ServiceRow, Span, clock};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, line};
use crate::ui::text::wrap;

/// Paints it.
pub fn paint(
    look: Look,
    screen: &mut ServiceScreen,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let Some(row) = screen.row().cloned() else {
        let text = waiting(screen, ctx);
        for (index, part) in wrap(&text, area.width.saturating_sub(2)).iter().enumerate() {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            Pen::new(buffer, line(area, index.saturating_add(1)), look)
                .skip(1)
                .put(part, Role::Warn);
        }
        return;
    };
    heading(screen, &row, ctx, line(area, 0), buffer, look);
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    lines(&mut screen.pane, body, buffer, look);
}

/// Name, state, what is served where, and whether that is still so.
fn heading(
    screen: &ServiceScreen,
    row: &ServiceRow,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let standing = Standing::of(row, ctx);
    let mark = standing.mark();
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" ", Role::Text)
        .put(&row.key.name, Role::Strong)
        .put("   ", Role::Text)
        .put(mark.glyph(look.ascii), mark.role())
        .put(" ", Role::Text)
        .put(standing.word(), mark.role());
    if let Some(at) = screen.gone() {
        let text = format!(
            "   deleted (known since {}): as last seen",
            clock(at, ctx.now)
        );
        pen.put(&text, Role::Bad);
    } else if !fresh(row, ctx) {
        pen.put("   old: the source is not live", Role::Warn);
    }
    let mut about = vec![row.mode.word().to_owned(), row.key.namespace.to_string()];
    if ctx.clusters.len() > 1 {
        about.insert(1, row.key.cluster.to_string());
    }
    about.push(traffic(row));
    about.retain(|part| !part.is_empty());
    pen.put("   ", Role::Text)
        .put(&about.join(" · "), Role::Dim);
    hits(&screen.pane, &mut pen);
}

fn fresh(row: &ServiceRow, ctx: &Ctx<'_>) -> bool {
    let table = ctx.world.table::<ServiceRow>();
    let source = table.and_then(|t| t.source_of(&row.place));
    source.is_some_and(|s| ctx.world.believed(s))
}

/// The service has not come yet: says what is being waited for.
fn waiting(screen: &ServiceScreen, ctx: &Ctx<'_>) -> String {
    let name = &screen.key().name;
    let scope = format!("{}/{name}", screen.key().namespace);
    let mine = |s: &&crate::domain::SourceRow| {
        s.id.cluster == screen.key().cluster && (s.id.scope == scope || s.id.scope.is_empty())
    };
    match ctx.world.feed(screen.feed()).find(mine) {
        Some(s) if s.state.is_live() => format!("{name} is not there (any more). Esc goes back."),
        Some(s) => {
            let why = s.fault.as_ref();
            let why = why.map_or_else(String::new, |f| format!(": {}", f.told()));
            let since = Span::between(s.since, ctx.now);
            format!("Asking for {name}, {} for {since}{why}", s.state.word())
        }
        None => format!("Asking for {name}…"),
    }
}
