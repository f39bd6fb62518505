//! The file of incidents: which one is open, so that what is done belongs to it. I/O; called by the shell and the command
//! line.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kept::{KeptError, read, replace};
use super::state_folder;
use crate::domain::Clean;

const NAME: &str = "incidents.json";

/// Most kept; the oldest go first.
const MOST: usize = 200;

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// What it is called.
    pub title: Clean,
    /// When it began.
    pub began: Timestamp,
    /// When it was over; none while it is open.
    pub ended: Option<Timestamp>,
    /// Who began it: the user of this machine.
    pub by: Clean,
}

/// All incidents, oldest first.
pub fn incidents(folder: &Path) -> Result<Vec<Incident>, KeptError> {
    read(&folder.join(NAME))
}

/// Keeps them.
pub fn keep_incidents(folder: &Path, all: &[Incident]) -> Result<(), KeptError> {
    let from = all.len().saturating_sub(MOST);
    replace(&folder.join(NAME), all.get(from..).unwrap_or_default())
}

/// Title of the incident that is open now; empty when none is, or that cannot be told.
#[must_use]
pub fn open_incident() -> Clean {
    let all = state_folder().ok().and_then(|f| incidents(&f).ok());
    let open = all.into_iter().flatten().rfind(|one| one.ended.is_none());
    open.map(|one| one.title).unwrap_or_default()
}
