//! What a person can set, as values. Pure leaf; `config` reads the files.

use std::collections::BTreeMap;

/// Everything that can be set, with its effective value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Name of the keymap.
    pub keymap: String,
    /// Name of the theme.
    pub theme: String,
    /// Columns of a screen, by its id, in the order to show them.
    pub columns: BTreeMap<String, Vec<String>>,
    /// Saved filters, by name.
    pub filters: BTreeMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keymap: "default".to_owned(),
            theme: "ansi".to_owned(),
            columns: BTreeMap::new(),
            filters: BTreeMap::new(),
        }
    }
}
