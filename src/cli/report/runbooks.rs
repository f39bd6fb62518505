//! Runs of runbooks, told as Markdown: what was begun, answered, done, left, gone on with, taken over, and by whom. Pure.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::timeline::{Story, came, md, moment};
use crate::domain::Span;
use crate::plan::{Did, Entry, Signed, Sitting, Stepped};

/// A run of a runbook, and whether a console of this machine is at it now.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    pub(super) sitting: Sitting,
    pub(super) lives: bool,
}

/// Kinds of steps, as they stand in what was written of a step: `TITLE: KIND …`.
const KINDS: [&str; 6] = ["check", "query", "ask", "action", "wait", "note"];

/// Everything that happened in runs of runbooks, each on a line.
pub(super) fn happened(story: &Story) -> Vec<(Timestamp, String)> {
    let mut lines = Vec::new();
    for Walk { sitting, .. } in &story.walks {
        let book = name(sitting);
        let begun = &sitting.begun;
        let text = format!(
            "runbook {book} **begun** on {} by {}{}",
            md(&begun.about.words()),
            who(&begun.signed),
            took(&begun.signed)
        );
        lines.push((sitting.at, text));
        let steps = sitting.stepped.iter();
        lines.extend(steps.filter_map(|(at, stepped)| Some((*at, step_told(sitting, stepped)?))));
        for (at, signed) in &sitting.turns {
            let at_step = left_at(sitting, *at);
            let (who, took) = (who(signed), took(signed));
            let text = format!("runbook {book} **gone on with** by {who} at {at_step}{took}");
            lines.push((*at, text));
        }
        for (at, lost) in &sitting.lost {
            let who = who(&lost.signed);
            let text = format!("runbook {book} **taken from** {who}: {}", md(&lost.what));
            lines.push((*at, text));
        }
        lines.extend(end_told(sitting));
    }
    lines
}

/// What happened to a step; that it began is told only where somebody took the target over with it.
fn step_told(sitting: &Sitting, stepped: &Stepped) -> Option<String> {
    let book = name(sitting);
    match stepped.did {
        Did::Began if stepped.signed.took.is_empty() => None,
        Did::Began => {
            let (who, took) = (who(&stepped.signed), took(&stepped.signed));
            Some(format!("runbook {book} **taken over** by {who}{took}"))
        }
        did => {
            let step = of(sitting, stepped.step);
            let came = came_of(did, &stepped.what);
            Some(format!("runbook {book}, {step}: {came}"))
        }
    }
}

fn end_told(sitting: &Sitting) -> Option<(Timestamp, String)> {
    let closed = sitting.ended.as_ref()?;
    let (book, took) = (name(sitting), Span::between(sitting.at, sitting.seen));
    let why = match closed.what.as_str() {
        "" => String::new(),
        why => format!(": {}", md(why)),
    };
    let text = format!("runbook {book} **{}** after {took}{why}", closed.how.word());
    Some((sitting.seen, text))
}

/// Where each run stands, step by step.
pub(super) fn runbooks(story: &Story) -> String {
    if story.walks.is_empty() {
        return String::new();
    }
    let mut text = "\n## Runbooks\n".to_owned();
    for walk in &story.walks {
        text += &one(walk, story);
    }
    text
}

fn one(walk: &Walk, story: &Story) -> String {
    let Walk { sitting, lives } = walk;
    let begun = &sitting.begun;
    let state = match (&sitting.ended, lives) {
        (Some(closed), _) => closed.how.word().to_owned(),
        (None, true) => format!("under way, at step {}", sitting.step() + 1),
        (None, false) => format!("**left** at step {}", sitting.step() + 1),
    };
    let mut text = format!(
        "\n### {} on {}: {state}\n\n",
        name(sitting),
        md(&begun.about.words())
    );
    let _ = writeln!(
        text,
        "- {}, in {}; run {}",
        md(&begun.title),
        md(&begun.cluster.name),
        md(&sitting.id)
    );
    for (at, signed) in &sitting.turns {
        let _ = writeln!(
            text,
            "- gone on with {} by {} at {}{}",
            moment(*at, story),
            who(signed),
            left_at(sitting, *at),
            took(signed)
        );
    }
    for (at, lost) in &sitting.lost {
        let _ = writeln!(text, "- {} {}", moment(*at, story), md(&lost.what));
    }
    if sitting.ended.is_none() && !lives {
        let id = md(&sitting.id);
        let _ = writeln!(
            text,
            "- it can be gone on with: midwatch runbook resume {id}"
        );
    }
    text += "\n| step | state | at | what came of it | by |\n|---|---|---|---|---|\n";
    for step in 0..begun.steps.len() {
        text += &row(walk, step, story);
    }
    text
}

