//! Pods asked to go, each until the server takes it, and looked at until they are gone. Does I/O.
//!
//! A disruption budget answers *not now* (429). Such a request is asked again, with a line in the journal for each try:
//! it holds on to the uid of the pod, so asking twice moves one pod once. Pods that may go do not wait for those that may
//! not. Between two requests an operator can stop it; what is left is told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::answer::server_words;
use super::run::{Run, Stop};
use super::wire::Wire;
use crate::domain::Clean;
use crate::fault::FaultKind;
use crate::plan::{Answered, Halt, HaltKind, Progress, Step, json};

/// Longest pause between two rounds in which nothing moved.
const LONGEST: Duration = Duration::from_secs(30);

/// How often pods that are ending are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Most pods that a sentence names.
const NAMED: usize = 12;

/// Where the pods of a plan stand.
#[derive(Debug, Default)]
struct Moving {
    /// Not taken yet, by the number of their request; with what the server said last.
    waiting: BTreeMap<usize, Clean>,
    /// Asked to go, and not gone yet: uid, name.
    ending: BTreeMap<String, Clean>,
    /// The server does not take them.
    refused: BTreeMap<usize, Clean>,
}

/// What came of asking for one pod.
enum Asked {
    Going,
    Later(Clean),
    Refused(Clean),
}

impl<W: Wire + 'static> Run<W> {
    /// Asks the pods of these requests to go, and waits until they are gone.
    pub(super) async fn evictions(&mut self, steps: &[Step]) -> Result<(), Stop> {
        let numbers = steps.iter().enumerate().filter(|(_, s)| s.evicts());
        let mut moving = Moving {
            waiting: numbers.map(|(n, _)| (n, "not asked yet".into())).collect(),
            ..Moving::default()
        };
        let limit = self.plane.inner.options.wait(&self.prepared.plan.verify);
        let end = Instant::now() + limit;
        let mut pause = self.plane.inner.options.again;
        loop {
            let before = (moving.waiting.len(), moving.ending.len());
            self.round(steps, &mut moving).await?;
            self.gone_since(&mut moving).await;
            if moving.waiting.is_empty() && moving.ending.is_empty() {
                break;
            }
            let moved = before != (moving.waiting.len(), moving.ending.len());
            pause = if moved {
                self.plane.inner.options.again
            } else {
                (pause * 2).min(LONGEST)
            };
            if self.plane.is_stopped(&self.id) {
                return Err(Stop::Refused(left(steps, &moving, Why::Stopped)));
            }
            if Instant::now() >= end {
                return Err(Stop::Refused(left(steps, &moving, Why::Late(limit))));
            }
            self.say(waiting(steps, &moving)).await;
            self.rest(&mut moving, pause.min(end - Instant::now()))
                .await;
        }
        if moving.refused.is_empty() {
            Ok(())
        } else {
            Err(Stop::Refused(left(steps, &moving, Why::Refused)))
        }
    }

    /// Asks each pod that waits once.
    async fn round(&mut self, steps: &[Step], moving: &mut Moving) -> Result<(), Stop> {
        let numbers: Vec<usize> = moving.waiting.keys().copied().collect();
        for number in numbers {
            if self.plane.is_stopped(&self.id) {
                return Ok(());
            }
            let Some(step) = steps.get(number) else {
                continue;
            };
            let asked = match self.step(number, step).await {
                Ok(()) => Asked::Going,
                Err(Stop::Refused(halt)) => asked(self.answers.last(), number, halt)?,
                Err(stop) => return Err(stop),
            };
            match asked {
                Asked::Later(words) => {
                    moving.waiting.insert(number, words);
                }
                Asked::Refused(words) => {
                    moving.waiting.remove(&number);
                    moving.refused.insert(number, words);
                }
                Asked::Going => {
                    moving.waiting.remove(&number);
                    let uid = step.evicted().map_or("", |(_, uid)| uid).to_owned();
                    moving.ending.insert(uid, step.pod_words());
                }
            }
        }
        Ok(())
    }

    /// Looks which of the pods that were asked to go are gone, and tells each.
    async fn gone_since(&self, moving: &mut Moving) {
        if moving.ending.is_empty() {
            return;
        }
        let Some(there) = self.there(moving).await else {
            return;
        };
        let gone: Vec<String> = moving
            .ending
            .keys()
            .filter(|uid| !there.contains(*uid))
            .cloned()
            .collect();
        for uid in gone {
            let Some(name) = moving.ending.remove(&uid) else {
                continue;
            };
            let left = moving.ending.len() + moving.waiting.len();
            self.say(Progress::Gone { name, left }).await;
        }
    }

    /// The uids of those that are still there; none when it cannot be seen.
    async fn there(&self, moving: &Moving) -> Option<BTreeSet<String>> {
        let mut there = BTreeSet::new();
        let steps = &self.prepared.plan.steps;
        for (pod, uid) in steps.iter().filter_map(Step::evicted) {
            if !moving.ending.contains_key(uid) {
                continue;
            }
            match self.plane.read(pod, "a pod that was asked to go").await {
                Ok(found) if json::text(&found, &["metadata", "uid"]) == uid => {
                    there.insert(uid.to_owned());
                }
                Ok(_) => {}
                Err(fault) if fault.kind == FaultKind::Gone => {}
                Err(_) => return None,
            }
        }
        Some(there)
    }

    /// Waits until the next round; ended at once when it is stopped. Pods that end are looked at meanwhile.
    async fn rest(&self, moving: &mut Moving, pause: Duration) {
        let end = Instant::now() + pause;
        let stopped = self.plane.stopped(&self.id);
        tokio::pin!(stopped);
        while Instant::now() < end {
            // of many that end, each is looked at less often
            let many = u32::try_from(moving.ending.len() / 10).unwrap_or(0);
            let look = (LOOK * (1 + many)).min(end - Instant::now());
            tokio::select! {
                () = &mut stopped => return,
                () = sleep(look) => {}
            }
            let before = moving.ending.len();
            self.gone_since(moving).await;
            // where one went, a budget may let the next one go
            if moving.ending.len() < before {
                return;
            }
        }
    }
}

