//! `midwatch actions`: what can be done to what. I/O on standard output.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::exit::Failure;
use super::print::{json_text, print};
use crate::plan::{ACTIONS, API_VERSION, ActionSpec, ParameterKind, Risk, action, nearest};

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Form {
    /// For people.
    #[default]
    Text,
    /// For scripts; versioned and documented.
    Json,
}

/// List the actions.
#[derive(Debug, Clone, Args)]
pub struct ActionsArgs {
    /// Action to describe with its parameters [default: all, one line each]
    #[arg(value_name = "ACTION")]
    pub name: Option<String>,
    /// How to write the answer
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Form,
}

/// Lists the actions, or describes one.
pub fn run(args: &ActionsArgs) -> Result<ExitCode, Failure> {
    let specs: Vec<&ActionSpec> = match &args.name {
        Some(name) => vec![known(name)?],
        None => ACTIONS.iter().map(|a| a.spec()).collect(),
    };
    let text = match args.output {
        Form::Json => json_text(&json!({
            "apiVersion": API_VERSION,
            "kind": "ActionList",
            "items": specs,
        })),
        Form::Text if args.name.is_some() => specs.iter().map(|s| described(s)).collect(),
        Form::Text => specs.iter().map(|s| line(s)).collect(),
    };
    print(&text)
}

/// The specification of the action of this name.
pub(super) fn known(name: &str) -> Result<&'static ActionSpec, Failure> {
    if let Some(action) = action(name) {
        return Ok(action.spec());
    }
    let names = || ACTIONS.iter().map(|a| a.spec().name);
    let hint = match nearest(name, names()) {
        Some(near) => format!("Did you mean {near}?"),
        None => "midwatch actions lists them.".to_owned(),
    };
    let name = crate::domain::Clean::new(name);
    Err(Failure::Ended {
        message: format!("there is no action {name}\n{hint}"),
        code: 2,
    })
}

/// What is at stake at least: whether work is lost, only a plan knows.
fn least(risk: Risk) -> &'static str {
    match risk {
        Risk::Reversible => "changes state",
        Risk::Safe | Risk::LosesLittle | Risk::LosesWork => risk.words(),
    }
}

fn line(spec: &ActionSpec) -> String {
    let target = spec.targets.first().map_or("", |t| t.plural);
    format!(
        "{:<20}  {:<20}  {:<27}  {}\n",
        spec.name,
        target,
        least(spec.risk),
        spec.title
    )
}

fn described(spec: &ActionSpec) -> String {
    let targets: Vec<&str> = spec.targets.iter().map(|t| t.plural).collect();
    let rights: Vec<String> = spec.rights.iter().map(|r| r.words()).collect();
    let mut text = format!(
        "{}\n{}\n\ntarget  {}\nrisk    {}\nundo    {}\ndone    {}\nneeds   {}\n",
        spec.name,
        spec.title,
        targets.join(", "),
        least(spec.risk),
        spec.inverse,
        spec.verify,
        rights.join(", ")
    );
    for parameter in spec.parameters {
        let takes = match parameter.kind {
            ParameterKind::Flag => "true|false".to_owned(),
            ParameterKind::Text => "TEXT".to_owned(),
            ParameterKind::Pairs => "NAME=VALUE, several times".to_owned(),
            ParameterKind::Choice(words) => words.join("|"),
        };
        let default = match parameter.default {
            "" => String::new(),
            given => format!(" [default: {given}]"),
        };
        // writing to a string does not fail
        let _ = write!(
            text,
            "\n--param {}={takes}{default}\n    {}\n",
            parameter.name, parameter.help
        );
    }
    text
}
