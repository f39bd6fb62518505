//! A tree as JSON text. Pure.

use crate::domain::{Clean, Tree, hidden};

/// JSON in one line.
#[must_use]
pub fn compact(tree: &Tree) -> String {
    value(tree).to_string()
}

/// JSON for people and scripts.
#[must_use]
pub fn pretty(tree: &Tree) -> String {
    let value = value(tree);
    serde_json::to_string_pretty(&value).unwrap_or_else(|_| value.to_string())
}

fn value(tree: &Tree) -> serde_json::Value {
    use serde_json::Value;
    match tree {
        Tree::Null => Value::Null,
        Tree::Bool(b) => Value::Bool(*b),
        Tree::Number(n) => serde_json::from_str(n).unwrap_or_else(|_| Value::String(n.to_string())),
        Tree::Text(text) => Value::String(text.to_string()),
        Tree::Lines(lines) => {
            let all: Vec<&str> = lines.iter().map(Clean::as_str).collect();
            Value::String(all.join("\n"))
        }
        Tree::Hidden(bytes) => Value::String(hidden(*bytes)),
        Tree::List(items) => Value::Array(items.iter().map(value).collect()),
        Tree::Map(entries) => {
            let entries = entries.iter().map(|(k, v)| (k.to_string(), value(v)));
            Value::Object(entries.collect())
        }
    }
}
