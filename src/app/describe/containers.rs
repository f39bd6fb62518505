//! The containers of a pod: what they run, what they may use, how they are. Pure.

use std::fmt::Write as _;

use super::page::Page;
use crate::app::screen::Ctx;
use crate::domain::{Subject, Tree, clock};
use crate::theme::Role;

/// Most variables named.
const NAMES: usize = 40;

/// Adds a part for each container.
pub fn containers(page: &mut Page, subject: &Subject, tree: &Tree, ctx: &Ctx<'_>) {
    if subject.feed != "pods" {
        return;
    }
    for (list, status, word) in [
        ("initContainers", "initContainerStatuses", "Init container"),
        ("containers", "containerStatuses", "Container"),
    ] {
        for container in tree.items_at(&["spec", list]) {
            let name = container.text_at(&["name"]);
            let known = tree.items_at(&["status", status]).iter();
            let status = known.into_iter().find(|s| s.text_at(&["name"]) == name);
            page.heading(&format!("{word} {name}"));
            one(page, container, status, ctx);
        }
    }
}

fn one(page: &mut Page, container: &Tree, status: Option<&Tree>, ctx: &Ctx<'_>) {
    if let Some(status) = status {
        let (text, role) = state(status.get("state"), ctx);
        page.fact("state", text, role);
        let (text, _) = state(status.get("lastState"), ctx);
        page.fact("before that", text, Role::Text);
        let restarts = status.text_at(&["restartCount"]);
        if restarts != "0" {
            page.fact("restarts", restarts, Role::Warn);
        }
    } else {
        page.fact("state", "not started", Role::Dim);
    }
    page.fact("image", container.text_at(&["image"]), Role::Text);
    for (label, path) in [
        ("limits", ["resources", "limits"]),
        ("requests", ["resources", "requests"]),
    ] {
        let amounts = container.at(&path).map(pairs).unwrap_or_default();
        page.fact(label, amounts, Role::Text);
    }
    for label in ["command", "args"] {
        let words: Vec<String> = container
            .items_at(&[label])
            .iter()
            .map(Tree::word)
            .collect();
        page.fact(label, shortened(&words.join(" ")), Role::Text);
    }
    page.fact("environment", names(container), Role::Text);
}

/// `memory 64Gi, cpu 8`
pub fn pairs(tree: &Tree) -> String {
    let pairs = tree.entries().iter();
    let said: Vec<String> = pairs
        .map(|(name, amount)| format!("{name} {}", amount.word()))
        .collect();
    said.join(", ")
}

/// The state of a container and since when; empty when there is none.
fn state(state: Option<&Tree>, ctx: &Ctx<'_>) -> (String, Role) {
    let Some((word, detail)) = state.and_then(|s| s.entries().first()) else {
        return (String::new(), Role::Text);
    };
    let text = |name: &str| detail.text_at(&[name]);
    let at = |name: &str| detail.time_at(&[name]).map(|t| clock(t, ctx.now));
    let mut said = word.to_string();
    for part in [text("reason"), text("message")] {
        if !part.is_empty() {
            said.push_str(if said.len() == word.len() { ": " } else { ", " });
            said.push_str(&part);
        }
    }
    let code = text("exitCode");
    if !code.is_empty() {
        // writing to a string cannot fail
        let _ = write!(said, " (exit {code})");
    }
    let span = match (at("startedAt"), at("finishedAt")) {
        (Some(from), Some(to)) => format!(", {from} to {to}"),
        (Some(from), None) => format!(" since {from}"),
        _ => String::new(),
    };
    said.push_str(&span);
    let role = match &**word {
        "terminated" if code != "0" => Role::Bad,
        "waiting" => Role::Warn,
        _ => Role::Text,
    };
    (said, role)
}

/// Names of environment variables and where they come from; no values.
fn names(container: &Tree) -> String {
    let env = container.items_at(&["env"]);
    let mut said: Vec<String> = env
        .iter()
        .take(NAMES)
        .map(|variable| {
            let name = variable.text_at(&["name"]);
            let secret = variable.text_at(&["valueFrom", "secretKeyRef", "name"]);
            let config = variable.text_at(&["valueFrom", "configMapKeyRef", "name"]);
            match (secret.is_empty(), config.is_empty()) {
                (false, _) => format!("{name} (secret {secret})"),
                (_, false) => format!("{name} (config map {config})"),
                _ => name,
            }
        })
        .collect();
    if env.len() > NAMES {
        said.push(format!("{} more", env.len() - NAMES));
    }
    for source in container.items_at(&["envFrom"]) {
        for (field, word) in [("secretRef", "secret"), ("configMapRef", "config map")] {
            let name = source.text_at(&[field, "name"]);
            if !name.is_empty() {
                said.push(format!("all of {word} {name}"));
            }
        }
    }
    said.join(", ")
}

/// The beginning of a long text.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 400;
    let mut kept: String = text.chars().take(LONGEST).collect();
    if kept.len() < text.len() {
        kept.push_str(" … y shows all of it");
    }
    kept
}
