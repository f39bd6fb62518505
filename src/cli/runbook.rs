//! `midwatch runbook`: which there are, what one says, what is wrong with files; carrying one out. I/O.
//!
//! | file | owns |
//! |---|---|
//! | `run` | `run` and `resume`: what is meant, and what it is carried out with |
//! | `target` | the object that is meant |
//! | `course` | one run, driven on the terminal |
//! | `list` | the runs that there were |

mod course;
mod list;
mod run;
mod target;

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::args::{Connect, Show};
use super::config::{check, print, unreadable};
use super::console::settings;
use super::exit::Failure;
use crate::config::{Files, Trouble, read};
use crate::domain::Clean;
use crate::fault::{Mistake, meant};
use crate::runbook::{self, Book, Otherwise, Shelf, Stands, Step, What};

/// Look at the runbooks.
#[derive(Debug, Clone, Args)]
pub struct RunbookArgs {
    /// What to do [default: list]
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What can be asked.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// List the runbooks: yours, in the folder `runbooks` beside the settings file, over the built-in ones
    List,
    /// Print one: its steps as they are carried out, or the file as it is written
    Show {
        /// Which
        #[arg(value_name = "NAME")]
        name: String,
        /// The file as it is written: to begin one of your own with
        #[arg(long)]
        raw: bool,
    },
    /// Carry one out on an object, step by step
    Run(Box<run::RunArgs>),
    /// Go on with a run that was left: a lost session, a console that was killed
    Resume(Box<run::ResumeArgs>),
    /// List the runs of runbooks, the newest first, with what came of them
    Runs,
    /// Print every mistake with its line and column, and exit with 1 when there are any
    Check {
        /// Files [default: all of yours]
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// Does what was asked for.
pub fn run(args: &RunbookArgs, connect: &Connect, show: &Show) -> Result<ExitCode, Failure> {
    let (reload, loaded) = settings(&Connect::default(), show);
    let files = &reload.files;
    match args.verb.as_ref().unwrap_or(&Verb::List) {
        Verb::List => print(&list(&shelf(files)?))?,
        Verb::Show { name, raw } => print(&one(name, *raw, files)?)?,
        Verb::Run(args) => return run::run(args, connect, show, &shelf(files)?),
        Verb::Resume(args) => return run::resume(args, connect, show, &shelf(files)?),
        Verb::Runs => {
            let rotate = loaded.effective.settings.audit.rotate_mb;
            print(&list::runs(&run::sittings(&run::kept(rotate)?)?))?;
        }
        Verb::Check { files: named } => return check(&mistakes(files, named)?),
    }
    Ok(ExitCode::SUCCESS)
}

/// The person's files: name, path, text. One that cannot be read is a mistake of its own.
fn own(files: &Files) -> Result<Vec<(String, String, String)>, Failure> {
    let mut own = Vec::new();
    for name in files.names("runbooks") {
        let Some(path) = files.path_of("runbooks", &name) else {
            continue;
        };
        let text = read(&path).map_err(|error| unreadable(&path, &error))?;
        own.push((name, path.display().to_string(), text));
    }
    Ok(own)
}

pub(super) fn shelf(files: &Files) -> Result<Shelf, Failure> {
    Ok(Shelf::new(own(files)?))
}

fn list(shelf: &Shelf) -> String {
    let volumes = shelf.volumes();
    let width = volumes.iter().map(|v| v.id.chars().count()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    for volume in volumes {
        let place = match &volume.stands {
            Stands::BuiltIn => "built in",
            Stands::File(path) => path,
        };
        let _ = match &volume.book {
            Ok(book) => writeln!(
                text,
                "{:width$}  {:10} {}  ({place})",
                volume.id,
                book.target.word,
                Clean::new(&book.title)
            ),
            Err(wrong) => {
                let many = match wrong.len() {
                    1 => "1 mistake".to_owned(),
                    many => format!("{many} mistakes"),
                };
                let hint = "midwatch runbook check tells them";
                writeln!(text, "{:width$}  {many}: {hint}  ({place})", volume.id)
            }
        };
    }
    text
}

fn one(name: &str, raw: bool, files: &Files) -> Result<String, Failure> {
    let shelf = shelf(files)?;
    let Some(volume) = shelf.get(name) else {
        let names: Vec<&str> = shelf.volumes().iter().map(|v| v.id.as_str()).collect();
        let hint = meant(name, names.iter().copied());
        return Err(Failure::Usage {
            what: format!("there is no runbook {}; {hint}", Clean::new(name)),
            hint: String::new(),
        });
    };
    match &volume.book {
        _ if raw => match &volume.stands {
            Stands::BuiltIn => Ok(runbook::built_in(name).unwrap_or_default().to_owned()),
            Stands::File(path) => {
                let path = PathBuf::from(path);
                let text = read(&path).map_err(|error| unreadable(&path, &error))?;
                Ok(text.lines().fold(String::new(), |all, line| {
                    all + Clean::new(line).as_str() + "\n"
                }))
            }
        },
        Ok(book) => Ok(words(book)),
        Err(_) => Err(Failure::Files(format!(
            "the runbook {name} has mistakes; midwatch runbook check tells them"
        ))),
    }
}

/// A runbook as it is carried out.
fn words(book: &Book) -> String {
    let mut text = format!("{}\n{}\n\n", book.id, Clean::new(&book.title));
    let _ = writeln!(text, "for     a {}", book.target.word);
    let offer = book.offer.as_ref().map_or("always", |offer| offer.text());
    let _ = writeln!(text, "when    {}\n", Clean::new(&offer.replace('\n', " ")));
    for (at, step) in book.steps.iter().enumerate() {
        let _ = writeln!(text, "{}. {}", at + 1, Clean::new(&step.title));
        for (word, line) in lines(step) {
            let _ = writeln!(text, "   {word:9} {}", Clean::new(&line.replace('\n', " ")));
        }
    }
    text
}

fn lines(step: &Step) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(when) = &step.when {
        lines.push(("when", when.text().to_owned()));
    }
    lines.push((step.what.word(), step.what.line()));
    let mut otherwise = |other: &Otherwise| match other {
        Otherwise::Stop(why) if why.is_empty() => {}
        Otherwise::Stop(why) => lines.push(("otherwise", format!("it stops: {why}"))),
        Otherwise::Ask(question) => lines.push(("otherwise", format!("asks: {question}"))),
        Otherwise::GoOn => lines.push(("otherwise", "it goes on".to_owned())),
    };
    match &step.what {
        What::Check { otherwise: or, .. } => otherwise(or),
        What::Wait {
            otherwise: or,
            within,
            ..
        } => {
            otherwise(or);
            lines.push(("within", seconds(*within)));
        }
        What::Ask { choices, .. } if !choices.is_empty() => {
            lines.push(("choices", choices.join(", ")));
        }
        What::Action { verify, within, .. } => {
            if let Some(verify) = verify {
                lines.push(("verify", verify.text().to_owned()));
            }
            lines.push(("within", seconds(*within)));
        }
        _ => {}
    }
    lines
}

fn seconds(time: std::time::Duration) -> String {
    let seconds = time.as_secs();
    match (seconds % 3600, seconds % 60) {
        (0, _) => format!("{} h", seconds / 3600),
        (_, 0) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

fn mistakes(files: &Files, named: &[PathBuf]) -> Result<Vec<Trouble>, Failure> {
    let all: Vec<PathBuf> = if named.is_empty() {
        let names = files.names("runbooks");
        names
            .iter()
            .filter_map(|name| files.path_of("runbooks", name))
            .collect()
    } else {
        named.to_vec()
    };
    let mut troubles = Vec::new();
    for path in all {
        let text = read(&path).map_err(|error| unreadable(&path, &error))?;
        let id = path.file_stem().unwrap_or_default().to_string_lossy();
        let wrong: Vec<Mistake> = runbook::read(&id, &text).err().unwrap_or_default();
        let place = path.display().to_string();
        troubles.extend(wrong.into_iter().map(|mistake| Trouble {
            place: place.clone(),
            mistake,
        }));
    }
    Ok(troubles)
}
