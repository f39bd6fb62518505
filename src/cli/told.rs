//! A plan in plain words, in the order in which a person asks. Pure.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::domain::Clean;
use crate::plan::{Forecast, Plan, Step, hide};

/// Requests of one kind that are named before the rest is only counted.
const NAMED: usize = 5;

/// Cells before the text of a line.
const INDENT: usize = 13;

/// Fewest cells of text on a line, however narrow the terminal is.
const NARROWEST: usize = 24;

/// The plan for people, broken between words to fit `width` cells, and that it is only a plan. Every text in it is safe
/// to show.
pub(super) fn told(plan: &Plan, width: Option<usize>) -> String {
    let mut text = preview(plan, width);
    text.push_str(if plan.is_blocked() {
        "\nBlocked: it would not be run like this. Nothing was sent.\n"
    } else {
        "\nThis is a plan: nothing was sent.\n"
    });
    text
}

/// The plan for people, before it is carried out.
pub(super) fn preview(plan: &Plan, width: Option<usize>) -> String {
    let mut out = Lines {
        text: format!("{}: {}\n", plan.action, plan.does),
        width: width.map_or(usize::MAX, |w| w.saturating_sub(INDENT).max(NARROWEST)),
    };
    let target = &plan.target;
    let identity = match target.cluster_uid.as_str() {
        "" => "its identity may not be read".to_owned(),
        uid => format!("cluster {}", Clean::new(uid)),
    };
    out.add(
        "on",
        &format!(
            "{} ({}, {identity})",
            Clean::new(&target.cluster),
            Clean::new(&target.server)
        ),
    );
    out.add(
        "what",
        &format!(
            "{} {}, uid {}, version {}",
            target.resource,
            target.words(),
            Clean::new(&target.uid),
            Clean::new(&target.resource_version)
        ),
    );
    steps(&mut out, &plan.steps);
    nodes(&mut out, "reset", &plan.reset, plan);
    nodes(&mut out, "gate", &plan.gates, plan);
    for fact in plan.facts.iter().filter(|f| f.topic != "undo") {
        out.add(fact.topic, &fact.text);
    }
    for trap in &plan.traps {
        out.add(if trap.blocks { "BLOCKED" } else { "note" }, &trap.text);
    }
    kept(&mut out, &plan.forecast);
    let needs: Vec<String> = plan
        .needs
        .iter()
        .map(|n| {
            let dot = if n.group.is_empty() { "" } else { "." };
            format!("{} {}{dot}{}", n.verb, n.resource, n.group)
        })
        .collect();
    if !needs.is_empty() {
        out.add("needs", &needs.join(", "));
    }
    match plan.inverse_words() {
        Some(inverse) => out.add("undo", &inverse),
        None => undo(&mut out, plan),
    }
    out.add("check", &plan.verify.text);
    for check in &plan.verify.checks {
        out.add("", &format!("  {}", check.words()));
    }
    out.add("risk", plan.risk.words());
    out.text
}

/// Who else writes the object, and whether the change stays.
fn kept(out: &mut Lines, forecast: &Forecast) {
    if let Some(owner) = &forecast.owner {
        out.add("owner", &owner.told());
    }
    for (word, text) in [
        ("note", &forecast.text),
        ("lasts", &forecast.lasts),
        ("unknown", &forecast.unknown),
    ] {
        if !text.is_empty() {
            out.add(word, text);
        }
    }
}

fn undo(out: &mut Lines, plan: &Plan) {
    let known = plan.facts.iter().find(|f| f.topic == "undo");
    out.add("undo", known.map_or("cannot be taken back", |f| &f.text));
}

fn steps(out: &mut Lines, steps: &[Step]) {
    let mut word = "does";
    let mut rest = steps;
    while let Some(first) = rest.first() {
        let alike = rest
            .iter()
            .take_while(|s| s.method == first.method && s.why == first.why)
            .count();
        for step in rest.iter().take(alike.min(NAMED)) {
            out.add(word, &request(step));
            word = "";
        }
        if alike > NAMED {
            out.add("", &format!("{} {} more", first.method, alike - NAMED));
        }
        out.add("", &format!("  {}", first.why));
        rest = rest.get(alike..).unwrap_or_default();
    }
}

/// A path without what all objects of a namespace share.
fn short(path: &str) -> &str {
    let inside = path.split_once("/namespaces/");
    let rest = inside.and_then(|(_, rest)| rest.split_once('/'));
    rest.map_or(path, |(_, rest)| rest)
}

/// One request; of a small body, what it says.
fn request(step: &Step) -> String {
    let path = Clean::new(short(&step.path));
    if step.method != "PATCH" {
        return format!("{} {path}", step.method);
    }
    let mut change = hide::value(&step.body);
    if let Some(meta) = change.get_mut("metadata").and_then(|m| m.as_object_mut()) {
        meta.remove("uid");
        meta.remove("resourceVersion");
    }
    if change
        .get("metadata")
        .is_some_and(|m| m.as_object().is_some_and(serde_json::Map::is_empty))
        && let Some(all) = change.as_object_mut()
    {
        all.remove("metadata");
    }
    format!("PATCH {path}  {}", Clean::new(&change.to_string()))
}

fn nodes(out: &mut Lines, word: &str, ids: &[String], plan: &Plan) {
    if ids.is_empty() {
        return;
    }
    let names: Vec<String> = ids
        .iter()
        .take(NAMED)
        .map(|id| Clean::new(plan.names.get(id).unwrap_or(id)).to_string())
        .collect();
    let more = match ids.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    out.add(word, &format!("{}{more}", names.join(", ")));
}

/// Lines with a word before each.
struct Lines {
    text: String,
    /// Cells for what follows the word.
    width: usize,
}

impl Lines {
    fn add(&mut self, word: &str, text: &str) {
        let mut word = word;
        for line in broken(text, self.width) {
            // writing to a string does not fail
            let _ = writeln!(self.text, "  {word:<10} {line}");
            word = "";
        }
    }
}

/// A text in lines of at most so many cells, broken at blanks; a longer word stands alone.
fn broken(text: &str, width: usize) -> Vec<String> {
    let indent = text.len() - text.trim_start().len();
    let indent = " ".repeat(indent.min(4));
    let mut lines = vec![indent.clone()];
    let mut used = indent.len();
    for word in text.split_whitespace() {
        let cells = word.width();
        if used + 1 + cells > width && used > indent.len() {
            lines.push(indent.clone());
            used = indent.len();
        }
        if let Some(line) = lines.last_mut() {
            if used > indent.len() {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += cells;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_keep_their_indent() {
        assert_eq!(broken("one two three", usize::MAX), ["one two three"]);
        assert_eq!(broken("  one two three", 9), ["  one two", "  three"]);
        assert_eq!(
            broken("a /very/long/path b", 6),
            ["a", "/very/long/path", "b"]
        );
        assert_eq!(broken("", 6), [""]);
    }
}
