//! Layers of settings: built in, file, environment, command line; each value knows where it comes from. Pure.

use std::collections::BTreeMap;
use std::fmt;

use super::key::{Key, Refusal};
use super::{KEYS, Settings, Value};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    BuiltIn,
    /// A line of the file.
    File(usize),
    /// A variable of the environment.
    Environment(String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File(line) => write!(f, "file, line {line}"),
            Self::Environment(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// One value that was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Which key: its parts.
    pub path: Vec<String>,
    /// The value; it was checked.
    pub value: Value,
    /// Where it was set.
    pub origin: Origin,
}

/// What one place sets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layer(pub Vec<Set>);

impl Layer {
    /// Sets a key of the table; nothing when there is no value.
    pub fn flag(&mut self, key: &str, value: Option<Value>, flag: &'static str) {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        self.0.extend(value.map(|value| Set {
            path,
            value,
            origin: Origin::Flag(flag),
        }));
    }
}

/// What is in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effective {
    /// The values.
    pub settings: Settings,
    /// Where those that were set come from, by their path.
    origins: BTreeMap<Vec<String>, Origin>,
}

impl Effective {
    /// Every key with a value: its name as written, its value, where it comes from; in the order of the table.
    pub fn all(&self) -> impl Iterator<Item = (String, Value, Origin)> + '_ {
        KEYS.iter().flat_map(|key| {
            let paths: Vec<Vec<String>> = if key.is_open() {
                let set = self.origins.keys();
                set.filter(|path| key.reached_by(&parts(path)).is_some())
                    .cloned()
                    .collect()
            } else {
                vec![key.parts().map(str::to_owned).collect()]
            };
            paths.into_iter().filter_map(|path| self.one(key, &path))
        })
    }

    fn one(&self, key: &Key, path: &[String]) -> Option<(String, Value, Origin)> {
        let value = key.value(&self.settings, key.reached_by(&parts(path))?)?;
        let origin = self.origins.get(path).cloned().unwrap_or(Origin::BuiltIn);
        Some((written(path), value, origin))
    }

    /// Where a value comes from.
    #[must_use]
    pub fn origin(&self, name: &str) -> Origin {
        let path: Vec<String> = name.split('.').map(str::to_owned).collect();
        self.origins.get(&path).cloned().unwrap_or(Origin::BuiltIn)
    }
}

pub(super) fn parts(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

/// A path as it is written in the file.
pub(super) fn written(path: &[String]) -> String {
    let bare = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    let part = |part: &String| {
        if bare(part) {
            part.clone()
        } else {
            toml::Value::String(part.clone()).to_string()
        }
    };
    path.iter().map(part).collect::<Vec<_>>().join(".")
}

/// Lays the layers over what is built in, the first below.
#[must_use]
pub fn effective(layers: &[Layer]) -> Effective {
    let mut found = Effective::default();
    for set in layers.iter().flat_map(|layer| &layer.0) {
        let path = parts(&set.path);
        let taken = KEYS.iter().any(|key| {
            key.reached_by(&path)
                .is_some_and(|star| (key.take)(&mut found.settings, star, &set.value).is_ok())
        });
        if taken {
            found.origins.insert(set.path.clone(), set.origin.clone());
        }
    }
    found
}

/// What the environment sets, and what is wrong with it: the variable, what, what to write instead. A variable that is
/// empty is not set.
#[must_use]
pub fn environment(var: &dyn Fn(&str) -> Option<String>) -> (Layer, Vec<(String, String, String)>) {
    let mut layer = Layer::default();
    let mut mistakes = Vec::new();
    // <https://no-color.org>; a variable of midwatch's own comes later and wins
    if var("NO_COLOR").is_some_and(|text| !text.is_empty()) {
        layer.0.push(Set {
            path: vec!["colours".to_owned()],
            value: Value::Text("none".to_owned()),
            origin: Origin::Environment("NO_COLOR".to_owned()),
        });
    }
    for key in KEYS {
        let Some(name) = key.variable() else {
            continue;
        };
        let Some(text) = var(&name).filter(|text| !text.is_empty()) else {
            continue;
        };
        let value = Value::read(key.kind, &text);
        match (key.take)(&mut Settings::default(), "", &value) {
            Ok(()) => layer.0.push(Set {
                path: key.parts().map(str::to_owned).collect(),
                value,
                origin: Origin::Environment(name),
            }),
            Err(refusal) => {
                let (what, hint) = told(key, &name, value.sort(), refusal);
                mistakes.push((name, what, hint));
            }
        }
    }
    (layer, mistakes)
}

/// A refusal in words.
pub(super) fn told(key: &Key, name: &str, sort: &str, refusal: Refusal) -> (String, String) {
    match refusal {
        Refusal::Sort => (
            format!("`{name}` is {sort}, and should be {}", key.form),
            String::new(),
        ),
        Refusal::Value(what, hint) if hint.is_empty() => {
            (format!("`{name}`: {what}"), format!("write {}", key.form))
        }
        Refusal::Value(what, hint) => (format!("`{name}`: {what}"), hint),
    }
}
