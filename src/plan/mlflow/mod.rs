//! What the model registry keeps, and its requests. Pure.
//!
//! | file | owns |
//! |---|---|
//! | `shape` | its answers as objects |
//! | `calls` | a model as it was read; its requests, with what each stands on |
//! | `guards` | what every plan for a model begins with: names, versions, gates |
//! | `history` | where aliases pointed before, as the journal tells |

mod calls;
pub(super) mod guards;
mod history;
mod shape;

pub(super) use calls::{Model, points};
pub use history::{JOURNAL, Move, moves};
pub(super) use shape::{shape, state};

use super::home::Home;
use super::spec::{Resource, Right};
use super::wire::segment;

/// Where the registry answers.
const BASE: &str = "/api/2.0/mlflow";

/// A registered model.
pub(super) const MODELS: &[Resource] = &[Resource {
    feed: "models",
    group: "mlflow",
    version: "2.0",
    plural: "registered-models",
    kind: "RegisteredModel",
    namespaced: false,
    home: Home::Mlflow,
}];

/// Rights that its requests need, where the API server passes them on.
pub(super) const RIGHTS: &[Right] = &[
    Right::to("create", "", "services/proxy"),
    Right::to("delete", "", "services/proxy"),
];

/// What leads a model: what is served should be what it points at. The first that a model has counts.
pub(super) const LEADS: &[&str] = &["champion", "production", "prod", "live", "stable"];

/// What a version that was replaced is called.
pub(super) const ARCHIVED: &str = "archived";

/// Where an object of a kind is read.
pub(super) fn path(plural: &str, name: &str) -> String {
    let name = segment(name);
    Home::Mlflow.at(&format!("{BASE}/{plural}/get?name={name}"))
}

/// Where a version is read.
#[must_use]
pub fn version_path(model: &str, version: &str) -> String {
    let (model, version) = (segment(model), segment(version));
    Home::Mlflow.at(&format!(
        "{BASE}/model-versions/get?name={model}&version={version}"
    ))
}

/// Where a run is read.
#[must_use]
pub fn run_path(run: &str) -> String {
    let run = segment(run);
    Home::Mlflow.at(&format!("{BASE}/runs/get?run_id={run}"))
}
