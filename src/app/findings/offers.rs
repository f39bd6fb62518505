//! The runbooks that fit findings. Pure. What is known of each target is tested against what runbooks say they are for, so
//! it is done when a finding changes, and now and then.

use crate::app::Model;
use crate::app::runbooks::fitting;
use crate::app::screen::Ctx;
use crate::domain::{FindingRow, Subject};
use crate::store::Table;

/// Milliseconds after which all are tested again: the target may have changed where its finding did not. In the beginning all
/// are tested at every look.
const AGAIN: i64 = 10_000;

/// Most findings tested: nobody reads further before these are done.
const MOST: usize = 50;

/// Says of findings which runbooks fit; `last` is when all were tested, in milliseconds.
pub(super) fn offer(model: &Model, found: &mut [FindingRow], last: &mut Option<i64>) {
    let now = model.now.as_millisecond();
    let fresh = |at: i64| (0..AGAIN).contains(&(now - at)) && !model.watch.begins(now);
    let all = last.is_none_or(|at| !fresh(at));
    if all {
        *last = Some(now);
    }
    let (ctx, shelf) = (model.ctx(), &model.runbooks.shelf);
    let table = model.world.table::<FindingRow>();
    for row in found.iter_mut().take(MOST) {
        let Some(subject) = row.subject.clone() else {
            continue;
        };
        let old = table.and_then(|t| t.get(&row.key)).filter(|_| !all);
        let same = old.filter(|old| old.sentence == row.sentence && old.need == row.need);
        row.books = match same {
            Some(old) => old.books.clone(),
            None => fitting(&subject, shelf, &ctx).into(),
        };
    }
}

/// The runbooks that fit what is found about an object, in words; empty when nothing is found or none fits.
#[must_use]
pub fn books_for(subject: &Subject, ctx: &Ctx<'_>) -> String {
    let table = ctx.world.table::<FindingRow>().into_iter();
    let about = |row: &&std::sync::Arc<FindingRow>| {
        let mine = row.subject.as_ref();
        mine.is_some_and(|s| s.feed == subject.feed && s.key == subject.key)
    };
    let rows = table.flat_map(Table::iter).filter(about);
    let mut books: Vec<&str> = rows
        .flat_map(|row| row.books.iter().map(|b| &**b))
        .collect();
    books.sort_unstable();
    books.dedup();
    books.join(", ")
}
