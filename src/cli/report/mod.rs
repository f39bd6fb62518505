//! `midwatch report`: the timeline of an incident as Markdown, from the journal and from what consoles of this machine
//! found. I/O: files of the state folder and standard output; no cluster is asked.
//!
//! | file | owns |
//! |---|---|
//! | `timeline` | what is told, as Markdown. Pure |
//! | `spells` | findings with their beginning and end, out of what was written down. Pure |

mod spells;
mod timeline;

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::args::Show;
use super::exit::{Failure, say};
use super::output::Out;
use crate::act::Journal;
use crate::act::journal::Options;
use crate::cli::audit::since;
use crate::config::{Incident, found, incidents, state_folder};
use crate::domain::Clean;
use crate::fault::meant;
use crate::plan::{Entry, Folding};
use spells::spells;
use timeline::{Story, markdown};

/// Write the timeline of an incident as Markdown.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// Which incident [default: the one that is open, else the last]
    #[arg(value_name = "TITLE", conflicts_with = "since")]
    pub title: Option<String>,
    /// No incident, but everything since then: 30m, 24h, 7d, 2026-10-12 or a time such as 2026-10-12T22:00:00Z
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub since: Option<Timestamp>,
}

/// Writes it.
pub fn run(args: &ReportArgs, show: &Show) -> Result<ExitCode, Failure> {
    let folder = state_folder().map_err(|e| Failure::Files(e.to_string()))?;
    let now = Timestamp::now();
    let incident = which(args, &folder, now)?;
    let (noted, broken) = found(&folder)?;
    if broken > 0 {
        say(&format!(
            "{broken} lines of what was found cannot be read, and are left out"
        ));
    }
    let (actions, intact) = actions(&folder, &incident, args.since.is_none())?;
    let until = incident.ended.unwrap_or(now);
    let story = Story {
        spells: spells(&noted, incident.began, until),
        actions,
        intact,
        now,
        incident,
    };
    let mut out = Out::new(show);
    out.text(&markdown(&story))?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The incident that is meant.
fn which(args: &ReportArgs, folder: &Path, now: Timestamp) -> Result<Incident, Failure> {
    if let Some(since) = args.since {
        return Ok(Incident {
            title: Clean::default(),
            began: since,
            ended: Some(now),
            by: Clean::default(),
        });
    }
    let all = incidents(folder).map_err(|e| Failure::Files(e.to_string()))?;
    let found = match &args.title {
        Some(title) => all.iter().rfind(|one| one.title.as_str() == title),
        None => all.iter().rfind(|one| one.ended.is_none()).or(all.last()),
    };
    found.cloned().ok_or_else(|| match &args.title {
        Some(title) => Failure::Usage {
            what: format!("there is no incident \"{}\"", Clean::new(title)),
            hint: meant(title, all.iter().map(|one| one.title.as_str())),
        },
        None => Failure::Usage {
            what: "there was no incident".to_owned(),
            hint: "Begin one with midwatch incident start \"TITLE\", or name a time: midwatch report --since 2h"
                .to_owned(),
        },
    })
}

/// What was done: what belongs to the incident, and what was done meanwhile and belongs to no other. Second: the journal
/// is as it was written.
fn actions(folder: &Path, incident: &Incident, named: bool) -> Result<(Vec<Entry>, bool), Failure> {
    let journal = Journal::open(&folder.join("journal"), Options::default());
    let until = incident.ended.unwrap_or(Timestamp::MAX);
    let mine = |entry: &Entry| {
        let meanwhile = (incident.began..=until).contains(&entry.at);
        let of = &entry.intent.incident;
        if named {
            *of == incident.title && entry.at >= incident.began || meanwhile && of.is_empty()
        } else {
            meanwhile
        }
    };
    let mut folding = Folding::default();
    let report = journal.each(|record| folding.add(&record, mine));
    let report = report.map_err(|error| Failure::Files(error.to_string()))?;
    let mut entries = folding.entries();
    entries.sort_by_key(|entry| entry.at);
    Ok((entries, report.is_intact()))
}
