//! The model registry: registered models, and the versions of one model that is opened. Does I/O.
//!
//! `MLflow` streams nothing, so it is asked: every half minute two questions for all models together (their aliases, and
//! the newest versions of all), whatever their number; all versions are read at first and every ten minutes, since a
//! deleted one is told by nothing else. The runs of a model's versions are read while the model is open, once each when
//! they have ended.
//!
//! | file | owns |
//! |---|---|
//! | `ask` | one question to the registry, all pages of a list |
//! | `models` | feed `models` |
//! | `versions` | feed `versions` |
//! | `memory` | what was known before: when an alias moved, which versions there are |

mod ask;
mod memory;
mod models;
mod versions;

use std::sync::Arc;

use crate::feed::http::{Backend, known};
use crate::feed::kube::{Entry, Part, Source};
use crate::feed::poll::poll;
use crate::kinds::KindSpec;
use crate::store::Scope;

/// What stands where it is told how the registry is reached, until it is.
const LOOKING: &str = "looking for MLflow";

/// A feed that is no kind of the Kubernetes API.
const fn spec(feed: &'static str) -> KindSpec {
    KindSpec {
        feed,
        group: "",
        version: "",
        plural: "",
        kind: "",
        namespaced: false,
        page: 0,
    }
}

/// All registered models.
pub(crate) fn models() -> Entry {
    Entry {
        spec: spec("models"),
        start: |source| Box::pin(run_models(source)),
    }
}

/// The versions of one model.
pub(crate) fn versions() -> Entry {
    Entry {
        spec: spec("versions"),
        start: |source| Box::pin(run_versions(source)),
    }
}

async fn run_models(source: Source) {
    let backend = backend(&source);
    let models = models::Models::new(&source, backend);
    poll(source, models, LOOKING).await;
}

async fn run_versions(source: Source) {
    let Part::Want(Scope::Object { name, .. }) = source.part.clone() else {
        tracing::warn!(source = source.name(), "versions are those of one model");
        return;
    };
    let backend = backend(&source);
    let versions = versions::Versions::new(&source, name, backend);
    poll(source, versions, LOOKING).await;
}

fn backend(source: &Source) -> Arc<Backend> {
    Arc::new(Backend::of(source.link.clone(), &known::MLFLOW))
}
