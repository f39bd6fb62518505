//! Where aliases pointed before: the registry keeps no history of them, so what the journal has of moves that midwatch made
//! is all there is. Pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::Clean;
use crate::plan::deed::Verdict;
use crate::plan::form::Expect;
use crate::plan::home::Home;
use crate::plan::record::{Entry, Request};

/// A path that begins with this asks the journal for what it has of a registered model.
pub const JOURNAL: &str = "journal:";

/// One move of an alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The alias.
    pub alias: Clean,
    /// The version that it pointed at; none when there was no such alias.
    pub from: Option<Clean>,
    /// The version that it points at; none when it was taken away.
    pub to: Option<Clean>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: Clean,
    /// The action.
    pub action: Clean,
    /// Its id in the journal.
    pub id: String,
}

impl Move {
    /// `champion v41 → v42`
    #[must_use]
    pub fn words(&self) -> String {
        let side = |version: &Option<Clean>| {
            version
                .as_ref()
                .map_or_else(|| "nothing".to_owned(), |v| format!("v{v}"))
        };
        format!("{} {} → {}", self.alias, side(&self.from), side(&self.to))
    }
}

/// The moves of aliases of a model that these actions made, oldest first. `place` is the cluster's identity (uid, or
/// context) and the name of the model.
#[must_use]
pub fn moves<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    is_cluster: impl Fn(&Entry) -> bool,
    model: &str,
) -> Vec<Move> {
    let own = entries.filter(|entry| {
        let target = &entry.intent.target;
        target.home == Home::Mlflow && target.name == model && is_cluster(entry)
    });
    own.flat_map(of).collect()
}

/// The moves of one action that happened, as far as is known.
fn of(entry: &Entry) -> Vec<Move> {
    let requests = entry.intent.requests.iter().enumerate();
    requests
        .filter(|(step, _)| happened(entry, *step))
        .flat_map(|(_, request)| moved(entry, request))
        .collect()
}

fn happened(entry: &Entry, step: usize) -> bool {
    let taken = |a: &crate::plan::Answered| a.step == step && (200..300).contains(&a.status);
    match entry.ended.as_ref().map(|e| e.verdict) {
        Some(Verdict::Done | Verdict::Accepted) => true,
        _ => entry.answers.iter().any(taken),
    }
}

fn moved(entry: &Entry, request: &Request) -> Vec<Move> {
    let Some(stand) = &request.stand else {
        return Vec::new();
    };
    let aliases = stand.change.pointer("/spec/aliases");
    let aliases = aliases.and_then(Value::as_object).into_iter().flatten();
    let from = |alias: &str| {
        let at = super::calls::pointer(alias);
        let check = stand.before.iter().find(|c| c.pointer == at)?;
        match &check.expect {
            Expect::OneOf(values) => values.first()?.as_str().map(Clean::new),
            _ => None,
        }
    };
    aliases
        .map(|(alias, to)| Move {
            alias: Clean::new(alias),
            from: from(alias),
            to: to.as_str().map(Clean::new),
            at: entry.at,
            who: Clean::new(entry.intent.operator.name()),
            action: Clean::new(&entry.intent.action),
            id: entry.id.clone(),
        })
        .collect()
}
