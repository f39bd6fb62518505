//! Objects besides the target that a plan is made with: what an action asks to see, and what was seen. Pure data; `act`
//! reads them.

use std::collections::BTreeMap;

use super::forecast::Sight;

/// An object that an action asks to see.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// Its path on the API server.
    pub path: String,
    /// In words, for "You may not get …".
    pub what: String,
}

/// What was seen, by path.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Beside(BTreeMap<String, Sight>);

/// Nothing was asked for.
pub static NOTHING_BESIDE: Beside = Beside(BTreeMap::new());

impl Beside {
    /// What was seen at these paths.
    #[must_use]
    pub fn new(seen: impl IntoIterator<Item = (String, Sight)>) -> Self {
        Self(seen.into_iter().collect())
    }

    /// What was seen at a path.
    #[must_use]
    pub fn at(&self, path: &str) -> &Sight {
        self.0.get(path).unwrap_or(&Sight::Unasked)
    }
}
