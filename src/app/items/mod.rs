//! A row as JSON: `docs/schema/midwatch-v1.json` describes it. Pure. What `midwatch get` prints, and what the expressions of
//! runbooks are tested against.
//!
//! | file | owns |
//! |---|---|
//! | `serving`, `models`, `gpus`, `queues`, `jobs`, `trials`, `findings` | the rows of these screens |
//! | `cause` | why a step failed |
//!
//! Fields are always there; what is not known, or not there, is null and never 0 or an empty text. Times are RFC 3339,
//! lengths of time seconds. An item depends on its row alone and not on the present, so that equal items are no change.

mod cause;
mod findings;
mod gpus;
mod jobs;
mod models;
mod queues;
mod serving;
mod trials;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::app::list::{Cell, Listing};
use crate::app::screen::Ctx;
use crate::domain::{
    AlertRow, Clean, ContainerRow, CronRow, EventRow, Key, NamespaceRow, NodeRow, NodeStorage,
    PodRow, Row, RunRow, SourceState, TemplateRow,
};
use crate::fault::Fault;
use crate::store::Source;

pub use cause::cause_of;
pub use models::gate;

/// What the screen says in a column of the row.
pub type Said<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A row that can be told as JSON.
pub trait Item: Row {
    /// Everything known of it.
    fn item(&self, said: Said<'_>) -> Value;

    /// What rows of other tables say of it: fields that stand beside its own; null for none.
    fn joined(&self, _ctx: &Ctx<'_>) -> Value {
        Value::Null
    }
}

/// Everything known of a row that stands in a list: its own fields, what the screen says of it, what other rows say.
#[must_use]
pub fn told<L: Listing>(row: &L::Row, ctx: &Ctx<'_>) -> Value
where
    L::Row: Item,
{
    let cells: Vec<Cell> = L::columns().iter().map(|c| (c.cell)(row, ctx)).collect();
    told_with::<L>(row, &cells, ctx)
}

/// The same, where the cells of the row are at hand.
#[must_use]
pub fn told_with<L: Listing>(row: &L::Row, cells: &[Cell], ctx: &Ctx<'_>) -> Value
where
    L::Row: Item,
{
    let said = |id: &str| {
        let at = L::columns().iter().position(|c| c.id == id)?;
        cells.get(at).map(|c| c.word().to_owned())
    };
    let mut item = row.item(&said);
    if let (Value::Object(item), Value::Object(more)) = (&mut item, row.joined(ctx)) {
        item.extend(more);
    }
    item
}

/// A text; null when empty.
#[must_use]
pub fn text(text: &Clean) -> Value {
    words(text)
}

fn words(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        Value::from(text)
    }
}

/// A time; null when not known.
#[must_use]
pub fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| at.to_string().into())
}

/// Seconds from a start to an end; null while either is not known.
#[must_use]
pub fn seconds(from: Option<Timestamp>, to: Option<Timestamp>) -> Value {
    match (from, to) {
        (Some(from), Some(to)) => (to.as_second() - from.as_second()).max(0).into(),
        _ => Value::Null,
    }
}

/// What the screen says; null when it says nothing.
pub(super) fn said_of(said: Said<'_>, column: &str) -> Value {
    let text = said(column).filter(|text| text != "-");
    text.map_or(Value::Null, |text| words(&text))
}

/// Puts the place of an object in front of its fields.
pub(super) fn placed(key: &Key, namespaced: bool, mut fields: Value) -> Value {
    if let Value::Object(map) = &mut fields {
        map.insert("cluster".to_owned(), key.cluster.as_str().into());
        map.insert("name".to_owned(), text(&key.name));
        if namespaced {
            map.insert("namespace".to_owned(), text(&key.namespace));
        }
    }
    fields
}

impl Item for RunRow {
    fn item(&self, said: Said<'_>) -> Value {
        let tally = &self.tally;
        // nothing is counted where the nodes cannot be read
        let known = tally.total() > 0;
        let count = |n: u32| if known { Value::from(n) } else { Value::Null };
        let storage = match self.storage {
            NodeStorage::Inline => "inline",
            NodeStorage::Compressed => "compressed",
            NodeStorage::Offloaded => "offloaded",
        };
        let fields = json!({
            "uid": text(&self.uid),
            "engine": self.engine.word(),
            "state": said_of(said, "state"),
            "phase": self.phase.word(),
            "message": text(&self.message),
            "lastWord": said_of(said, "last-word"),
            "progress": self.steps_done().map(|p| json!({"done": p.done, "total": p.total})),
            "steps": {
                "succeeded": count(tally.ok),
                "failed": count(tally.failed),
                "running": count(tally.running),
                "pending": count(tally.pending),
                "waiting": count(tally.waiting),
                "skipped": count(tally.skipped),
                "total": count(tally.total()),
            },
            "createdAt": time(self.created),
            "startedAt": time(self.started),
            "finishedAt": time(self.finished),
            "tookSeconds": seconds(self.started, self.finished),
            "estimateSeconds": self.estimate,
            "origin": text(&self.origin),
            "kfpRunId": text(&self.kfp_run),
            "storage": storage,
        });
        placed(&self.key, true, fields)
    }
}

fn container(row: &ContainerRow) -> Value {
    let state = match row.state {
        crate::domain::ContainerState::Waiting => "waiting",
        crate::domain::ContainerState::Running => "running",
        crate::domain::ContainerState::Terminated => "terminated",
    };
    json!({
        "name": text(&row.name),
        "init": row.init,
        "state": state,
        "reason": text(&row.reason),
        "message": text(&row.message),
        "exitCode": row.exit_code,
        "restarts": row.restarts,
        "lastReason": text(&row.last_reason),
        "memoryLimit": text(&row.memory_limit),
        "image": text(&row.image),
    })
}

