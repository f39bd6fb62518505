//! Parts of a description that most kinds have: conditions, labels, who changed it, events. Pure.

use std::sync::Arc;

use super::containers::{pairs, shortened};
use super::page::{Cell, Page};
use crate::app::inspect::subject as subject_of;
use crate::app::screen::Ctx;
use crate::domain::{EventRow, RunRow, Subject, Tree, age, clock};
use crate::kinds::spec;
use crate::store::Table;
use crate::theme::Role;

/// Most events and writers told.
const EVENTS: usize = 30;
const WRITERS: usize = 5;
const RUNS: usize = 10;

fn cell(text: impl Into<String>, role: Role) -> Cell {
    (text.into(), role)
}

/// `status.conditions`: type, status, since, reason and message.
pub fn conditions(page: &mut Page, tree: &Tree, ctx: &Ctx<'_>) {
    page.heading("Conditions");
    let rows: Vec<Vec<Cell>> = tree
        .items_at(&["status", "conditions"])
        .iter()
        .map(|c| {
            let text = |name: &str| c.text_at(&[name]);
            let since = c
                .time_at(&["lastTransitionTime"])
                .map(|t| clock(t, ctx.now));
            let said: Vec<String> = [text("reason"), text("message")]
                .into_iter()
                .filter(|t| !t.is_empty())
                .collect();
            let role = if is_bad(&text("type"), &text("status")) {
                Role::Bad
            } else {
                Role::Text
            };
            vec![
                cell(text("type"), Role::Text),
                cell(text("status"), role),
                cell(since.unwrap_or_else(|| "-".to_owned()), Role::Dim),
                cell(said.join(": "), role),
            ]
        })
        .collect();
    page.table(&["TYPE", "STATUS", "SINCE", "WHY"], &rows);
}

/// What is good when it holds, and what is bad when it does.
fn is_bad(kind: &str, status: &str) -> bool {
    let trouble = [
        "Pressure",
        "Error",
        "Unavailable",
        "Failed",
        "DisruptionTarget",
    ];
    if trouble.iter().any(|t| kind.ends_with(t)) {
        return status == "True";
    }
    let good = [
        "Ready",
        "ContainersReady",
        "PodScheduled",
        "Initialized",
        "PodReadyToStartContainers",
    ];
    (good.contains(&kind) || kind.ends_with("Ready")) && status != "True"
}

/// What only one kind has.
pub fn kind(page: &mut Page, subject: &Subject, tree: &Tree, ctx: &Ctx<'_>) {
    match subject.feed {
        "nodes" => node(page, tree),
        "cron-workflows" => cron(page, subject, tree, ctx),
        "templates" => templates(page, tree),
        "workflows" => run(page, tree),
        _ => {}
    }
}

fn node(page: &mut Page, tree: &Tree) {
    page.heading("Resources");
    let empty = Tree::Null;
    let given = tree.at(&["status", "allocatable"]).unwrap_or(&empty);
    let rows: Vec<Vec<Cell>> = tree
        .at(&["status", "capacity"])
        .unwrap_or(&empty)
        .entries()
        .iter()
        .map(|(name, amount)| {
            let free = given.text_at(&[name.as_str()]);
            let lost = name.contains('/') && free != amount.word();
            let role = if lost { Role::Warn } else { Role::Text };
            vec![
                cell(name.to_string(), Role::Text),
                cell(amount.word(), Role::Text),
                cell(free, role),
            ]
        })
        .collect();
    page.table(&["RESOURCE", "CAPACITY", "TO GIVE OUT"], &rows);
    page.heading("Machine");
    for (label, field) in [
        ("kubelet", "kubeletVersion"),
        ("runtime", "containerRuntimeVersion"),
        ("system", "osImage"),
        ("kernel", "kernelVersion"),
    ] {
        page.fact(
            label,
            tree.text_at(&["status", "nodeInfo", field]),
            Role::Text,
        );
    }
    for address in tree.items_at(&["status", "addresses"]) {
        let label = address.text_at(&["type"]).to_lowercase();
        page.fact(&label, address.text_at(&["address"]), Role::Text);
    }
}

fn run(page: &mut Page, tree: &Tree) {
    const SETTINGS: [(&str, &str); 9] = [
        ("begins with", "entrypoint"),
        ("as account", "serviceAccountName"),
        ("priority", "priority"),
        ("parallelism", "parallelism"),
        ("ends after s", "activeDeadlineSeconds"),
        ("pods go", "podGC"),
        ("run goes", "ttlStrategy"),
        ("locks", "synchronization"),
        ("archives logs", "archiveLogs"),
    ];
    page.heading("Settings");
    for (label, field) in SETTINGS {
        let Some(value) = tree.at(&["spec", field]) else {
            continue;
        };
        let text = match value {
            Tree::Map(_) => pairs(value),
            scalar => scalar.word(),
        };
        page.fact(label, text, Role::Text);
    }
}

