//! `midwatch keys`: which keys give which command, which keymaps there are, and what is wrong with them. I/O.

mod check;
mod page;

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use unicode_width::UnicodeWidthStr;

use super::args::{Connect, Show};
use super::config::print;
use super::console::settings;
use super::exit::{Failure, say};
use crate::app::bindings::Bindings;
use crate::app::command::{COMMANDS, Command};
use crate::config::{Files, read};
use crate::keys::{BUILT_IN, built_in};

/// List keys and keymaps, and check them.
// flags of a command line are bools
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Args)]
pub struct KeysArgs {
    /// Keymap to show [default: the one in force]; with --check, the file to check [default: all of yours]
    #[arg(value_name = "NAME|FILE")]
    pub name: Option<String>,
    /// Names of all keymaps, and where each comes from
    #[arg(long, conflicts_with_all = ["name", "check", "print", "markdown"])]
    pub list: bool,
    /// Check a keymap file, or all of yours; exit code 1 when there are mistakes
    #[arg(long, conflicts_with_all = ["print", "markdown"])]
    pub check: bool,
    /// Print the keymap as a file that stands on nothing else, to start your own from
    #[arg(long, conflicts_with = "markdown")]
    pub print: bool,
    /// Print all built-in keymaps side by side, in Markdown
    #[arg(long, conflicts_with = "name")]
    pub markdown: bool,
}

/// Does what the arguments ask for.
pub fn run(args: &KeysArgs, show: &Show) -> Result<ExitCode, Failure> {
    let (reload, loaded) = settings(&Connect::default(), show);
    let files = &reload.files;
    if args.check {
        return check::run(args.name.as_deref(), files);
    }
    let text = if args.markdown {
        page::page()
    } else if args.list {
        list(files)
    } else {
        let name = args.name.as_ref();
        let name = name.unwrap_or(&loaded.effective.settings.keymap);
        shown(name, args.print, files)?
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The person's keymap of a name, if there is a readable one.
fn own(files: &Files, name: &str) -> Option<String> {
    read(&files.path_of("keymaps", name)?).ok()
}

fn list(files: &Files) -> String {
    let own = files.names("keymaps");
    let path = |name: &str| {
        let path = files.path_of("keymaps", name);
        path.map_or_else(String::new, |p| p.display().to_string())
    };
    let mut rows: Vec<[String; 2]> = Vec::new();
    for (name, _) in BUILT_IN {
        let over = if own.iter().any(|o| o == name) {
            format!(", overlaid by {}", path(name))
        } else {
            String::new()
        };
        rows.push([(*name).to_owned(), format!("built in{over}")]);
    }
    let mine = own.iter().filter(|name| built_in(name).is_none());
    rows.extend(mine.map(|name| [name.clone(), path(name)]));
    aligned(&rows)
}

fn shown(name: &str, as_file: bool, files: &Files) -> Result<String, Failure> {
    let find = |name: &str| own(files, name);
    if built_in(name).is_none() && find(name).is_none() {
        let mut known: Vec<String> = BUILT_IN.iter().map(|(n, _)| (*n).to_owned()).collect();
        let mine = files.names("keymaps").into_iter();
        known.extend(mine.filter(|n| built_in(n).is_none()));
        return Err(Failure::Usage {
            what: format!("there is no keymap called {name:?}"),
            hint: format!("there are {}", known.join(", ")),
        });
    }
    let (bindings, mistakes) = Bindings::load(name, &find);
    if !mistakes.is_empty() {
        say(&format!(
            "{} entries of this keymap are left out: midwatch keys --check tells why",
            mistakes.len()
        ));
    }
    if as_file {
        return Ok(file(&bindings));
    }
    let row = |c: &'static Command| {
        let keys = match bindings.keys(c) {
            none if none.is_empty() => "-".to_owned(),
            keys => keys.join(", "),
        };
        [c.place.name(), keys, c.name.to_owned(), c.title.to_owned()]
    };
    let head = ["PLACE", "KEYS", "COMMAND", "WHAT IT DOES"].map(str::to_owned);
    let rows: Vec<[String; 4]> = std::iter::once(head)
        .chain(COMMANDS.iter().map(row))
        .collect();
    Ok(aligned(&rows))
}

/// Columns as wide as their widest cell.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.width() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The keymap as a file of its own, read back as the same keymap.
fn file(bindings: &Bindings) -> String {
    let mut text = "inherits = \"none\"\n".to_owned();
    let mut places: Vec<_> = bindings.all().map(|(place, ..)| place).collect();
    places.sort_by_key(|place| place.name());
    places.dedup();
    let all: Vec<_> = bindings.all().collect();
    for place in places {
        let _ = writeln!(text, "\n[{}]", place.name());
        for (at, keys, command) in &all {
            if *at == place {
                let keys = keys.replace('\\', "\\\\").replace('"', "\\\"");
                let _ = writeln!(text, "\"{keys}\" = \"{}\"", command.name);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_keymap_is_read_back_as_the_same() {
        for (name, _) in BUILT_IN {
            let (before, _) = Bindings::load(name, &|_| None);
            let text = file(&before);
            let (after, mistakes) =
                Bindings::load("mine", &|n| (n == "mine").then(|| text.clone()));
            assert_eq!(mistakes, []);
            let all = |b: &Bindings| {
                let mut all: Vec<_> = b.all().map(|(p, k, c)| (p.name(), k, c.name)).collect();
                all.sort();
                all
            };
            assert_eq!(all(&before), all(&after), "{name}");
        }
    }

    #[test]
    fn columns_align() {
        let rows = [
            ["a".to_owned(), "b".to_owned()],
            ["wide".to_owned(), "c".to_owned()],
        ];
        assert_eq!(aligned(&rows), "a     b\nwide  c\n");
    }
}
