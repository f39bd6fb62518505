//! What came of an action, for people and scripts, and the exit code. I/O on standard output and error.

use std::fmt::Write as _;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::super::actions::Form;
use super::super::exit::{Failure, INTERRUPTED, NOT_FOUND};
use super::super::print::{json_text, print};
use super::{REFUSED, sentence, stages};
use crate::plan::{API_VERSION, By, Change, Halt, HaltKind, Outcome, Plan, Verdict, hide};

/// Changes that are printed; the rest is in the journal and in the JSON.
const CHANGES: usize = 8;

/// The exit code of an action that a guard stopped.
pub(in crate::cli) fn code(halt: HaltKind) -> u8 {
    match halt {
        HaltKind::Changed | HaltKind::Switched => 6,
        HaltKind::Gone => NOT_FOUND,
        HaltKind::Unconfirmed => 9,
        HaltKind::Unreachable => 1,
        HaltKind::Cancelled => INTERRUPTED,
        HaltKind::Refused
        | HaltKind::Blocked
        | HaltKind::Denied
        | HaltKind::Stale
        | HaltKind::ReadOnly
        | HaltKind::Journal
        | HaltKind::Server => REFUSED,
    }
}

fn code_of(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Done => 0,
        Verdict::Accepted => 8,
        Verdict::NotWritten(halt) => code(halt),
        Verdict::Partly | Verdict::Unknown => 7,
    }
}

/// Tells that a guard stopped it.
pub(super) fn halted(halt: Halt, form: Form) -> Result<ExitCode, Failure> {
    ended(&halt.into(), None, form)
}

/// Tells what came of it.
pub(super) fn ended(
    outcome: &Outcome,
    plan: Option<&Plan>,
    form: Form,
) -> Result<ExitCode, Failure> {
    let code = code_of(outcome.verdict);
    match form {
        Form::Json => {
            print(&json_text(&json(outcome, plan)))?;
        }
        Form::Text if matches!(outcome.verdict, Verdict::Done | Verdict::Accepted) => {
            print(&text(outcome, plan))?;
        }
        Form::Text => stages::write(&format!("midwatch: {}", text(outcome, plan))),
    }
    Ok(ExitCode::from(code))
}

fn json(outcome: &Outcome, plan: Option<&Plan>) -> Value {
    json!({
        "apiVersion": API_VERSION,
        "kind": "Outcome",
        "id": outcome.id,
        "verdict": outcome.verdict,
        "what": outcome.what,
        "hint": outcome.hint,
        "answers": outcome.answers,
        "changes": outcome.changes,
        "by": outcome.by,
        "undo": outcome.undo,
        "unrecorded": outcome.unrecorded,
        "tookMillis": u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX),
        "plan": plan.map(without_secrets),
    })
}

/// The plan as it may be kept in logs. Who needs the exact requests has them from a dry run.
fn without_secrets(plan: &Plan) -> Value {
    let mut value = json!(plan);
    value["parameters"] = json!(hide::parameters(&plan.parameters));
    let steps = value["steps"].as_array_mut().into_iter().flatten();
    for (shown, step) in steps.zip(&plan.steps) {
        shown["body"] = hide::value(&step.body);
    }
    value
}

fn text(outcome: &Outcome, plan: Option<&Plan>) -> String {
    let what = sentence(&outcome.what);
    let mut text = match outcome.verdict {
        Verdict::NotWritten(HaltKind::Refused | HaltKind::Gone) => format!("{what}\n"),
        verdict => format!("{}: {what}\n", verdict.words()),
    };
    let mut line = |word: &str, said: &str| {
        if !said.is_empty() {
            // writing to a string does not fail
            let _ = writeln!(text, "  {word:<10} {said}");
        }
    };
    for change in outcome.changes.iter().take(CHANGES) {
        line("changed", &changed(change));
    }
    if let Some(more) = outcome.changes.len().checked_sub(CHANGES + 1) {
        line("", &format!("and {} more", more + 1));
    }
    for by in &outcome.by {
        line("by", &writer(by));
    }
    let written = !matches!(outcome.verdict, Verdict::NotWritten(_));
    if let Some(text) = plan.and_then(|p| p.forecast.passing()).filter(|_| written) {
        line("stays", text);
    }
    match (&outcome.undo, plan) {
        (Some(undo), _) => line("undo", &undo.words()),
        (None, Some(plan)) if written => line("undo", &no_undo(plan)),
        _ => {}
    }
    line("next", &outcome.hint);
    if !outcome.id.is_empty() {
        line("journal", &format!("midwatch audit show {}", outcome.id));
    }
    if !outcome.unrecorded.is_empty() {
        let why = format!(
            "the last lines could not be written: {}",
            outcome.unrecorded
        );
        line("JOURNAL", &why);
    }
    text
}

fn no_undo(plan: &Plan) -> String {
    let known = plan.facts.iter().find(|f| f.topic == "undo");
    known.map_or("cannot be taken back".to_owned(), |f| f.text.to_string())
}

fn changed(change: &Change) -> String {
    let side = |value: &Option<crate::domain::Clean>| match value {
        Some(value) => value.chars().take(60).collect(),
        None => "(nothing)".to_owned(),
    };
    format!(
        "{}: {} -> {}",
        change.path,
        side(&change.before),
        side(&change.after)
    )
}

fn writer(by: &By) -> String {
    let at = by.at.map(|at| format!(" at {at}")).unwrap_or_default();
    let what = if by.what.is_empty() {
        String::new()
    } else {
        format!(" ({})", by.what)
    };
    format!("{}{at}{what}", by.who)
}