/// One step of the table.
fn row(walk: &Walk, step: usize, story: &Story) -> String {
    let sitting = &walk.sitting;
    let last = sitting.stepped.iter().rfind(|(_, s)| s.step == step);
    let Some((at, stepped)) = last else {
        let word = if sitting.ended.is_some() {
            "not reached"
        } else {
            "ahead"
        };
        return format!("| {} | {word} | | | |\n", of(sitting, step));
    };
    let mark = format!("{}/{step}", sitting.id);
    let action = story
        .actions
        .iter()
        .rfind(|entry| entry.intent.runbook == mark);
    let (state, what) = match stepped.did {
        Did::Began => begun(walk, step, action),
        did => (word(did).to_owned(), md(said(&stepped.what))),
    };
    format!(
        "| {} | {state} | {} | {what} | {} |\n",
        of(sitting, step),
        moment(*at, story),
        who(&stepped.signed)
    )
}

/// A step that began, and of which nothing more was written.
fn begun(walk: &Walk, step: usize, action: Option<&Entry>) -> (String, String) {
    let written = walk.sitting.begun.steps.get(step);
    let acts = written.is_some_and(|written| parts(written).1 == "action");
    match action {
        _ if walk.lives => ("under way".to_owned(), String::new()),
        Some(entry) if entry.in_doubt() => {
            let text = format!(
                "{} was sent, and what came of it is not known",
                entry.intent.action
            );
            ("**in doubt**".to_owned(), md(&text))
        }
        Some(entry) => {
            let text = format!("`{}` {}", entry.intent.action, came(entry));
            ("half done".to_owned(), text)
        }
        None if acts => ("begun".to_owned(), "nothing was sent".to_owned()),
        None => ("begun".to_owned(), String::new()),
    }
}

fn word(did: Did) -> &'static str {
    match did {
        Did::Began => "begun",
        Did::Passed => "done",
        Did::Skipped => "skipped",
        Did::Failed => "failed",
    }
}

/// What came of a step, without the word that its action says first.
fn said(what: &str) -> &str {
    what.strip_prefix("done: ").unwrap_or(what)
}

fn came_of(did: Did, what: &str) -> String {
    match (did, said(what)) {
        (_, "") => word(did).to_owned(),
        (Did::Failed, what) => format!("**failed**, {}", md(what)),
        (did, what) => format!("{}, {}", word(did), md(what)),
    }
}

/// What it stood at when it was left before this time.
fn left_at(sitting: &Sitting, at: Timestamp) -> String {
    let before: Vec<&Stepped> = sitting
        .stepped
        .iter()
        .filter(|(when, _)| *when <= at)
        .map(|(_, stepped)| stepped)
        .collect();
    let over = before.iter().rev().find(|s| s.did != Did::Began);
    let next = over.map_or(0, |s| s.step + 1);
    let half = before.iter().any(|s| s.did == Did::Began && s.step == next);
    let half = if half { ", which had begun" } else { "" };
    format!("{}{half}", of(sitting, next))
}

/// `step 2 of 5, Hold it?`.
fn of(sitting: &Sitting, step: usize) -> String {
    let steps = &sitting.begun.steps;
    match steps.get(step) {
        Some(written) => {
            let title = md(parts(written).0);
            format!("step {} of {}, {title}", step + 1, steps.len())
        }
        None => "its end".to_owned(),
    }
}

/// The title and the kind of a step as it was written.
fn parts(written: &str) -> (&str, &str) {
    let found = KINDS.iter().filter_map(|kind| {
        let at = written.find(&format!(": {kind} "))?;
        Some((at, *kind))
    });
    let first = found.min();
    first.map_or((written, ""), |(at, kind)| {
        (written.get(..at).unwrap_or(written), kind)
    })
}

fn name(sitting: &Sitting) -> String {
    md(&sitting.begun.runbook)
}

/// The person as the API server knows them, and where they sat.
fn who(signed: &Signed) -> String {
    let (name, sat) = (signed.operator.name(), signed.words());
    if sat.starts_with(name) {
        md(&sat)
    } else {
        md(&format!("{name} ({sat})"))
    }
}

/// That the target was taken over, from whom and why.
fn took(signed: &Signed) -> String {
    let from = match signed.from.as_str() {
        "" => String::new(),
        from => format!(" from {}", md(from)),
    };
    match signed.took.as_str() {
        "" => String::new(),
        why => format!(", **taken over**{from}, because: {}", md(why)),
    }
}

#[cfg(test)]
#[path = "runbooks_tests.rs"]
mod tests;
