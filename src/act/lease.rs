//! Who is on a target: a Lease of `coordination.k8s.io` for each run of a runbook, so that a second operator sees it and does
//! not work against the first. Does I/O through the wire.
//!
//! A Lease keeps nobody from writing by itself: each console asks it before an action of a runbook leaves. Who may not write
//! Leases works without one, and is told so. One that is not renewed expires; it can be taken over before, with a reason.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::task::AbortHandle;

use super::digest::sha256;
use super::plane::{Plane, unreachable};
use super::wire::{Reply, Wire};
use crate::domain::Clean;
use crate::fault::FaultKind;
use crate::plan::{About, Halt, HaltKind, Lost, Mark, Operator, Signed, Stage, Step, json};

/// How long it holds without being renewed.
const HOLDS: i64 = 60;
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(20);
/// How often it is tried when others write it at the same time.
const TRIES: usize = 3;
/// Who else is told, for people who look at it.
const NOTE: &str = "midwatch.dev/target";
const REASON: &str = "midwatch.dev/taken-over-because";

/// The Leases of the runs of this console, by the id of the run.
#[derive(Debug, Clone, Default)]
pub(super) struct Leases(Arc<Mutex<BTreeMap<String, Held>>>);

/// One of them.
#[derive(Debug, Clone)]
struct Held {
    path: String,
    holder: String,
    renewing: AbortHandle,
    /// It was written down that someone else has it.
    lost: bool,
}

/// What came of a claim.
#[derive(Debug, Clone, Default)]
pub(super) struct Leased {
    /// What a person has to know: that others are not told; empty for nothing.
    pub(super) told: Clean,
    /// Who it was taken from; empty when nobody was on it.
    pub(super) from: Clean,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'a> {
    /// The run.
    pub(super) id: &'a str,
    /// Its target.
    pub(super) about: &'a About,
    /// Who.
    pub(super) operator: &'a Operator,
    /// Why it is taken from whoever has it; empty when it is not.
    pub(super) took: &'a str,
}

impl Claim<'_> {
    fn holder(&self) -> String {
        let Operator { os_user, host, .. } = self.operator;
        format!("{os_user}@{host}/{}", self.id)
    }

    /// The Leases of the namespace, and the name of this one.
    fn place(&self) -> (String, String) {
        let namespace = match self.about.namespace.as_str() {
            "" => "default",
            own => own,
        };
        let all = format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases");
        let digest = sha256(self.about.name.as_bytes());
        let short: String = digest.chars().take(12).collect();
        (all, format!("midwatch-{}-{short}", self.about.feed))
    }

    fn object(&self, name: &str, now: Timestamp) -> Value {
        let mut object = json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name},
            "spec": {"leaseTransitions": 0},
        });
        self.claim(&mut object, now);
        object
    }

    /// Makes it ours.
    fn claim(&self, object: &mut Value, now: Timestamp) {
        let target = format!("{} {}", self.about.feed, self.about.words());
        json::set(object, &["metadata", "annotations", NOTE], target.into());
        json::set(
            object,
            &["metadata", "annotations", REASON],
            self.took.into(),
        );
        let before = object.pointer("/spec/leaseTransitions");
        let before = before.and_then(Value::as_i64).unwrap_or(0);
        let spec = [
            ("holderIdentity", Value::from(self.holder())),
            ("leaseDurationSeconds", HOLDS.into()),
            ("acquireTime", micro(now).into()),
            ("renewTime", micro(now).into()),
            ("leaseTransitions", (before + 1).into()),
        ];
        for (name, value) in spec {
            json::set(object, &["spec", name], value);
        }
    }
}

