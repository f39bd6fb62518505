//! `midwatch audit list`. I/O on standard output.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;
use unicode_width::UnicodeWidthStr;

use super::pick::Pick;
use super::{csv, warn};
use crate::act::Journal;
use crate::app::journal::role;
use crate::cli::args::Show;
use crate::cli::exit::Failure;
use crate::cli::output::{Need, Out, Shape, Text, layout};
use crate::cli::print::{json_text, print};
use crate::domain::Clean;
use crate::plan::{API_VERSION, Entry, document};
use crate::theme::Role;

/// List actions.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Which.
    #[command(flatten)]
    pub pick: Pick,
    /// How to write the answer
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Form,
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Form {
    /// For people
    #[default]
    Text,
    /// For programs; versioned and documented
    Json,
    /// For spreadsheets
    Csv,
}

/// Lists.
pub fn run(args: &ListArgs, journal: &Journal, show: &Show) -> Result<ExitCode, Failure> {
    let (entries, report) = args.pick.read(journal)?;
    warn(&report);
    match args.output {
        Form::Json => print(&json_text(&json!({
            "apiVersion": API_VERSION,
            "kind": "AuditList",
            "intact": report.is_intact(),
            "items": entries.iter().map(document).collect::<Vec<_>>(),
        }))),
        Form::Csv => {
            let mut text = csv::head();
            text.extend(entries.iter().map(csv::line));
            print(&text)
        }
        Form::Text if entries.is_empty() => {
            let what = if report.records == 0 {
                "nothing was done yet: the journal is empty"
            } else {
                "no action is like that"
            };
            print(&format!("{what} ({})\n", journal.folder().display()))
        }
        Form::Text => table(&entries, &mut Out::new(show)),
    }
}

const HEADS: [(&str, usize, u8); 7] = [
    // the id tells it too
    ("BEGAN", 20, 3),
    ("ID", 19, 0),
    ("ACTION", 12, 0),
    ("STATE", 8, 0),
    ("TARGET", 16, 0),
    ("OPERATOR", 8, 1),
    ("REASON", 10, 2),
];

fn table(entries: &[Entry], out: &mut Out) -> Result<ExitCode, Failure> {
    let rows: Vec<[Text; 7]> = entries.iter().map(row).collect();
    let natural = |at: usize| {
        let cells = rows.iter().filter_map(|r| r.get(at));
        let widest = cells.map(|c| c.text.width()).max().unwrap_or(0);
        widest.max(HEADS.get(at).map_or(0, |h| h.0.width()))
    };
    let needs: Vec<Need> = HEADS
        .iter()
        .enumerate()
        .map(|(at, (_, least, drop))| Need {
            natural: natural(at),
            least: *least,
            drop: *drop,
        })
        .collect();
    let width = out.width();
    let widths = layout(&needs, width);
    let shape = |w: usize| Shape {
        width: w,
        right: false,
        cut: width.is_some(),
    };
    let shapes: Vec<Shape> = widths.iter().flatten().map(|w| shape(*w)).collect();
    let fits = |cells: [Text; 7]| -> Vec<Text> {
        let kept = cells.into_iter().zip(&widths);
        kept.filter_map(|(cell, w)| w.map(|_| cell)).collect()
    };
    out.row(&fits(HEADS.map(|h| Text::new(h.0, Role::Dim))), &shapes)?;
    for row in rows {
        out.row(&fits(row), &shapes)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn row(entry: &Entry) -> [Text; 7] {
    let standing = entry.standing();
    let plain = |text: &str| Text::new(Clean::new(text).as_str(), Role::Text);
    [
        Text::new(entry.at.strftime("%F %H:%M:%SZ").to_string(), Role::Dim),
        plain(&entry.id),
        plain(&entry.intent.action),
        Text::new(standing.words(), role(standing.tone())),
        Text::new(entry.target(), Role::Strong),
        plain(entry.intent.operator.name()),
        plain(&entry.intent.reason),
    ]
}
