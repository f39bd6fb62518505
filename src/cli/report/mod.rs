//! `midwatch report`: the timeline of an incident as Markdown, from the journal and from what consoles of this machine
//! found. I/O: files of the state folder and standard output; where a budget burned, the Prometheus of its cluster.
//!
//! | file | owns |
//! |---|---|
//! | `timeline` | what is told, as Markdown. Pure |
//! | `spells` | findings with their beginning and end, out of what was written down. Pure |
//! | `runbooks` | runs of runbooks, step by step, as Markdown. Pure |
//! | `burned` | how the budgets burned, asked of Prometheus |
//! | `curves` | the same as Markdown. Pure |

mod burned;
mod curves;
mod runbooks;
mod spells;
mod timeline;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::args::{Connect, Show};
use super::exit::{Failure, say};
use super::output::Out;
use crate::act::journal::Options;
use crate::act::{Journal, at_it};
use crate::cli::audit::since;
use crate::config::{Incident, found, incidents, state_folder};
use crate::domain::Clean;
use crate::fault::meant;
use crate::plan::{Entry, Folding, Record, Sitting, Stage};
use burned::{Place, burned};
use runbooks::Walk;
use spells::{Spell, spells};
use timeline::{BURN, Story, markdown};

/// Write the timeline of an incident as Markdown.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// Which incident [default: the one that is open, else the last]
    #[arg(value_name = "TITLE", conflicts_with = "since")]
    pub title: Option<String>,
    /// No incident, but everything since then: 30m, 24h, 7d, 2026-10-12 or a time such as 2026-10-12T22:00:00Z
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub since: Option<Timestamp>,
    /// Kubeconfig file, to ask how the budgets burned
    #[arg(long, value_name = "PATH")]
    pub kubeconfig: Option<PathBuf>,
}

/// Feeds of what has budgets.
const SERVICES: [&str; 2] = ["services", "llm-services"];

/// Writes it.
pub fn run(args: &ReportArgs, outer: &Connect, show: &Show) -> Result<ExitCode, Failure> {
    let folder = state_folder().map_err(|e| Failure::Files(e.to_string()))?;
    let now = Timestamp::now();
    let incident = which(args, &folder, now)?;
    let (noted, broken) = found(&folder)?;
    if broken > 0 {
        say(&format!(
            "{broken} lines of what was found cannot be read, and are left out"
        ));
    }
    let Done {
        actions,
        walks,
        intact,
    } = done(&folder, &incident, args.since.is_none())?;
    let until = incident.ended.unwrap_or(now);
    let spells = spells(&noted, incident.began, until);
    let connect = Connect {
        kubeconfig: args.kubeconfig.clone().or_else(|| outer.kubeconfig.clone()),
        ..Connect::default()
    };
    let places = places(&spells, &walks);
    let story = Story {
        burned: burned(&places, (incident.began, until), &connect, show),
        spells,
        actions,
        walks,
        intact,
        ascii: show.ascii,
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

/// The services whose budgets are told: those that burned, and those that a runbook was for.
fn places(spells: &[Spell], walks: &[Walk]) -> BTreeSet<Place> {
    let burned = spells.iter().filter(|spell| BURN.contains(&spell.rule()));
    let burned = burned.filter_map(|spell| {
        let note = spell.last()?;
        let (_, name) = note.name.split_once(' ')?;
        let place = (note.cluster.clone(), note.namespace.clone());
        Some((place.0, place.1, Clean::new(name)))
    });
    let worked = walks.iter().map(|walk| &walk.sitting.begun);
    let worked = worked.filter(|begun| SERVICES.contains(&begun.about.feed.as_str()));
    let worked = worked.map(|begun| {
        let about = begun.about.clone();
        (Clean::new(&begun.cluster.name), about.namespace, about.name)
    });
    burned.chain(worked).collect()
}

/// What was done.
struct Done {
    actions: Vec<Entry>,
    walks: Vec<Walk>,
    /// The journal is as it was written.
    intact: bool,
}

/// What belongs to the incident, and what was done meanwhile and belongs to no other.
fn done(folder: &Path, incident: &Incident, named: bool) -> Result<Done, Failure> {
    let journal = Journal::open(&folder.join("journal"), Options::default());
    let until = incident.ended.unwrap_or(Timestamp::MAX);
    let mine = |at: Timestamp, of: &Clean| {
        let meanwhile = (incident.began..=until).contains(&at);
        if named {
            *of == incident.title && at >= incident.began || meanwhile && of.is_empty()
        } else {
            meanwhile
        }
    };
    let mut folding = Folding::default();
    let mut marks: Vec<Record> = Vec::new();
    let report = journal.each(|record| {
        if matches!(record.stage, Stage::Runbook(_)) {
            marks.push(record);
        } else {
            folding.add(&record, |entry| mine(entry.at, &entry.intent.incident));
        }
    });
    let report = report.map_err(|error| Failure::Files(error.to_string()))?;
    let mut actions = folding.entries();
    actions.sort_by_key(|entry| entry.at);
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let walk = |sitting: Sitting| Walk {
        lives: sitting.ended.is_none() && at_it(&sitting, &host).is_some(),
        sitting,
    };
    let sittings = Sitting::fold(marks.iter()).into_iter();
    let sittings = sittings.filter(|sitting| mine(sitting.at, &sitting.begun.incident));
    Ok(Done {
        actions,
        walks: sittings.map(walk).collect(),
        intact: report.is_intact(),
    })
}
