//! The settings file: read as far as it can be. Pure.

use toml::de::{DeTable, DeValue};

use super::layer::{parts, told, written};
use super::{KEYS, Key, Layer, Origin, Set, Settings, Value};
use crate::fault::{Document, Entry, Mistake, entries, meant, quoted, showable, sort_of};

/// Reads the text of a file. What is wrong is skipped and told, with its place and what to write instead.
#[must_use]
pub fn parse(text: &str) -> (Layer, Vec<Mistake>) {
    let document = Document::read(text);
    let mut reader = Reader {
        text,
        layer: Layer::default(),
        mistakes: Vec::new(),
    };
    for entry in document.entries() {
        reader.entry(&entry, &[]);
    }
    let Reader {
        layer, mistakes, ..
    } = reader;
    (layer, document.finish(mistakes))
}

struct Reader<'a> {
    text: &'a str,
    layer: Layer,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: usize, what: impl Into<String>, hint: impl Into<String>) {
        self.mistakes.push(Mistake::at(self.text, at, what, hint));
    }

    fn entry(&mut self, entry: &Entry<'_>, above: &[String]) {
        let path: Vec<String> = above
            .iter()
            .cloned()
            .chain([entry.name.to_owned()])
            .collect();
        let found = KEYS
            .iter()
            .find(|key| key.reached_by(&parts(&path)).is_some());
        if let Some(key) = found {
            self.value(key, entry, path);
        } else if !KEYS.iter().any(|key| key.lies_below(&parts(&path))) {
            self.unknown(entry, &path);
        } else if let DeValue::Table(table) = entry.value {
            self.table(table, &path);
        } else {
            let what = format!(
                "{} is {}, and should be a table",
                quoted(entry.name),
                sort_of(entry.value)
            );
            self.wrong(
                entry.place.start,
                what,
                format!("write [{}]", written(&path)),
            );
        }
    }

    fn table(&mut self, table: &DeTable<'_>, path: &[String]) {
        let mut tokens = Vec::new();
        for entry in entries(table) {
            if entry.name.starts_with("token-") && path.len() == 2 {
                tokens.push(entry.at.start);
            }
            self.entry(&entry, path);
        }
        tokens.sort_unstable();
        for at in tokens.into_iter().skip(1) {
            let hint = "keep one of token-file, token-env and token-command";
            self.wrong(
                at,
                format!("a second way to the token of {}", quoted(&path[1])),
                hint,
            );
        }
    }

    fn value(&mut self, key: &Key, entry: &Entry<'_>, path: Vec<String>) {
        let star = key.reached_by(&parts(&path)).unwrap_or_default();
        if !star.chars().all(showable) {
            let what = format!("{} is no name: it cannot be shown", quoted(star));
            self.wrong(entry.at.start, what, "");
            return;
        }
        let name = written(&path);
        let Some(value) = Value::of(entry.value) else {
            let part = odd_part(entry.value);
            let at = part.unwrap_or(entry.place.start);
            let sort = part.map_or(
                sort_of(entry.value),
                |_| "a list with something other than texts",
            );
            self.wrong(
                at,
                format!("`{name}` is {sort}, and should be {}", key.form),
                "",
            );
            return;
        };
        match (key.take)(&mut Settings::default(), star, &value) {
            Ok(()) => {
                let line = Mistake::at(self.text, entry.at.start, "", "").line;
                self.layer.0.push(Set {
                    path,
                    value,
                    origin: Origin::File(line),
                });
            }
            Err(refusal) => {
                let (what, hint) = told(key, &name, value.sort(), refusal);
                self.wrong(entry.place.start, what, hint);
            }
        }
    }

    fn unknown(&mut self, entry: &Entry<'_>, path: &[String]) {
        if path.first().is_some_and(|part| part == "sources")
            && ["token", "password"].contains(&entry.name)
        {
            let name = entry.name;
            let hint = format!(
                "a {name} is not written in this file: use token-file, token-env or token-command"
            );
            self.wrong(entry.at.start, format!("`{name}` is not a setting"), hint);
            return;
        }
        let depth = path.len() - 1;
        let above = parts(&path[..depth]);
        let mut beside: Vec<&str> = KEYS
            .iter()
            .filter(|key| key.lies_below(&above))
            .filter_map(|key| key.parts().nth(depth))
            .collect();
        beside.dedup();
        // the right name at the wrong place
        let elsewhere = KEYS
            .iter()
            .map(|key| key.name)
            .find(|name| name.rsplit('.').next() == Some(entry.name));
        let hint = match elsewhere {
            Some(name) => format!("did you mean `{name}`?"),
            None => meant(entry.name, beside),
        };
        let what = format!("{} is not a setting", quoted(&path.join(".")));
        self.wrong(entry.at.start, what, hint);
    }
}

/// Where the first part of a list stands that is not a text.
fn odd_part(value: &DeValue<'_>) -> Option<usize> {
    let DeValue::Array(parts) = value else {
        return None;
    };
    parts
        .iter()
        .find(|part| !matches!(part.get_ref(), DeValue::String(_)))
        .map(|part| part.span().start)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
