//! What a key is: its name, what it takes, where it goes. Pure.

use super::{Settings, Value};

/// What a key takes, as far as text from outside a file must be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`, or a word.
    Switch,
    /// A number, or a word.
    Number,
    /// A text.
    Text,
    /// Several texts; outside the file with commas between.
    List,
}

/// Why a value is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is of another sort.
    Sort,
    /// It is of the right sort and wrong: what is wrong, what to write instead.
    Value(String, String),
}

impl Refusal {
    /// Something is wrong with the value.
    pub(super) fn value(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Value(what.into(), hint.into())
    }
}

/// One thing that can be set.
pub struct Key {
    /// Its name, from the top; a part that is `*` is a name of the person's own.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What it takes, in words.
    pub form: &'static str,
    /// What it does, one sentence.
    pub about: &'static str,
    /// What is written in the example file, where the default says too little.
    pub example: &'static str,
    /// Puts a value in its place; the second argument is what stands for `*`.
    pub(super) take: fn(&mut Settings, &str, &Value) -> Result<(), Refusal>,
    /// The value in force, `None` when there is none to tell.
    pub(super) show: fn(&Settings, &str) -> Option<Value>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Key {
    /// Its parts.
    pub fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.name.split('.')
    }

    /// Whether a path leads to it, and what stands for `*` then.
    #[must_use]
    pub fn reached_by<'p>(&self, path: &[&'p str]) -> Option<&'p str> {
        let parts: Vec<&str> = self.parts().collect();
        let same = parts.len() == path.len()
            && parts
                .iter()
                .zip(path)
                .all(|(part, p)| *part == "*" || part == p);
        let star = parts.iter().position(|part| *part == "*");
        same.then(|| star.and_then(|at| path.get(at).copied()).unwrap_or(""))
    }

    /// Whether a path leads towards it.
    #[must_use]
    pub fn lies_below(&self, path: &[&str]) -> bool {
        let parts: Vec<&str> = self.parts().collect();
        parts.len() > path.len()
            && parts
                .iter()
                .zip(path)
                .all(|(part, p)| *part == "*" || part == p)
    }

    /// A name of the person's own stands in it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.parts().any(|part| part == "*")
    }

    /// The environment variable that sets it; none where the person's own name stands in it.
    #[must_use]
    pub fn variable(&self) -> Option<String> {
        let letter = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        };
        (!self.is_open()).then(|| {
            format!(
                "MIDWATCH_{}",
                self.name.chars().map(letter).collect::<String>()
            )
        })
    }

    /// The value in force.
    #[must_use]
    pub fn value(&self, settings: &Settings, star: &str) -> Option<Value> {
        (self.show)(settings, star)
    }
}
