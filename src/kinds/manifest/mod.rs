//! One object of any kind as it is written, without its secrets. Pure.
//!
//! The kind that a manifest is of gives the group, version and plural; the rest is the same for all of them.

mod hide;
mod json;
mod raw;
mod words;

use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error};

use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, Key, ManifestRow, Tree};

pub use json::{compact, pretty};
pub use words::{cut, holds_secret, is_flag, is_secret};

/// Name of the feed.
pub const FEED: &str = "manifest";

/// What the feed is; group, version and plural are those of the kind that is asked for.
pub const SPEC: KindSpec = KindSpec {
    feed: FEED,
    group: "",
    version: "v1",
    plural: "",
    kind: "",
    namespaced: true,
    page: 1,
};

/// Manifests of a kind.
#[derive(Debug, Clone, Copy)]
pub struct ManifestOf<K>(PhantomData<fn() -> K>);

/// An object that was read whole.
#[derive(Debug)]
pub struct Slim<K> {
    meta: SlimMeta,
    name: Clean,
    hidden: usize,
    tree: Tree,
    of: PhantomData<fn() -> K>,
}

impl<'de, K: Kind> Deserialize<'de> for Slim<K> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let raw = raw::Raw::deserialize(d)?;
        let (tree, hidden) = hide::object(&raw, K::SPEC.kind);
        let tree = named(tree, &K::SPEC);
        let field = |name: &str| tree.text_at(&["metadata", name]);
        let name = Clean::from(field("name"));
        if name.is_empty() {
            return Err(D::Error::custom("metadata.name is missing"));
        }
        Ok(Self {
            meta: SlimMeta {
                name: ManifestRow::name_of(K::SPEC.feed, &name),
                namespace: field("namespace"),
                uid: field("uid"),
                resource_version: field("resourceVersion"),
            },
            name,
            hidden,
            tree,
            of: PhantomData,
        })
    }
}

/// A server leaves version and kind out of the objects of a list.
fn named(tree: Tree, spec: &KindSpec) -> Tree {
    let Tree::Map(entries) = tree else {
        return tree;
    };
    if entries.iter().any(|(key, _)| &**key == "kind") {
        return Tree::Map(entries);
    }
    let version = match spec.group {
        "" => spec.version.to_owned(),
        group => format!("{group}/{}", spec.version),
    };
    let head = [("apiVersion", version), ("kind", spec.kind.to_owned())];
    let head = head.map(|(key, text)| (Clean::new(key), Tree::Text(Clean::from(text))));
    Tree::Map(head.into_iter().chain(entries).collect())
}

impl<K: Kind> Kind for ManifestOf<K> {
    type Slim = Slim<K>;
    type Row = ManifestRow;
    const SPEC: KindSpec = KindSpec {
        feed: FEED,
        ..K::SPEC
    };

    fn meta(slim: &Slim<K>) -> &SlimMeta {
        &slim.meta
    }

    fn row(cluster: &ClusterId, slim: Slim<K>) -> ManifestRow {
        let key = slim.meta.key(cluster);
        let object = Key {
            name: slim.name,
            ..key.clone()
        };
        ManifestRow {
            key,
            kind: K::SPEC.feed,
            object,
            hidden: slim.hidden,
            tree: slim.tree,
        }
    }
}

/// Any JSON text as a tree, its secrets cut out, as if it were an object of a kind; `None` when it is no JSON.
#[must_use]
pub fn read(text: &str, kind: &str) -> Option<Tree> {
    let raw = serde_json::from_str::<raw::Raw<'_>>(text).ok()?;
    Some(hide::object(&raw, kind).0)
}

#[cfg(test)]
mod tests;
