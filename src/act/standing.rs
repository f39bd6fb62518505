//! Requests to a service that knows neither versions nor dry runs: read, compare, write, read back; what they would change
//! is worked out. Does I/O through the wire.
//!
//! Between reading and writing lies one round trip in which someone else may write. That cannot be kept out, so the object
//! is read back, and what is not as it was written stops the action.

use std::collections::BTreeMap;

use serde_json::Value;

use super::plane::{Plane, unreachable};
use super::wire::{Reply, Wire};
use crate::domain::Clean;
use crate::fault::FaultKind;
use crate::plan::{Change, Halt, HaltKind, Home, Plan, Stand, Step, hide};

/// What became of such a request.
pub(super) enum Sent {
    /// The object is not as it was shown, so nothing was sent; what differs.
    Differs(Clean),
    /// It was sent, or could not be. The body of an answer that took it is the object, read back; null where that cannot
    /// be read.
    Reply(Reply),
}

impl<W: Wire + 'static> Plane<W> {
    /// Sends one request of a plan, once; what it stands on is looked at just before.
    pub(super) async fn send(&self, step: &Step) -> Sent {
        let Some(stand) = &step.stand else {
            return Sent::Reply(self.inner.wire.send(step, false).await);
        };
        match self.read(&stand.object, "what is written to").await {
            Ok(now) => {
                if let Some(why) = stand.differs(&now) {
                    return Sent::Differs(why);
                }
            }
            Err(fault) if fault.kind == FaultKind::Gone => {
                return Sent::Differs(Clean::new(&format!("it is gone: {}", fault.what)));
            }
            Err(fault) => return Sent::Reply(Reply::NotSent(fault)),
        }
        let reply = match self.inner.wire.send(step, false).await {
            Reply::Answered {
                status: status @ 200..300,
                ..
            } => {
                let now = self.read(&stand.object, "what was written").await;
                Reply::Answered {
                    status,
                    body: now.unwrap_or_default(),
                }
            }
            other => other,
        };
        Sent::Reply(reply)
    }

    /// The service is where it was when it was looked at.
    pub(super) async fn same_place(&self, home: Home, endpoint: &str) -> Result<(), Halt> {
        if home.is_kubernetes() {
            return Ok(());
        }
        let now = self.inner.wire.place(home).await;
        let now = now.map_err(|fault| unreachable(&fault))?;
        if now == endpoint {
            return Ok(());
        }
        let text = format!(
            "{} is now another one than the one that was shown: {} (was {})",
            home.title(),
            Clean::new(&now),
            Clean::new(endpoint)
        );
        Err(Halt::new(HaltKind::Switched, &text).hint(
            "Someone moved it, or changed the settings. Look at what is there, and decide anew",
        ))
    }
}

/// What these requests would change in the target, one after the other; nothing is asked.
pub(super) fn worked_out(plan: &Plan, object: &Value) -> Vec<Change> {
    let target = plan.target.path();
    let stands = plan.steps.iter().filter_map(|s| s.stand.as_ref());
    let own = stands.filter(|s| s.object == target);
    let after = own.fold(object.clone(), |object, stand| stand.applied(&object));
    hide::changes(object, &after)
}

/// What is read back differs from what was written; what, in words.
pub(super) fn overwritten(stand: &Stand, now: &Value) -> Option<Clean> {
    if now.is_null() || stand.is_done(now) {
        return None;
    }
    let wanted = stand.applied(now);
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for change in hide::changes(now, &wanted) {
        let text = |side: &Option<Clean>| {
            side.as_ref()
                .map_or_else(|| "nothing".to_owned(), ToString::to_string)
        };
        let words = format!(
            "{}, and {} was written",
            text(&change.before),
            text(&change.after)
        );
        told.insert(change.path.to_string(), words);
    }
    let all: Vec<String> = told
        .iter()
        .map(|(at, what)| format!("{at} is {what}"))
        .collect();
    Some(Clean::new(&all.join("; ")))
}
