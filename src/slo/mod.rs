//! Service level objectives: error budgets, burn rates, canary statistics, the queries that feed them, rules. Pure.
//!
//! What asks Prometheus is an [`Asks`]: it says which queries are due, is told what came back, and makes rows of it.
//! The feed carries the queries and reads no `PromQL`; this room does no I/O. How the figures are made is told in
//! `docs/slo.md`.

mod ask;
mod bucket;
mod burn;
mod canary;
mod desk;
mod document;
mod objective;
mod promql;
mod query;
mod rules;
mod source;
mod stats;
mod window;

pub use ask::{Answer, Asks, Query, Sample, Series, Span};
pub use burn::{Burn, Curve, Past};
pub use canary::{Canary, Sides};
pub(crate) use desk::{Desk, Known, Order};
pub use document::{Documents, SPOKEN, read, spoken};
pub use objective::{Counts, Custom, Objectives, Sli, Slo, Timed};
pub use rules::{Metrics, RULES, TESTS, Wanted, Written, write};
pub use window::{PairSpec, Period, Windows};
