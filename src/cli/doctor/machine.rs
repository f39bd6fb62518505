//! This machine: which kubeconfig counts, whether the state folder can be written to, what the terminal can do. I/O.

use std::env;
use std::fs;
use std::io::{self, IsTerminal};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::check::{Check, Verdict};
use crate::cli::output::Out;
use crate::config::{Trouble, state_folder};
use crate::fault::Fault;
use crate::feed::kube::Contexts;
use crate::term::caps;
use crate::ui::Colours;

/// The area of these findings.
const HERE: &str = "this machine";

/// Everything about this machine.
pub fn checks(contexts: &Result<Contexts, Fault>, out: &Out) -> Vec<Check> {
    let mut checks = vec![kubeconfig(contexts)];
    checks.extend(
        contexts
            .iter()
            .flat_map(|c| &c.files)
            .filter_map(|f| open_to_others(f)),
    );
    checks.push(state());
    checks.push(terminal(out));
    checks.push(clipboard());
    checks
}

fn kubeconfig(contexts: &Result<Contexts, Fault>) -> Check {
    let found = match contexts {
        Ok(found) => found,
        Err(fault) => return Check::of_fault(HERE, "kubeconfig", fault),
    };
    if found.files.is_empty() {
        let said = "none: the service account of this pod is used";
        return Check::new(HERE, "kubeconfig", Verdict::Ok, said);
    }
    let files: Vec<String> = found
        .files
        .iter()
        .map(|f| f.display().to_string())
        .collect();
    let count = match found.names.len() {
        1 => "1 context".to_owned(),
        n => format!("{n} contexts"),
    };
    let current = found.current.as_deref();
    let said = format!(
        "{}: {count}, current {}",
        files.join(", "),
        current.unwrap_or("none")
    );
    let verdict = if current.is_some() {
        Verdict::Ok
    } else {
        Verdict::Note
    };
    let check = Check::new(HERE, "kubeconfig", verdict, said)
        .detail("files", files)
        .detail("contexts", found.names.clone())
        .detail("current", current);
    if current.is_some() {
        check
    } else {
        check.advice("Set one with `kubectl config use-context NAME`, or name one with --context.")
    }
}

/// The settings, keymaps and themes of the person.
pub fn files(troubles: &[Trouble]) -> Check {
    let all: Vec<String> = troubles.iter().map(ToString::to_string).collect();
    let said = match all.as_slice() {
        [] => "settings, keymap and theme are read without a mistake".to_owned(),
        [one] => one.clone(),
        [first, ..] => format!("{} mistakes, the first: {first}", all.len()),
    };
    if all.is_empty() {
        return Check::new(HERE, "settings", Verdict::Ok, said);
    }
    Check::new(HERE, "settings", Verdict::Note, said)
        .advice("midwatch config --check lists them; what is wrong keeps its default.")
        .detail("mistakes", all)
}

/// A kubeconfig holds what lets one in.
fn open_to_others(file: &Path) -> Option<Check> {
    let mode = fs::metadata(file).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| {
        let said = format!(
            "{} can be read by others (mode {:o})",
            file.display(),
            mode & 0o777
        );
        Check::new(HERE, "kubeconfig", Verdict::Note, said)
            .advice(format!("chmod 600 {}", file.display()))
    })
}

fn state() -> Check {
    let folder = match state_folder() {
        Ok(folder) => folder,
        Err(error) => {
            return Check::new(HERE, "state", Verdict::Down, error.to_string())
                .advice("Set XDG_STATE_HOME to a folder of yours: the log is kept there.");
        }
    };
    let trial = folder.join(format!(".doctor-{}", std::process::id()));
    let written = fs::write(&trial, b"midwatch doctor\n");
    let _ = fs::remove_file(&trial);
    match written {
        Ok(()) => Check::new(
            HERE,
            "state",
            Verdict::Ok,
            format!("{} can be written to; the log is there", folder.display()),
        )
        .detail("folder", folder.display().to_string()),
        Err(error) => Check::new(
            HERE,
            "state",
            Verdict::Down,
            format!("{} cannot be written to: {error}", folder.display()),
        )
        .advice("Make room or correct its rights: without it no log is kept."),
    }
}

fn terminal(out: &Out) -> Check {
    let look = caps(|name| env::var(name).ok()).look;
    let colours = match look.colours {
        Colours::None => "no colours",
        Colours::Ansi => "16 colours",
        Colours::Palette => "256 colours",
        Colours::True => "24-bit colours",
    };
    let signs = if look.ascii { "ASCII" } else { "UTF-8" };
    let term = env::var("TERM").unwrap_or_default();
    let inside: Vec<&str> = [
        ("TMUX", "tmux"),
        ("STY", "screen"),
        ("SSH_CONNECTION", "SSH"),
    ]
    .into_iter()
    .filter(|(name, _)| env::var_os(name).is_some())
    .map(|(_, word)| word)
    .collect();
    let inside = if inside.is_empty() {
        String::new()
    } else {
        format!(", inside {}", inside.join(" and "))
    };
    let size = out
        .width()
        .map_or(", output is no terminal".to_owned(), |w| {
            format!(", {w} columns")
        });
    let known = !term.is_empty();
    let name = if known { term.as_str() } else { "not set" };
    let said = format!("TERM {name}: {colours}, {signs}{size}{inside}");
    let verdict = if known || !io::stdin().is_terminal() {
        Verdict::Ok
    } else {
        Verdict::Note
    };
    Check::new(HERE, "terminal", verdict, said)
        .detail("term", name)
        .detail("colours", colours)
        .detail("utf8", !look.ascii)
}

/// No terminal can be asked without keys being swallowed, so this is only told.
fn clipboard() -> Check {
    let said = "copying uses OSC 52; whether this terminal takes it cannot be found out";
    let check = Check::new(HERE, "clipboard", Verdict::Note, said);
    if env::var_os("TMUX").is_some() {
        check.advice("If nothing is copied: in tmux, set -g set-clipboard on.")
    } else {
        check.advice("If nothing is copied: allow clipboard access in the terminal's settings.")
    }
}