/// A time as Leases write it.
fn micro(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

fn holder(object: &Value) -> &str {
    json::text(object, &["spec", "holderIdentity"])
}

/// When it expires; none when it has none that could be read: then it has expired.
fn expires(object: &Value) -> Option<Timestamp> {
    let renewed: Timestamp = json::text(object, &["spec", "renewTime"]).parse().ok()?;
    let holds = object.pointer("/spec/leaseDurationSeconds")?.as_i64()?;
    renewed.checked_add(SignedDuration::from_secs(holds)).ok()
}

/// Who has it, in words: `carol@bastion-1, run 261122-000141-jzcws`.
fn who(object: &Value) -> String {
    match holder(object).rsplit_once('/') {
        Some((who, run)) => format!("{}, run {}", Clean::new(who), Clean::new(run)),
        None => Clean::new(holder(object)).to_string(),
    }
}

fn taken(object: &Value, until: Timestamp) -> Halt {
    let since = json::text(object, &["spec", "acquireTime"]);
    let text = format!(
        "Someone is on it already: {}, since {}",
        who(object),
        Clean::new(since)
    );
    let hint = format!(
        "It is renewed while they work, and expires at {} when they stop; it can be taken over with a reason",
        until.strftime("%H:%M:%SZ")
    );
    Halt::new(HaltKind::Blocked, &text).hint(&hint)
}

impl<W: Wire + 'static> Plane<W> {
    /// Takes the Lease of a target, or says who has it. `Ok` with words when there is none to be had.
    pub(super) async fn lease(&self, claim: Claim<'_>) -> Result<Leased, Halt> {
        let (all, name) = claim.place();
        let path = format!("{all}/{name}");
        let mut from = Clean::default();
        for _ in 0..TRIES {
            let now = Timestamp::now();
            let step = match self.read(&path, "who is on it").await {
                Ok(mut object) => {
                    let free = holder(&object).is_empty() || holder(&object) == claim.holder();
                    from = Clean::default();
                    if let Some(until) = expires(&object).filter(|until| *until > now && !free) {
                        if claim.took.is_empty() {
                            return Err(taken(&object, until));
                        }
                        from = Clean::new(&who(&object));
                    }
                    claim.claim(&mut object, now);
                    step("update", "PUT", path.clone(), object)
                }
                Err(fault) if fault.kind == FaultKind::Gone => {
                    step("create", "POST", all.clone(), claim.object(&name, now))
                }
                Err(fault) if fault.kind == FaultKind::Denied => return Ok(without(&fault.what)),
                Err(fault) => return Err(unreachable(&fault)),
            };
            match self.inner.wire.send(&step, false).await {
                Reply::Answered {
                    status: 200..300, ..
                } => {
                    self.keep(&claim, path);
                    return Ok(Leased {
                        from,
                        ..Leased::default()
                    });
                }
                // someone else wrote it, or made it
                Reply::Answered { status: 409, .. } => {}
                Reply::Answered { body, .. } => {
                    return Ok(without(json::text(&body, &["message"])));
                }
                Reply::NotSent(fault) | Reply::Lost(fault) => return Err(unreachable(&fault)),
            }
        }
        let text = "Others write the Lease of the target at the same time";
        Err(Halt::new(HaltKind::Blocked, text).hint("Try it again"))
    }

    /// Renews it until it is given back, lost, or the console ends.
    fn keep(&self, claim: &Claim<'_>, path: String) {
        let (id, holder) = (claim.id.to_owned(), claim.holder());
        let (plane, own, place) = (self.clone(), holder.clone(), path.clone());
        let renewing = tokio::spawn(async move {
            loop {
                tokio::time::sleep(RENEW).await;
                let Ok(mut object) = plane.read(&place, "who is on it").await else {
                    continue;
                };
                if self::holder(&object) != own {
                    return;
                }
                let now = micro(Timestamp::now());
                json::set(&mut object, &["spec", "renewTime"], now.into());
                let step = step("update", "PUT", place.clone(), object);
                // a conflict is looked at in the next round
                let _ = plane.inner.wire.send(&step, false).await;
            }
        });
        let held = Held {
            path,
            holder,
            renewing: renewing.abort_handle(),
            lost: false,
        };
        let before = self.held().insert(id, held);
        if let Some(before) = before {
            before.renewing.abort();
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Held>> {
        let leases = &self.inner.leases.0;
        leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The Lease of a run is still its own. `runbook` is `ID/STEP`; empty for actions of no runbook.
    pub(super) async fn still_ours(&self, runbook: &str) -> Result<(), Halt> {
        let id = runbook.split('/').next().unwrap_or_default();
        let Some(held) = self.held().get(id).cloned() else {
            return Ok(());
        };
        match self.read(&held.path, "who is on it").await {
            Ok(object) if holder(&object) == held.holder => Ok(()),
            Ok(object) => {
                let why = json::text(&object, &["metadata", "annotations", REASON]);
                let why = if why.is_empty() {
                    String::new()
                } else {
                    format!(": {}", Clean::new(why))
                };
                let text = format!("It was taken over by {}{why}", who(&object));
                self.lost(id, &text).await;
                let hint = "Nothing was sent. Speak to them; it can be taken back with a reason";
                Err(Halt::new(HaltKind::Blocked, &text).hint(hint))
            }
            // nobody has it then
            Err(fault) if fault.kind == FaultKind::Gone => Ok(()),
            Err(fault) => Err(unreachable(&fault)),
        }
    }

    /// Writes down, once, that someone else has the target. The run has stopped whether this can be written or not.
    async fn lost(&self, id: &str, what: &str) {
        let told = self
            .held()
            .get_mut(id)
            .map(|held| std::mem::replace(&mut held.lost, true));
        if told != Some(false) {
            return;
        }
        let lost = Lost {
            what: Clean::new(what),
            signed: Signed {
                operator: self.inner.wire.operator().await,
                by: self.inner.options.by(),
                ..Signed::default()
            },
        };
        let stage = Stage::Runbook(Mark::TakenOver(lost));
        if let Err(halt) = self.record(id, stage).await {
            tracing::warn!(
                run = id,
                "not in the journal that it was taken over: {}",
                halt.what
            );
        }
    }

    /// Gives it back. What does not arrive expires by itself.
    pub(super) async fn give_back(&self, id: &str) {
        let Some(held) = self.held().remove(id) else {
            return;
        };
        held.renewing.abort();
        let Ok(object) = self.read(&held.path, "who is on it").await else {
            return;
        };
        if holder(&object) != held.holder {
            return;
        }
        let meta = |key: &str| json::text(&object, &["metadata", key]).to_owned();
        let body = json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions":
            {"uid": meta("uid"), "resourceVersion": meta("resourceVersion")}});
        let step = step("delete", "DELETE", held.path, body);
        let _ = self.inner.wire.send(&step, false).await;
    }
}

/// Nobody else is told.
fn without(why: &str) -> Leased {
    let told = format!("others are not told that you are on it: {why}");
    Leased {
        told: Clean::new(&told),
        ..Leased::default()
    }
}

fn step(verb: &'static str, method: &'static str, path: String, body: Value) -> Step {
    Step {
        verb,
        method,
        path,
        query: BTreeMap::from([("fieldManager", "midwatch")]),
        content_type: "application/json",
        body,
        absent_is_done: false,
        why: Clean::new("tells others who is on it"),
        stand: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_names_its_holder_and_expires_when_it_is_not_renewed() {
        let about = About {
            feed: "services".to_owned(),
            namespace: "ml".into(),
            name: "fraud".into(),
            uid: Clean::default(),
        };
        let operator = Operator {
            os_user: "carol".into(),
            host: "bastion-1".into(),
            ..Operator::default()
        };
        let claim = Claim {
            id: "r1",
            about: &about,
            operator: &operator,
            took: "",
        };
        let (all, name) = claim.place();
        assert_eq!(all, "/apis/coordination.k8s.io/v1/namespaces/ml/leases");
        assert!(name.starts_with("midwatch-services-") && name.len() < 40);
        let now: Timestamp = "2026-03-01T02:00:00Z".parse().unwrap();
        let object = claim.object(&name, now);
        assert_eq!(who(&object), "carol@bastion-1, run r1");
        let end: Timestamp = "2026-03-01T02:01:00Z".parse().unwrap();
        assert_eq!(expires(&object), Some(end));
        assert_eq!(object["spec"]["renewTime"], "2026-03-01T02:00:00.000000Z");
        assert_eq!(expires(&json!({"spec": {}})), None);
    }
}
