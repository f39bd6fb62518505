//! `midwatch keys --check`: every mistake in keymap files, with file, line and column. I/O.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::own;
use crate::app::bindings::Bindings;
use crate::cli::config::{check, unreadable};
use crate::cli::exit::Failure;
use crate::config::{Files, Trouble, read};

/// Checks a file, a keymap of this name, or all of the person's.
pub fn run(name: Option<&str>, files: &Files) -> Result<ExitCode, Failure> {
    let mut troubles: Vec<Trouble> = Vec::new();
    for path in paths(name, files) {
        let text = read(&path).map_err(|error| unreadable(&path, &error))?;
        for trouble in mistakes(&path, &text, files) {
            // two keymaps may build on the same broken one
            if !troubles.contains(&trouble) {
                troubles.push(trouble);
            }
        }
    }
    check(&troubles)
}

fn paths(name: Option<&str>, files: &Files) -> Vec<PathBuf> {
    let in_folder = |name: &str| files.path_of("keymaps", name);
    match name {
        Some(name) if Path::new(name).exists() || own(files, name).is_none() => vec![name.into()],
        Some(name) => in_folder(name).into_iter().collect(),
        None => {
            let names = files.names("keymaps");
            names.iter().filter_map(|n| in_folder(n)).collect()
        }
    }
}

/// Mistakes of a keymap and of those it builds on, each with the file it stands in.
fn mistakes(path: &Path, text: &str, files: &Files) -> Vec<Trouble> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let find = |n: &str| {
        if n == name {
            Some(text.to_owned())
        } else {
            own(files, n)
        }
    };
    let place = |n: &str| match files.path_of("keymaps", n) {
        Some(other) if n != name => other.display().to_string(),
        _ => path.display().to_string(),
    };
    let (_, mistakes) = Bindings::load(&name, &find);
    let trouble = |(n, mistake): (String, _)| Trouble {
        place: place(&n),
        mistake,
    };
    mistakes.into_iter().map(trouble).collect()
}
