//! Objectives as a person sees them: what burns, what cannot be told and why, what a canary is worth, which rules are
//! written. The server is a function from a query to an answer.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "slo/burn.rs"]
mod burn;
#[path = "slo/canary.rs"]
mod canary;
#[path = "slo/documents.rs"]
mod documents;
#[path = "slo/rules.rs"]
mod rules;
#[path = "slo/server.rs"]
mod server;
