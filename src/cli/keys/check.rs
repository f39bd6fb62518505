//! `midwatch keys --check`: every mistake in keymap files, with file, line and column. I/O.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{folder, own, own_names, print};
use crate::app::bindings::Bindings;
use crate::cli::exit::{Failure, say};
use crate::fault::Mistake;

/// Checks a file, a keymap of this name, or all of the person's.
pub fn run(name: Option<&str>) -> Result<ExitCode, Failure> {
    let mut told: Vec<String> = Vec::new();
    let mut unread = 0;
    let files = files(name);
    for file in &files {
        match fs::read_to_string(file) {
            Ok(text) => told.extend(mistakes(file, &text).iter().map(|(f, m)| line(f, m))),
            Err(error) => {
                unread += 1;
                say(&format!("{} cannot be read: {error}", file.display()));
            }
        }
    }
    if told.is_empty() && unread == 0 {
        return print(&format!("{}: no mistakes\n", counted(files.len())));
    }
    // two keymaps may build on the same broken one
    let mut seen = HashSet::new();
    told.retain(|line| seen.insert(line.clone()));
    print(&told.concat())?;
    Ok(ExitCode::FAILURE)
}

fn files(name: Option<&str>) -> Vec<PathBuf> {
    let in_folder = |name: &str| folder().map(|f| f.join(format!("{name}.toml")));
    match name {
        Some(name) if Path::new(name).exists() || own(name).is_none() => vec![name.into()],
        Some(name) => in_folder(name).into_iter().collect(),
        None => own_names().iter().filter_map(|n| in_folder(n)).collect(),
    }
}

/// Mistakes of a keymap and of those it builds on, each with the file it stands in.
fn mistakes(file: &Path, text: &str) -> Vec<(PathBuf, Mistake)> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let find = |n: &str| {
        if n == name {
            Some(text.to_owned())
        } else {
            own(n)
        }
    };
    let (_, mistakes) = Bindings::load(&name, &find);
    let place = |n: String| {
        if n == name {
            file.to_owned()
        } else {
            folder().unwrap_or_default().join(format!("{n}.toml"))
        }
    };
    mistakes.into_iter().map(|(n, m)| (place(n), m)).collect()
}

fn line(file: &Path, mistake: &Mistake) -> String {
    let Mistake {
        line,
        column,
        what,
        hint,
    } = mistake;
    let hint = if hint.is_empty() {
        String::new()
    } else {
        format!("    {hint}\n")
    };
    format!("{}:{line}:{column}: {what}\n{hint}", file.display())
}

fn counted(count: usize) -> String {
    match count {
        0 => "no keymap of your own".to_owned(),
        1 => "1 keymap".to_owned(),
        many => format!("{many} keymaps"),
    }
}
