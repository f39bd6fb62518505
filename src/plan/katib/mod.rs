//! What Katib does with an experiment and its trials, as far as actions have to know it. Pure; called by the actions on
//! experiments and trials.
//!
//! | file | owns |
//! |---|---|
//! | `experiment` | an experiment as it was read: counts, budget, whether it can be edited |
//! | `lowered` | which trials the controller deletes when parallelism is lowered |
//! | `guards` | what holds for every edit of an experiment |
//!
//! Source: `katib: pkg/webhook/v1beta1/experiment/validator/validator.go`,
//! `pkg/controller.v1beta1/experiment/experiment_controller.go`, `pkg/controller.v1beta1/trial/trial_controller.go`.

pub mod experiment;
pub mod guards;
pub mod lowered;

pub use experiment::Experiment;
pub use experiment::words;

/// API group of experiments and trials.
pub const GROUP: &str = "kubeflow.org";
/// Version of experiments and trials.
pub const VERSION: &str = "v1beta1";
/// How long the controller may take to delete trials and to make others, in seconds: it waits up to a minute for those
/// that are deleted.
pub const SETTLING: u64 = 120;
/// The most that a count can be.
pub const MOST: i64 = i32::MAX as i64;
