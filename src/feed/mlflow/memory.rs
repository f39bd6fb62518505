//! What was known of the registry before: it does not tell when an alias moves, and which versions are gone. Pure; the
//! clock is given.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{Alias, Clean, Key, ModelRow, VersionMark, VersionRow};

/// Versions of all models, and where aliases pointed.
#[derive(Debug, Default)]
pub(super) struct Memory {
    versions: BTreeMap<Key, BTreeMap<u64, VersionMark>>,
    /// The versions as they were told, while nothing came to them.
    told: HashMap<Key, Arc<[VersionMark]>>,
    /// Where each alias pointed, and when it was seen to move there; by model.
    aliases: Option<HashMap<Key, Vec<Alias>>>,
}

impl Memory {
    /// Every version there is: what is not among them is gone.
    pub(super) fn learn_all<'a>(&mut self, rows: impl Iterator<Item = &'a VersionRow>) {
        let before = std::mem::take(&mut self.versions);
        for row in rows {
            self.put(row);
        }
        self.told
            .retain(|key, _| before.get(key) == self.versions.get(key));
    }

    /// Some versions; true when one of them was not known.
    pub(super) fn learn<'a>(&mut self, rows: impl Iterator<Item = &'a VersionRow>) -> bool {
        let mut new = false;
        for row in rows {
            let key = row.model_key();
            if self.put(row) {
                self.told.remove(&key);
                new = true;
            }
        }
        new
    }

    fn put(&mut self, row: &VersionRow) -> bool {
        let known = self.versions.entry(row.model_key()).or_default();
        known.insert(row.number, row.mark()) != Some(row.mark())
    }

    /// The model with what is known of it besides.
    pub(super) fn complete(&mut self, models: Vec<ModelRow>, now: Timestamp) -> Vec<ModelRow> {
        let before = self.aliases.take();
        let mut seen = HashMap::new();
        let complete = |mut model: ModelRow| {
            if let Some(before) = &before {
                let then = before.get(&model.key);
                for alias in &mut model.aliases {
                    alias.moved = moved(then.map(Vec::as_slice), alias, now);
                }
            }
            seen.insert(model.key.clone(), model.aliases.to_vec());
            let versions = self.of(&model.key);
            model.newest = model.newest.max(versions.first().map(|v| v.number));
            model.versions = Some(versions);
            model
        };
        let models = models.into_iter().map(complete).collect();
        self.aliases = Some(seen);
        models
    }

    /// The versions of a model, the newest first.
    fn of(&mut self, model: &Key) -> Arc<[VersionMark]> {
        if let Some(told) = self.told.get(model) {
            return told.clone();
        }
        let known = self.versions.get(model).into_iter();
        let marks: Arc<[VersionMark]> = known.flat_map(|v| v.values().rev().cloned()).collect();
        self.told.insert(model.clone(), marks.clone());
        marks
    }
}

/// When an alias moved: now, when it pointed elsewhere at the last look; else as it was known.
fn moved(then: Option<&[Alias]>, alias: &Alias, now: Timestamp) -> Option<Timestamp> {
    // a model that is new itself: its aliases may be older than our look at it
    let then = then?;
    let name: &Clean = &alias.name;
    match then.iter().find(|a| a.name == *name) {
        Some(before) if before.version == alias.version => before.moved,
        _ => Some(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClusterId;
    use crate::kinds::mlflow;

    fn models(aliases: &str) -> Vec<ModelRow> {
        let body = format!(r#"{{"registered_models":[{{"name":"fraud","aliases":[{aliases}]}}]}}"#);
        mlflow::models(&ClusterId::new("c"), body.as_bytes())
            .unwrap()
            .rows
    }

    fn versions(numbers: &[u64]) -> Vec<VersionRow> {
        let one = |n: &u64| format!(r#"{{"name":"fraud","version":"{n}","source":"s3://b/{n}"}}"#);
        let all: Vec<String> = numbers.iter().map(one).collect();
        let body = format!(r#"{{"model_versions":[{}]}}"#, all.join(","));
        mlflow::versions(&ClusterId::new("c"), body.as_bytes())
            .unwrap()
            .rows
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    const V1: &str = r#"{"alias":"champion","version":"1"}"#;
    const V2: &str = r#"{"alias":"champion","version":"2"}"#;

    #[test]
    fn the_first_look_says_nothing_of_when_an_alias_moved_and_later_ones_do() {
        let mut memory = Memory::default();
        let mut moved = |aliases: &str, now: i64| {
            let rows = memory.complete(models(aliases), at(now));
            rows[0].alias("champion").and_then(|a| a.moved)
        };
        assert_eq!(moved(V1, 10), None);
        assert_eq!(moved(V1, 20), None);
        assert_eq!(moved(V2, 30), Some(at(30)));
        assert_eq!(moved(V2, 40), Some(at(30)));
        assert_eq!(moved("", 50), None);
        assert_eq!(moved(V2, 60), Some(at(60)));
    }

    #[test]
    fn versions_are_added_as_they_come_and_taken_away_by_a_whole_look() {
        let mut memory = Memory::default();
        let numbers = |memory: &mut Memory| -> Vec<u64> {
            let rows = memory.complete(models(V1), at(0));
            rows[0]
                .versions
                .iter()
                .flat_map(|v| v.iter())
                .map(|v| v.number)
                .collect()
        };
        memory.learn_all(versions(&[1, 2]).iter());
        assert_eq!(numbers(&mut memory), [2, 1]);
        assert!(memory.learn(versions(&[3, 2]).iter()));
        assert_eq!(numbers(&mut memory), [3, 2, 1]);
        assert!(!memory.learn(versions(&[3]).iter()), "it is known");
        memory.learn_all(versions(&[3, 1]).iter());
        assert_eq!(numbers(&mut memory), [3, 1]);
    }

    #[test]
    fn versions_that_stay_are_not_copied() {
        let mut memory = Memory::default();
        memory.learn_all(versions(&[1]).iter());
        let first = memory
            .complete(models(V1), at(0))
            .remove(0)
            .versions
            .unwrap();
        memory.learn_all(versions(&[1]).iter());
        let second = memory
            .complete(models(V1), at(1))
            .remove(0)
            .versions
            .unwrap();
        assert!(Arc::ptr_eq(&first, &second));
    }
}
