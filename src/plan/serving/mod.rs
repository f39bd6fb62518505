//! What `KServe` does with an inference service, as far as actions have to know it: its parts and their revisions, how a
//! percent becomes traffic, and what would surprise. Pure; called by the actions on services.
//!
//! | file | owns |
//! |---|---|
//! | `service` | a service as it was read: mode, parts, conditions |
//! | `part` | predictor, transformer or explainer: percent, revisions, traffic, and what a percent makes of them |
//! | `revision` | the Knative revision that a plan counts on, read besides the service |
//! | `model` | where the spec keeps its model |
//! | `guards` | what holds for every action on a service |
//! | `told` | traffic and new revisions, as a preview tells them |
//! | `weight` | the parts that members of a route group have |
//! | `words` | the state of a service in a few words |
//!
//! Source: `kserve: pkg/controller/v1beta1/inferenceservice`, `pkg/apis/serving/v1beta1/inference_service_status.go`,
//! and what the real controller was seen to do.

pub mod guards;
pub mod model;
pub mod part;
pub mod revision;
pub mod service;
pub mod told;
pub mod weight;
pub mod words;

pub use part::Part;
pub use service::{Mode, Service};

/// API group of inference services.
pub const GROUP: &str = "serving.kserve.io";
/// API group of Knative's revisions.
pub const KNATIVE: &str = "serving.knative.dev";
/// Ends a service while it is `true`.
pub const STOP: &str = "serving.kserve.io/stop";
/// Edits are not carried out while it is `true` and the service is ready.
pub const FROZEN: &str = "serving.kserve.io/disable-auto-update";
/// How the service is deployed, as its owner asks.
pub const MODE: &str = "serving.kserve.io/deploymentMode";
/// What scales a service in Standard mode.
pub const AUTOSCALER: &str = "serving.kserve.io/autoscalerClass";
/// What was applied last.
pub const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Where a revision keeps which model it loads.
pub const SOURCE: &str = "internal.serving.kserve.io/storage-initializer-sourceuri";
/// Counts restarts in the template of a predictor.
pub const RESTARTS: &str = "midwatch.dev/restarts";

/// How long a model may take to load, in seconds.
pub const LOADING: u64 = 600;
/// How long traffic may take to move, in seconds.
pub const MOVING: u64 = 120;
