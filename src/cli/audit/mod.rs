//! `midwatch audit`: what was done to what, by whom, why, and what came of it. I/O: the journal's folder and standard
//! output; no cluster is asked.
//!
//! | file | owns |
//! |---|---|
//! | `pick` | which actions are meant |
//! | `list` | actions, one a line |
//! | `show` | everything of one action |
//! | `verify` | whether the journal is as it was written |
//! | `export` | everything, for other programs |
//! | `csv` | a table of actions |

mod csv;
mod export;
mod list;
mod pick;
mod show;
mod verify;

pub(super) use pick::since;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::args::Show;
use super::exit::{Failure, say};
use crate::act::JournalError;
use crate::act::journal::{Journal, Mistake, Options, Report};
use crate::config::state_folder;
use crate::fault::Fault;

const AFTER_HELP: &str = "\
The journal is read where it is kept (midwatch/journal in XDG_STATE_HOME, default ~/.local/state), or in --journal.

Exit codes:
  0  done; with verify: everything is as it was written
  1  failed; what failed is on standard error
  2  the arguments are wrong
  3  verify: something is not as it was written
  4  show: there is no such action";

/// Tell what was done to what, by whom, why, and what came of it.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct AuditArgs {
    /// Folder of the journal: a copy, for example
    #[arg(long, value_name = "FOLDER", global = true)]
    pub journal: Option<PathBuf>,
    /// What to tell.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// What can be told.
#[derive(Debug, Clone, Subcommand)]
pub enum AuditCommand {
    /// List actions, one a line, oldest first
    List(list::ListArgs),
    /// Tell everything of one action
    Show(show::ShowArgs),
    /// Look whether the journal is as it was written
    Verify(verify::VerifyArgs),
    /// Write all actions for other programs
    Export(export::ExportArgs),
}

/// Does what was asked for.
pub fn run(args: &AuditArgs, show: &Show) -> Result<ExitCode, Failure> {
    let journal = journal(args)?;
    match &args.command {
        AuditCommand::List(args) => list::run(args, &journal, show),
        AuditCommand::Show(args) => show::run(args, &journal, show),
        AuditCommand::Verify(args) => verify::run(args, &journal),
        AuditCommand::Export(args) => export::run(args, &journal, show),
    }
}

fn journal(args: &AuditArgs) -> Result<Journal, Failure> {
    let folder = match &args.journal {
        Some(folder) if folder.is_dir() => folder.clone(),
        Some(folder) => {
            return Err(Failure::Usage {
                what: format!("{} is no folder", folder.display()),
                hint: "Name the folder that holds journal-000001.jsonl.".to_owned(),
            });
        }
        None => state_folder()
            .map_err(|e| Failure::Files(e.to_string()))?
            .join("journal"),
    };
    Ok(Journal::open(&folder, Options::default()))
}

/// A journal that cannot be read.
fn unread(error: &JournalError) -> Failure {
    let fault = Fault::new(
        "journal",
        crate::fault::FaultKind::Config,
        error.to_string(),
        jiff::Timestamp::now(),
    );
    fault.hint(error.hint()).into()
}

/// What is wrong with the journal is told beside what is asked for: what is missing there cannot be in the answer.
fn warn(report: &Report) {
    let count = report.mistakes.len() + report.more;
    let Some(first) = report.mistakes.first() else {
        return;
    };
    say(&format!(
        "the journal is not as it was written ({}): {}",
        if count == 1 {
            "1 mistake".to_owned()
        } else {
            format!("{count} mistakes")
        },
        told(first)
    ));
    say("midwatch audit verify lists what was found");
}

/// One mistake in one line.
fn told(mistake: &Mistake) -> String {
    let mut text = format!("{}:{}: {}", mistake.file, mistake.line, mistake.what);
    if !mistake.id.is_empty() {
        text = format!("{text} (action {})", mistake.id);
    }
    text
}