/// What a refusal of one eviction means for the others.
fn asked(answer: Option<&Answered>, number: usize, halt: Halt) -> Result<Asked, Stop> {
    let answer = answer.filter(|a| a.step == number);
    let (status, words) = answer.map_or((0, Clean::default()), |a| (a.status, a.words.clone()));
    match status {
        _ if halt.kind == HaltKind::Journal || answer.is_none() => Err(Stop::Refused(halt)),
        // a disruption budget, a server that is asked too much, or a namespace that is going
        429 => Ok(Asked::Later(words)),
        403 if words.contains("being terminated") => Ok(Asked::Later(words)),
        // another pod has its name: the one that was shown is gone
        409 => Ok(Asked::Going),
        500 if words.contains("more than one") => Ok(Asked::Refused(words)),
        400..500 => Ok(Asked::Refused(words)),
        // it did not get there, or the server was in trouble; the pod was looked at, and is there still
        _ => Ok(Asked::Later(words)),
    }
}

fn waiting(steps: &[Step], moving: &Moving) -> Progress {
    let said = moving.waiting.iter().find(|(_, words)| !words.is_empty());
    let words = match said {
        Some((number, words)) => format!("{}: {words}", name(steps, *number)),
        None => {
            let ending: Vec<String> = moving.ending.values().map(ToString::to_string).collect();
            format!("ending: {}", named(&ending))
        }
    };
    Progress::Waiting {
        ending: moving.ending.len(),
        left: moving.waiting.len(),
        words: Clean::new(&words),
    }
}

/// Why it does not go on.
#[derive(Debug, Clone, Copy)]
enum Why {
    Stopped,
    Late(Duration),
    Refused,
}

/// It ends before all are gone: what is left, and why.
fn left(steps: &[Step], moving: &Moving, why: Why) -> Halt {
    let mut told = Vec::new();
    let groups = [
        ("not gone", &moving.waiting),
        ("not taken", &moving.refused),
    ];
    for (head, group) in groups {
        let names: Vec<String> = group
            .iter()
            .map(|(n, words)| format!("{} ({words})", name(steps, *n)))
            .collect();
        if !names.is_empty() {
            told.push(format!("{head}: {}", named(&names)));
        }
    }
    let ending: Vec<String> = moving.ending.values().map(ToString::to_string).collect();
    if !ending.is_empty() {
        told.push(format!("ending: {}", named(&ending)));
    }
    let left = moving.waiting.len() + moving.refused.len() + moving.ending.len();
    let (kind, head) = match why {
        Why::Stopped => (HaltKind::Cancelled, "stopped by the operator".to_owned()),
        Why::Late(limit) => (
            HaltKind::Server,
            format!("not all were gone within {} s", limit.as_secs()),
        ),
        Why::Refused => (HaltKind::Server, "the server did not take all".to_owned()),
    };
    let pods = if left == 1 { "1 pod is" } else { "pods are" };
    let count = if left == 1 {
        String::new()
    } else {
        format!("{left} ")
    };
    let text = format!("{head}; {count}{pods} left: {}", told.join("; "));
    Halt::new(kind, &text).hint(
        "The node stays cordoned. node.drain again goes on with what is left, node.uncordon lets it take pods again",
    )
}

fn name(steps: &[Step], number: usize) -> Clean {
    steps.get(number).map(Step::pod_words).unwrap_or_default()
}

fn named(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    match names.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        n => format!("{} and {n} more", shown.join(", ")),
    }
}

/// What the server says of an eviction that is only tried: nothing stands in its way, or it has to wait.
pub(super) fn waits(step: &Step, status: u16, body: &Value) -> Option<String> {
    let words = server_words(status, body);
    (step.evicts() && status == 429).then(|| format!("{}: {words}", step.pod_words()))
}
