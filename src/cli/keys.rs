//! `midwatch keys`: which keys give which command, which keymaps there are, and what is wrong with them. I/O.

mod check;
mod page;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use directories::ProjectDirs;
use unicode_width::UnicodeWidthStr;

use super::exit::{Failure, say};
use crate::app::bindings::Bindings;
use crate::app::command::{COMMANDS, Command};
use crate::keys::{BUILT_IN, built_in};
use crate::settings::Settings;

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
pub fn run(args: &KeysArgs) -> Result<ExitCode, Failure> {
    if args.check {
        return check::run(args.name.as_deref());
    }
    let text = if args.markdown {
        page::page()
    } else if args.list {
        list()
    } else {
        shown(args)?
    };
    print(&text)
}

/// Writes a text on standard output. A reader that went away is no failure.
fn print(text: &str) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// The folder of the person's keymaps.
fn folder() -> Option<PathBuf> {
    let dirs = ProjectDirs::from("", "", "midwatch")?;
    Some(dirs.config_dir().join("keymaps"))
}

/// The person's keymap of a name, if there is a readable one.
fn own(name: &str) -> Option<String> {
    // a name is one part of a path: it must not lead out of the folder
    let plain = !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    let path = folder().filter(|_| plain)?.join(format!("{name}.toml"));
    fs::read_to_string(path).ok()
}

/// Names of the person's keymaps, in order.
fn own_names() -> Vec<String> {
    let Some(files) = folder().and_then(|f| fs::read_dir(f).ok()) else {
        return Vec::new();
    };
    let mut names: Vec<String> = files
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .filter_map(|file| Some(file.strip_suffix(".toml")?.to_owned()))
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

fn list() -> String {
    let own = own_names();
    let path = |name: &str| {
        let path = folder().map(|f| f.join(format!("{name}.toml")));
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

fn shown(args: &KeysArgs) -> Result<String, Failure> {
    let name = args
        .name
        .clone()
        .unwrap_or_else(|| Settings::default().keymap);
    if built_in(&name).is_none() && own(&name).is_none() {
        let mut known: Vec<String> = BUILT_IN.iter().map(|(n, _)| (*n).to_owned()).collect();
        known.extend(own_names().into_iter().filter(|n| built_in(n).is_none()));
        return Err(Failure::Ended {
            message: format!(
                "there is no keymap called {name:?}; there are {}",
                known.join(", ")
            ),
            code: 2,
        });
    }
    let (bindings, mistakes) = Bindings::load(&name, &own);
    if !mistakes.is_empty() {
        say(&format!(
            "{} entries of this keymap are left out: midwatch keys --check tells why",
            mistakes.len()
        ));
    }
    if args.print {
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
