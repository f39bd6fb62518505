//! The operator's word for a plan: flags, or a question on the terminal whose default is *no*. I/O.

use std::io::{self, BufRead as _, IsTerminal as _};

use super::stages;
use crate::domain::Clean;
use crate::plan::{Confirm, Consent, Halt, HaltKind, Plan, Safety};

/// Asks for what the context and the risk of the plan ask for.
/// `yes` and the typed name were given beforehand.
pub(super) fn consent(
    (yes, confirm): (bool, Option<&str>),
    safety: Safety,
    plan: &Plan,
) -> Result<Consent, Halt> {
    let name = &plan.target.name;
    let person = io::stdin().is_terminal() && io::stderr().is_terminal();
    let consent = |typed: &str| Consent {
        safety,
        typed: typed.to_owned(),
    };
    if let Some(typed) = confirm {
        if typed == name {
            return Ok(consent(typed));
        }
        let (typed, name) = (Clean::new(typed), Clean::new(name));
        return Err(unconfirmed(&format!(
            "--confirm names {typed}, and the target is {name}"
        )));
    }
    match safety.confirm(plan.risk) {
        Some(Confirm::Choice) if yes => Ok(consent("")),
        Some(Confirm::Choice) if person => {
            let answer = asked("Do it? [y/N] ");
            match answer.as_deref() {
                Some("y" | "Y" | "yes") => Ok(consent("")),
                _ => Err(unconfirmed("It was not confirmed")),
            }
        }
        Some(Confirm::Name) if person => {
            let why = why(safety);
            let question = format!("{why}: type {} to do it: ", Clean::new(name));
            match asked(&question) {
                Some(typed) if typed == *name => Ok(consent(&typed)),
                _ => Err(unconfirmed("The name was not typed")),
            }
        }
        Some(Confirm::Choice) => Err(unconfirmed("Nobody is there to be asked").hint("Add --yes")),
        Some(Confirm::Name) => {
            let hint = format!("Add --confirm {}", Clean::new(name));
            Err(unconfirmed(why(safety)).hint(&hint))
        }
        // a read-only context does not get here
        None => Err(unconfirmed("The context is read-only")),
    }
}

fn why(safety: Safety) -> &'static str {
    match safety {
        Safety::Open => "It loses work",
        Safety::Protected | Safety::ReadOnly => "The context is protected",
    }
}

fn unconfirmed(what: &str) -> Halt {
    let text = format!("{what}: nothing was sent");
    Halt::new(HaltKind::Unconfirmed, &text)
}

/// One line from the terminal; none at its end.
fn asked(question: &str) -> Option<String> {
    stages::write(question);
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => {
            stages::write("\n");
            None
        }
        Ok(_) => Some(line.trim_end_matches(['\n', '\r']).to_owned()),
    }
}
