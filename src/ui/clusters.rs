//! Several clusters at once: which of them cannot be believed, by name. Pure; the header and the headings of lists
//! call it.

use crate::app::Model;
use crate::app::screen::Ctx;
use crate::domain::{ClusterId, SourceState, Span};
use crate::theme::Mark;

/// Which clusters are shown: `2 of 3 clusters` while one is down.
pub fn counted(model: &Model) -> String {
    let all = model.clusters.len();
    match troubled(model).len() {
        0 => format!("{all} clusters"),
        bad => format!("{} of {all} clusters", all - bad),
    }
}

/// Clusters that do not answer, with the worse state and the longer time of them: `eu is down 0:42`.
pub fn trouble(model: &Model) -> Option<(Mark, String)> {
    let mut bad = troubled(model);
    bad.sort_by_key(|(_, state, since)| (*state != SourceState::Down, *since));
    let (_, state, since) = *bad.first()?;
    let span = Span::between(since, model.now).0;
    let names: Vec<&str> = bad.iter().map(|(id, ..)| id.as_str()).collect();
    let verb = if names.len() > 1 { "are" } else { "is" };
    let mark = if state == SourceState::Down {
        Mark::Failed
    } else {
        Mark::Stale
    };
    let (names, word) = (names.join(", "), state.word());
    let text = format!("{names} {verb} {word} {}:{:02}", span / 60, span % 60);
    Some((mark, text))
}

fn troubled(model: &Model) -> Vec<(&ClusterId, SourceState, jiff::Timestamp)> {
    let state = |id| {
        let row = model.world.cluster_state(id)?;
        let bad = matches!(row.state, SourceState::Down | SourceState::Stale);
        bad.then_some((id, row.state, row.since))
    };
    model.clusters.iter().filter_map(state).collect()
}

/// What is known of all runs, and that it is not all while a cluster has not told its own.
pub fn with_unknown(model: &Model, known: &str) -> String {
    let several = model.clusters.len() > 1;
    let told = |id: &&ClusterId| {
        let mut mine = model
            .world
            .feed("workflows")
            .filter(|s| s.id.cluster == **id);
        mine.any(|s| has_told(s.state))
    };
    if several && model.clusters.iter().filter(told).count() < model.clusters.len() {
        return format!("{known} + ?");
    }
    known.to_owned()
}

/// A source has told rows, now or before.
fn has_told(state: SourceState) -> bool {
    use SourceState::{Absent, Live, Partial, Stale};
    matches!(state, Live | Partial | Stale | Absent)
}

/// Clusters whose rows of these feeds are not known, with the reason; only while several are shown.
pub fn unknown<'a>(ctx: &Ctx<'a>, feeds: &[&str]) -> Vec<(&'a ClusterId, SourceState)> {
    if ctx.clusters.len() < 2 || feeds.is_empty() {
        return Vec::new();
    }
    let state = |id: &'a ClusterId| {
        let mut mine = ctx
            .world
            .sources()
            .filter(|s| s.id.cluster == *id && feeds.contains(&s.id.feed));
        let Some(first) = mine.next() else {
            return Some((id, SourceState::Connecting));
        };
        let some = has_told(first.state) || mine.any(|s| has_told(s.state));
        (!some).then_some((id, first.state))
    };
    ctx.clusters.iter().filter_map(state).collect()
}
