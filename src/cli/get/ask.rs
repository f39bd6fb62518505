//! The arguments of `midwatch get`, and what this machine knows beside them. Reads files; else data only.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};

use super::kinds::{Listed, STEPS, find, kinds};
use super::models::{VERSIONS, Versions};
use super::sheet::View;
use super::steps::Steps;
use crate::app::findings::{SCREEN, Seen};
use crate::cli::args::{Connect, Show};
use crate::cli::console::settings;
use crate::cli::duration::duration;
use crate::cli::exit::{Failure, say};
use crate::cli::runbook::shelf;
use crate::cli::session::Session;
use crate::config::{Files, seen_in, state_folder};
use crate::runbook::Shelf;

const AFTER_HELP: &str = "\
Without -n, every namespace that may be read is read, as on the screen. With -n, only those are asked for.
A table in a pipe has all columns and cuts nothing; columns are at least two blanks apart.
Objects are named as NAME or NAMESPACE/NAME.

Exit codes:
  0    all of it was read, also when there is nothing
  1    failed: no cluster, or not one source that answered
  2    the arguments are wrong
  3    partial: a source is denied, stale, down or absent; each is named on standard error
  4    an object or namespace that was named is not there
  130  ended by Ctrl-C

The JSON is described in docs/cli.md and docs/schema/.";

/// Print what a list of the console shows.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct GetArgs {
    /// What to list; `steps RUN` are the steps of one run
    #[arg(value_name = "KIND", value_parser = parser(), hide_possible_values = false)]
    pub kind: String,
    /// Only these objects; for steps, the run
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// How it is printed
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t)]
    pub output: Form,
    /// All namespaces, which is the default
    #[arg(short = 'A', long, conflicts_with = "namespaces")]
    pub all_namespaces: bool,
    /// Only this namespace, may be given several times
    #[arg(short = 'n', long = "namespace", value_name = "NS")]
    pub namespaces: Vec<String>,
    /// Only rows that pass this filter, written as on the screen
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Sort by a column; a minus in front turns the order around [default: what needs a person first]
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// Go on printing changes until Ctrl-C
    #[arg(short, long)]
    pub watch: bool,
    /// No line of headings
    #[arg(long)]
    pub no_headers: bool,
    /// How long to wait for answers
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "30s")]
    pub timeout: Duration,
    /// Kubeconfig file
    #[arg(long, value_name = "PATH")]
    pub kubeconfig: Option<PathBuf>,
    /// Context to connect to, may be given several times [default: the current context]
    #[arg(long = "context", value_name = "NAME")]
    pub contexts: Vec<String>,
    /// The gates of the settings, for versions.
    #[arg(skip)]
    pub gates: BTreeMap<String, String>,
    /// What is known besides the cluster, for findings.
    #[arg(skip)]
    pub beside: Beside,
}

/// What this machine knows of findings.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// What a person has seen.
    pub seen: Vec<Seen>,
    /// The runbooks.
    pub shelf: Arc<Shelf>,
}

/// How the answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Form {
    /// The columns of the screen; on a terminal, as many as fit
    #[default]
    Table,
    /// All columns, uncut
    Wide,
    /// One document with everything known of each row
    Json,
    /// NAMESPACE/NAME, one a line
    Name,
}

/// Kinds by their names and short names, so that completions and suggestions know them.
fn parser() -> PossibleValuesParser {
    let steps = PossibleValue::new(STEPS.0).aliases(STEPS.1);
    let lists = kinds()
        .iter()
        .map(|kind| PossibleValue::new(kind.name).aliases(kind.aliases));
    PossibleValuesParser::new(lists.chain([steps]).collect::<Vec<_>>())
}

