//! Every action on the real API server and the real Argo controller, through the command as a person gives it: what was
//! there before, what the preview says, and that what then happened is what it said.

mod caches;
mod changed;
mod cron;
mod experiments;
mod gates;
mod given;
mod guards;
mod held;
mod jobs;
mod line;
mod llm_services;
mod models;
mod network;
mod nodes;
mod queues;
mod retry;
mod runbooks;
mod runs;
mod services;
mod silences;

pub use given::*;
