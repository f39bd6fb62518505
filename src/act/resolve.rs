//! What happened to an action whose verdict was never written, by looking. Nothing is sent again. Does I/O.

use jiff::Timestamp;
use serde_json::Value;

use super::answer::{Fate, fate};
use super::intent::digest_of;
use super::look::Left;
use super::plane::{Plane, fault};
use super::wire::Wire;
use crate::domain::Clean;
use crate::fault::{Fault, FaultKind};
use crate::plan::{Answered, Ended, Entry, HaltKind, Request, Stage, Verdict, json, state_words};

/// An action that is older than this is not under way any more, whatever has the number of its process now.
const LONGEST: i64 = 3_600;

impl<W: Wire + 'static> Plane<W> {
    /// Looks what became of an action of this cluster that is in doubt, and writes it down. A fault when it belongs to
    /// another cluster, is still under way, or cannot be looked at: then it stays in doubt.
    pub async fn resolve(&self, entry: &Entry) -> Result<Ended, Fault> {
        if !entry.in_doubt() {
            return Err(trouble(entry, FaultKind::Conflict, "It has ended already"));
        }
        let told = |why: &str| trouble(entry, FaultKind::Config, why);
        let now = self.inner.wire.cluster().await?;
        if let Some(why) = entry.intent.cluster.differs(&now) {
            let text = format!("It was done on another cluster: {why}");
            return Err(told(&text));
        }
        let target = &entry.intent.target;
        let same = self.same_place(target.home, &target.endpoint).await;
        same.map_err(|halt| told(&halt.what))?;
        if let Some(pid) = self.under_way(entry).await {
            let text = format!("It is under way still, in process {pid} of this machine");
            return Err(trouble(entry, FaultKind::Busy, &text));
        }
        let ended = self.find_out(entry).await?;
        let stage = Stage::Resolved(ended.clone());
        let recorded = self.record(&entry.id, stage).await;
        recorded.map_err(|halt| {
            told(&format!(
                "What was found cannot be written down: {}",
                halt.what
            ))
        })?;
        Ok(ended)
    }

    /// The process that carries it out, if it is one of this machine and lives.
    async fn under_way(&self, entry: &Entry) -> Option<i32> {
        let young = Timestamp::now().as_second() - entry.at.as_second() < LONGEST;
        let (_, pid) = entry.intent.by.rsplit_once("pid ")?;
        let pid: i32 = pid.trim().parse().ok()?;
        let here = self.inner.wire.operator().await.host == entry.intent.operator.host;
        if !young || !here {
            return None;
        }
        let alive = if u32::try_from(pid) == Ok(std::process::id()) {
            self.running() > 0
        } else {
            let process = rustix::process::Pid::from_raw(pid)?;
            rustix::process::test_kill_process(process) != Err(rustix::io::Errno::SRCH)
        };
        alive.then_some(pid)
    }

    async fn find_out(&self, entry: &Entry) -> Result<Ended, Fault> {
        let Some(last) = last_of(entry) else {
            let text = "It ended before its first request left";
            return Ok(end(Verdict::NotWritten(HaltKind::Cancelled), text));
        };
        let others = entry.answers.iter().filter(|a| a.step != last);
        let taken = others.filter(|a| !matches!(a.status, 404 | 429)).count();
        let waited = entry.answers.iter().filter(|a| a.status == 429).count();
        let back = last >= entry.intent.requests.len();
        let (fate, saw) = self.fate_of(entry, last).await?;
        let of = entry.intent.requests.len();
        let changed = taken + usize::from(fate == Fate::Taken);
        match fate {
            Fate::Unknown => Ok(end(
                Verdict::Unknown,
                &format!(
                    "Looking at {} does not tell: {saw}",
                    entry.intent.target.words()
                ),
            )),
            Fate::Refused if taken == 0 => Ok(end(
                Verdict::NotWritten(HaltKind::Unreachable),
                &format!("Nothing was written: {saw}"),
            )),
            Fate::Refused => Ok(end(
                Verdict::Partly,
                &format!("{changed} of {of} requests changed something, then: {saw}"),
            )),
            Fate::Taken | Fate::Needless if back => Ok(end(
                Verdict::Partly,
                &format!("It failed, and was being set back: {saw}"),
            )),
            Fate::Taken | Fate::Needless if entry.sent < of || waited > 0 => {
                let rest = of.saturating_sub(entry.sent);
                let rest = rest_words(rest, waited);
                let text = format!("{changed} of {of} requests changed something, {rest}: {saw}");
                let none = Verdict::NotWritten(HaltKind::Cancelled);
                Ok(end(
                    if changed == 0 { none } else { Verdict::Partly },
                    &text,
                ))
            }
            Fate::Taken | Fate::Needless => self.seen(entry, &saw).await,
        }
    }

    /// What became of the last request that left.
    async fn fate_of(&self, entry: &Entry, last: usize) -> Result<(Fate, Clean), Fault> {
        let mut requests = entry.intent.requests.iter().chain(&entry.intent.rollback);
        let request = requests.nth(last);
        let target = entry.intent.target.path();
        let helps =
            request.is_some_and(|r| r.method == "DELETE" && r.path != target && r.stand.is_none());
        if let Some(answer) = entry.answers.iter().find(|a| a.step == last) {
            let fate = fate(helps, answer.status);
            if fate != Fate::Unknown {
                return Ok((fate, answer.words.clone()));
            }
        }
        match request {
            Some(request) => self.look(&left(entry, request)).await,
            None => Ok((
                Fate::Unknown,
                Clean::new("its requests are not in the journal"),
            )),
        }
    }

    /// All was taken: whether it shows.
    async fn seen(&self, entry: &Entry, saw: &Clean) -> Result<Ended, Fault> {
        let intent = &entry.intent;
        let made = intent.requests.iter().find_map(makes);
        let path = made.unwrap_or_else(|| intent.target.path());
        let object = match self.read(&path, "what it was about").await {
            Ok(object) => Some(object),
            Err(fault) if fault.kind == FaultKind::Gone => None,
            Err(fault) => return Err(fault),
        };
        let uid = |o: &&Value| path != intent.target.path() || is_it(o, &intent.target.uid);
        let object = object.as_ref().filter(uid);
        let words = state_words(object);
        let text = intent.verify.text.trim_end_matches('.');
        let mut ended = if intent.verify.holds(object) {
            end(Verdict::Done, &format!("{saw}; {text}; now: {words}"))
        } else {
            end(
                Verdict::Accepted,
                &format!("{saw}; not seen yet: {text}; now: {words}"),
            )
        };
        ended.after = object.map(digest_of).unwrap_or_default();
        Ok(ended)
    }
}

