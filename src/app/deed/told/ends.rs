//! What happens and what came of it, in words. Pure.

use jiff::Timestamp;

use super::plan::{cannot, here};
use super::{by, changes};
use crate::app::column::Fact;
use crate::app::deed::story::Story;
use crate::domain::{Span, clock};
use crate::plan::{Halt, HaltKind, Outcome, Verdict};
use crate::theme::{Mark, Role};

/// Why there is no plan.
#[must_use]
pub fn halted(halt: &Halt, unfolded: bool, now: Timestamp) -> Vec<Fact> {
    let mut facts = vec![Fact::with("why", halt.what.to_string(), Role::Strong)];
    if !halt.hint.is_empty() {
        facts.push(Fact::new("do", here(&halt.hint)));
    }
    changes(&mut facts, "changed", &halt.changes, unfolded);
    by(&mut facts, &halt.by, now);
    facts
}

/// What happened so far.
#[must_use]
pub fn running(story: &Story, now: Timestamp) -> Vec<Fact> {
    let mut facts = vec![Fact::with(
        "does",
        story.prepared.plan.does.to_string(),
        Role::Strong,
    )];
    lines(&mut facts, story, now);
    facts
}

fn lines(facts: &mut Vec<Fact>, story: &Story, now: Timestamp) {
    let mut label = "so far";
    if story.ended.is_some() {
        label = "course";
    }
    for line in &story.lines {
        let text = format!("{}  {}", clock(line.at, now), line.text);
        facts.push(Fact::with(label, text, line.role));
        label = "";
    }
}

/// What a verdict looks like.
#[must_use]
pub fn mark(verdict: Verdict) -> Mark {
    match verdict {
        Verdict::Done => Mark::Ok,
        Verdict::Accepted => Mark::Waiting,
        Verdict::NotWritten(HaltKind::Cancelled) => Mark::Omitted,
        Verdict::NotWritten(_) => Mark::Failed,
        Verdict::Partly => Mark::Burning,
        Verdict::Unknown => Mark::Unknown,
    }
}

/// What came of it, first the verdict, then what to do, then how it went.
#[must_use]
pub fn ended(story: &Story, outcome: &Outcome, unfolded: bool, now: Timestamp) -> Vec<Fact> {
    let role = mark(outcome.verdict).role();
    let mut facts = vec![Fact::with("what", outcome.what.to_string(), Role::Strong)];
    if !outcome.hint.is_empty() {
        facts.push(Fact::new("do", here(&outcome.hint)));
    }
    let written = !matches!(outcome.verdict, Verdict::NotWritten(_));
    let passing = story.prepared.plan.forecast.passing();
    // what is done now may be taken back by who keeps the object: a green mark alone would calm falsely
    if let Some(text) = passing.filter(|_| written) {
        facts.push(Fact::with("stays", text, Role::Warn));
    }
    changes(&mut facts, "changed", &outcome.changes, unfolded);
    by(&mut facts, &outcome.by, now);
    if !outcome.unrecorded.is_empty() {
        let text = format!(
            "the last lines could not be written: {}",
            outcome.unrecorded
        );
        facts.push(Fact::with("journal", text, Role::Bad));
    }
    match (&outcome.undo, outcome.verdict) {
        (Some(undo), _) => {
            let text = format!("{} (u): {}", undo.call(), undo.text);
            facts.push(Fact::new("undo", text));
        }
        (None, Verdict::NotWritten(_)) => {}
        (None, _) => facts.push(Fact::new("undo", cannot(&story.prepared.plan))),
    }
    let took = i64::try_from(outcome.took.as_secs()).unwrap_or(i64::MAX);
    let id = if outcome.id.is_empty() {
        "not in the journal".to_owned()
    } else {
        format!(
            "in the journal as {}",
            crate::domain::Clean::new(&outcome.id)
        )
    };
    facts.push(Fact::with(
        "took",
        format!("{}, {id}", Span(took)),
        Role::Dim,
    ));
    lines(&mut facts, story, now);
    if let Some(first) = facts.first_mut().filter(|_| role == Role::Bad) {
        first.role = Role::Bad;
    }
    facts
}
