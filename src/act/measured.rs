//! What an action on a registered model asks for besides objects: the gates of a version, measured from what the registry
//! has now and not from what a screen shows; moves of aliases, as the journal has them. Does I/O.

use std::sync::Arc;

use serde_json::{Value, json};

use super::plane::Plane;
use super::wire::Wire;
use crate::app::gates::{Champion, gates};
use crate::domain::{Clean, ClusterId, Made, ModelGate, ModelRow, VersionRow};
use crate::fault::{Fault, FaultKind};
use crate::kinds::mlflow;
use crate::plan::{
    Entry, Home, Measure, Measured, Params, Sight, json, moves, run_path, version_path,
};
use crate::settings::Settings;

impl<W: Wire + 'static> Plane<W> {
    /// The gates of a version: those of the settings, of the model's tags and of its own.
    pub(super) async fn measured(
        &self,
        measure: &Measure,
        object: &Value,
        params: &Params,
    ) -> Sight {
        let version = match self.version(&measure.model, &measure.version).await {
            Ok(version) => version,
            Err(fault) => return Sight::Unseen(Clean::new(&fault.what)),
        };
        let number = measure.champion.parse::<u64>().ok();
        let champion = match number {
            Some(_) => self.version(&measure.model, &measure.champion).await.ok(),
            None => None,
        };
        let champion = number.map(|number| Champion {
            number,
            row: champion.as_ref(),
        });
        let settings = Settings {
            gates: params.rules().clone(),
            ..Settings::default()
        };
        let found = gates(&version, model(object).as_ref(), champion, &settings);
        let found: Vec<Measured> = found.into_iter().map(told).collect();
        Sight::Found(Box::new(json!(found)))
    }

    /// A version, with the run that made it.
    async fn version(&self, model: &str, version: &str) -> Result<VersionRow, Fault> {
        let path = version_path(model, version);
        let object = self.read(&path, "a version of a model").await?;
        let body = json!({"model_versions": [object.get("model_version")]});
        let rows = mlflow::versions(&nowhere(), body.to_string().as_bytes());
        let row = rows.ok().and_then(|page| page.rows.into_iter().next());
        let mut row = row.ok_or_else(|| {
            let what = format!("v{} cannot be read", Clean::new(version));
            super::plane::fault("mlflow", FaultKind::Malformed, &what)
        })?;
        row.made = self.made(&row.run).await;
        Ok(row)
    }

    async fn made(&self, run: &Clean) -> Made {
        if run.is_empty() {
            return Made::ByNoRun;
        }
        match self.read(&run_path(run), "the run that made it").await {
            Ok(found) => match mlflow::run(found.to_string().as_bytes()) {
                Ok(run) => Made::By(Arc::new(run)),
                Err(_) => Made::Unreadable(Clean::new("its run cannot be read")),
            },
            Err(fault) if fault.kind == FaultKind::Gone => Made::Gone,
            Err(fault) => Made::Unreadable(Clean::new(&fault.what)),
        }
    }

    /// Moves of aliases of a model in this cluster that midwatch made.
    pub(super) async fn moves(&self, model: &str, object: &Value) -> Sight {
        let journal = self.inner.journal.clone();
        let read = tokio::task::spawn_blocking(move || journal.read()).await;
        let reading = match read {
            Ok(Ok(reading)) => reading,
            Ok(Err(error)) => return Sight::Unseen(Clean::new(&error.to_string())),
            Err(_) => return Sight::Unseen(Clean::new("the journal could not be read")),
        };
        let Ok(now) = self.inner.wire.cluster().await else {
            return Sight::Unseen(Clean::new("the cluster does not say which one it is"));
        };
        let place = json::text(object, &["metadata", "endpoint"]);
        let entries = Entry::fold(reading.records.iter());
        let own = |entry: &Entry| {
            entry.intent.cluster.differs(&now).is_none()
                && entry.intent.target.home == Home::Mlflow
                && entry.intent.target.endpoint == place
        };
        Sight::Found(Box::new(json!(moves(entries.iter(), own, model))))
    }
}

/// The model as the data plane knows it, for the gates that its tags hold.
fn model(object: &Value) -> Option<ModelRow> {
    let tags = object.pointer("/spec/tags").and_then(Value::as_object)?;
    let tags: Vec<Value> = tags
        .iter()
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect();
    let name = json::text(object, &["metadata", "name"]);
    let body = json!({"registered_model": {"name": name, "tags": tags}});
    mlflow::model(&nowhere(), body.to_string().as_bytes()).ok()
}

/// Rows that are kept in no table belong to no cluster.
fn nowhere() -> ClusterId {
    ClusterId::new("")
}

fn told(gate: ModelGate) -> Measured {
    Measured {
        name: gate.name,
        verdict: Clean::new(gate.verdict.word()),
        value: Clean::new(&gate.value.map(|v| v.to_string()).unwrap_or_default()),
        threshold: gate.threshold,
        from: Clean::new(gate.from),
    }
}
