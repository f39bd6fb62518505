//! What was read, ready to be printed in any form. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::app::list::Cell;
use crate::app::note::Notes;
use crate::app::screen::Ctx;
use crate::cli::exit::Failure;
use crate::cli::session::Session;
use crate::domain::Key;
use crate::settings::Settings;
use crate::store::Want;

/// Something that can be read from a session, once or again and again.
pub trait View {
    /// What has to be watched for it.
    fn wants(&self, session: &Session) -> Vec<Want>;
    /// Without this feed the answer is not complete; others only add evidence.
    fn needs(&self, feed: &str) -> bool;
    /// The kind of this feed need not be installed.
    fn spares(&self, _feed: &str) -> bool {
        false
    }
    /// Reads it as it is now.
    fn sheet(&self, session: &Session, now: Timestamp) -> Result<Sheet, Failure>;
}

/// Rows with their columns.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// What a row is: `Run`.
    pub kind: &'static str,
    /// Feeds of kinds that need not be installed.
    pub optional: &'static [&'static str],
    /// Columns, from left to right.
    pub heads: Vec<Head>,
    /// Rows, in order.
    pub lines: Vec<Line>,
    /// What stands beside the items in JSON.
    pub more: Map<String, Value>,
    /// One sentence for each object that was named and is not there.
    pub missing: Vec<String>,
    /// What is said when there are no rows.
    pub nothing: String,
    /// A namespace that was named is not there.
    pub astray: bool,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its id.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Least width that makes sense.
    pub least: usize,
    /// When space is short the highest goes first; 0 never goes.
    pub drop: u8,
    /// Numbers stand to the right.
    pub right: bool,
    /// Only shown when all columns are asked for.
    pub wide: bool,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Line {
    /// Where it lives.
    pub key: Key,
    /// What it is recognised by when it changes.
    pub id: String,
    /// One cell for each column.
    pub cells: Vec<Cell>,
    /// Everything known of it.
    pub item: Value,
}

/// What a list needs besides the world: nothing that a person could have set changes what a script reads.
#[derive(Debug, Default)]
pub struct Eyes {
    settings: Settings,
    notes: Notes,
}

impl Eyes {
    /// With gates, which are no matter of taste.
    #[must_use]
    pub fn with_gates(gates: BTreeMap<String, String>) -> Self {
        let settings = Settings {
            gates,
            ..Settings::default()
        };
        Self {
            settings,
            ..Self::default()
        }
    }

    /// What a list may look at.
    #[must_use]
    pub fn ctx<'a>(&'a self, session: &'a Session, now: Timestamp) -> Ctx<'a> {
        Ctx {
            world: session.world(),
            clusters: session.clusters(),
            settings: &self.settings,
            notes: &self.notes,
            loads: session.loads(),
            now,
            page: 1,
        }
    }
}

/// The name of an object as it can be given back: `NAMESPACE/NAME`, with the cluster in front when there are several.
#[must_use]
pub fn path(key: &Key, clusters: usize) -> String {
    let name = if key.namespace.is_empty() {
        key.name.to_string()
    } else {
        format!("{}/{}", key.namespace, key.name)
    };
    if clusters > 1 {
        format!("{}/{name}", key.cluster)
    } else {
        name
    }
}

/// Whether an object is meant by `NAME` or `NAMESPACE/NAME`.
#[must_use]
pub fn is_named(key: &Key, given: &str) -> bool {
    match given.split_once('/') {
        Some((namespace, name)) => *key.namespace == *namespace && *key.name == *name,
        None => *key.name == *given,
    }
}

/// What to say of a name that is not there, with names that begin or end alike.
pub fn missing<'a>(word: &str, given: &str, there: impl Iterator<Item = &'a Key>) -> String {
    let name = given.rsplit('/').next().unwrap_or(given);
    let stem = stem(name);
    let mut near: Vec<String> = there
        .filter(|key| key.name.contains(name) || key.name.contains(stem))
        .map(|key| path(key, 1))
        .collect();
    // the most alike first
    near.sort_by_key(|path| {
        let there = path.rsplit('/').next().unwrap_or(path);
        let alike = there.chars().zip(name.chars()).take_while(|(a, b)| a == b);
        (std::cmp::Reverse(alike.count()), path.clone())
    });
    near.dedup();
    near.truncate(3);
    // what a person typed goes to the terminal as it is told back
    let given = crate::domain::Clean::new(given);
    if near.is_empty() {
        format!("there is no {word} {given}")
    } else {
        format!("there is no {word} {given}; there is {}", near.join(", "))
    }
}

/// A name without what a controller appended: `train-nightly-x7k2p` is `train-nightly`.
fn stem(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((stem, _)) if stem.len() > 3 => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClusterId;

    fn key(namespace: &str, name: &str) -> Key {
        Key::new(ClusterId::new("eu"), namespace, name)
    }

    #[test]
    fn a_name_can_be_given_back_as_it_was_printed() {
        let run = key("ml", "train-x7k2p");
        assert!(is_named(&run, &path(&run, 1)) && is_named(&run, "train-x7k2p"));
        assert!(!is_named(&run, "other/train-x7k2p") && !is_named(&run, "train"));
        assert_eq!(path(&key("", "gpu-1"), 1), "gpu-1");
        assert_eq!(path(&run, 2), "eu/ml/train-x7k2p");
    }

    #[test]
    fn names_like_the_one_that_is_not_there_are_offered() {
        let keys = [
            key("ml", "train-nightly-x7k2p"),
            key("ml", "train-nightly-8mmqv"),
            key("ml", "ingest-1"),
        ];
        assert_eq!(
            missing("run", "train-nightly-gone1", keys.iter()),
            "there is no run train-nightly-gone1; there is ml/train-nightly-8mmqv, ml/train-nightly-x7k2p"
        );
        assert_eq!(missing("run", "zzz", keys.iter()), "there is no run zzz");
    }
}