/// The request that is in doubt: one without an answer, else the last that left. One may have been asked again after
/// others.
fn last_of(entry: &Entry) -> Option<usize> {
    let unanswered = |step: &usize| entry.answers.iter().all(|a| a.step != *step);
    let open = (0..entry.sent).find(unanswered);
    open.or(entry.sent.checked_sub(1))
}

fn rest_words(rest: usize, waited: usize) -> String {
    match waited {
        0 => format!("{rest} never left"),
        n => format!("{rest} never left, {n} had to wait and were not taken"),
    }
}

/// Why an action stays in doubt.
fn trouble(entry: &Entry, kind: FaultKind, why: &str) -> Fault {
    let intent = &entry.intent;
    let text = format!(
        "{} of {} ({}) is in doubt. {why}",
        intent.action,
        intent.target.words(),
        entry.id
    );
    fault(&intent.cluster.name, kind, &text)
}

fn end(verdict: Verdict, what: &str) -> Ended {
    Ended {
        verdict,
        what: Clean::new(what),
        after: String::new(),
        changes: Vec::new(),
        by: Vec::new(),
        millis: 0,
    }
}

fn is_it(object: &Value, uid: &str) -> bool {
    json::text(object, &["metadata", "uid"]) == uid
}

/// Path of what a request makes, as far as the journal tells.
fn makes(request: &Request) -> Option<String> {
    let name = json::text(&request.body, &["metadata", "name"]);
    let makes = request.method == "POST" && request.evicted().is_none();
    (makes && !name.is_empty()).then(|| format!("{}/{name}", request.path))
}

fn left<'a>(entry: &'a Entry, request: &'a Request) -> Left<'a> {
    if let Some((pod, uid)) = request.evicted() {
        return Left::evicted(pod, uid, entry.at);
    }
    let target = &entry.intent.target;
    let path = object(request);
    let own = path == target.path();
    let earlier = |a: &&Answered| {
        let before = entry.intent.requests.get(a.step);
        before.is_some_and(|r| object(r) == path) && !a.resource_version.is_empty()
    };
    let version = entry.answers.iter().rev().find(earlier);
    let version = version.map(|a| a.resource_version.clone());
    Left {
        method: &request.method,
        path: if request.method == "POST" && request.stand.is_none() {
            makes(request).unwrap_or_default()
        } else {
            path.to_owned()
        },
        uid: if own { &target.uid } else { "" },
        version: version.unwrap_or_else(|| {
            if own {
                target.resource_version.clone()
            } else {
                String::new()
            }
        }),
        before: None,
        verify: own.then_some(&entry.intent.verify),
        stand: request.stand.as_ref(),
        since: entry.at,
    }
}

/// Path of the object that a request changes.
fn object(request: &Request) -> &str {
    let stand = request.stand.as_ref();
    stand.map_or(&request.path, |s| &s.object)
}
