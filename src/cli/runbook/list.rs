//! The runs of runbooks that the journal tells of. Pure.

use std::fmt::Write as _;

use crate::domain::Clean;
use crate::plan::{Did, Sitting};

/// Most runs that are listed.
const MOST: usize = 50;

/// One line each, the newest first.
pub(super) fn runs(all: &[Sitting]) -> String {
    if all.is_empty() {
        return "No runbook was run from this machine yet.\n".to_owned();
    }
    let mut text = String::new();
    for sitting in all.iter().rev().take(MOST) {
        let begun = &sitting.begun;
        let passed = |s: &&(jiff::Timestamp, crate::plan::Stepped)| s.1.did == Did::Passed;
        let done = sitting.stepped.iter().filter(passed).count();
        let stands = match &sitting.ended {
            Some(closed) => closed.how.word().to_owned(),
            None => format!("left at step {}", sitting.step() + 1),
        };
        let at = sitting.at.strftime("%Y-%m-%d %H:%M:%SZ");
        let _ = writeln!(
            text,
            "{}  {at}  {:28} {:32} {stands:16} {done} of {} steps  {}",
            sitting.id,
            Clean::new(&begun.runbook),
            begun.about.words(),
            begun.steps.len(),
            sitting.last.words(),
        );
    }
    text
}
