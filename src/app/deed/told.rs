//! An action in words: what it would do, why it cannot, what came of it. Pure; `ui` wraps and paints it, top down.

mod ends;
mod plan;

pub use ends::{ended, halted, mark, running};
pub use plan::{preview, request, short};

use crate::app::column::Fact;
use crate::domain::{Clean, clock};
use crate::plan::{By, Change};
use crate::theme::Role;

/// Names in a line before the rest is only counted.
const NAMED: usize = 5;

/// Changes that are told one by one while they are folded.
const CHANGED: usize = 8;

/// A label with what belongs to it; what follows has none.
fn push(facts: &mut Vec<Fact>, label: &'static str, texts: Vec<(String, Role)>) {
    let mut label = label;
    for (text, role) in texts {
        facts.push(Fact::with(label, text, role));
        label = "";
    }
}

/// What differs: `spec.suspend: (none) → true`.
fn changes(facts: &mut Vec<Fact>, label: &'static str, all: &[Change], unfolded: bool) {
    let most = if unfolded { all.len() } else { CHANGED };
    let value = |value: &Option<Clean>| {
        let text = value.as_ref().map_or("(nothing)", |v| v.as_str());
        let cut: String = text.chars().take(300).collect();
        if cut.len() < text.len() {
            format!("{cut}…")
        } else {
            cut
        }
    };
    let one = |change: &Change| {
        if change.before.is_none() && change.after.is_none() {
            return (change.path.to_string(), Role::Dim);
        }
        let (before, after) = (value(&change.before), value(&change.after));
        (format!("{}: {before} -> {after}", change.path), Role::Text)
    };
    let mut texts: Vec<_> = all.iter().take(most).map(one).collect();
    if let Some(more) = all.len().checked_sub(most).filter(|more| *more > 0) {
        texts.push((format!("and {more} more: f shows all"), Role::Dim));
    }
    push(facts, label, texts);
}

/// Who else wrote.
fn by(facts: &mut Vec<Fact>, all: &[By], now: jiff::Timestamp) {
    let one = |by: &By| {
        let mut text = by.who.to_string();
        if !by.what.is_empty() {
            text = format!("{text} ({})", by.what);
        }
        if let Some(at) = by.at {
            text = format!("{text} at {}", clock(at, now));
        }
        (text, Role::Warn)
    };
    push(facts, "by", all.iter().take(NAMED).map(one).collect());
}
