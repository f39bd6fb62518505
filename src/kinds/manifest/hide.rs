//! From JSON as it came to a tree that is safe to show: secrets cut out, text sanitised, size bounded. Pure.

use std::borrow::Cow;

use super::json;
use super::raw::Raw;
use super::words::{cut, holds_secret, is_flag, is_secret};
use crate::domain::{Clean, Tree};

/// Stands for a secret inside a text.
const MARK: &str = "<hidden>";

/// Most values of a tree. A workflow of 5,000 steps has about 200,000.
const NODES: usize = 300_000;

/// Most lines of a text.
const LINES: usize = 20_000;

/// Deepest text inside a text that is looked into (JSON in an annotation, in an argument of a template …).
const NESTED: usize = 4;

/// The tree of an object of a kind, and how many secrets were cut out of it.
pub(super) fn object(raw: &Raw<'_>, kind: &str) -> (Tree, usize) {
    let mut hider = Hider {
        room: NODES,
        hidden: 0,
        nested: 0,
    };
    let tree = hider.object(raw, kind);
    (tree, hider.hidden)
}

struct Hider {
    /// Values that may still be kept.
    room: usize,
    /// Secrets cut out.
    hidden: usize,
    /// How deep in texts inside texts.
    nested: usize,
}

impl Hider {
    fn object(&mut self, raw: &Raw<'_>, kind: &str) -> Tree {
        let Raw::Map(entries) = raw else {
            return self.tree(raw);
        };
        let named = raw.get("kind").and_then(Raw::text);
        let secret = kind == "Secret" || named == Some("Secret");
        let entry = |(key, value): &(Cow<'_, str>, Raw<'_>)| {
            let whole = secret && matches!(&**key, "data" | "stringData");
            let tree = if whole {
                self.all(value, key)
            } else {
                self.field(key, value)
            };
            (Clean::new(key), tree)
        };
        Tree::Map(entries.iter().map(entry).collect())
    }

    /// Every value of a map is a secret.
    fn all(&mut self, raw: &Raw<'_>, under: &str) -> Tree {
        match raw {
            Raw::Map(entries) => {
                let values = entries
                    .iter()
                    .map(|(key, value)| (Clean::new(key), self.all(value, under)));
                Tree::Map(values.collect())
            }
            Raw::List(items) => Tree::List(items.iter().map(|i| self.all(i, under)).collect()),
            Raw::Text(text) => {
                let encoded = under == "data";
                let bytes = if encoded { decoded(text) } else { text.len() };
                self.secret(bytes)
            }
            Raw::Number(text) => self.secret(text.len()),
            Raw::Null | Raw::Bool(_) => Tree::Null,
        }
    }

    fn secret(&mut self, bytes: usize) -> Tree {
        self.hidden += 1;
        Tree::Hidden(bytes)
    }

    fn field(&mut self, key: &str, value: &Raw<'_>) -> Tree {
        match value {
            Raw::Text(text) if !text.is_empty() && holds_secret(key) && !text.contains("{{") => {
                self.secret(text.len())
            }
            // where a secret is: `{name, key}`
            _ => self.tree(value),
        }
    }

    fn tree(&mut self, raw: &Raw<'_>) -> Tree {
        if self.room == 0 {
            return Tree::Text(Clean::new("… not shown: too many values"));
        }
        self.room -= 1;
        match raw {
            Raw::Null => Tree::Null,
            Raw::Bool(b) => Tree::Bool(*b),
            Raw::Number(n) => Tree::Number(Clean::new(n)),
            Raw::Text(text) => self.text(text),
            Raw::List(items) => self.list(items),
            Raw::Map(entries) => self.map(raw, entries),
        }
    }

    /// A pair of name and value is an environment variable or a parameter.
    fn map<'a>(&mut self, raw: &Raw<'a>, entries: &[(Cow<'a, str>, Raw<'a>)]) -> Tree {
        let named = raw.get("name").and_then(Raw::text).is_some_and(is_secret);
        let entry = |(key, value): &(Cow<'_, str>, Raw<'_>)| {
            let secret = named && matches!(&**key, "value" | "default");
            let tree = match value {
                Raw::Text(text) if secret && !text.is_empty() && !is_template(text) => {
                    self.secret(text.len())
                }
                Raw::Number(text) if secret => self.secret(text.len()),
                _ => self.field(key, value),
            };
            (Clean::new(key), tree)
        };
        Tree::Map(entries.iter().map(entry).collect())
    }

    /// The value of a flag may be the item after it.
    fn list(&mut self, items: &[Raw<'_>]) -> Tree {
        let mut kept = Vec::with_capacity(items.len().min(self.room + 1));
        let mut expected = false;
        for (at, item) in items.iter().enumerate() {
            if self.room == 0 {
                let left = items.len() - at;
                kept.push(Tree::Text(Clean::from(format!("… {left} more, not shown"))));
                break;
            }
            let text = item.text();
            kept.push(match text {
                Some(text)
                    if expected && !text.starts_with(['-', '$', '/']) && !is_template(text) =>
                {
                    self.secret(text.len())
                }
                _ => self.tree(item),
            });
            expected = text.is_some_and(is_flag);
        }
        Tree::List(kept.into_boxed_slice())
    }

    fn text(&mut self, text: &str) -> Tree {
        if let Some(inner) = self.inside(text) {
            return lines(&inner);
        }
        let cut = cut(text, MARK);
        if cut != text {
            self.hidden += 1;
        }
        lines(&cut)
    }

    /// JSON in a text (the last applied configuration, the template of a step) with its secrets cut out; `None` when
    /// it is no JSON, or holds none: then it stays to the letter.
    fn inside(&mut self, text: &str) -> Option<String> {
        let json = text.trim_start();
        if !json.starts_with(['{', '[']) || self.nested >= NESTED {
            return None;
        }
        let raw = serde_json::from_str::<Raw<'_>>(json).ok()?;
        let before = self.hidden;
        self.nested += 1;
        let tree = self.object(&raw, "");
        self.nested -= 1;
        Some(if self.hidden == before {
            text.to_owned()
        } else {
            json::compact(&tree)
        })
    }
}

/// Filled in when it runs: says where a value comes from.
fn is_template(text: &str) -> bool {
    text.starts_with("{{") || text.starts_with("$(")
}

/// Bytes that base64 of this text stands for.
fn decoded(text: &str) -> usize {
    let pad = text.bytes().rev().take_while(|b| *b == b'=').count();
    (text.len() / 4 * 3).saturating_sub(pad)
}

/// Text as one line or several, each sanitised.
fn lines(text: &str) -> Tree {
    if !text.contains('\n') {
        return Tree::Text(Clean::new(text));
    }
    let mut kept: Vec<Clean> = text.split('\n').take(LINES).map(Clean::new).collect();
    let all = text.matches('\n').count() + 1;
    if all > LINES {
        kept.push(Clean::from(format!("… {} lines more", all - LINES)));
    }
    Tree::Lines(kept.into_boxed_slice())
}
