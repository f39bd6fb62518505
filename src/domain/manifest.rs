//! An object of a cluster as it is written: the whole of it, safe to show. Pure.
//!
//! Secrets are cut out when it is decoded ([`crate::kinds`]), so what stands here can go to the screen, the clipboard,
//! a pager or a file.

use jiff::Timestamp;

use super::{Clean, Key, Row};

/// A value and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Tree {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written.
    Number(Clean),
    /// One line of text.
    Text(Clean),
    /// Several lines of text, at least two; the last one is empty when the text ends with a line end.
    Lines(Box<[Clean]>),
    /// A secret of so many bytes, which is not here.
    Hidden(usize),
    /// A list.
    List(Box<[Tree]>),
    /// A map, in the order in which it was served.
    Map(Box<[(Clean, Tree)]>),
}

impl Tree {
    /// What a map holds under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Tree> {
        self.entries()
            .iter()
            .find(|(k, _)| &**k == key)
            .map(|(_, v)| v)
    }

    /// What stands at the end of a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Tree> {
        path.iter().try_fold(self, |tree, key| tree.get(key))
    }

    /// The text at the end of a path of keys; empty when there is none.
    #[must_use]
    pub fn text_at(&self, path: &[&str]) -> String {
        self.at(path).map(Tree::word).unwrap_or_default()
    }

    /// A scalar in one line; empty for lists and maps.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Null | Self::List(_) | Self::Map(_) => String::new(),
            Self::Bool(b) => b.to_string(),
            Self::Number(n) => n.to_string(),
            Self::Text(text) => text.to_string(),
            Self::Lines(lines) => {
                let all: Vec<&str> = lines.iter().map(Clean::as_str).collect();
                all.join("⏎")
            }
            Self::Hidden(bytes) => hidden(*bytes),
        }
    }

    /// The entries of a map; none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[(Clean, Tree)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entries of a list; none for anything else.
    #[must_use]
    pub fn items(&self) -> &[Tree] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of the list at the end of a path of keys.
    #[must_use]
    pub fn items_at(&self, path: &[&str]) -> &[Tree] {
        self.at(path).map_or(&[], Tree::items)
    }

    /// The time at the end of a path of keys.
    #[must_use]
    pub fn time_at(&self, path: &[&str]) -> Option<Timestamp> {
        self.text_at(path).parse().ok()
    }

    /// Holds nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }
}

/// What stands in the place of a secret.
#[must_use]
pub fn hidden(bytes: usize) -> String {
    let s = if bytes == 1 { "" } else { "s" };
    format!("<{bytes} byte{s} hidden>")
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestRow {
    /// Where it stands among manifests of all kinds: see [`ManifestRow::key_of`].
    pub key: Key,
    /// Feed of its kind.
    pub kind: &'static str,
    /// Where it lives.
    pub object: Key,
    /// Secrets that were cut out.
    pub hidden: usize,
    /// What is written in it.
    pub tree: Tree,
}

impl ManifestRow {
    /// The key of an object's manifest: a pod and a run may have one name.
    #[must_use]
    pub fn key_of(kind: &str, object: &Key) -> Key {
        Key {
            name: Clean::from(Self::name_of(kind, &object.name)),
            ..object.clone()
        }
    }

    /// The name in that key.
    #[must_use]
    pub fn name_of(kind: &str, name: &str) -> String {
        format!("{kind} {name}")
    }
}

impl Row for ManifestRow {
    fn key(&self) -> &Key {
        &self.key
    }

    fn created(&self) -> Option<Timestamp> {
        self.tree.time_at(&["metadata", "creationTimestamp"])
    }
}
