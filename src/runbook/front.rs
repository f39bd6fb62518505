//! The front matter of a runbook: `id`, `title`, `target`, `offer`. Pure.

use super::expression::Expression;
use super::field::{Field, fields};
use super::known::{TARGETS, Target};
use super::read::Mistakes;
use crate::fault::{meant, quoted};

const KEYS: &[&str] = &["id", "title", "target", "offer"];

/// What stands in the front matter.
pub(super) struct Front {
    pub(super) title: String,
    pub(super) target: Option<&'static Target>,
    pub(super) offer: Option<Expression>,
}

/// Where the front matter stands in the file, and where the body begins, in bytes.
pub(super) fn find(text: &str) -> Option<((usize, usize), usize)> {
    let start = text.strip_prefix("---\n").map(|_| 4)?;
    let mut at = start;
    for line in text.get(start..)?.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some(((start, at), at + line.len()));
        }
        at += line.len();
    }
    None
}

/// Reads it. `id` is the name of the file.
pub(super) fn front(part: &str, from: usize, id: &str, wrong: &mut Mistakes<'_>) -> Front {
    let (fields, strays) = fields(part, from);
    for stray in strays {
        wrong.add(stray.0, "a line of the front matter is `key: value`", "");
    }
    let mut seen: Vec<&str> = Vec::new();
    for field in &fields {
        if !KEYS.contains(&field.key) {
            let what = format!("the front matter knows no `{}`", field.key);
            wrong.add(field.at, &what, &meant(field.key, KEYS.iter().copied()));
        } else if seen.contains(&field.key) {
            let what = format!("`{}` stands here a second time", field.key);
            wrong.add(field.at, &what, "");
        }
        seen.push(field.key);
    }
    let get = |key: &str| fields.iter().find(|field| field.key == key);
    for key in ["id", "title", "target"] {
        if get(key).is_none_or(|field| field.text().is_empty()) {
            wrong.add(from, &format!("the front matter has no `{key}`"), "");
        }
    }
    if let Some(field) = get("id").filter(|field| !field.value.is_empty() && field.value != id) {
        let what = format!("the id is {} and the file {id}.md", quoted(field.value));
        wrong.add(field.from, &what, "name both alike");
    }
    let target = get("target").and_then(|field| target(field, wrong));
    let offer = get("offer").and_then(|field| wrong.expression(field, target, &[]));
    Front {
        title: get("title").map(Field::text).unwrap_or_default(),
        target,
        offer,
    }
}

fn target(field: &Field<'_>, wrong: &mut Mistakes<'_>) -> Option<&'static Target> {
    let found = Target::of(field.value);
    if found.is_none() && !field.value.is_empty() {
        let words = TARGETS.iter().map(|t| t.word);
        let what = format!("nothing is called {}", quoted(field.value));
        wrong.add(field.from, &what, &meant(field.value, words));
    }
    found
}
