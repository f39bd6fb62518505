//! The requests of a plan sent for a dry run: the server checks all and stores nothing. Does I/O.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use futures::stream;
use serde_json::Value;

use super::answer::{refusal, server_words};
use super::evict;
use super::plane::{Plane, unreachable};
use super::standing::worked_out;
use super::wire::{Reply, Wire};
use crate::domain::Clean;
use crate::plan::{Change, Fact, Halt, Plan, Step, hide};

/// Deletions that are tried; the rest are alike.
const DELETIONS: usize = 20;

/// Pods that are told with what the server says of each.
const WAITING: usize = 8;

/// Requests at a time.
const AT_ONCE: usize = 8;

/// What is told where an admission webhook cannot try.
const UNTRIED: &str = "An admission webhook of this cluster does not support dry runs, so the server could not be asked about every request";

/// What the server said.
#[derive(Debug)]
pub(super) enum Tried {
    /// It would take all; what would change in the target.
    Taken(Vec<Change>),
    /// It would not take one.
    Refused(Halt),
    /// The object changed since it was read.
    Conflict(Clean),
}

impl<W: Wire + 'static> Plane<W> {
    /// Tries all requests of a plan. Writes nothing.
    pub(super) async fn dry_run(&self, plan: &mut Plan, object: &Value) -> Tried {
        let chosen = chosen(plan);
        let replies: Vec<(Step, Reply)> = stream::iter(chosen)
            .map(async |step| {
                let reply = self.inner.wire.send(&step, true).await;
                (step, reply)
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let target = plan.target.path();
        let mut found = worked_out(plan, object);
        let mut waits = Vec::new();
        for (step, reply) in replies {
            if let Reply::Answered { status, body } = &reply
                && let Some(text) = evict::waits(&step, *status, body)
            {
                waits.push(text);
                continue;
            }
            match judged(&step, reply) {
                Ok(Some(body)) if step.path == target && step.method != "DELETE" => {
                    add(&mut found, hide::changes(object, &body));
                }
                Ok(Some(_)) => {}
                Ok(None) => say(plan, UNTRIED),
                Err(tried) => return tried,
            }
        }
        told_to_wait(plan, waits);
        Tried::Taken(found)
    }
}

/// Whom the server would not let go now.
fn told_to_wait(plan: &mut Plan, waits: Vec<String>) {
    let more = match waits.len().saturating_sub(WAITING) {
        0 => String::new(),
        n => format!("; and {n} more"),
    };
    if !waits.is_empty() {
        let shown: Vec<String> = waits.into_iter().take(WAITING).collect();
        let text = format!("not now, says the server: {}{more}", shown.join("; "));
        plan.facts.push(Fact {
            topic: "waits",
            text: Clean::new(&text),
        });
    }
}

/// The requests that are tried; what is left out is told in the plan.
fn chosen(plan: &mut Plan) -> Vec<Step> {
    let mut deletions = 0;
    let mut writes: BTreeMap<String, usize> = BTreeMap::new();
    let mut chosen = Vec::new();
    if plan.steps.iter().any(|s| s.stand.is_some()) {
        let title = plan.target.home.title();
        say(
            plan,
            &format!(
                "{title} has no dry run: what would change is worked out from what was just read. Nor has it locks: each request is sent only while the object is still so, and read back after"
            ),
        );
    }
    for step in plan.steps.iter().filter(|s| s.stand.is_none()) {
        *writes.entry(step.path.clone()).or_default() += 1;
        if step.method == "DELETE" {
            deletions += 1;
        }
        if step.method != "DELETE" || deletions <= DELETIONS {
            chosen.push(step.clone());
        }
    }
    if deletions > DELETIONS {
        say(
            plan,
            &format!(
                "The server was asked about the first {DELETIONS} of {deletions} deletions, which are alike"
            ),
        );
    }
    if writes.values().any(|n| *n > 1) {
        say(
            plan,
            "The object is written more than once, and the server was asked about each write as the object is now, not as the one before leaves it",
        );
    }
    chosen
}

fn say(plan: &mut Plan, text: &str) {
    plan.facts.push(Fact {
        topic: "dry-run",
        text: Clean::new(text),
    });
}

/// What the server would store; nothing where it cannot try.
fn judged(step: &Step, reply: Reply) -> Result<Option<Value>, Tried> {
    match reply {
        Reply::Answered { status, body } => match status {
            200..300 => Ok(Some(body)),
            404 if step.absent_is_done => Ok(Some(Value::Null)),
            400 if server_words(status, &body).contains("does not support dry run") => Ok(None),
            409 => Err(Tried::Conflict(server_words(status, &body))),
            _ => Err(Tried::Refused(refusal(
                step,
                status,
                &body,
                "would not take",
            ))),
        },
        Reply::NotSent(fault) | Reply::Lost(fault) => Err(Tried::Refused(unreachable(&fault))),
    }
}

/// Adds changes of fields that are not there yet.
fn add(found: &mut Vec<Change>, more: Vec<Change>) {
    for change in more {
        if change.pointer.is_empty() || found.iter().all(|c| c.pointer != change.pointer) {
            found.push(change);
        }
    }
}
