//! The embedded platform: a loopback server that speaks the Kubernetes API for a small machine learning platform
//! that behaves. I/O. Called by `cli` and by tests; the console reaches it through the same clients as a real
//! cluster, by the kubeconfig it writes.
//!
//! | part | what it is to a real cluster |
//! |---|---|
//! | `catalog` | the resource definitions: one file per kind |
//! | `store` | etcd and the watch cache |
//! | `admit` | what the API server does to every object before it is stored |
//! | `api` | the API server |
//! | `budget` | what disruption budgets say, to it and to their controller |
//! | `person` | authentication and RBAC |
//! | `metrics` | what is asked of the services, and how it is answered |
//! | `mlflow` | the model registry |
//! | `drill` | incidents to practise on, and what they are scored by |
//! | `world` | the controllers, the scheduler, the kubelets, and the people who submit work |
//! | `platform`, `serve`, `tls`, `kubeconfig` | what it takes to run it inside one process |

mod admit;
mod api;
mod budget;
mod catalog;
mod chance;
mod drill;
mod gate;
mod kubeconfig;
mod metrics;
mod mlflow;
mod person;
mod platform;
mod refusal;
mod serve;
mod site;
mod store;
mod tls;
mod world;

pub use drill::{DRILLS, Drill, Tally, Wrote};
pub use platform::{DemoError, Options, Platform, Referee};
