//! `midwatch runbook run` and `resume`: a runbook without the screen, step by step. I/O.
//!
//! The same machine as on the screen, the same stages for its actions. What a person has to say is asked on the terminal, or
//! given beforehand with `--answer`.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::course::{Driver, Voice};
use super::target;
use crate::act::{Journal, Options, Plane, journal};
use crate::cli::act::{Acts, incident};
use crate::cli::actions::Form;
use crate::cli::args::{Connect, Show};
use crate::cli::console::{backends, log_in, runtime, settings};
use crate::cli::exit::Failure;
use crate::cli::session::Session;
use crate::config::state_folder;
use crate::domain::Clean;
use crate::fault::meant;
use crate::feed::kube::{self, Target as Cluster};
use crate::plan::{Safety, Sitting};
use crate::runbook::{Book, Course, Shelf};
use crate::settings;
use crate::shell::ClusterWire;

/// Exit codes of a run.
const CODES: &str = "\
Exit codes:
  0    all steps are done
  1    failed; what failed is on standard error. The run can be gone on with
  2    the arguments are wrong
  4    there is no such object, or no such run
  5    a step said that it ends here
  9    a person has to say something, and nobody is there. The run can be gone on with
  130  ended by Ctrl-C. The run can be gone on with

A run that was left goes on with `midwatch runbook resume`.";

/// What decides without a person.
#[derive(Debug, Clone, Default, Args)]
pub struct Says {
    /// Confirm actions where choosing them is enough
    #[arg(long)]
    pub yes: bool,
    /// The name of the target, where it has to be typed: work is lost, or the context is protected
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// What a step is answered: yes, no, done, one of its choices. By its number, may be given several times
    #[arg(long = "answer", value_name = "STEP=TEXT", value_parser = answer)]
    pub answers: Vec<(usize, String)>,
    /// Take the target over from whoever is on it, and tell them why
    #[arg(long, value_name = "WHY", default_value = "")]
    pub take_over: String,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// How to write what came of it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Form,
}

/// Begin a runbook on one object.
#[derive(Debug, Clone, Args)]
#[command(after_help = CODES)]
pub struct RunArgs {
    /// Which runbook
    #[arg(value_name = "NAME")]
    pub name: String,
    /// On what: NAME or NAMESPACE/NAME; a job KIND/NAMESPACE/NAME, as jobsets/ml/train
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// The incident it belongs to, for the audit [default: `MIDWATCH_INCIDENT`]
    #[arg(long, value_name = "ID")]
    pub incident: Option<String>,
    /// What is said beforehand.
    #[command(flatten)]
    pub says: Says,
    /// Where.
    #[command(flatten)]
    pub connect: Connect,
}

/// Go on with a run of a runbook that was left.
#[derive(Debug, Clone, Args)]
#[command(after_help = CODES)]
pub struct ResumeArgs {
    /// Which run, by its id [default: the newest that has not ended]
    #[arg(value_name = "ID")]
    pub id: Option<String>,
    /// What is said beforehand.
    #[command(flatten)]
    pub says: Says,
    /// Where.
    #[command(flatten)]
    pub connect: Connect,
}

fn answer(text: &str) -> Result<(usize, String), String> {
    let (step, said) = text.split_once('=').ok_or("write STEP=TEXT")?;
    let step: usize = step
        .parse()
        .map_err(|_| "a step is named by its number, from 1")?;
    let step = step.checked_sub(1).ok_or("steps count from 1")?;
    Ok((step, said.to_owned()))
}

/// Begins a run.
pub(super) fn run(
    args: &RunArgs,
    outer: &Connect,
    show: &Show,
    shelf: &Shelf,
) -> Result<ExitCode, Failure> {
    let book = book(shelf, &args.name)?;
    let connect = args.connect.or(outer);
    let cluster = one_cluster(&connect)?;
    let about = target::about(&args.target, &book, &connect, &cluster)?;
    let incident = incident(args.incident.clone());
    let begin = move |_: &[Sitting]| Ok(Course::begin(book, about, incident));
    drive(&args.says, (&connect, show), cluster, begin)
}

