//! Programs that take the terminal for a while: a pager, an editor. I/O.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;

use crate::app::Program;
use crate::app::note::Note;
use crate::config::state_folder;

/// Exit code of a shell that did not find the program.
const NOT_FOUND: i32 = 127;

/// A text for a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The text, safe to show.
    pub text: String,
    /// Name of the file.
    pub name: String,
    /// Which program.
    pub with: Program,
}

/// Programs to try, the person's own first, each with the variable that names it.
fn programs(with: Program, env: impl Fn(&str) -> Option<String>) -> Vec<(String, &'static str)> {
    let (variables, known): (&[&'static str], &[&str]) = match with {
        Program::Pager => (&["PAGER"], &["less", "more"]),
        Program::Editor => (&["VISUAL", "EDITOR"], &["vi", "nano"]),
    };
    let own = variables.iter().filter_map(|name| {
        let value = env(name).filter(|v| !v.trim().is_empty())?;
        Some((value, *name))
    });
    own.take(1)
        .chain(known.iter().map(|p| ((*p).to_owned(), "")))
        .collect()
}

/// Shows the text and waits for the program's end. The terminal must have been handed back. Answers what the person
/// has to know, if anything.
pub async fn run(shown: &Shown) -> Option<Note> {
    let file = match File::new(shown) {
        Ok(file) => file,
        Err(error) => {
            return Some(Note::error(format!(
                "the text could not be written to a file for the program: {error}"
            )));
        }
    };
    let mut tried = Vec::new();
    for (program, variable) in programs(shown.with, |name| std::env::var(name).ok()) {
        let of = if variable.is_empty() {
            program.clone()
        } else {
            format!("{program} ({variable})")
        };
        match start(&program, &file).await {
            Ok(NOT_FOUND) => tried.push(of),
            Ok(_) => return file.after(shown),
            Err(error) => tried.push(format!("{of}: {error}")),
        }
    }
    let (what, set) = match shown.with {
        Program::Pager => ("pager", "PAGER"),
        Program::Editor => ("editor", "EDITOR"),
    };
    Some(Note::error(format!(
        "no {what} could be started; tried {}. Set {set} to one that is installed",
        tried.join(", ")
    )))
}

/// Runs one program; its exit code. It stays in our process group, so that Ctrl-Z stops both as one job.
async fn start(program: &str, file: &File) -> io::Result<i32> {
    let mut command = Command::new("/bin/sh");
    // a variable may hold arguments; the shell splits them as it would for git or man
    command
        .arg("-c")
        .arg(format!("{program} \"$1\""))
        .arg("midwatch")
        .arg(&file.path)
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit());
    if std::env::var_os("LESS").is_none() {
        // a long prompt; without -r and -R less shows control characters instead of sending them
        command.env("LESS", "M");
    }
    let mut child = command.spawn()?;
    let mut held = Held(child.id());
    let status = child.wait().await?;
    held.0 = None;
    Ok(status.code().unwrap_or(0))
}

/// A program that is asked to end when nobody waits for it any more: it restores the terminal's modes itself.
struct Held(Option<u32>);

impl Drop for Held {
    fn drop(&mut self) {
        let pid = self
            .0
            .and_then(|pid| i32::try_from(pid).ok())
            .and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

/// The file that the program reads; removed in the end.
struct File {
    path: PathBuf,
    keep: std::cell::Cell<bool>,
}

impl File {
    fn new(shown: &Shown) -> io::Result<Self> {
        let folder = state_folder().map_err(io::Error::other)?.join("shown");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)?;
        let safe = |c: char| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        };
        let name: String = shown.name.chars().take(120).map(safe).collect();
        let path = folder.join(format!("{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        let file = Self {
            path,
            keep: std::cell::Cell::new(false),
        };
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&file.path)?
            .write_all(shown.text.as_bytes())?;
        Ok(file)
    }

    /// An edited copy is kept: somebody's work is in it.
    fn after(&self, shown: &Shown) -> Option<Note> {
        let same = fs::read(&self.path).is_ok_and(|now| now == shown.text.as_bytes());
        if same || shown.with == Program::Pager {
            return None;
        }
        self.keep.set(true);
        Some(Note::warn(format!(
            "you edited a copy; nothing was changed in the cluster. It is in {}",
            self.path.display()
        )))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if !self.keep.get() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_persons_own_program_comes_first() {
        let env = |name: &str| match name {
            "EDITOR" => Some("code --wait".to_owned()),
            "VISUAL" => Some(" ".to_owned()),
            _ => None,
        };
        let names =
            |with| -> Vec<String> { programs(with, env).into_iter().map(|(p, _)| p).collect() };
        assert_eq!(names(Program::Editor), ["code --wait", "vi", "nano"]);
        assert_eq!(names(Program::Pager), ["less", "more"]);
    }
}
