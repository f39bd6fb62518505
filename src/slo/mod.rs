//! Service level objectives: error budgets, burn rates, canary statistics, the queries that feed them, rules. Pure.
//!
//! What asks Prometheus is an [`Asks`]: it says which queries are due, is told what came back, and makes rows of it.
//! The feed carries the queries and reads no `PromQL`; this room does no I/O.

mod ask;

pub use ask::{Answer, Asks, Query, Sample, Series, Span};
