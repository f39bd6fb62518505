//! Where objectives are written: the document of each, documents that are broken, lists of them that cannot be read.
//! Pure.

use crate::app::describe::page::Page;
use crate::app::inspect::subject;
use crate::app::screen::Ctx;
use crate::domain::{Key, Origin, ServiceRow, SourceRow, SourceState, Written, WrittenRow};
use crate::kinds;
use crate::theme::Role;

use super::burn;

/// Most broken documents that are told of one service.
const BROKEN: usize = 5;

/// Says of the objectives of a service where they are written, unless they are built in, and which documents of its
/// namespace are broken.
pub fn write(page: &mut Page, service: &ServiceRow, ctx: &Ctx<'_>) {
    for row in burn::objectives(&service.key, ctx) {
        let text = format!("{} is written in {}", row.objective, row.origin.told());
        match &row.origin {
            Origin::BuiltIn => {}
            Origin::File(_) => page.fact("", text, Role::Dim),
            Origin::Object(object) => match kinds::spec(object.feed) {
                Some(spec) => page.link("", &text, Some(of(spec.feed, object))),
                None => page.fact("", text, Role::Dim),
            },
        }
    }
    let broken = broken_of(&service.key, ctx);
    for text in broken.iter().take(BROKEN) {
        page.fact("broken", text, Role::Warn);
    }
    if broken.len() > BROKEN {
        let text = format!("and {} more documents", broken.len() - BROKEN);
        page.fact("", text, Role::Warn);
    }
    let mine = |s: &&SourceRow| s.id.cluster == service.key.cluster;
    for source in unread(ctx).filter(mine) {
        let why = source.fault.as_ref();
        let why = why.map_or_else(String::new, |f| format!(": {}", f.what));
        let word = source.id.feed.trim_start_matches("slo-");
        let text = format!("objectives of {word}: {}{why}", source.state.word());
        page.fact("not read", text, Role::Dim);
    }
}

fn of(feed: &'static str, object: &Written) -> crate::domain::Subject {
    subject(feed, &object.key, &object.uid)
}

/// `pyrra ml-fraud/errors: spec.target: an objective of 200 %`, and how many more mistakes there are.
fn sentence(row: &WrittenRow) -> String {
    let first = row.mistakes.first().map_or("", |m| m.as_str());
    let more = match row.mistakes.len() {
        0 | 1 => String::new(),
        n => format!(", and {} more", n - 1),
    };
    format!("{}: {first}{more}", row.object.told())
}

/// The broken documents of a service's namespace, one sentence each.
#[must_use]
pub fn broken_of(service: &Key, ctx: &Ctx<'_>) -> Vec<String> {
    let here = |row: &&WrittenRow| {
        let key = &row.object.key;
        key.cluster == service.cluster && key.namespace == service.namespace
    };
    let rows = broken(ctx).into_iter().filter(here);
    rows.map(sentence).collect()
}

/// Documents with mistakes, in the order of their names.
fn broken<'a>(ctx: &Ctx<'a>) -> Vec<&'a WrittenRow> {
    let world: &'a crate::store::World = ctx.world;
    let table = world.table::<WrittenRow>().into_iter();
    let rows = table.flat_map(crate::store::Table::iter).map(|row| &**row);
    let mut broken: Vec<&WrittenRow> = rows.filter(|row| !row.mistakes.is_empty()).collect();
    broken.sort_by(|a, b| a.key.cmp(&b.key));
    broken
}

/// Lists of documents that are installed and not read.
fn unread<'a>(ctx: &Ctx<'a>) -> impl Iterator<Item = &'a SourceRow> {
    let world: &'a crate::store::World = ctx.world;
    let all = ["slo-sloth", "slo-pyrra", "slo-openslo"];
    let sources = all.into_iter().flat_map(|feed| world.feed(feed));
    sources.filter(|s| {
        matches!(
            s.state,
            SourceState::Denied | SourceState::Down | SourceState::Stale
        )
    })
}

/// What is to be known before it is believed that every objective is there.
#[must_use]
pub fn caveat(ctx: &Ctx<'_>) -> Option<String> {
    let broken = broken(ctx);
    let first = broken.first()?;
    Some(match broken.len() {
        1 => format!("an objective is broken: {}", first.object.told()),
        n => format!(
            "{n} documents with objectives are broken: {} …",
            first.object.told()
        ),
    })
}