/// What the arguments ask for.
#[derive(Debug)]
pub enum Plan {
    /// One of the lists.
    List(&'static Listed),
    /// The steps of a run.
    Steps(String),
    /// The versions of models.
    Versions(Box<GetArgs>),
}

impl GetArgs {
    /// Everything of a list.
    #[must_use]
    pub fn plain(kind: &str, output: Form) -> Self {
        Self {
            kind: kind.to_owned(),
            names: Vec::new(),
            output,
            all_namespaces: false,
            namespaces: Vec::new(),
            filter: None,
            sort: None,
            watch: false,
            no_headers: false,
            timeout: Duration::ZERO,
            kubeconfig: None,
            contexts: Vec::new(),
            gates: BTreeMap::new(),
            beside: Beside::default(),
        }
    }

    /// With what stands in front of `get`; what stands after it comes first.
    #[must_use]
    pub fn joined(&self, outer: &Connect) -> Self {
        let mut joined = self.clone();
        if joined.kubeconfig.is_none() {
            joined.kubeconfig.clone_from(&outer.kubeconfig);
        }
        if joined.contexts.is_empty() {
            joined.contexts.clone_from(&outer.contexts);
        }
        if joined.namespaces.is_empty() && !joined.all_namespaces {
            joined.namespaces.clone_from(&outer.namespaces);
        }
        joined
    }

    /// With the gates that versions of models have to pass, and what was seen of findings: what a script decides by is what
    /// the screen shows.
    #[must_use]
    pub fn judged_by(self, show: &Show) -> Self {
        let (reload, loaded) = settings(&self.reach(), show);
        let home = find(&self.kind).is_some_and(|list| list.id == SCREEN);
        Self {
            gates: loaded.effective.settings.gates,
            beside: if home {
                beside(&reload.files)
            } else {
                Beside::default()
            },
            ..self
        }
    }

    /// Where to connect.
    #[must_use]
    pub fn reach(&self) -> Connect {
        Connect {
            kubeconfig: self.kubeconfig.clone(),
            contexts: self.contexts.clone(),
            namespaces: self.namespaces.clone(),
        }
    }

    /// Understands what goes together.
    pub fn plan(&self) -> Result<Plan, Failure> {
        if STEPS.0 == self.kind || STEPS.1.contains(&self.kind.as_str()) {
            return self.steps();
        }
        let list = find(&self.kind).ok_or_else(|| wrong("there is no such kind", ""))?;
        if let Some(sort) = &self.sort {
            list.sort_of(sort)?;
        }
        if list.name == VERSIONS {
            Versions::new(self)?;
            return Ok(Plan::Versions(Box::new(self.clone())));
        }
        Ok(Plan::List(list))
    }

    fn steps(&self) -> Result<Plan, Failure> {
        if self.filter.is_some() || self.sort.is_some() {
            return Err(wrong(
                "steps stand in the order of the run: --filter and --sort are for lists",
                "Use -o json and choose from it.",
            ));
        }
        match self.names.as_slice() {
            [run] => Ok(Plan::Steps(run.clone())),
            _ => Err(wrong(
                "steps are those of one run",
                "Write: midwatch get steps RUN, or NAMESPACE/RUN",
            )),
        }
    }
}

impl Plan {
    /// What reads it; for steps this finds out which run is meant.
    pub async fn view(
        &self,
        session: &mut Session,
        args: &GetArgs,
    ) -> Result<Box<dyn View>, Failure> {
        match self {
            Self::List(list) => Ok(Box::new(list.view(args))),
            Self::Versions(named) => Ok(Box::new(Versions::new(named)?)),
            Self::Steps(run) => Ok(Box::new(Steps::find(session, run, args).await?)),
        }
    }
}

/// What cannot be read is said, and missing.
fn beside(files: &Files) -> Beside {
    let shelf = shelf(files).unwrap_or_else(|failure| {
        say(&failure.to_string());
        Shelf::new(Vec::new())
    });
    let seen = match state_folder() {
        Ok(folder) => seen_in(&folder).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    Beside {
        seen: seen.unwrap_or_else(|why| {
            say(&format!("what was seen of findings is not known: {why}"));
            Vec::new()
        }),
        shelf: Arc::new(shelf),
    }
}

/// The arguments make no sense.
pub fn wrong(what: impl Into<String>, hint: impl Into<String>) -> Failure {
    Failure::Usage {
        what: what.into(),
        hint: hint.into(),
    }
}
