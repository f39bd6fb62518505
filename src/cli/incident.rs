//! `midwatch incident`: begins and ends an incident. What is done meanwhile, from here or a console, belongs to it. I/O: a
//! file of the state folder; no cluster is asked.

use std::env;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::config::print;
use super::exit::Failure;
use crate::config::{Incident, incidents, keep_incidents, state_folder};
use crate::domain::{Clean, Span, clock};

/// Longest title, in characters.
const LONGEST: usize = 200;

/// Begin or end an incident.
#[derive(Debug, Clone, Args)]
pub struct IncidentArgs {
    /// What to do [default: show]
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What can be done.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Begin one: what is done from now on belongs to it
    Start {
        /// What it is called
        #[arg(value_name = "TITLE")]
        title: String,
    },
    /// End the one that is open
    End,
    /// Show the one that is open
    Show,
    /// List all, oldest first
    List,
}

/// Does what was asked for.
pub fn run(args: &IncidentArgs) -> Result<ExitCode, Failure> {
    let folder = state_folder().map_err(|e| Failure::Files(e.to_string()))?;
    let mut all = incidents(&folder).map_err(|e| Failure::Files(e.to_string()))?;
    let now = Timestamp::now();
    let text = match args.verb.as_ref().unwrap_or(&Verb::Show) {
        Verb::Start { title } => start(&mut all, title, now)?,
        Verb::End => end(&mut all, now)?,
        Verb::Show => {
            print(&show(&all, now))?;
            return Ok(ExitCode::SUCCESS);
        }
        Verb::List => {
            print(&list(&all, now))?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    keep_incidents(&folder, &all).map_err(|e| Failure::Files(e.to_string()))?;
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn start(all: &mut Vec<Incident>, title: &str, now: Timestamp) -> Result<String, Failure> {
    let title: String = Clean::new(title.trim()).chars().take(LONGEST).collect();
    if title.is_empty() {
        return Err(Failure::Usage {
            what: "an incident has a title".to_owned(),
            hint: "midwatch incident start \"fraud-scorer burns\"".to_owned(),
        });
    }
    if let Some(open) = all.iter().rfind(|one| one.ended.is_none()) {
        return Err(Failure::Usage {
            what: format!(
                "\"{}\" is open since {}",
                open.title,
                clock(open.began, now)
            ),
            hint: "End it first: midwatch incident end".to_owned(),
        });
    }
    let by = ["USER", "LOGNAME"]
        .map(env::var)
        .into_iter()
        .find_map(Result::ok);
    let title = Clean::new(&title);
    let text = format!(
        "\"{title}\" began. What is done from now on belongs to it, also in consoles that are open.\n\
         midwatch report tells it; midwatch incident end ends it.\n"
    );
    all.push(Incident {
        title,
        began: now,
        ended: None,
        by: Clean::new(&by.unwrap_or_default()),
    });
    Ok(text)
}

fn end(all: &mut [Incident], now: Timestamp) -> Result<String, Failure> {
    let Some(open) = all.iter_mut().rfind(|one| one.ended.is_none()) else {
        return Err(Failure::Usage {
            what: "no incident is open".to_owned(),
            hint: "midwatch incident list tells those that were".to_owned(),
        });
    };
    open.ended = Some(now);
    Ok(format!(
        "\"{}\" is over after {}. midwatch report writes its timeline.\n",
        open.title,
        Span::between(open.began, now)
    ))
}

fn show(all: &[Incident], now: Timestamp) -> String {
    match all.iter().rfind(|one| one.ended.is_none()) {
        Some(open) => format!(
            "\"{}\" is open for {}, since {}\n",
            open.title,
            Span::between(open.began, now),
            clock(open.began, now)
        ),
        None => "no incident is open; midwatch incident start \"TITLE\" begins one\n".to_owned(),
    }
}

fn list(all: &[Incident], now: Timestamp) -> String {
    let line = |one: &Incident| {
        let state = one
            .ended
            .map_or_else(|| "open".to_owned(), |_| "over".to_owned());
        let took = Span::between(one.began, one.ended.unwrap_or(now));
        let began = one.began.strftime("%F %H:%MZ");
        format!("{began}  {state}  {took}  {}\n", one.title)
    };
    all.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn one_is_open_at_a_time() {
        let mut all = Vec::new();
        start(&mut all, "  fraud burns\u{1b}[2J ", at(0)).unwrap();
        assert!(!all[0].title.contains('\u{1b}'));
        let refused = start(&mut all, "another", at(60)).unwrap_err();
        assert!(refused.to_string().contains("is open since"), "{refused}");
        assert!(end(&mut all, at(3_600)).unwrap().contains("is over after"));
        assert!(end(&mut all, at(3_700)).is_err());
        start(&mut all, "another", at(4_000)).unwrap();
        assert_eq!(list(&all, at(5_000)).lines().count(), 2);
        assert!(start(&mut Vec::new(), " ", at(0)).is_err());
    }
}
