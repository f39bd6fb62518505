//! `midwatch audit export`. I/O on standard output.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::pick::Pick;
use super::{csv, unread, warn};
use crate::act::Journal;
use crate::cli::args::Show;
use crate::cli::exit::Failure;
use crate::cli::output::Out;
use crate::cli::print::json_line;
use crate::plan::document;

/// Write all actions for other programs.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Which.
    #[command(flatten)]
    pub pick: Pick,
    /// How
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// How actions are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// One action a line, as JSON
    #[default]
    Jsonl,
    /// One action a line, for spreadsheets
    Csv,
    /// One record a line, as JSON, in the order they were written; of the filters, only --since counts
    Records,
}

/// Writes.
pub fn run(args: &ExportArgs, journal: &Journal, show: &Show) -> Result<ExitCode, Failure> {
    let mut out = Out::new(show);
    if args.format == Format::Records {
        records(args, journal, &mut out)?;
    } else {
        let (entries, report) = args.pick.read(journal)?;
        warn(&report);
        if args.format == Format::Csv {
            out.text(&csv::head())?;
        }
        for entry in &entries {
            match args.format {
                Format::Csv => out.text(&csv::line(entry))?,
                _ => line(&document(entry), &mut out)?,
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// One after the other; none is kept.
fn records(args: &ExportArgs, journal: &Journal, out: &mut Out) -> Result<(), Failure> {
    let mut written = Ok(());
    let since = args.pick.since;
    let report = journal.each(|record| {
        if written.is_ok() && since.is_none_or(|since| record.at >= since) {
            written = line(&record, out);
        }
    });
    warn(&report.map_err(|e| unread(&e))?);
    written
}

fn line(value: &impl Serialize, out: &mut Out) -> Result<(), Failure> {
    out.text(&json_line(value))
}
