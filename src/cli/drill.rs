//! What is told of a drill: the list of them, the page that begins one, and its score. Pure.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use crate::demo::{DRILLS, Drill, Tally};

/// What only the console knows of how a drill went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Console {
    /// Keys pressed until the drill was solved, or altogether.
    pub(super) keys: usize,
    /// When what is wrong was first opened.
    pub(super) opened: Option<Timestamp>,
}

/// The incidents to practise on, one a line.
pub(super) fn listed() -> String {
    let widest = DRILLS
        .iter()
        .map(|d| d.name.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for drill in DRILLS {
        let _ = writeln!(text, "{:widest$}  {}", drill.name, drill.title);
    }
    text.push_str("\nStart one with: midwatch demo --drill NAME\n");
    text
}

/// What a person on watch is told when a drill begins.
pub(super) fn paged(drill: &Drill) -> String {
    format!("Drill {}: {}", drill.name, drill.page)
}

/// What the person is told once it is over; nothing while it is not.
pub(super) fn solved(drill: &Drill, tally: &Tally) -> Option<String> {
    let took = lasted(tally.took()?);
    let name = drill.name;
    Some(format!(
        "Drill {name} is solved, in {took}: q ends it and tells the score"
    ))
}

/// How it went.
pub(super) fn score(drill: &Drill, tally: &Tally, console: Option<Console>) -> String {
    let mut text = format!("Drill {}: ", drill.name);
    let end = match tally.took() {
        Some(took) => format!("solved in {}", lasted(took)),
        None => "not solved".to_owned(),
    };
    let _ = writeln!(text, "{end}");
    let first = tally.writes.iter().find(|w| w.right).map(|w| w.at);
    let opened = console.and_then(|c| c.opened);
    let detected = [first, opened].into_iter().flatten().min();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<15}{value}");
    };
    let since = |at: Timestamp| lasted(at.duration_since(tally.began));
    line(
        "time to detect",
        &detected.map_or("not found".to_owned(), since),
    );
    line(
        "time to fix",
        &tally.took().map_or("not fixed".to_owned(), lasted),
    );
    if let Some(console) = console {
        line("keys pressed", &console.keys.to_string());
    }
    let wrong: Vec<&str> = tally.wrong().map(|w| w.what.as_str()).collect();
    line("wrong actions", &wrong.len().to_string());
    for what in wrong {
        let _ = writeln!(text, "    {what}");
    }
    text
}

/// `48 s`, `3 min 5 s`.
fn lasted(time: SignedDuration) -> String {
    let seconds = time.as_secs().max(0);
    match (seconds / 60, seconds % 60) {
        (0, s) => format!("{s} s"),
        (m, s) => format!("{m} min {s} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Wrote;

    #[test]
    fn the_score_tells_times_keys_and_what_was_wrong() {
        let began: Timestamp = "2026-11-21T03:00:00Z".parse().unwrap();
        let after = |s: i64| began + SignedDuration::from_secs(s);
        let wrote = |s: i64, what: &str, right: bool| Wrote {
            at: after(s),
            what: what.to_owned(),
            right,
        };
        let drill = Drill::named("canary-rollback").unwrap();
        let tally = Tally {
            began,
            solved: Some(after(95)),
            writes: vec![
                wrote(40, "patch inferenceservices recsys/ranker", false),
                wrote(90, "patch inferenceservices ml-fraud/fraud-scorer", true),
            ],
        };
        let console = Console {
            keys: 9,
            opened: Some(after(12)),
        };
        assert_eq!(
            score(drill, &tally, Some(console)),
            "Drill canary-rollback: solved in 1 min 35 s\n  time to detect 12 s\n  time to fix    1 min 35 s\n  keys pressed   9\n  wrong actions  1\n    patch inferenceservices recsys/ranker\n"
        );
        assert_eq!(
            solved(drill, &tally).unwrap(),
            "Drill canary-rollback is solved, in 1 min 35 s: q ends it and tells the score"
        );
        let none = Tally {
            solved: None,
            writes: Vec::new(),
            ..tally
        };
        assert_eq!(solved(drill, &none), None);
        let text = score(drill, &none, None);
        assert!(
            text.contains("not solved") && text.contains("not found"),
            "{text}"
        );
    }
}
