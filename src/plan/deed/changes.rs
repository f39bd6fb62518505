//! What differs between two states of an object. Pure.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::Clean;

/// Most differences that are told one by one.
const MOST: usize = 200;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Where: `spec.suspend`, `status.nodes[x].phase`.
    pub path: Clean,
    /// JSON pointer.
    pub pointer: String,
    /// What was there; none when nothing was.
    pub before: Option<Clean>,
    /// What is there; none when nothing is.
    pub after: Option<Clean>,
}

/// What differs, without what every write changes by itself (resource version, managed fields, generation). At most a
/// few hundred; then the last one says how many more there are.
#[must_use]
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut walk = Walk::default();
    walk.compare(&mut Vec::new(), Some(before), Some(after));
    if walk.more > 0 {
        walk.found.push(Change {
            path: Clean::new(&format!("and {} more", walk.more)),
            pointer: String::new(),
            before: None,
            after: None,
        });
    }
    walk.found
}

/// Fields that every write changes by itself.
fn is_noise(path: &[String]) -> bool {
    let [first, second, ..] = path else {
        return false;
    };
    first == "metadata"
        && matches!(
            second.as_str(),
            "resourceVersion" | "managedFields" | "generation"
        )
}

#[derive(Default)]
struct Walk {
    found: Vec<Change>,
    more: usize,
}

impl Walk {
    fn compare(&mut self, path: &mut Vec<String>, before: Option<&Value>, after: Option<&Value>) {
        if before == after || is_noise(path) {
            return;
        }
        match (before, after) {
            (Some(Value::Object(a)), Some(Value::Object(b))) => {
                let added = b.keys().filter(|key| !a.contains_key(*key));
                for key in a.keys().chain(added) {
                    path.push(key.clone());
                    self.compare(path, a.get(key), b.get(key));
                    path.pop();
                }
            }
            (Some(Value::Array(a)), Some(Value::Array(b))) => {
                for at in 0..a.len().max(b.len()) {
                    path.push(at.to_string());
                    self.compare(path, a.get(at), b.get(at));
                    path.pop();
                }
            }
            _ => self.found(path, before, after),
        }
    }

    fn found(&mut self, path: &[String], before: Option<&Value>, after: Option<&Value>) {
        if self.found.len() >= MOST {
            self.more += 1;
            return;
        }
        let mut pointer = String::new();
        for key in path {
            pointer.push('/');
            pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        }
        self.found.push(Change {
            path: Clean::new(&path.join(".")),
            pointer,
            before: before.map(shown),
            after: after.map(shown),
        });
    }
}

fn shown(value: &Value) -> Clean {
    match value {
        Value::String(text) => Clean::new(text),
        other => Clean::new(&other.to_string()),
    }
}
