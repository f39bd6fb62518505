//! `midwatch audit show`. I/O on standard output.

use std::process::ExitCode;

use clap::Args;

use super::{unread, warn};
use crate::act::Journal;
use crate::app::journal::role;
use crate::cli::actions::Form;
use crate::cli::args::Show;
use crate::cli::exit::{Failure, NOT_FOUND};
use crate::cli::output::Out;
use crate::cli::print::{json_text, print};
use crate::domain::Clean;
use crate::plan::{Entry, Folding, document, story};
use crate::theme::Role;

/// Most ids that are named.
const NAMED: usize = 5;
/// Cells of a label.
const LABEL: usize = 13;

/// Tell everything of one action.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// Its id, or the beginning or the end of it
    #[arg(value_name = "ID")]
    pub id: String,
    /// How to write the answer
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Form,
}

/// Tells.
pub fn run(args: &ShowArgs, journal: &Journal, show: &Show) -> Result<ExitCode, Failure> {
    let mut folding = Folding::default();
    let meant = |e: &Entry| e.id.starts_with(&args.id) || e.id.ends_with(&args.id);
    let report = journal.each(|record| folding.add(&record, meant));
    warn(&report.map_err(|e| unread(&e))?);
    let mut found = folding.entries();
    if let Some(at) = found.iter().position(|e| e.id == args.id) {
        found = vec![found.swap_remove(at)];
    }
    match (found.as_slice(), args.output) {
        ([entry], Form::Json) => print(&json_text(&document(entry))),
        ([entry], Form::Text) => text(entry, &mut Out::new(show)),
        ([], _) => Err(Failure::Ended {
            message: format!(
                "there is no action {} in {}\nmidwatch audit list names them.",
                Clean::new(&args.id),
                journal.folder().display()
            ),
            code: NOT_FOUND,
        }),
        (several, _) => {
            let ids: Vec<&str> = several.iter().take(NAMED).map(|e| e.id.as_str()).collect();
            Err(Failure::Usage {
                what: format!(
                    "{} actions begin or end with {}",
                    several.len(),
                    Clean::new(&args.id)
                ),
                hint: format!("Write more of the id: {} …", Clean::new(&ids.join(", "))),
            })
        }
    }
}

fn text(entry: &Entry, out: &mut Out) -> Result<ExitCode, Failure> {
    for line in story(entry) {
        out.role(&format!("{:<LABEL$}", line.label), Role::Dim)?;
        out.role(&line.text, role(line.tone))?;
        out.line("")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
