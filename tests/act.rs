//! The action plane against a cluster that is played: every guard, every verdict, and what is on disk when a request
//! leaves.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "act/beside.rs"]
mod beside;
#[path = "act/nodes.rs"]
mod nodes;
#[path = "act/played.rs"]
mod played;

#[path = "act/guards.rs"]
mod guards;
#[path = "act/outcomes.rs"]
mod outcomes;
#[path = "act/resolved.rs"]
mod resolved;
#[path = "act/standing.rs"]
mod standing;
