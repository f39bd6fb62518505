//! `midwatch audit verify`. I/O on standard output.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::{told, unread};
use crate::act::Journal;
use crate::act::journal::{Head, Mistake, MistakeKind, Report};
use crate::cli::actions::Form;
use crate::cli::exit::{Failure, PARTIAL};
use crate::cli::print::{json_text, print};
use crate::domain::Clean;
use crate::plan::{API_VERSION, Record};

/// Look whether the journal is as it was written.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// A record that has to be there, as an earlier verify told it: whoever can write the journal can write it anew,
    /// but not what you kept elsewhere
    #[arg(long, value_name = "SEQ:HASH", value_parser = head)]
    pub expect: Option<Head>,
    /// How to write the answer
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Form,
}

fn head(text: &str) -> Result<Head, String> {
    let wrong = || "write the number and the hash of a record, with a colon between".to_owned();
    let (seq, hash) = text.split_once(':').ok_or_else(wrong)?;
    let seq = seq.parse().map_err(|_| wrong())?;
    if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let hash = hash.to_ascii_lowercase();
    Ok(Head { seq, hash })
}

/// Looks.
pub fn run(args: &VerifyArgs, journal: &Journal) -> Result<ExitCode, Failure> {
    let mut seen = None;
    let mut expected = |record: Record| {
        if args.expect.as_ref().is_some_and(|e| e.seq == record.seq) {
            seen = Some(record.hash);
        }
    };
    let mut report = journal.each(&mut expected).map_err(|e| unread(&e))?;
    if let Some(expect) = &args.expect
        && seen.as_ref() != Some(&expect.hash)
    {
        report.mistakes.push(another(expect, seen.is_some()));
    }
    let printed = print(&match args.output {
        Form::Text => text(&report, journal),
        Form::Json => json_text(&json!({
            "apiVersion": API_VERSION,
            "kind": "AuditReport",
            "folder": journal.folder().display().to_string(),
            "intact": report.is_intact(),
            "report": report,
        })),
    })?;
    Ok(if report.is_intact() {
        printed
    } else {
        ExitCode::from(PARTIAL)
    })
}

fn another(expect: &Head, there: bool) -> Mistake {
    let what = if there {
        format!("record {} is another one than --expect says", expect.seq)
    } else {
        format!("record {}, which --expect names, is not there", expect.seq)
    };
    Mistake {
        kind: if there {
            MistakeKind::Edited
        } else {
            MistakeKind::Removed
        },
        file: String::new(),
        line: 0,
        seq: Some(expect.seq),
        to: None,
        id: Clean::default(),
        what: Clean::new(&what),
    }
}

fn text(report: &Report, journal: &Journal) -> String {
    let mut text = String::new();
    let folder = journal.folder().display();
    if report.records == 0 && report.is_intact() {
        return format!("nothing was done yet: the journal is empty ({folder})\n");
    }
    for mistake in &report.mistakes {
        // writing to a string does not fail
        let _ = writeln!(text, "{:<10} {}", mistake.kind.word(), told(mistake));
    }
    if report.more > 0 {
        let _ = writeln!(text, "           and {} more", report.more);
    }
    for note in &report.notes {
        let _ = writeln!(text, "note       {note}");
    }
    let of = |count: u64, one: &str| match count {
        1 => format!("1 {one}"),
        many => format!("{many} {one}s"),
    };
    let files = u64::try_from(report.files).unwrap_or(u64::MAX);
    let (records, files) = (of(report.records, "record"), of(files, "file"));
    let sum = if report.is_intact() {
        format!("intact: {records} in {files}")
    } else {
        let count = report.mistakes.len() + report.more;
        format!("not intact: {count} found; {records} in {files} as written")
    };
    let _ = writeln!(text, "{sum} ({folder})");
    let _ = writeln!(text, "last       {}:{}", report.last.seq, report.last.hash);
    text
}
