//! `docs/keys.md`: the built-in keymaps side by side, from the table of commands. Pure.

use std::fmt::Write as _;

use crate::app::bindings::Bindings;
use crate::app::command::{COMMANDS, Command, Place};
use crate::keys::BUILT_IN;

const HEAD: &str = "\
# Keys

<!-- written by `midwatch keys --markdown`; a test keeps it true -->

Every command, and the keys that give it in each built-in keymap. Choose one with `midwatch --keymap NAME`, or for good
with `keymap = \"NAME\"` in `config.toml`. `?` shows the keys of the screen you are on; `:` finds any command by name,
also those without a key.

## A keymap of your own

`~/.config/midwatch/keymaps/NAME.toml` is the keymap `NAME`, and it changes only what it names:

```toml
inherits = \"vim\"       # what it builds on; \"default\" when this is left out, \"none\" for nothing

[anywhere]             # a table for each place
\"Q\" = \"quit\"           # keys on the left, a command on the right
\"q\" = \"none\"           # takes keys away

[list]
\"g n\" = \"list-down\"    # keys in a row
\"C-j\" = \"list-down\"    # C- is control, A- is alt, S- is shift
```

A file with the name of a built-in keymap overlays that one. Keys of an inner place go before those of `[anywhere]`.
Words for keys: `enter`, `esc`, `tab`, `space`, `minus`, `backspace`, `del`, `ins`, `left`, `right`, `up`, `down`,
`home`, `end`, `pageup`, `pagedown`, `F1` to `F24`.

| command line | what it does |
|---|---|
| `midwatch keys [NAME]` | the keys of a keymap |
| `midwatch keys --list` | all keymaps, and where each comes from |
| `midwatch keys --check [FILE]` | every mistake with file, line and column; exit code 1 when there are any |
| `midwatch keys --print [NAME]` | a keymap as a file that stands on nothing else |

A mistake leaves only its own entry out. `quit`, `help` and `back` always keep a key.
";

/// The page.
pub fn page() -> String {
    let keymaps: Vec<Bindings> = BUILT_IN
        .iter()
        .map(|(name, _)| Bindings::load(name, &|_| None).0)
        .collect();
    let mut text = HEAD.to_owned();
    let mut places: Vec<Place> = Vec::new();
    for command in COMMANDS {
        if !places.contains(&command.place) {
            places.push(command.place);
        }
    }
    for place in places {
        let _ = writeln!(text, "\n## [{}]\n", place.name());
        let names: Vec<&str> = keymaps.iter().map(Bindings::name).collect();
        let _ = writeln!(text, "| command | what it does | {} |", names.join(" | "));
        let _ = writeln!(text, "|---|---|{}", "---|".repeat(names.len()));
        for command in COMMANDS.iter().filter(|c| c.place == place) {
            text.push_str(&row(command, &keymaps));
        }
    }
    text
}

fn row(command: &Command, keymaps: &[Bindings]) -> String {
    let cell = |keymap: &Bindings| {
        let keys: Vec<String> = keymap.keys(command).iter().map(|k| code(k)).collect();
        keys.join(" ")
    };
    let cells: Vec<String> = keymaps.iter().map(cell).collect();
    let title = command.title.replace('|', "\\|");
    format!("| `{}` | {title} | {} |\n", command.name, cells.join(" | "))
}

/// Keys as code in a cell of a table.
fn code(keys: &str) -> String {
    let keys = keys.replace('|', "\\|");
    if keys.contains('`') {
        format!("`` {keys} ``")
    } else {
        format!("`{keys}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_keys_is_true() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
        let written = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            written == page(),
            "docs/keys.md is not what the keymaps say; write it anew: cargo run -q -- keys --markdown > docs/keys.md"
        );
    }
}
