//! What the heading of an opened object begins with: its name, how it stands, and whether that is still so. Pure.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::screen::Ctx;
use crate::domain::{Key, Row, SourceRow, Span, clock};
use crate::theme::{Mark, Role};
use crate::ui::Look;
use crate::ui::paint::{Pen, line};
use crate::ui::text::wrap;

/// An object and how it stands.
pub(super) struct Heading<'a> {
    /// Its key.
    pub key: &'a Key,
    /// Its state in a mark and a word.
    pub state: (Mark, &'a str),
    /// When it was known to be deleted.
    pub gone: Option<Timestamp>,
    /// Its source is live.
    pub fresh: bool,
}

impl Heading<'_> {
    /// Name, state, and whether it is still there or its source is old.
    pub fn begin(&self, pen: &mut Pen<'_>, ctx: &Ctx<'_>, look: Look) {
        let (mark, word) = self.state;
        pen.put(" ", Role::Text)
            .put(&self.key.name, Role::Strong)
            .put("   ", Role::Text)
            .put(mark.glyph(look.ascii), mark.role())
            .put(" ", Role::Text)
            .put(word, mark.role());
        if let Some(at) = self.gone {
            let since = clock(at, ctx.now);
            let text = format!("   deleted (known since {since}): as last seen");
            pen.put(&text, Role::Bad);
        } else if !self.fresh {
            pen.put("   old: the source is not live", Role::Warn);
        }
    }

    /// What it is, its namespace, its cluster where there are several, and what else is to be told of it.
    pub fn about(&self, what: &str, more: &str, pen: &mut Pen<'_>, ctx: &Ctx<'_>) {
        let cluster = match ctx.clusters.len() {
            0 | 1 => "",
            _ => self.key.cluster.as_str(),
        };
        let mut about = vec![what, &self.key.namespace, cluster, more];
        about.retain(|part| !part.is_empty());
        pen.put("   ", Role::Text)
            .put(&about.join(" · "), Role::Dim);
    }
}

/// Whether what a row tells can be believed to be so still.
pub(super) fn fresh<R: Row>(row: &R, ctx: &Ctx<'_>) -> bool {
    let table = ctx.world.table::<R>();
    let source = table.and_then(|t| t.source_of(row.key()));
    source.is_some_and(|s| ctx.world.believed(s))
}

/// What is told of an object that has not come yet, or is not there.
pub(super) fn missing(
    (feed, key): (&str, &Key),
    ctx: &Ctx<'_>,
    (area, buffer, look): (Rect, &mut Buffer, Look),
) {
    let text = asked((feed, key), ctx);
    for (index, part) in (1..).zip(wrap(&text, area.width.saturating_sub(2))) {
        Pen::new(buffer, line(area, index), look)
            .skip(1)
            .put(&part, Role::Warn);
    }
}

/// Why an object of a feed is not there yet.
fn asked((feed, key): (&str, &Key), ctx: &Ctx<'_>) -> String {
    let name = &key.name;
    let scope = format!("{}/{name}", key.namespace);
    let mine = |s: &&SourceRow| {
        s.id.cluster == key.cluster && (s.id.scope == scope || s.id.scope.is_empty())
    };
    match ctx.world.feed(feed).find(mine) {
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
