//! The list of pods. Pure.

use std::cmp::Ordering;

use super::cells::newest;
use super::columns::{age, cluster, name, namespace};
use crate::app::inspect::subject;
use crate::app::list::{Cell, Column, Fact, Listing};
use crate::app::logs::{LogScreen, Target};
use crate::app::run::RunScreen;
use crate::app::screen::{Ctx, Screen};
use crate::domain::{Clean, ContainerRow, Key, PodRow, Subject};
use crate::theme::{Mark, Role};

/// Pods of all namespaces.
#[derive(Debug)]
pub struct Pods;

static COLUMNS: &[Column<PodRow>] = &[
    Column::<PodRow>::new(
        "state",
        "STATE",
        11,
        |p, _| state(p),
        |a, b| rank(a).cmp(&rank(b)),
    ),
    name(20).grow(3),
    cluster().drop(7),
    namespace().drop(3),
    Column::<PodRow>::new(
        "node",
        "NODE",
        8,
        |p, _| Cell::clean(&p.node),
        |a, b| a.node.cmp(&b.node),
    )
    .grow(1)
    .drop(4),
    Column::<PodRow>::new(
        "gpus",
        "GPUS",
        16,
        |p, _| accelerators(p),
        |a, b| b.gpus.cmp(&a.gpus),
    )
    .drop(6),
    Column::<PodRow>::new(
        "restarts",
        "RESTARTS",
        8,
        |p, _| Cell::text(restarts(p).to_string()),
        |a, b| restarts(b).cmp(&restarts(a)),
    )
    .count(|p, _| Some(i64::from(restarts(p))))
    .drop(5)
    .right(),
    age().drop(1),
    Column::<PodRow>::new(
        "last-word",
        "LAST WORD",
        14,
        |p, _| last_word(p),
        |a, b| word(a).cmp(&word(b)),
    )
    .grow(3),
    Column::<PodRow>::new(
        "run",
        "RUN",
        16,
        |p, _| Cell::clean(&p.run),
        |a, b| a.run.cmp(&b.run),
    )
    .grow(1)
    .drop(8)
    .extra(),
];

fn restarts(pod: &PodRow) -> u32 {
    pod.containers.iter().map(|c| c.restarts).sum()
}

/// The container that explains the pod's state: the main one if it did not end well, else another one that did not,
/// else one that waits with a reason. A sidecar that is ended along with the others explains nothing.
fn culprit(pod: &PodRow) -> Option<&ContainerRow> {
    let broke = |c: &&ContainerRow| c.exit_code.is_some_and(|code| code != 0);
    let quiet = ["", "Completed", "PodInitializing", "ContainerCreating"];
    let stuck = |c: &&ContainerRow| !quiet.contains(&&*c.reason);
    let mut main = pod.containers.iter().filter(|c| &*c.name == "main");
    let all = || pod.containers.iter();
    main.find(broke)
        .or_else(|| all().find(broke))
        .or_else(|| all().find(stuck))
}

fn is_bad(pod: &PodRow) -> bool {
    &*pod.phase == "Failed" || (&*pod.phase != "Succeeded" && culprit(pod).is_some())
}

fn rank(pod: &PodRow) -> u8 {
    match &*pod.phase {
        _ if is_bad(pod) => 0,
        "Pending" => 1,
        "Unknown" => 2,
        "Running" => 3,
        _ => 4,
    }
}

fn state(pod: &PodRow) -> Cell {
    match &*pod.phase {
        _ if pod.deleting.is_some() => Cell::State(Mark::Stale, "Terminating"),
        "Failed" => Cell::State(Mark::Failed, "Failed"),
        "Running" => Cell::State(
            if is_bad(pod) {
                Mark::Burning
            } else {
                Mark::Running
            },
            "Running",
        ),
        "Pending" if !pod.unscheduled.is_empty() => Cell::State(Mark::Burning, "Pending"),
        "Pending" => Cell::State(
            if is_bad(pod) {
                Mark::Burning
            } else {
                Mark::Pending
            },
            "Pending",
        ),
        "Succeeded" => Cell::State(Mark::Ok, "Succeeded"),
        _ => Cell::State(Mark::Unknown, "Unknown"),
    }
}

/// What the cluster says of the pod as a whole comes first: evicted, out of time, not scheduled.
#[must_use]
pub fn word(pod: &PodRow) -> Clean {
    let own = if pod.unscheduled.is_empty() {
        &pod.reason
    } else {
        &pod.unscheduled
    };
    match culprit(pod) {
        Some(c) if own.is_empty() => {
            let code = c
                .exit_code
                .map_or_else(String::new, |code| format!(" ({code})"));
            Clean::from(format!("{}: {}{code}", c.name, c.reason))
        }
        _ => own.clone(),
    }
}

/// `1 gpu`, `2 mig-1g.10gb`: the vendor's domain says nothing that the name does not.
fn accelerators(pod: &PodRow) -> Cell {
    if pod.gpus.is_empty() {
        Cell::unknown()
    } else {
        Cell::text(pod.gpus.replace("nvidia.com/", ""))
    }
}

fn last_word(pod: &PodRow) -> Cell {
    let text = word(pod);
    if text.is_empty() {
        return Cell::text("");
    }
    let role = if is_bad(pod) { Role::Bad } else { Role::Warn };
    Cell::Clean(text, role)
}

impl Listing for Pods {
    type Row = PodRow;
    const ID: &'static str = "pods";
    const TITLE: &'static str = "Pods";
    const FEEDS: &'static [&'static str] = &["pods"];
    const ORDER: &'static str = "state, age";
    const NOTHING: &'static str = "No pods. Every source is live, so there are none.";

    fn columns() -> &'static [Column<PodRow>] {
        COLUMNS
    }

    fn rank(pod: &PodRow) -> u8 {
        rank(pod)
    }

    fn order(a: &PodRow, b: &PodRow) -> Ordering {
        newest(a.created, b.created)
    }

    fn facts(pod: &PodRow, _ctx: &Ctx<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (label, text) in [
            ("scheduler", &pod.unscheduled),
            ("says", &pod.message),
            ("run", &pod.run),
        ] {
            if !text.is_empty() {
                facts.push(Fact::new(label, text.to_string()));
            }
        }
        if let Some(c) = culprit(pod).filter(|c| !c.message.is_empty()) {
            facts.push(Fact::new("container", format!("{}: {}", c.name, c.message)));
        }
        facts
    }

    const OPENS: bool = true;

    fn open(pod: &PodRow) -> Option<Box<dyn Screen>> {
        let run = Key {
            name: pod.run.clone(),
            ..pod.key.clone()
        };
        (!pod.run.is_empty()).then(|| Box::new(RunScreen::new(run)) as Box<dyn Screen>)
    }

    const LOGS: bool = true;

    fn logs(pod: &PodRow) -> Option<Box<dyn Screen>> {
        Some(LogScreen::open(Target::Pod(pod.key.clone())))
    }

    fn subject(pod: &PodRow) -> Option<Subject> {
        Some(subject("pods", &pod.key, &pod.uid))
    }
}
