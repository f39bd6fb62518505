//! What keeps an action from being chosen, before any cluster is asked: a read-only context, rows that are too old.
//! Pure.

use crate::app::Model;
use crate::domain::{ClusterId, SourceRow, SourceState, Span, Subject, clock};
use crate::plan::Safety;

/// Rows of a source that is not live for longer than this are too old to act on, in seconds.
pub const FRESHEST: i64 = 60;

/// How much a context asks for now before something changes in it.
#[must_use]
pub fn safety(model: &Model, cluster: &ClusterId) -> Safety {
    model.safety(cluster)
}

/// Why nothing can be done to an object, and what to do about it.
#[must_use]
pub fn barred(model: &Model, subject: &Subject) -> Option<(String, String)> {
    let cluster = &subject.key.cluster;
    if safety(model, cluster) == Safety::ReadOnly {
        return Some((
            format!("{cluster} is read-only here"),
            "The setting read-only says so; unlock lets you change it for a while".to_owned(),
        ));
    }
    let old = stale(model, subject)?;
    let since = old.seen.unwrap_or(old.since);
    Some((
        format!(
            "what is shown is too old to act on: {} {} for {}, last heard at {}",
            old.id.feed,
            old.state.word(),
            Span::between(old.since, model.now),
            clock(since, model.now)
        ),
        "Wait until the source is live again, or ask again now (reconnect)".to_owned(),
    ))
}

/// The source that an object was read from, when none that could tell of it is alive and it is not so for too long.
fn stale<'a>(model: &'a Model, subject: &Subject) -> Option<&'a SourceRow> {
    let key = &subject.key;
    let one = format!("{}/{}", key.namespace, key.name);
    let tells = |s: &&SourceRow| {
        let run = s.id.feed == "run" && subject.feed == "workflows" && s.id.scope == one;
        s.id.cluster == key.cluster && (s.id.feed == subject.feed || run)
    };
    let old = |s: &&SourceRow| {
        matches!(s.state, SourceState::Stale | SourceState::Down)
            && Span::between(s.since, model.now).0 > FRESHEST
    };
    let mine = || model.world.sources().filter(tells);
    mine()
        .all(|s| old(&s))
        .then(|| mine().max_by_key(|s| s.since))?
}
