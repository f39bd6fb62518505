//! Registered models and their versions as JSON. Pure.

use serde_json::{Value, json};

use super::{Item, Said, placed, seconds, text, time};
use crate::domain::{Figure, Made, ModelGate, ModelRun, Tag, VersionRow};
use crate::store::{AliasTruth, Served, Standing, TruthRow};

fn tags(all: &[Tag]) -> Value {
    let pairs = all
        .iter()
        .map(|t| (t.key.to_string(), Value::from(t.value.as_str())));
    Value::Object(pairs.collect())
}

/// A figure; what is no number is a text, since JSON has none for it.
fn figure(value: Figure) -> Value {
    if value.0.is_finite() && value.0.abs() < f64::MAX {
        Value::from(value.0)
    } else {
        Value::from(value.to_string())
    }
}

fn served(served: &Served) -> Value {
    json!({
        "namespace": text(&served.service.namespace),
        "service": text(&served.service.name),
        "revision": text(&served.revision),
        "versions": served.versions,
        "alias": served.alias.as_ref().map(ToString::to_string),
        "percent": served.percent,
        "ready": served.ready,
        "since": time(served.began),
        "knownBy": served.by.word(),
    })
}

/// What waits to be promoted and did not pass its gates.
fn held_back(row: &TruthRow) -> Value {
    row.held_back().map_or(Value::Null, |(alias, gates)| {
        json!({
            "alias": text(&alias.alias.name),
            "version": alias.alias.version,
            "gates": gates.iter().map(text).collect::<Vec<_>>(),
            "next": row.next(),
        })
    })
}

fn alias(alias: &AliasTruth) -> Value {
    json!({
        "name": text(&alias.alias.name),
        "version": alias.alias.version,
        "leads": alias.leads,
        "movedAt": time(alias.alias.moved),
    })
}

impl Item for TruthRow {
    fn item(&self, said: Said<'_>) -> Value {
        let unknown = said("state").as_deref() == Some("Unknown");
        let standing = match self.standing {
            _ if unknown => Value::Null,
            Standing::Drifts => "drifts".into(),
            Standing::Retired => "retired".into(),
            Standing::Unsure => "unsure".into(),
            Standing::Unaliased => "no-alias".into(),
            Standing::InStep => "in-step".into(),
            Standing::NotServed => "not-served".into(),
        };
        let all: Vec<Value> = self.served.iter().map(served).collect();
        let fields = json!({
            "standing": standing,
            "driftSince": time(self.since.exact),
            "driftNotBefore": time(self.since.not_before),
            "aliases": self.aliases.iter().map(alias).collect::<Vec<_>>(),
            "heldBack": held_back(self),
            "served": if unknown { Value::Null } else { all.into() },
            "newestVersion": self.model.newest,
            "versions": self.model.versions.as_ref().map(|v| v.len()),
            "tags": tags(&self.model.tags),
            "description": text(&self.model.description),
            "prompt": self.model.prompt,
            "createdAt": time(self.model.created),
            "updatedAt": time(self.model.updated),
        });
        placed(&self.model.key, false, fields)
    }
}

/// One gate of a version as JSON.
#[must_use]
pub fn gate(gate: &ModelGate) -> Value {
    json!({
        "name": text(&gate.name),
        "verdict": gate.verdict.word(),
        "value": gate.value.map(figure),
        "threshold": text(&gate.threshold),
        "from": gate.from,
    })
}

fn run(run: &ModelRun) -> Value {
    let metrics = run
        .metrics
        .iter()
        .map(|m| (m.name.to_string(), figure(m.value)));
    let sets = run.datasets.iter().map(|d| {
        json!({
            "name": text(&d.name),
            "digest": text(&d.digest),
            "source": text(&d.source),
            "context": text(&d.context),
        })
    });
    json!({
        "id": text(&run.id),
        "name": text(&run.name),
        "status": text(&run.status),
        "user": text(&run.user),
        "startedAt": time(run.started),
        "endedAt": time(run.ended),
        "tookSeconds": seconds(run.started, run.ended),
        "metrics": Value::Object(metrics.collect()),
        "parameters": tags(&run.params),
        "tags": tags(&run.tags),
        "datasets": sets.collect::<Vec<_>>(),
    })
}

impl Item for VersionRow {
    fn item(&self, said: Said<'_>) -> Value {
        let why = match &self.made {
            Made::Unread => Some("not read".to_owned()),
            Made::ByNoRun => Some("the version names no run".to_owned()),
            Made::Gone => Some("the run is gone".to_owned()),
            Made::Unreadable(why) => Some(why.to_string()),
            Made::By(_) => None,
        };
        let serving = said("serving").filter(|t| !t.is_empty() && t != "?");
        let aliases: Vec<&str> = self.aliases.iter().map(|a| &**a).collect();
        let fields = json!({
            "model": text(&self.model),
            "version": self.number,
            "status": text(&self.status),
            "message": text(&self.message),
            "stage": text(&self.stage),
            "aliases": aliases,
            "source": text(&self.source),
            "pipelineRun": self.pipeline().map(ToString::to_string),
            "runId": text(&self.run),
            "run": self.made.run().map(run),
            "runUnknown": why,
            "serving": serving,
            "tags": tags(&self.tags),
            "description": text(&self.description),
            "user": text(&self.user),
            "createdAt": time(self.created),
            "updatedAt": time(self.updated),
        });
        placed(&self.key, false, fields)
    }
}
