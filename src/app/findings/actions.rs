//! Actions of which nobody knows what came. Pure.

use super::{Find, seconds};
use crate::app::journal::ActionRow;
use crate::app::screen::Ctx;
use crate::domain::{FindingRow, Need};
use crate::store::Table;

pub(super) fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    let rows = ctx.world.table::<ActionRow>().into_iter();
    rows.flat_map(Table::iter)
        .filter(|row| row.here && !row.under_way && row.entry.in_doubt())
        .map(|row| one(row, ctx))
        .collect()
}

fn one(row: &ActionRow, ctx: &Ctx<'_>) -> FindingRow {
    let (entry, intent) = (&row.entry, &row.entry.intent);
    let target = row.target();
    let mut find = Find::new("action-in-doubt", Need::Failed, &row.key)
        .what(&intent.target.name)
        .says(&format!(
            "{} is in doubt: what came of it is not known",
            intent.action
        ))
        .because("did", &intent.does)
        .because("who", &intent.operator.words())
        .because("state", entry.standing().means())
        .within(seconds(Some(entry.at), ctx.now))
        .since(Some(entry.at));
    if !target.feed.is_empty() {
        find = find.subject(target);
    }
    find.done()
}
