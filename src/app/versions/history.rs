//! Where the aliases of a model pointed before, as the journal tells, and what others moved. Pure.

use crate::app::journal::ActionRow;
use jiff::Timestamp;

use crate::app::list::Fact;
use crate::app::lists::truth;
use crate::app::screen::Ctx;
use crate::domain::{Clean, ModelRow, VersionRow, clock};
use crate::plan::{Entry, Move, moves};
use crate::store::Table;
use crate::theme::Role;

/// An action that moves aliases has ended after so many seconds.
const SETTLED: i64 = 15;

/// Most moves that are told.
const MOST: usize = 8;

/// Moves of the aliases of a version's model, the newest first; what others moved in between is told where it shows.
pub fn of(version: &VersionRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    let rows = ctx.world.table::<ActionRow>();
    let rows = rows.into_iter().flat_map(Table::iter);
    let mine = rows.filter(|row| row.key.cluster == version.key.cluster);
    let mut entries: Vec<&Entry> = mine.map(|row| &*row.entry).collect();
    entries.sort_by_key(|entry| entry.at);
    let moves = moves(entries.into_iter(), |_| true, &version.model);
    let model = truth(version, ctx).map(|t| &*t.model);
    // a registry that was read before the last move says nothing of what came after it
    let mut feeds = ctx.world.feed("models");
    let source = feeds.find(|s| s.id.cluster == version.key.cluster);
    let seen = source.and_then(|s| s.seen);
    let last = moves.iter().map(|m| m.at).max();
    let newer =
        |at: Timestamp| seen.is_some_and(|seen| seen.as_second() > at.as_second() + SETTLED);
    told(&moves, model.filter(|_| last.is_none_or(newer)), ctx)
}

fn told(moves: &[Move], model: Option<&ModelRow>, ctx: &Ctx<'_>) -> Vec<Fact> {
    let mut lines: Vec<(String, Role)> = Vec::new();
    for (index, one) in moves.iter().enumerate().rev().take(MOST) {
        let later = moves.get(index + 1..).unwrap_or_default();
        let next = later.iter().find(|m| m.alias == one.alias);
        let then = match next {
            Some(next) => next.from.clone(),
            None => match model {
                Some(model) => now(model, &one.alias),
                None => one.to.clone(),
            },
        };
        if then != one.to {
            let side = then.map_or_else(|| "nothing".to_owned(), |v| format!("v{v}"));
            let text = format!(
                "{} was moved to {side} by someone else after that",
                one.alias
            );
            lines.push((text, Role::Warn));
        }
        let text = format!(
            "{} by {} at {} ({})",
            one.words(),
            one.who,
            clock(one.at, ctx.now),
            one.action
        );
        lines.push((text, Role::Text));
    }
    let more = moves.len().saturating_sub(MOST);
    if more > 0 {
        lines.push((format!("{more} earlier: see the journal"), Role::Dim));
    }
    let mut label = "history";
    let line = |(text, role)| Fact::with(std::mem::take(&mut label), text, role);
    lines.into_iter().map(line).collect()
}

fn now(model: &ModelRow, alias: &str) -> Option<Clean> {
    let alias = model.alias(alias)?;
    Some(Clean::from(alias.version.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(alias: &str, from: Option<&str>, to: Option<&str>) -> Move {
        Move {
            alias: Clean::new(alias),
            from: from.map(Clean::new),
            to: to.map(Clean::new),
            at: "2026-11-21T08:00:00Z".parse().unwrap(),
            who: "ann".into(),
            action: "model.promote".into(),
            id: "1".to_owned(),
        }
    }

    fn words(moves: &[Move]) -> Vec<String> {
        let model = crate::app::Model::new(
            Vec::new(),
            (80, 24),
            "2026-11-21T08:03:00Z".parse().unwrap(),
        );
        told(moves, None, &model.ctx())
            .into_iter()
            .map(|f| f.text)
            .collect()
    }

    #[test]
    fn moves_are_told_and_those_of_others_between_them_too() {
        let moves = [
            step("champion", Some("40"), Some("41")),
            step("champion", Some("43"), Some("42")),
            step("shadow", None, Some("43")),
        ];
        assert_eq!(
            words(&moves),
            [
                "shadow nothing → v43 by ann at 08:00:00Z (model.promote)",
                "champion v43 → v42 by ann at 08:00:00Z (model.promote)",
                "champion was moved to v43 by someone else after that",
                "champion v40 → v41 by ann at 08:00:00Z (model.promote)",
            ]
        );
    }
}
