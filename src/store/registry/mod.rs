//! Alias truth: which service really serves which version of a model, and whether that is what the aliases say. Pure.
//!
//! | file | owns |
//! |---|---|
//! | `place` | the names under which the files of a model are known |
//! | `index` | which version lies at a place |
//! | `served` | what each service serves, and how that is known |
//! | `truth` | what follows for a model and its aliases |
//! | `joined` | keeps the table of [`TruthRow`]s up to date as models, services and revisions change |
//!
//! The registry knows nothing of services and the cluster nothing of models: what joins them is the address of the
//! files, a `models:/` address, or labels. What cannot be told is left unknown and never guessed.

mod index;
mod joined;
mod place;
mod served;
mod truth;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{Alias, Clean, Key, ModelRow, Row};

pub(super) use joined::Joined;

/// How it is known what a service serves; the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// Its labels name model and version.
    Label,
    /// Its address names model and version: `models:/NAME/VERSION`.
    Named,
    /// Its address, or a label, names an alias; which version that was when it was loaded is not known.
    Alias,
    /// Its address holds the id of the logged model that the version was registered from.
    Logged,
    /// Its address holds the run, and the path below it, that the version was registered from.
    Run,
    /// Its address is that of the version.
    Address,
}

impl Claim {
    /// How it is known, in words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Label => "its labels say so",
            Self::Named => "its address names the version",
            Self::Alias => "its address names the alias",
            Self::Logged => "its address holds the logged model",
            Self::Run => "its address holds the run",
            Self::Address => "its address is the version's",
        }
    }
}

/// What one revision of a service serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The service.
    pub service: Key,
    /// Its uid.
    pub uid: Clean,
    /// The revision; empty where a service has none.
    pub revision: Clean,
    /// The version; several when they have the same files, none when it is not known.
    pub versions: Box<[u64]>,
    /// The alias that its address names.
    pub alias: Option<Clean>,
    /// Percent of the service's requests that it gets, where the cluster tells.
    pub percent: Option<u32>,
    /// How it is known.
    pub by: Claim,
    /// When the revision was made.
    pub began: Option<Timestamp>,
    /// The service is ready; none while that is not known.
    pub ready: Option<bool>,
}

/// Since when something holds. The registry does not write down when an alias moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Since {
    /// Since then, because the move was seen.
    pub exact: Option<Timestamp>,
    /// Not before then: what it takes was not there yet.
    pub not_before: Option<Timestamp>,
}

/// Whether what is served is what the aliases say; what needs a person first comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Something else is served than the leading alias says.
    Drifts,
    /// A version is served that an alias calls archived.
    Retired,
    /// It is served, and which version cannot be told.
    Unsure,
    /// A version is served that no alias points at, and no alias leads.
    Unaliased,
    /// What is served is what the aliases say.
    InStep,
    /// No service serves it.
    NotServed,
}

/// One alias and who serves its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasTruth {
    /// The alias.
    pub alias: Alias,
    /// It says what is to be served: `champion`, `production` …
    pub leads: bool,
    /// It says what is not to be served any more: `archived` …
    pub retired: bool,
    /// Who serves its version, by their place among those that serve the model.
    pub by: Box<[usize]>,
}

/// A model with what is really served of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthRow {
    /// The model.
    pub model: Arc<ModelRow>,
    /// What services serve of it, by their names.
    pub served: Box<[Served]>,
    /// Its aliases, leading ones first.
    pub aliases: Box<[AliasTruth]>,
    /// Whether both agree.
    pub standing: Standing,
    /// Since when they do not.
    pub since: Since,
}

impl Row for TruthRow {
    fn key(&self) -> &Key {
        &self.model.key
    }
    fn created(&self) -> Option<Timestamp> {
        self.model.created
    }
}

impl TruthRow {
    /// The alias that says what is to be served.
    #[must_use]
    pub fn lead(&self) -> Option<&AliasTruth> {
        self.aliases.iter().find(|a| a.leads)
    }

    /// An alias whose version is newer than what is to be served, and did not pass its gates: with their names.
    #[must_use]
    pub fn held_back(&self) -> Option<(&AliasTruth, &[Clean])> {
        let lead = self.lead()?.alias.version;
        let newer = |a: &&AliasTruth| !a.leads && !a.retired && a.alias.version > lead;
        let mut all = self.aliases.iter().filter(newer);
        all.find_map(|alias| {
            let failed = &self.model.version(alias.alias.version)?.failed;
            (!failed.is_empty()).then_some((alias, &**failed))
        })
    }

    /// The newest version above the one that is to be served whose tags name no gate that it did not pass.
    #[must_use]
    pub fn next(&self) -> Option<u64> {
        let lead = self.lead()?.alias.version;
        let all = self.model.versions.iter().flat_map(|all| all.iter());
        let fit = all.filter(|v| v.number > lead && v.failed.is_empty());
        fit.map(|v| v.number).max()
    }

    /// What is served that no alias accounts for, or only one that calls it archived.
    pub fn astray(&self) -> impl Iterator<Item = &Served> {
        self.served
            .iter()
            .filter(|s| truth::is_astray(s, &self.aliases))
    }

    /// Who serves a version.
    pub fn of(&self, version: u64) -> impl Iterator<Item = &Served> {
        self.served
            .iter()
            .filter(move |s| s.versions.contains(&version))
    }
}
