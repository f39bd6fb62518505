//! Where the selected row lives, for the pane below a list that has no room to show it in its columns. Pure.

use unicode_width::UnicodeWidthStr;

use crate::app::list::{Fact, ListScreen, Listing};
use crate::app::screen::Ctx;
use crate::domain::Row;
use crate::theme::Role;

/// The selected row with its namespace, and its cluster where there are several; nothing when the columns show all of
/// it.
pub fn fact<L: Listing>(
    list: &ListScreen<L>,
    columns: &[(usize, u16)],
    ctx: &Ctx<'_>,
) -> Option<Fact> {
    let id = |index: &usize| L::columns().get(*index).map(|c| c.id);
    let width = |of: &str| {
        let mut shown = columns.iter().filter(|(index, _)| id(index) == Some(of));
        shown.next().map(|(_, width)| usize::from(*width))
    };
    let name = width("name")?;
    let several = ctx.clusters.len() > 1;
    let known = |of: &str| L::columns().iter().any(|c| c.id == of);
    let gone = |of: &str| known(of) && width(of).is_none();
    let hidden = gone("namespace") || several && gone("cluster");
    // what one of many rows needs all have, so that the pane does not come and go
    let long = |row: &L::Row| row.name().width() > name;
    let cut = || list.rows().iter().take(200).any(|row| long(row));
    let row = list.selected()?;
    (hidden || cut() || long(row)).then(|| Fact::with("name", path(&**row, several), Role::Strong))
}

fn path<R: Row>(row: &R, several: bool) -> String {
    let key = row.key();
    let cluster = if several { key.cluster.as_str() } else { "" };
    let parts = [cluster, key.namespace.as_str(), row.name().as_str()];
    let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join("/")
}
