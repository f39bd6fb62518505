//! The model registry of the platform: a small `MLflow`. Pure.
//!
//! | part | what it owns |
//! |---|---|
//! | `registry` | models, versions, aliases, runs |
//! | `filter` | the filters of searches |
//! | `answer` | the REST API |
//!
//! Source: `MLflow` 3.17, as observed.

mod answer;
mod filter;
mod registry;

pub(super) use answer::answer;
pub(super) use registry::Registry;