fn cron(page: &mut Page, subject: &Subject, tree: &Tree, ctx: &Ctx<'_>) {
    const SETTINGS: [(&str, &str); 4] = [
        ("concurrency", "concurrencyPolicy"),
        ("may be late s", "startingDeadlineSeconds"),
        ("keeps good", "successfulJobsHistoryLimit"),
        ("keeps failed", "failedJobsHistoryLimit"),
    ];
    page.heading("Settings");
    for (label, field) in SETTINGS {
        page.fact(label, tree.text_at(&["spec", field]), Role::Text);
    }
    page.heading("Runs");
    let origin = format!("cron {}", subject.key.name);
    let mine = |run: &&Arc<RunRow>| {
        *run.origin == *origin
            && run.key.namespace == subject.key.namespace
            && run.key.cluster == subject.key.cluster
    };
    let table = ctx.world.table::<RunRow>().into_iter();
    let mut runs: Vec<&Arc<RunRow>> = table.flat_map(Table::iter).filter(mine).collect();
    runs.sort_by_key(|run| (std::cmp::Reverse(run.created), run.key.clone()));
    for run in runs.iter().take(RUNS) {
        let text = format!(
            "{}  {}  {}",
            run.key.name,
            run.phase.word(),
            age(run.created, ctx.now)
        );
        page.link("", &text, Some(subject_of("workflows", &run.key, &run.uid)));
    }
    if runs.len() > RUNS {
        page.say(&format!("{} older", runs.len() - RUNS), Role::Dim);
    }
}

fn templates(page: &mut Page, tree: &Tree) {
    const KINDS: [&str; 9] = [
        "container",
        "script",
        "dag",
        "steps",
        "suspend",
        "resource",
        "http",
        "containerSet",
        "plugin",
    ];
    page.heading("Templates");
    let rows: Vec<Vec<Cell>> = tree
        .items_at(&["spec", "templates"])
        .iter()
        .map(|t| {
            let kind = KINDS
                .iter()
                .find(|k| t.get(k).is_some())
                .copied()
                .unwrap_or("-");
            let image = t
                .get(kind)
                .map(|k| k.text_at(&["image"]))
                .unwrap_or_default();
            vec![
                cell(t.text_at(&["name"]), Role::Text),
                cell(kind, Role::Dim),
                cell(image, Role::Dim),
            ]
        })
        .collect();
    page.table(&["NAME", "KIND", "IMAGE"], &rows);
}

/// Labels and annotations.
pub fn labels(page: &mut Page, tree: &Tree) {
    for (title, field) in [("Labels", "labels"), ("Annotations", "annotations")] {
        page.heading(title);
        let entries = tree.at(&["metadata", field]).map_or(&[][..], Tree::entries);
        for (key, value) in entries {
            page.say(&format!("{key}: {}", shortened(&value.word())), Role::Text);
        }
    }
}

/// Who wrote to it, the newest first.
pub fn changed(page: &mut Page, tree: &Tree, ctx: &Ctx<'_>) {
    page.heading("Changed");
    let mut writers: Vec<&Tree> = tree
        .items_at(&["metadata", "managedFields"])
        .iter()
        .collect();
    writers.sort_by_key(|w| std::cmp::Reverse(w.time_at(&["time"])));
    for (index, writer) in writers.iter().take(WRITERS).enumerate() {
        let at = writer
            .time_at(&["time"])
            .map_or_else(|| "an unknown time".to_owned(), |t| clock(t, ctx.now));
        let part = match writer.text_at(&["subresource"]) {
            part if part.is_empty() => String::new(),
            part => format!(" ({part})"),
        };
        let text = format!("by {} at {at}{part}", writer.text_at(&["manager"]));
        page.fact(
            if index == 0 { "last changed" } else { "" },
            text,
            Role::Text,
        );
    }
}

/// What the cluster noted, the newest first.
pub fn events(page: &mut Page, subject: &Subject, ctx: &Ctx<'_>) {
    let kind = spec(subject.feed).map_or("", |s| s.kind);
    page.heading("Events");
    let table = ctx.world.table::<EventRow>().into_iter();
    let mine = |e: &&Arc<EventRow>| e.is_about(kind, &subject.key);
    let mut found: Vec<&Arc<EventRow>> = table.flat_map(Table::iter).filter(mine).collect();
    found.sort_by_key(|e| (std::cmp::Reverse(e.last), e.key.clone()));
    let rows: Vec<Vec<Cell>> = found
        .iter()
        .take(EVENTS)
        .map(|e| {
            let role = if e.warning { Role::Bad } else { Role::Text };
            vec![
                cell(
                    e.last.map_or_else(|| "-".to_owned(), |t| clock(t, ctx.now)),
                    Role::Dim,
                ),
                cell(if e.warning { "Warning" } else { "Normal" }, role),
                cell(e.reason.to_string(), role),
                cell(e.count.to_string(), Role::Text),
                cell(e.from.to_string(), Role::Dim),
                cell(e.message.to_string(), Role::Text),
            ]
        })
        .collect();
    page.table(
        &["LAST", "TYPE", "REASON", "COUNT", "FROM", "MESSAGE"],
        &rows,
    );
    if found.len() > EVENTS {
        page.say(
            &format!("{} older: e shows them", found.len() - EVENTS),
            Role::Dim,
        );
    }
    if found.is_empty() {
        let (text, role) = silence(subject, ctx);
        page.say(&text, role);
    }
}

/// Why no events are told: there are none, or they cannot be known.
fn silence(subject: &Subject, ctx: &Ctx<'_>) -> (String, Role) {
    let kind = spec(subject.feed).map_or("", |s| s.kind);
    let scope = format!("{}/{kind}/{}", subject.key.namespace, subject.key.name);
    let mut sources = ctx.world.feed("events");
    let mine = sources.find(|s| {
        s.id.cluster == subject.key.cluster && (s.id.scope == scope || s.id.scope.is_empty())
    });
    match mine {
        Some(s) if s.state.is_live() => (
            "none (a cluster keeps them for an hour)".to_owned(),
            Role::Dim,
        ),
        Some(s) => {
            let why = s
                .fault
                .as_ref()
                .map_or_else(String::new, |f| format!(": {}", f.what));
            (
                format!("not known, the source is {}{why}", s.state.word()),
                Role::Warn,
            )
        }
        None => ("asking for them…".to_owned(), Role::Dim),
    }
}
