//! The live suite: the same promises against real servers. Started by `tests/rig/live`, which prepares the servers
//! and the variables that these tests read; each test is ignored in a plain `cargo test`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

#[path = "live/accelerators.rs"]
mod accelerators;
#[path = "live/act/mod.rs"]
mod act;
#[path = "live/api.rs"]
mod api;
#[path = "live/backends.rs"]
mod backends;
#[path = "live/canary.rs"]
mod canary;
#[path = "live/cli.rs"]
mod cli;
#[path = "live/describe.rs"]
mod describe;
#[path = "live/examples.rs"]
mod examples;
#[path = "live/feed.rs"]
mod feed;
#[path = "live/forecast.rs"]
mod forecast;
#[path = "live/gpus.rs"]
mod gpus;
#[path = "live/kubectl.rs"]
mod kubectl;
#[path = "live/logs.rs"]
mod logs;
#[path = "live/metrics.rs"]
mod metrics;
#[path = "live/models.rs"]
mod models;
#[path = "live/objectives.rs"]
mod objectives;
#[path = "live/outages.rs"]
mod outages;
#[path = "live/plan.rs"]
mod plan;
#[path = "live/rules.rs"]
mod rules;
#[path = "cli/schema.rs"]
mod schema;
#[path = "live/screens.rs"]
mod screens;
#[path = "live/services.rs"]
mod services;
#[path = "live/serving.rs"]
mod serving;
#[path = "live/training.rs"]
mod training;
#[path = "live/trials.rs"]
mod trials;
#[path = "live/wire.rs"]
mod wire;
