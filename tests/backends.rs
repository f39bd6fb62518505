//! Services beside Kubernetes against scripted servers: how they are found, reached and understood, and what an operator
//! is told when they are slow, broken, closed or something else.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

#[path = "backends/alerts.rs"]
mod alerts;
#[path = "backends/answers.rs"]
mod answers;
#[path = "backends/documents.rs"]
mod documents;
#[path = "backends/figures.rs"]
mod figures;
#[path = "backends/finding.rs"]
mod finding;
#[path = "backends/forward.rs"]
mod forward;
#[path = "backends/gpus.rs"]
mod gpus;
#[path = "backends/logins.rs"]
mod logins;
#[path = "backends/stage.rs"]
mod stage;
