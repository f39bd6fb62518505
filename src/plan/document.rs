//! One action of the journal as JSON, and as the Kubernetes Event that tells others of it. Pure; called by `cli` (audit)
//! and `act::copies`. The form is documented in `docs/audit.md`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::actions::action;
use super::deed::Verdict;
use super::form::{API_VERSION, Step, Target};
use super::record::{Entry, Standing};
use super::{hide, wire};
use crate::domain::Clean;

/// Reason of the Events that midwatch makes.
pub const EVENT_REASON: &str = "MidwatchAction";

/// Most letters of an Event's message.
const MESSAGE: usize = 1000;
/// Most letters of a name before the id of the action.
const NAME: usize = 200;

impl Standing {
    /// In one word, for scripts: `done`, `accepted`, `not-written`, `partly`, `unknown`, `begun`, `doubt`, `unchecked`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Doubt => "doubt",
            Self::Unchecked => "unchecked",
            Self::Ended(verdict) => match verdict {
                Verdict::Done => "done",
                Verdict::Accepted => "accepted",
                Verdict::NotWritten(_) => "not-written",
                Verdict::Partly => "partly",
                Verdict::Unknown => "unknown",
            },
        }
    }
}

/// An action as JSON.
#[must_use]
pub fn document(entry: &Entry) -> Value {
    let intent = &entry.intent;
    let ended = entry.ended.as_ref();
    let halt = ended.and_then(|e| match e.verdict {
        Verdict::NotWritten(halt) => Some(halt),
        _ => None,
    });
    json!({
        "apiVersion": API_VERSION,
        "kind": "AuditEntry",
        "id": entry.id,
        "at": entry.at,
        "verdict": entry.standing().word(),
        "halt": halt,
        "what": ended.map(|e| &e.what),
        "resolved": entry.resolved,
        "action": intent.action,
        "does": intent.does,
        "operator": intent.operator,
        "cluster": intent.cluster,
        "target": intent.target,
        "parameters": intent.parameters,
        "reason": intent.reason,
        "incident": intent.incident,
        "requests": intent.requests,
        "sent": entry.sent,
        "answers": entry.answers,
        "before": intent.before,
        "after": ended.map(|e| &e.after),
        "planned": intent.changes,
        "changes": ended.map(|e| &e.changes),
        "by": ended.map(|e| &e.by),
        "undo": intent.undo,
        "millis": ended.map(|e| e.millis),
        "console": intent.by,
    })
}

/// The request that makes an Event on the target. None when nothing left for the cluster, or when the kind of the target is
/// not known.
#[must_use]
pub fn event(entry: &Entry) -> Option<Step> {
    let ended = entry.ended.as_ref().filter(|_| entry.sent > 0)?;
    let target = &entry.intent.target;
    if !target.home.is_kubernetes() {
        return None;
    }
    let namespace = match target.namespace.as_str() {
        "" => "default",
        namespace => namespace,
    };
    let warns = matches!(ended.verdict, Verdict::Partly | Verdict::Unknown);
    let body = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": event_name(entry), "namespace": namespace},
        "involvedObject": {
            "apiVersion": group_version(target),
            "kind": kind(entry)?,
            "namespace": target.namespace,
            "name": target.name,
            "uid": target.uid,
            "resourceVersion": target.resource_version,
        },
        "reason": EVENT_REASON,
        "message": message(entry),
        "type": if warns { "Warning" } else { "Normal" },
        "count": 1,
        "firstTimestamp": seconds(entry),
        "lastTimestamp": seconds(entry),
        "source": {"component": "midwatch"},
        "reportingComponent": "midwatch",
        "reportingInstance": "",
        "action": entry.intent.action,
    });
    Some(Step {
        verb: "create",
        method: "POST",
        path: wire::path("", "v1", (namespace, "events", "")),
        query: BTreeMap::from([("fieldManager", "midwatch")]),
        content_type: "application/json",
        body,
        absent_is_done: false,
        why: Clean::new("tells others what was done"),
        stand: None,
    })
}

fn seconds(entry: &Entry) -> String {
    entry.at.strftime("%FT%H:%M:%SZ").to_string()
}

fn group_version(target: &Target) -> String {
    match target.group.as_str() {
        "" => target.version.clone(),
        group => format!("{group}/{}", target.version),
    }
}

fn kind(entry: &Entry) -> Option<&'static str> {
    let spec = action(&entry.intent.action)?.spec();
    let of = |plural: &str| spec.targets.iter().find(|r| r.plural == plural);
    of(&entry.intent.target.resource).map(|r| r.kind)
}

/// The id of the action is in it, so that there is one Event of an action, and it leads to the audit.
fn event_name(entry: &Entry) -> String {
    let name: String = entry.intent.target.name.chars().take(NAME).collect();
    let name = name.trim_end_matches(['.', '-']);
    format!("{name}.midwatch-{}", entry.id)
}

fn message(entry: &Entry) -> String {
    let intent = &entry.intent;
    let mut text = format!(
        "{} by {}: {}",
        intent.action,
        intent.operator.name(),
        entry.standing().words()
    );
    if !intent.reason.is_empty() {
        text = format!("{text}. Reason: {}", hide::text(&intent.reason));
    }
    if !intent.incident.is_empty() {
        text = format!("{text}. Incident: {}", hide::text(&intent.incident));
    }
    text = format!("{text}. midwatch audit show {}", entry.id);
    text.chars().take(MESSAGE).collect()
}
