//! Sources that do not answer: what else would be found is not known. Pure.

use super::{FEEDS, Find, seconds};
use crate::app::screen::Ctx;
use crate::domain::{Clean, FindingRow, Key, Need, SourceRow, SourceState, clock};

pub(super) fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    let sick = ctx.world.sources().filter(|source| {
        let read = source.id.feed == "api" || FEEDS.contains(&source.id.feed);
        let ill = matches!(
            source.state,
            SourceState::Down | SourceState::Stale | SourceState::Denied
        );
        read && ill
    });
    sick.map(|source| one(source, ctx)).collect()
}

fn one(source: &SourceRow, ctx: &Ctx<'_>) -> FindingRow {
    let id = &source.id;
    let name = match (id.feed, id.scope.as_str()) {
        ("api", _) => "API server".to_owned(),
        (feed, "") => feed.to_owned(),
        (feed, scope) => format!("{feed} {scope}"),
    };
    let sentence = match (source.state, source.seen) {
        (SourceState::Denied, _) => "may not be read".to_owned(),
        (_, Some(seen)) => format!("gives no answer: rows are from {}", clock(seen, ctx.now)),
        _ => "has never answered".to_owned(),
    };
    let fault = source.fault.as_ref();
    let about = Key {
        cluster: id.cluster.clone(),
        namespace: Clean::default(),
        name: Clean::new(&name),
    };
    // what may not be read is the way a person was set up, and nothing that happened tonight
    let need = if source.state == SourceState::Denied {
        Need::Slow
    } else {
        Need::Blind
    };
    let order = u64::from(id.feed != "api");
    Find::new("source", need, &about)
        .says(&sentence)
        .because("error", fault.map_or("", |fault| &fault.what))
        .because("to do", fault.map_or("", |fault| &fault.hint))
        .because("endpoint", &source.endpoint)
        .within(order * seconds(Some(source.since), ctx.now).max(1))
        .since(Some(source.since))
        .done()
}
