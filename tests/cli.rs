//! The commands without a screen: the built binary, run as a script runs it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::string_slice)]

mod support;

#[path = "cli/audit.rs"]
mod audit;
#[path = "cli/complete.rs"]
mod complete;
#[path = "cli/copies.rs"]
mod copies;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/follow.rs"]
mod follow;
#[path = "cli/get.rs"]
mod get;
#[path = "cli/gpus.rs"]
mod gpus;
#[path = "cli/incident.rs"]
mod incident;
#[path = "cli/pipes.rs"]
mod pipes;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/stage.rs"]
mod stage;
#[path = "cli/steps.rs"]
mod steps;
#[path = "cli/stub.rs"]
mod stub;
#[path = "cli/trouble.rs"]
mod trouble;
