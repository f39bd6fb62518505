//! Where the memoization cache is that a run took from, for expressions: its controller keeps it in its own namespace, and
//! nothing in the run says which that is. Pure.

use serde_json::{Value, json};

use crate::domain::{CacheRow, Key, SourceRow, SourceState};
use crate::store::{Scope, Table, Want, World};

/// The feed of the caches.
const FEED: &str = "caches";

/// What has to be watched.
pub(super) fn want(about: &Key) -> Want {
    Want {
        cluster: about.cluster.clone(),
        feed: FEED,
        scope: Scope::All,
    }
}

/// Namespaces with a cache of this name that holds one of the keys, and how sure that is. Where none holds one, those with
/// a cache of this name.
pub(super) fn caches(about: &Key, taken: &Value, world: &World) -> Value {
    let Some(name) = taken["name"].as_str() else {
        return json!({"namespaces": [], "told": ""});
    };
    let keys: Vec<&str> = taken["keys"]
        .as_str()
        .unwrap_or_default()
        .split(',')
        .collect();
    let rows = world.table::<CacheRow>().into_iter();
    let rows = rows.flat_map(Table::iter);
    let rows = rows.filter(|row| row.key.cluster == about.cluster && &*row.key.name == name);
    let holds = |row: &CacheRow| row.keys.iter().any(|key| keys.contains(&&**key));
    let named: Vec<(&str, bool)> = rows.map(|row| (&*row.key.namespace, holds(row))).collect();
    let sure = named.iter().any(|(_, holds)| *holds);
    let fits = named.iter().filter(|(_, holds)| *holds || !sure);
    let mut namespaces: Vec<&str> = fits.map(|(namespace, _)| *namespace).collect();
    namespaces.sort_unstable();
    let what = match (sure, named.len() == namespaces.len()) {
        (true, true) => format!("the only cache {name}"),
        (true, false) => format!("of several caches {name} the only one with such an entry"),
        (false, _) => format!("the only cache {name}, without such an entry now,"),
    };
    let told = if namespaces.len() != 1 {
        String::new()
    } else if is_whole(about, world) {
        format!("{what} in the cluster")
    } else {
        format!("a guess: {what} in the namespaces that you may read; there may be others")
    };
    json!({"namespaces": namespaces, "told": told})
}

fn sources<'a>(about: &'a Key, world: &'a World) -> impl Iterator<Item = &'a SourceRow> {
    let mine = move |s: &&SourceRow| s.id.cluster == about.cluster && s.id.feed == FEED;
    world.sources().filter(mine)
}

/// All caches of the cluster are known, and not those of some namespaces.
fn is_whole(about: &Key, world: &World) -> bool {
    let mut all = sources(about, world).peekable();
    all.peek().is_some() && all.all(|s| s.id.scope.is_empty() && s.state == SourceState::Live)
}

/// Why that cannot be told yet, if so. Where they may not be read, a person is asked at once.
pub(super) fn lack(about: &Key, taken: &Value, world: &World) -> Option<String> {
    taken["name"].as_str()?;
    let reads = |s: &SourceRow| matches!(s.state, SourceState::Connecting | SourceState::Partial);
    let mut all = sources(about, world).peekable();
    if all.peek().is_none() {
        return Some(format!("{FEED} is being asked for"));
    }
    all.any(reads).then(|| format!("{FEED} is being read"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::domain::{Clean, ClusterId, SourceId};
    use crate::store::{Batch, Change};

    fn run() -> Key {
        Key::new(ClusterId::new("c"), "recsys", "rank-1")
    }

    fn taken() -> Value {
        json!({"count": 1, "name": "features", "keys": "day-1,day-2"})
    }

    /// Caches by namespace, name and keys; `scope` of the source that tells of them.
    fn told(scope: &str, state: SourceState, all: &[(&str, &str, &str)]) -> World {
        let id = SourceId {
            cluster: ClusterId::new("c"),
            feed: FEED,
            scope: scope.to_owned(),
        };
        let row = |(namespace, name, keys): &(&str, &str, &str)| CacheRow {
            key: Key::new(ClusterId::new("c"), namespace, name),
            keys: keys.split(',').map(Clean::new).collect(),
        };
        let mut world = World::default();
        let changes = all.iter().map(|one| Change::Put(Arc::new(row(one))));
        let changes = changes.collect();
        world.table_mut::<CacheRow>().apply(Batch {
            source: id.clone(),
            changes,
        });
        world.source_changed(SourceRow {
            id,
            state,
            since: Timestamp::UNIX_EPOCH,
            seen: None,
            endpoint: String::new(),
            rows: 0,
            fault: None,
            retry: None,
        });
        world
    }

    #[test]
    fn the_cache_with_such_an_entry_is_found_and_it_is_said_how_sure_that_is() {
        let all = [
            ("argo", "features", "day-1,x"),
            ("kubeflow", "features", "other"),
            ("argo", "models", "day-1"),
        ];
        let found = caches(&run(), &taken(), &told("", SourceState::Live, &all));
        assert_eq!(found["namespaces"], json!(["argo"]));
        assert_eq!(
            found["told"],
            "of several caches features the only one with such an entry in the cluster"
        );
        // where other namespaces may not be read it is a guess
        let found = caches(
            &run(),
            &taken(),
            &told("argo", SourceState::Live, &all[..1]),
        );
        assert!(
            found["told"].as_str().unwrap().starts_with("a guess: "),
            "{found}"
        );
        assert_eq!(found["namespaces"], json!(["argo"]));
    }

    #[test]
    fn of_several_a_person_chooses_and_of_none_is_asked() {
        let all = [("argo", "features", "day-1"), ("b", "features", "day-2")];
        let found = caches(&run(), &taken(), &told("", SourceState::Live, &all));
        assert_eq!(found, json!({"namespaces": ["argo", "b"], "told": ""}));
        // somebody took the entries out: those of that name are all there is to go by
        let all = [("argo", "features", "x"), ("b", "features", "")];
        let found = caches(&run(), &taken(), &told("", SourceState::Live, &all));
        assert_eq!(found["namespaces"], json!(["argo", "b"]));
        let none = caches(&run(), &taken(), &told("", SourceState::Live, &[]));
        assert_eq!(none, json!({"namespaces": [], "told": ""}));
    }

    #[test]
    fn what_is_being_read_is_waited_for_and_what_may_not_be_read_is_not() {
        let lack = |world: &World| lack(&run(), &taken(), world);
        assert!(lack(&World::default()).is_some());
        assert!(lack(&told("", SourceState::Connecting, &[])).is_some());
        for state in [SourceState::Live, SourceState::Denied, SourceState::Absent] {
            assert_eq!(lack(&told("", state, &[])), None);
        }
        let nothing = super::lack(&run(), &json!({"count": 0}), &World::default());
        assert_eq!(nothing, None, "it took nothing from a cache");
    }
}