/// Goes on with a run that was left.
pub(super) fn resume(
    args: &ResumeArgs,
    outer: &Connect,
    show: &Show,
    shelf: &Shelf,
) -> Result<ExitCode, Failure> {
    let connect = args.connect.or(outer);
    let cluster = one_cluster(&connect)?;
    let id = args.id.clone();
    let here = cluster.id.as_str().to_owned();
    let again = |all: &[Sitting]| {
        let found = match &id {
            Some(id) => all.iter().find(|s| s.id == *id),
            None => all.iter().rev().find(|s| is_open(s, &here)),
        };
        let sitting = found.ok_or_else(|| {
            let text = "there is no run of a runbook that could be gone on with";
            ended(crate::cli::exit::NOT_FOUND, text)
        })?;
        if sitting.begun.cluster.name != here {
            let other = Clean::new(&sitting.begun.cluster.name);
            let text = format!(
                "the run {} is of {other}: name it with --context",
                sitting.id
            );
            return Err(ended(2, &text));
        }
        let book = book(shelf, &sitting.begun.runbook)?;
        Course::again(book, sitting).map_err(|why| ended(1, &why))
    };
    drive(&args.says, (&connect, show), cluster, again)
}

/// It has not ended, and is of this cluster.
pub(super) fn is_open(sitting: &Sitting, cluster: &str) -> bool {
    sitting.ended.is_none() && sitting.begun.cluster.name == cluster
}

pub(super) fn ended(code: u8, message: &str) -> Failure {
    Failure::Ended {
        message: message.to_owned(),
        code,
    }
}

fn book(shelf: &Shelf, name: &str) -> Result<Arc<Book>, Failure> {
    let Some(volume) = shelf.get(name) else {
        let names = shelf.volumes().iter().map(|v| v.id.as_str());
        return Err(Failure::Usage {
            what: format!("there is no runbook {}", Clean::new(name)),
            hint: meant(name, names),
        });
    };
    match &volume.book {
        Ok(book) => Ok(Arc::clone(book)),
        Err(_) => Err(Failure::Files(format!(
            "the runbook {name} has mistakes; midwatch runbook check tells them"
        ))),
    }
}

fn one_cluster(connect: &Connect) -> Result<Cluster, Failure> {
    let mut found = log_in(connect)?;
    let one = found.pop().filter(|_| found.is_empty());
    one.ok_or_else(|| ended(2, "a runbook has one target: name one context"))
}

/// Where the journal is.
pub(super) fn kept(rotate_mb: u32) -> Result<Journal, Failure> {
    let folder = state_folder().map_err(|error| {
        let text = format!("the journal cannot be kept, so nothing is done: {error}");
        ended(5, &text)
    })?;
    let options = journal::Options::rotating(rotate_mb);
    Ok(Journal::open(&folder.join("journal"), options))
}

/// The runs of runbooks that the journal tells of.
pub(super) fn sittings(journal: &Journal) -> Result<Vec<Sitting>, Failure> {
    let reading = journal
        .read()
        .map_err(|error| ended(1, &format!("{error}\n{}", error.hint())))?;
    Ok(Sitting::fold(reading.records.iter()))
}

/// Makes what is needed, and goes on to the end.
fn drive(
    says: &Says,
    (connect, show): (&Connect, &Show),
    cluster: Cluster,
    course: impl FnOnce(&[Sitting]) -> Result<Course, Failure>,
) -> Result<ExitCode, Failure> {
    let (_, loaded) = settings(connect, show);
    let settings = loaded.effective.settings;
    let journal = kept(settings.audit.rotate_mb)?;
    let sittings = sittings(&journal)?;
    let course = course(&sittings)?;
    let sources = backends(connect, &settings);
    let data = kube::Options {
        sources: sources.clone(),
        ..kube::Options::default()
    };
    let options = Options {
        wait: Duration::from_secs(60),
        front: "command",
        ..Options::default()
    };
    let wire = ClusterWire::new(cluster.clone(), data);
    let acts = Acts {
        plane: Plane::new(wire, journal.clone(), options),
        journal,
        safety: match settings.safety(cluster.id.as_str()) {
            settings::Safety::Free => Safety::Open,
            settings::Safety::Ask => Safety::Protected,
            settings::Safety::ReadOnly => Safety::ReadOnly,
        },
        yes: says.yes,
        confirm: says.confirm.clone(),
        audit: settings.audit.clone(),
    };
    let mine = sittings.into_iter().find(|s| s.id == course.id);
    let runtime = runtime()?;
    let code = runtime.block_on(async {
        if let Some(sitting) = &mine
            && let Some(pid) = acts.plane.sits(sitting).await
        {
            let text = format!("the run {} is under way, in process {pid}", sitting.id);
            return Err(ended(1, &text));
        }
        let id = cluster.id.clone();
        let session = Session::start(connect, sources, vec![cluster]);
        let voice = Voice::new(says);
        let mut course = course;
        course.quiet = acts.safety == Safety::ReadOnly;
        let mut driver = Driver::new(course, session, (acts, settings, id), voice);
        driver.take_over(&says.take_over);
        driver.run(&says.reason).await
    });
    runtime.shutdown_background();
    code
}
