//! A plan in plain words, in the order in which a person asks. Pure.

use std::fmt::Write as _;

use crate::domain::Clean;
use crate::plan::{Plan, Step};

/// Requests of one kind that are named before the rest is only counted.
const NAMED: usize = 5;

/// The plan for people. Every text in it is safe to show.
pub(super) fn told(plan: &Plan) -> String {
    let mut out = Lines(format!("{}: {}\n", plan.action, plan.does));
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
    let needs: Vec<String> = plan
        .needs
        .iter()
        .map(|n| {
            let dot = if n.group.is_empty() { "" } else { "." };
            format!("{} {}{dot}{}", n.verb, n.resource, n.group)
        })
        .collect();
    out.add("needs", &needs.join(", "));
    match &plan.inverse {
        Some(inverse) => out.add("undo", &format!("{}: {}", inverse.action, inverse.text)),
        None => undo(&mut out, plan),
    }
    out.add("check", plan.verify.text);
    out.add("risk", plan.risk.words());
    out.0.push_str(if plan.is_blocked() {
        "\nBlocked: it would not be run like this. Nothing was sent.\n"
    } else {
        "\nThis is a plan: nothing was sent.\n"
    });
    out.0
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

/// One request; of a small body, what it says.
fn request(step: &Step) -> String {
    let path = Clean::new(&step.path);
    if step.method != "PATCH" {
        return format!("{} {path}", step.method);
    }
    let mut change = step.body.clone();
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
struct Lines(String);

impl Lines {
    fn add(&mut self, word: &str, text: &str) {
        // writing to a string does not fail
        let _ = writeln!(self.0, "  {word:<10} {text}");
    }
}
