//! Memoization caches of Argo Workflows: `ConfigMap`s that the workflow controller keeps in its own namespace, each key what
//! a step once gave out. Pure. Source: argo-workflows v3.7, `workflow/controller/cache/configmap_cache.go`.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::lenient::Entries;
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{CacheRow, Clean, ClusterId};

/// The feed `caches`: `ConfigMap`s with the label of a cache.
#[derive(Debug, Clone, Copy)]
pub struct Caches;

/// Most keys read of one cache: a `ConfigMap` has 1 MiB.
const MOST: usize = 4_096;

/// What is read of a `ConfigMap`: which keys it has, and nothing of what they hold.
#[derive(Debug, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    data: Entries<Clean, IgnoredAny>,
}

impl Kind for Caches {
    type Slim = Slim;
    type Row = CacheRow;
    const SPEC: KindSpec = KindSpec {
        feed: "caches",
        group: "",
        version: "v1",
        plural: "configmaps",
        kind: "ConfigMap",
        namespaced: true,
        page: 20,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> CacheRow {
        let keys = slim.data.0.into_iter().take(MOST);
        CacheRow {
            key: slim.metadata.slim.key(cluster),
            keys: keys.map(|(key, _)| key).collect(),
        }
    }
}

impl super::Labelled for Caches {
    const LABEL: &'static str = "workflows.argoproj.io/configmap-type=Cache";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_tells_its_keys_and_nothing_of_what_they_hold() {
        let row = |object: serde_json::Value| {
            Caches::row(
                &ClusterId::new("c"),
                serde_json::from_value(object).unwrap(),
            )
        };
        let some = row(
            serde_json::json!({"metadata": {"name": "features", "namespace": "argo"},
            "data": {"day-1": "{\"nodeID\": \"a\"}", "day-2": 5}}),
        );
        let keys: Vec<&str> = some.keys.iter().map(|key| &**key).collect();
        assert_eq!(keys, ["day-1", "day-2"]);
        assert_eq!(
            (&*some.key.namespace, &*some.key.name),
            ("argo", "features")
        );
        let none = row(serde_json::json!({"metadata": {"name": "x"}, "data": null}));
        assert!(none.keys.is_empty());
    }
}