impl Item for PodRow {
    fn item(&self, said: Said<'_>) -> Value {
        let restarts: u32 = self.containers.iter().map(|c| c.restarts).sum();
        let known = !self.containers.is_empty();
        let fields = json!({
            "uid": text(&self.uid),
            "state": said_of(said, "state"),
            "phase": text(&self.phase),
            "reason": text(&self.reason),
            "message": text(&self.message),
            "lastWord": said_of(said, "last-word"),
            "node": text(&self.node),
            "unscheduled": text(&self.unscheduled),
            "run": text(&self.run),
            "step": text(&self.step),
            "accelerators": text(&self.gpus),
            "restarts": known.then_some(restarts),
            "containers": self.containers.iter().map(container).collect::<Vec<_>>(),
            "createdAt": time(self.created),
            "deletingAt": time(self.deleting),
        });
        placed(&self.key, true, fields)
    }
}

impl Item for NodeRow {
    fn item(&self, said: Said<'_>) -> Value {
        let accelerators: Vec<Value> = self
            .gpus
            .iter()
            .map(|g| {
                json!({"resource": text(&g.resource), "capacity": g.capacity,
                       "allocatable": g.allocatable})
            })
            .collect();
        let fields = json!({
            "uid": text(&self.uid),
            "state": said_of(said, "state"),
            "ready": self.ready,
            "trouble": text(&self.trouble),
            "unschedulable": self.unschedulable,
            "taints": text(&self.taints),
            "product": text(&self.product),
            "accelerators": accelerators,
            "zone": text(&self.zone),
            "kubeletVersion": text(&self.version),
            "createdAt": time(self.created),
        });
        placed(&self.key, false, fields)
    }
}

impl Item for NamespaceRow {
    fn item(&self, said: Said<'_>) -> Value {
        let fields = json!({
            "state": said_of(said, "state"),
            "phase": text(&self.phase),
            "createdAt": time(self.created),
        });
        placed(&self.key, false, fields)
    }
}

impl Item for CronRow {
    fn item(&self, said: Said<'_>) -> Value {
        let fields = json!({
            "state": said_of(said, "state"),
            "schedule": text(&self.schedule),
            "timezone": text(&self.timezone),
            "suspended": self.suspended,
            "active": self.active,
            "lastRunAt": time(self.last),
            "trouble": text(&self.trouble),
            "succeeded": self.succeeded,
            "failed": self.failed,
            "createdAt": time(self.created),
        });
        placed(&self.key, true, fields)
    }
}

impl Item for TemplateRow {
    fn item(&self, _said: Said<'_>) -> Value {
        let parameters = self.parameters.split(',').map(str::trim);
        let fields = json!({
            "entrypoint": text(&self.entrypoint),
            "templates": self.templates,
            "parameters": parameters.filter(|p| !p.is_empty()).collect::<Vec<_>>(),
            "createdAt": time(self.created),
        });
        placed(&self.key, true, fields)
    }
}

impl Item for EventRow {
    fn item(&self, _said: Said<'_>) -> Value {
        let fields = json!({
            "warning": self.warning,
            "reason": text(&self.reason),
            "message": text(&self.message),
            "count": self.count,
            "from": text(&self.from),
            "object": {
                "kind": text(&self.kind),
                "namespace": text(&self.object.namespace),
                "name": text(&self.object.name),
            },
            "firstAt": time(self.first),
            "lastAt": time(self.last),
        });
        placed(&self.key, true, fields)
    }
}

impl Item for AlertRow {
    fn item(&self, _said: Said<'_>) -> Value {
        let labels: Map<String, Value> = self
            .labels
            .iter()
            .map(|(k, v)| (k.to_owned(), v.into()))
            .collect();
        let service = self
            .service
            .as_ref()
            .map(|key| json!({"namespace": text(&key.namespace), "name": text(&key.name)}));
        let fields = json!({
            "state": self.state.word(),
            "alert": text(&self.title),
            "severity": text(&self.severity),
            "summary": text(&self.summary),
            "runbook": text(&self.runbook),
            "labels": labels,
            "since": time(self.since),
            "service": service,
            "silencedBy": self.silenced_by.iter().map(Clean::as_str).collect::<Vec<_>>(),
            "inhibited": self.inhibited,
        });
        placed(&self.key, true, fields)
    }
}

/// A failure as JSON.
#[must_use]
pub fn fault(fault: &Fault) -> Value {
    json!({
        "kind": fault.kind.word(),
        "what": words(&fault.what),
        "hint": words(&fault.hint),
        "since": fault.since.to_string(),
        "count": fault.count,
    })
}

impl Item for Source {
    fn item(&self, _said: Said<'_>) -> Value {
        source(&self.row)
    }
}

/// A source as JSON, without its signs of life: they change all the time and say nothing new.
#[must_use]
pub fn source(row: &crate::domain::SourceRow) -> Value {
    json!({
        "cluster": row.id.cluster.as_str(),
        "feed": row.id.feed,
        "scope": words(&row.id.scope),
        "state": row.state.word(),
        "since": row.since.to_string(),
        "rows": rows_of(row),
        "endpoint": words(&row.endpoint),
        "fault": row.fault.as_ref().map(fault),
    })
}

/// Rows that a source has; `None` while it is not known.
fn rows_of(row: &crate::domain::SourceRow) -> Option<u64> {
    matches!(
        row.state,
        SourceState::Live | SourceState::Partial | SourceState::Stale
    )
    .then_some(row.rows)
}
