//! The heading of a list, and what is said where it has no rows: never that all is well when that is not known. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::list::{ListScreen, Listing};
use crate::app::screen::{Ctx, Screen};
use crate::domain::{SourceRow, SourceState};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::clusters::unknown;
use crate::ui::paint::{Pen, line};
use crate::ui::text::wrap;

/// Title, how many rows and what they are, what is hidden, how they are sorted. `height` is how many rows fit.
pub fn heading<L: Listing>(
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
    let told = |s: &SourceRow| {
        let spared = s.state == SourceState::Absent && L::OPTIONAL.contains(&s.id.feed);
        s.state.is_live() || spared
    };
    let whole = L::FEEDS.is_empty() || (mine().next().is_some() && mine().all(told));
    let unknown = unknown(ctx, L::FEEDS);
    let more = if unknown.is_empty() { "" } else { " + ?" };
    let count = match (list.rows().len(), list.total()) {
        (0, 0) if !whole => "?".to_owned(),
        (shown, all) if shown == all => format!("{all}{more}"),
        (shown, all) => format!("{shown} of {all}{more}"),
    };
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" ", Role::Text)
        .put(&list.title(ctx), Role::Strong)
        .put("  ", Role::Text)
        .put(&count, Role::Text);
    if mine().any(|s| s.state.is_live() && s.fault.is_some()) {
        pen.put("  not all may be read: 0 tells why", Role::Warn);
    }
    if !list.summary().is_empty() {
        pen.put(" · ", Role::Dim).put(list.summary(), Role::Text);
    }
    if let Some(caveat) = L::caveat(ctx) {
        pen.put(&format!("   {caveat}"), Role::Warn);
    }
    for (cluster, state) in unknown {
        pen.put(&format!("   {cluster}: ? ({})", state.word()), Role::Warn);
    }
    let marked = list.marks().len();
    if marked > 0 {
        pen.put(&format!("   {marked} marked"), Role::Chosen);
    }
    if !list.narrowed().is_empty() {
        let filter = list.narrowed().to_string();
        pen.put("   filter ", Role::Dim).put(&filter, Role::Chosen);
    }
    if let Some(wrong) = list.mistake() {
        let text = format!("   not in force: {wrong}");
        pen.put(&text, Role::Warn);
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

/// Says why there are no rows; never that all is well when that is not known.
pub fn nothing<L: Listing>(
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
                list.narrowed(),
                list.total()
            ),
            Role::Warn,
        ));
        said.extend(list.no_such_state(ctx).map(|why| (why, Role::Warn)));
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
        let text = format!("{name} {}{why}", source.state.word());
        // one for each namespace would say the same again
        if said.iter().any(|(other, _)| *other == text) {
            continue;
        }
        said.push((text, Role::Warn));
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
        let text = if live { L::nothing(ctx) } else { "Asking…" };
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
