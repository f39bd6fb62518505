//! Registered models and their versions: as JSON, and reading the versions of the models that are named. Pure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ask::{GetArgs, wrong};
use super::items::{Item, Said, placed, seconds, text, time};
use super::kinds::{ListView, Listed, find};
use super::sheet::{Sheet, View};
use crate::app::lists::gates_of;
use crate::app::screen::Screen;
use crate::app::versions::ModelScreen;
use crate::cli::exit::Failure;
use crate::cli::session::Session;
use crate::domain::{Clean, Figure, Key, Made, ModelGate, ModelRun, Tag, VersionRow};
use crate::store::{AliasTruth, Served, Standing, Table, TruthRow, Want};

/// What the versions are called on the command line.
pub const VERSIONS: &str = "versions";

/// The versions of models.
#[derive(Debug)]
pub struct Versions {
    list: ListView,
    models: Vec<String>,
}

impl Versions {
    /// Of the models that the arguments name.
    pub fn new(args: &GetArgs) -> Result<Self, Failure> {
        if args.names.is_empty() {
            return Err(wrong(
                "versions are those of a model",
                "Write: midwatch get versions MODEL; midwatch get models lists them",
            ));
        }
        let list: &'static Listed =
            find(VERSIONS).ok_or_else(|| wrong("there is no such kind", ""))?;
        let all = GetArgs {
            names: Vec::new(),
            namespaces: Vec::new(),
            ..args.clone()
        };
        Ok(Self {
            list: list.view(&all),
            models: args.names.clone(),
        })
    }
}

impl View for Versions {
    fn wants(&self, session: &Session) -> Vec<Want> {
        let clusters = session.clusters();
        let of = |name: &String| {
            let each = clusters.iter().flat_map(|cluster| {
                let key = Key::new(cluster.clone(), "", name);
                ModelScreen::new(key).wants(clusters)
            });
            each.collect::<Vec<_>>()
        };
        let wants: BTreeSet<Want> = self.models.iter().flat_map(of).collect();
        wants.into_iter().collect()
    }

    /// Models and services only add what is served.
    fn needs(&self, feed: &str) -> bool {
        feed == VERSIONS || feed == "models"
    }

    fn spares(&self, feed: &str) -> bool {
        matches!(feed, "services" | "llm-services" | "revisions")
    }

    fn sheet(&self, session: &Session, now: Timestamp) -> Result<Sheet, Failure> {
        let mut sheet = self.list.sheet(session, now)?;
        let versions = session.world().table::<VersionRow>();
        let ctx = self.list.ctx(session, now);
        for line in &mut sheet.lines {
            let gates = versions
                .and_then(|t| t.get(&line.key))
                .map(|row| gates_of(row, &ctx));
            let gates: Vec<Value> = gates.iter().flatten().map(gate).collect();
            if let Value::Object(fields) = &mut line.item {
                fields.insert("gates".to_owned(), gates.into());
            }
        }
        for name in &self.models {
            let clean = Clean::new(name);
            let mut all = versions.into_iter().flat_map(Table::iter);
            let mut models = session
                .world()
                .table::<TruthRow>()
                .into_iter()
                .flat_map(Table::iter);
            if !all.any(|v| v.model == clean) && !models.any(|m| m.model.key.name == clean) {
                sheet
                    .missing
                    .push(format!("there is no registered model {clean}"));
            }
        }
        Ok(sheet)
    }
}

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

fn gate(gate: &ModelGate) -> Value {
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
