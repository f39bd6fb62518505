//! The example file: every key with what it does, commented out. Pure.

use std::fmt::Write;

use super::{KEYS, Settings};

/// A settings file in which nothing is set and everything is explained.
#[must_use]
pub fn example() -> String {
    let mut text = "# Settings of midwatch. Take the # from a line to set it; `midwatch config` shows what is in force.\n\
                    # A change takes effect as soon as the file is saved. Each can also be set in the environment:\n\
                    # MIDWATCH_THEME=dark, MIDWATCH_LOGS_WRAP=true, MIDWATCH_CONTEXTS=prod-eu,prod-us.\n"
        .to_owned();
    let mut group = "";
    for key in KEYS {
        let (table, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if table != group {
            group = table;
            let _ = writeln!(text, "\n[{table}]");
        }
        let _ = writeln!(text, "\n# {}", key.about);
        let line = if !key.is_open() {
            let value = match key.example {
                "" => key
                    .value(&Settings::default(), "")
                    .map_or_else(String::new, |v| v.to_string()),
                given => given.to_owned(),
            };
            format!("# {name} = {value}")
        } else if key.example.is_empty() {
            continue;
        } else {
            format!("# {}", key.example)
        };
        let _ = writeln!(text, "{line}");
    }
    text
}
